"""Boxes of faces of which only the five points are known."""

from __future__ import annotations

import numpy as np

from .source import Floats

# Medians over 704 faces of 30 pixels or more in the training photographs of WIDER FACE, whose boxes
# are annotated and whose points the shipped networks found; the estimated boxes have a median IoU
# of 0.75 with the annotated ones.
_WIDTH, _HEIGHT, _RISE = 3.5, 4.6, 0.34


def boxes_of_points(points: Floats) -> Floats:
    """Return the estimated boxes of upright faces with known points.

    With r the root mean square distance of the five points from their mean, a box is 3.5 r wide,
    4.6 r high, and its centre is 0.34 r above that mean: the medians of faces of WIDER FACE.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 5, 2)
        x, y in pixels.

    Returns
    -------
    ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels.
    """
    middle = points.mean(axis=1)
    distances = np.linalg.norm(points - middle[:, None], axis=2)
    radius = np.sqrt((distances**2).mean(axis=1))[:, None]
    centre = middle - radius * (0.0, _RISE)
    half = radius * (_WIDTH / 2, _HEIGHT / 2)
    boxes: Floats = np.concatenate([centre - half, centre + half], axis=1)
    return boxes
