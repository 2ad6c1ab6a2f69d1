"""Training of the three networks with a user's own annotated photographs.

Importing this room needs nothing but the base installation: torch, onnx, matplotlib and jinja2 are
imported by the functions that need them.
"""

from .api import train
from .data.annotated import AnnotatedImage, ImageFile, Problem, TrainingSet
from .errors import TrainingError
from .inputs import Data, Machine
from .judging.thresholds import Goal
from .observer import Observer, Progress
from .settings import PRESETS, Preset, Settings

__all__ = [
    "PRESETS",
    "AnnotatedImage",
    "Data",
    "Goal",
    "ImageFile",
    "Machine",
    "Observer",
    "Preset",
    "Problem",
    "Progress",
    "Settings",
    "TrainingError",
    "TrainingSet",
    "train",
]
