"""What is done with faces: alignment, crops, drawing, blurring, head pose, selection, tracking."""
