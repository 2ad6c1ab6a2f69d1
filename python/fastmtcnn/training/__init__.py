"""Training of the three networks with a user's own annotated photographs.

Importing this room needs nothing but the base installation: torch, onnx, matplotlib and jinja2 are
imported by the functions that need them.
"""

from .data.annotated import AnnotatedImage, ImageFile, Problem, TrainingSet
from .errors import TrainingError

__all__ = ["AnnotatedImage", "ImageFile", "Problem", "TrainingError", "TrainingSet"]
