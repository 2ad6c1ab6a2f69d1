"""Safe opening, decoding and writing of files and images."""
