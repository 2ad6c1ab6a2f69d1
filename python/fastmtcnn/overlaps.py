"""Boxes compared with boxes, each with each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def areas(boxes: Floats) -> Floats:
    """Return the areas of boxes of shape (n, 4), 0 for those turned inside out."""
    sides: Floats = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return sides[:, 0] * sides[:, 1]


def overlaps(first: Floats, second: Floats) -> Floats:
    """Return the intersection over union of each box with each other.

    Parameters
    ----------
    first, second : ndarray of float64, shape (n, 4) and (m, 4)
        x1, y1, x2, y2.

    Returns
    -------
    ndarray of float64, shape (n, m)
        0 to 1.
    """
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.maximum(high - low, 0).prod(axis=2)
    union = areas(first)[:, None] + areas(second) - shared
    return np.asarray(shared / np.maximum(union, np.finfo(float).tiny))
