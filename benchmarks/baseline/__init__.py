"""The whole MTCNN cascade in plain NumPy, Pillow and onnxruntime.

It computes what TropComplique/mtcnn-pytorch computes, shares no code with fastmtcnn, and serves
twice: as the oracle of the tests and as the speed baseline of the benchmarks. The functions carry
the names and arguments of ``fastmtcnn._core``.
"""

from .boxes import (
    apply_offsets,
    boxes_from_heat_map,
    clip,
    croppable_indices,
    enlarge,
    nms,
    project_landmarks,
    square_boxes,
)
from .crops import crop
from .detector import BaselineMTCNN, Trace
from .pyramid import level_size, pyramid_scales, resample

__all__ = [
    "BaselineMTCNN",
    "Trace",
    "apply_offsets",
    "boxes_from_heat_map",
    "clip",
    "crop",
    "croppable_indices",
    "enlarge",
    "level_size",
    "nms",
    "project_landmarks",
    "pyramid_scales",
    "resample",
    "square_boxes",
]
