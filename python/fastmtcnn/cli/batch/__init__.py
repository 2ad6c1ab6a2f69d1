"""Runs over many photos: journal, files of results, and pictures."""
