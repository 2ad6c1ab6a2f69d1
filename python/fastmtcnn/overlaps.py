"""Boxes compared with boxes, each with each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def as_boxes(boxes: npt.ArrayLike) -> Floats:
    """Return boxes as an array of shape (n, 4), also of none.

    Parameters
    ----------
    boxes : array_like, shape (n, 4)
        x1, y1, x2, y2.

    Raises
    ------
    ValueError
        If it has another shape.
    """
    array = np.asarray(boxes, np.float64)
    if array.size == 0:
        return np.empty((0, 4))
    if array.ndim != 2 or array.shape[1] != 4:
        raise ValueError(f"boxes must be x1, y1, x2, y2 of shape (n, 4), got shape {array.shape}")
    return array


def areas(boxes: npt.ArrayLike, *, extra: float = 0.0) -> Floats:
    """Return (x2 - x1) * (y2 - y1) of boxes, which is negative for those with one side inside out.

    Parameters
    ----------
    boxes : array_like, shape (n, 4)
        x1, y1, x2, y2.
    extra : float, default 0.0
        As for `overlaps`.
    """
    x1, y1, x2, y2 = as_boxes(boxes).T
    sizes: Floats = (x2 - x1 + extra) * (y2 - y1 + extra)
    return sizes


def overlaps(boxes: npt.ArrayLike, others: npt.ArrayLike, *, extra: float = 0.0) -> Floats:
    """Return the intersection over union of each box with each of the others.

    Parameters
    ----------
    boxes, others : array_like, shapes (n, 4) and (k, 4)
        x1, y1, x2, y2.
    extra : float, default 0.0
        Added to x2 - x1 and y2 - y1 for the sides; 1 if corners are pixels that belong to the box.

    Returns
    -------
    ndarray of float64, shape (n, k)
        0 where there is no intersection.

    Raises
    ------
    ValueError
        If `boxes` or `others` have another shape.
    """
    a, b = as_boxes(boxes), as_boxes(others)
    width = np.minimum(a[:, None, 2], b[:, 2]) - np.maximum(a[:, None, 0], b[:, 0]) + extra
    height = np.minimum(a[:, None, 3], b[:, 3]) - np.maximum(a[:, None, 1], b[:, 1]) + extra
    common = np.maximum(width, 0) * np.maximum(height, 0)
    union = areas(a, extra=extra)[:, None] + areas(b, extra=extra) - common
    shares: Floats = np.divide(common, union, out=np.zeros_like(common), where=common > 0)
    return shares
