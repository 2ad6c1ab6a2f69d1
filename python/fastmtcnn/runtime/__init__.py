"""Threads, processes, and the exit of the interpreter."""
