"""Threads, processes and failures: how work is carried out."""
