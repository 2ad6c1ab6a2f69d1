"""A photo with its faces, and the tables it is written to and read from."""
