"""MTCNN face detection with a C++ hot path: boxes, scores and five landmarks as numpy arrays."""

from ._core import __version__, cpu_features
from .alignment import align, similarity_transforms
from .blurring import blur
from .cascade import Crops, Trace
from .cropping import crop
from .detections import Detections, Face
from .detector import MTCNN
from .draw import draw
from .errors import FastMTCNNError, ImageError, ModelError, VideoError
from .explaining import Explanation, explain
from .pose import Pose, estimate_pose
from .presets import PRESETS
from .samples import sample_photo
from .selection import select_faces
from .tracking import Tracker
from .variants import VARIANTS, Variant

__all__ = [
    "MTCNN",
    "PRESETS",
    "VARIANTS",
    "Crops",
    "Detections",
    "Explanation",
    "Face",
    "FastMTCNNError",
    "ImageError",
    "ModelError",
    "Pose",
    "Trace",
    "Tracker",
    "Variant",
    "VideoError",
    "__version__",
    "align",
    "blur",
    "cpu_features",
    "crop",
    "draw",
    "estimate_pose",
    "explain",
    "sample_photo",
    "select_faces",
    "similarity_transforms",
]
