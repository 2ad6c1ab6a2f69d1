"""What the commands for videos share."""
