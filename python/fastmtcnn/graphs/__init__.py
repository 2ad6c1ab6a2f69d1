"""Building, reading and rewriting ONNX graphs of the networks; needs the package onnx."""
