"""The cascade: pixels in, faces out."""
