"""Bounding boxes in tests, apart from the package's own functions of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from numpy.typing import NDArray

Box: TypeAlias = NDArray[Any] | Sequence[float]


def iou(a: Box, b: Box) -> float:
    """Return the intersection over union of two boxes x1, y1, x2, y2."""
    ax1, ay1, ax2, ay2 = map(float, a)
    bx1, by1, bx2, by2 = map(float, b)
    width = max(min(ax2, bx2) - max(ax1, bx1), 0.0)
    height = max(min(ay2, by2) - max(ay1, by1), 0.0)
    shared = width * height
    return shared / ((ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - shared)
