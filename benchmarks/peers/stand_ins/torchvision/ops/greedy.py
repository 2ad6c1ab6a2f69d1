"""Greedy suppression of sorted boxes, many at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_BLOCK = 64


def suppress(boxes: npt.NDArray[np.float32], threshold: float) -> npt.NDArray[np.int64]:
    """Return the indices of the boxes that no kept box before them overlaps too much.

    Parameters
    ----------
    boxes : ndarray of float32, shape (n, 4)
        x1, y1, x2, y2, best first.
    threshold : float
        Largest intersection over union allowed.
    """
    limit = np.float32(threshold)
    if float(limit) > threshold:  # torchvision compares in double precision
        limit = np.nextafter(limit, np.float32(-np.inf))
    columns = boxes.T.copy()
    areas = (columns[2] - columns[0]) * (columns[3] - columns[1])
    left = np.arange(len(boxes))
    kept = []
    while left.size:
        block, left = left[:_BLOCK], left[_BLOCK:]
        overlapping = _overlaps(columns, areas, block, block) > limit
        alive = np.ones(len(block), bool)
        for row in range(len(block)):
            if alive[row]:
                alive[row + 1 :] &= ~overlapping[row, row + 1 :]
        block = block[alive]
        kept.append(block)
        left = left[~(_overlaps(columns, areas, block, left) > limit).any(axis=0)]
    return np.concatenate(kept) if kept else left


def _overlaps(
    columns: npt.NDArray[np.float32],
    areas: npt.NDArray[np.float32],
    rows: npt.NDArray[np.int64],
    others: npt.NDArray[np.int64],
) -> npt.NDArray[np.float32]:
    """Return the intersection over union of all pairs."""
    x1, y1, x2, y2 = columns[:, rows, None]
    u1, v1, u2, v2 = columns[:, others]
    widths = np.maximum(np.minimum(x2, u2) - np.maximum(x1, u1), np.float32(0))
    heights = np.maximum(np.minimum(y2, v2) - np.maximum(y1, v1), np.float32(0))
    common = widths * heights
    with np.errstate(invalid="ignore", divide="ignore"):  # boxes without area, as in torchvision
        shares: npt.NDArray[np.float32] = common / (areas[rows, None] + areas[others] - common)
    return shares
