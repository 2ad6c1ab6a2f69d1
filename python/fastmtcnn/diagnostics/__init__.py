"""What is installed, and where the time goes."""
