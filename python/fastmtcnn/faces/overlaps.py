"""Areas of boxes, and intersection over union of all pairs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .. import checks

Floats = npt.NDArray[np.float64]


def as_boxes(boxes: npt.ArrayLike) -> Floats:
    """Return x1, y1, x2, y2 of boxes as an array of shape (n, 4), or raise ValueError."""
    return checks.rows("boxes", boxes, 4)


def areas(boxes: npt.ArrayLike, *, extra: float = 0.0) -> Floats:
    """Return the areas (x2 - x1) * (y2 - y1) of boxes, negative if one side is inside out.

    Parameters
    ----------
    boxes : array_like, shape (n, 4)
        x1, y1, x2, y2.
    extra : float, default 0.0
        Added to x2 - x1 and y2 - y1, as for `overlaps`.
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
        The +1 convention: added to x2 - x1 and y2 - y1 for the sides; 1 if the second corner is a
        pixel of the box.

    Returns
    -------
    ndarray of float64, shape (n, k)
        Intersection over union (IoU), 0 to 1; 0 if the boxes do not intersect.

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
