"""Post-processing of detections: alignment, crops, drawing, blurring, pose, selection, tracking."""
