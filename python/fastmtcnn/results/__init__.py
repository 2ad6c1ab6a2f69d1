"""Photos with their faces, and the files that they are written to and read from."""
