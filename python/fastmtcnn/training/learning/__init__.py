"""Training of one network with PyTorch, which this room alone imports."""
