"""MTCNN face detection with a C++ hot path: boxes, scores and five landmarks as numpy arrays."""

from .runtime.interrupts import starting

with starting():
    from ._core import __version__, cpu_features
    from .cascade.trace import Crops, Trace
    from .detections import Detections, Face
    from .detector import MTCNN
    from .errors import FastMTCNNError, ImageError, ModelError, VideoError
    from .explaining import Explanation, explain
    from .faces.alignment import align, similarity_transforms
    from .faces.blurring import blur
    from .faces.cropping import crop
    from .faces.drawing import draw
    from .faces.pose import Pose, estimate_pose
    from .faces.selection import select_faces
    from .faces.tracking import Tracker
    from .presets import PRESETS
    from .samples import sample_photo
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
