"""Accuracy as the field measures it, on data sets with ground truth."""

from .errors import DatasetError
from .matching import Matches, Truth, match, overlaps
from .precision_recall import Curve, average_precision, voc_curve, widerface_curve
from .predictions import Predictions, read_predictions, write_predictions
from .sizes import Bin, recall_by_height
from .widerface import WiderFace, read_widerface

__all__ = [
    "Bin",
    "Curve",
    "DatasetError",
    "Matches",
    "Predictions",
    "Truth",
    "WiderFace",
    "average_precision",
    "match",
    "overlaps",
    "read_predictions",
    "read_widerface",
    "recall_by_height",
    "voc_curve",
    "widerface_curve",
    "write_predictions",
]
