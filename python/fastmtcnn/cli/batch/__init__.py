"""Runs over many photos: journal, outputs, copies."""
