"""Code that the commands for videos share."""
