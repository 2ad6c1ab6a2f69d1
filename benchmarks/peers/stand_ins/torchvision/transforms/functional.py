"""Imported by facenet-pytorch for its crops; its detection uses nothing of it."""
