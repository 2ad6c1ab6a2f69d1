"""What a training leaves for people to read: log, curves, report page, model card."""
