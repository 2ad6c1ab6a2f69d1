"""Accuracy as the field measures it, on data sets with ground truth."""

from ..faces.overlaps import overlaps
from .coco import CocoSummary, coco_summary, read_coco
from .dataset import Dataset
from .errors import DatasetError
from .landmark_files import LandmarkSet, read_landmarks
from .landmarks import LandmarkErrors, five_points, landmark_errors
from .matching import Found, Matches, Truth, match
from .precision_recall import Curve, average_precision, voc_curve, widerface_curve
from .predictions import Predictions, read_predictions, write_predictions
from .sizes import Bin, recall_by_height
from .voc import read_voc
from .widerface import read_widerface

__all__ = [
    "Bin",
    "CocoSummary",
    "Curve",
    "Dataset",
    "DatasetError",
    "Found",
    "LandmarkErrors",
    "LandmarkSet",
    "Matches",
    "Predictions",
    "Truth",
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
