"""What facenet-pytorch imports of torchvision, which has no build for every CPU build of torch."""
