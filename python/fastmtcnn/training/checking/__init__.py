"""A check of annotated photographs before hours of training, and pictures of samples."""
