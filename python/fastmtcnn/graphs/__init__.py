"""ONNX graphs of the networks: architectures as data, building, reading and rewriting.

`architecture` needs NumPy alone; all other modules need the package onnx.
"""
