"""Information on the installation, and profiling of detections."""
