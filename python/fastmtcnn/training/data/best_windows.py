"""The best overlap of a square window with a face, which decides whether it can be a positive."""

from __future__ import annotations

import numpy as np

from .source import Floats

_NUM_SIDES = 64  # tried, in equal ratios
_SMALLEST, _LARGEST = 0.4, 1.2  # of the sides tried, as shares of the longer side of the face
_BLOCK = 4096  # faces that are compared with all windows at once


def best_overlaps(boxes: Floats, targets: Floats, sizes: Floats) -> Floats:
    """Return the highest IoU that a square window within the image has with a target.

    For each side that is tried, the window is as close to the target's centre as the image allows.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 of faces in pixels, by which the sides are chosen.
    targets : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 of what the window is compared with: the face, or the square around it.
    sizes : ndarray of float64, shape (n, 2)
        Width and height of each face's image in pixels.

    Returns
    -------
    ndarray of float64, shape (n,)
        IoU, 0 to 1: the highest of 64 sides from 0.4 to 1.2 times the longer side of the face.
    """
    blocks = [slice(first, first + _BLOCK) for first in range(0, len(boxes), _BLOCK)]
    found = [_best(boxes[each], targets[each], sizes[each]) for each in blocks]
    return np.concatenate([np.empty(0), *found])


def squares_around(boxes: Floats) -> Floats:
    """Return the squares with the centres of boxes, and with their longer sides.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels.

    Returns
    -------
    ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels.
    """
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    squares: Floats = np.concatenate([centre - half, centre + half], axis=1)
    return squares


def _best(boxes: Floats, targets: Floats, sizes: Floats) -> Floats:
    longer = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    sides = longer[:, None] * np.geomspace(_SMALLEST, _LARGEST, _NUM_SIDES)
    sides = np.minimum(sides, sizes.min(axis=1, keepdims=True))
    common = np.ones_like(sides)
    for axis in (0, 1):
        low, high = targets[:, axis, None], targets[:, axis + 2, None]
        start = np.clip((low + high - sides) / 2, 0, sizes[:, axis, None] - sides)
        within = np.minimum(high, start + sides) - np.maximum(low, start)
        common *= np.maximum(within, 0)
    areas = np.prod(targets[:, 2:] - targets[:, :2], axis=1)[:, None]
    best: Floats = (common / (sides**2 + areas - common)).max(axis=1)
    return best
