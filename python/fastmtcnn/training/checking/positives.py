"""Which faces can be positive samples at all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..samples.geometry import Floats
from ..samples.settings import POSITIVE_IOU, WindowSettings


def best_ious(boxes: Floats) -> Floats:
    """Return the highest IoU that a square window can have with each of some boxes.

    A window of side s with w <= s <= h around the middle of a box of w x h has the intersection
    s w and the union s^2 + w h - s w; the IoU is highest for s = sqrt(w h), where it is
    r / (2 - r), with r = sqrt(w / h).

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels, with extent.

    Returns
    -------
    ndarray of float64, shape (n,)
        IoU, 0 to 1.
    """
    sides = boxes[:, 2:] - boxes[:, :2]
    root = np.sqrt(sides.min(axis=1, initial=np.inf) / sides.max(axis=1, initial=0))
    best: Floats = root / (2 - root)
    return best


def can_be_positive(boxes: Floats, settings: WindowSettings) -> npt.NDArray[np.bool_]:
    """Return whether a window can be a positive sample of each of some faces.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 of the faces in pixels, with extent.
    settings : WindowSettings
        How windows are labelled: a face must not be below the smallest size, and if the IoU is
        taken with its rectangle, it must not be too narrow for a square.
    """
    large = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0) >= settings.min_face
    if settings.reference == "square":
        return np.asarray(large, bool)
    return np.asarray(large & (best_ious(boxes) >= POSITIVE_IOU), bool)
