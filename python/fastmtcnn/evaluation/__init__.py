"""Accuracy of detections on data sets with ground truth, by the protocols in common use."""

from typing import TYPE_CHECKING

from ..errors import warn_renamed
from ..faces.overlaps import overlaps
from .coco import CocoSummary, coco_summary, read_coco
from .dataset import Dataset
from .errors import DatasetError
from .height_bins import Bin, recall_by_height
from .landmark_files import LandmarkSet, read_landmarks
from .landmarks import LandmarkErrors, five_points, landmark_errors
from .matching import BoxesAndScores, GroundTruth, Matches, match
from .precision_recall import Curve, average_precision, voc_curve, widerface_curve
from .predictions import Predictions, read_predictions, write_predictions
from .voc import read_voc
from .widerface import read_widerface

__all__ = [
    "Bin",
    "BoxesAndScores",
    "CocoSummary",
    "Curve",
    "Dataset",
    "DatasetError",
    "GroundTruth",
    "LandmarkErrors",
    "LandmarkSet",
    "Matches",
    "Predictions",
    "average_precision",
    "coco_summary",
    "five_points",
    "landmark_errors",
    "match",
    "overlaps",
    "read_coco",
    "read_landmarks",
    "read_predictions",
    "read_voc",
    "read_widerface",
    "recall_by_height",
    "voc_curve",
    "widerface_curve",
    "write_predictions",
]

if TYPE_CHECKING:
    Truth = GroundTruth
    Found = BoxesAndScores
else:
    _FORMER_NAMES = {"Truth": "GroundTruth", "Found": "BoxesAndScores"}

    def __getattr__(name: str) -> object:
        """Return a class by its former name."""
        if name not in _FORMER_NAMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        warn_renamed(f"{__name__}.{name}", _FORMER_NAMES[name])
        return globals()[_FORMER_NAMES[name]]
