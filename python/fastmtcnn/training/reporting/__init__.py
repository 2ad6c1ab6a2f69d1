"""What a training leaves for people to read: log, curves, page and model card."""
