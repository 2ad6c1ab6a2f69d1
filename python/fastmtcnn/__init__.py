"""MTCNN face detection with a C++ hot path: boxes, scores and five landmarks as numpy arrays."""

from ._core import __version__, cpu_features
from .cascade import Crops, Trace
from .detections import Detections, Face
from .detector import MTCNN
from .draw import draw
from .errors import FastMTCNNError, ImageError, ModelError
from .samples import sample_photo
from .selection import select_faces
from .variants import VARIANTS, Variant

__all__ = [
    "MTCNN",
    "VARIANTS",
    "Crops",
    "Detections",
    "Face",
    "FastMTCNNError",
    "ImageError",
    "ModelError",
    "Trace",
    "Variant",
    "__version__",
    "cpu_features",
    "draw",
    "sample_photo",
    "select_faces",
]
