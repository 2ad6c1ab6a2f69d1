"""Geometry of windows and faces.

Boxes are float64 (n, 4): x1, y1, x2, y2 in pixels, x2 - x1 wide.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def squares_around(boxes: Floats) -> Floats:
    """Return the squares with the centres and the longer sides of boxes.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
        Boxes.
    """
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)[:, None] / 2
    return np.hstack([centres - half, centres + half])


def rotate_points(points: Floats, centre: Floats, angle: float) -> Floats:
    """Rotate points about a centre, from the x axis towards the y axis.

    Parameters
    ----------
    points : ndarray of float64, shape (..., 2)
        Points.
    centre : ndarray of float64, shape (2,)
        The fixed point.
    angle : float
        Angle in radians.
    """
    cosine, sine = np.cos(angle), np.sin(angle)
    rotated: Floats = (points - centre) @ np.array([[cosine, sine], [-sine, cosine]]) + centre
    return rotated


def rotate_boxes(boxes: Floats, centre: Floats, angle: float) -> Floats:
    """Return the bounding boxes of rotated faces.

    A face is taken as the ellipse that touches the four sides of its box; the bounding box of a
    rotated rectangle would be too large.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
        Boxes.
    centre, angle
        As for `rotate_points`.
    """
    centres = rotate_points((boxes[:, :2] + boxes[:, 2:]) / 2, centre, angle)
    a, b = ((boxes[:, 2:] - boxes[:, :2]) / 2).T
    cosine, sine = np.cos(angle), np.sin(angle)
    half = np.stack([np.hypot(a * cosine, b * sine), np.hypot(a * sine, b * cosine)], axis=1)
    return np.hstack([centres - half, centres + half])


def offsets_to(windows: Floats, boxes: Floats) -> Floats:
    """Return the bounding-box regression offsets from windows to boxes.

    Parameters
    ----------
    windows, boxes : ndarray of float64, shape (n, 4)
        Windows, and the box that each should become.

    Returns
    -------
    ndarray of float64, shape (n, 4)
        Differences of x1, y1, x2, y2 in units of the window's width or height.
    """
    sides = windows[:, 2:] - windows[:, :2]
    return (boxes - windows) / np.hstack([sides, sides])


def points_in(windows: Floats, points: Floats) -> Floats:
    """Return landmarks relative to windows.

    Parameters
    ----------
    windows : ndarray of float64, shape (n, 4)
        Windows.
    points : ndarray of float64, shape (n, 5, 2)
        Five points for each, in pixels.

    Returns
    -------
    ndarray of float64, shape (n, 10)
        Five x, then five y: distances from the first corner in units of the side.
    """
    sides = windows[:, 2:] - windows[:, :2]
    relative: Floats = (points - windows[:, None, :2]) / sides[:, None]
    flat: Floats = relative.transpose(0, 2, 1).reshape(len(windows), -1)
    return flat


def covered_shares(windows: Floats, regions: Floats) -> Floats:
    """Return which share of each window lies in the region that covers most of it.

    Parameters
    ----------
    windows, regions : ndarray of float64, shapes (n, 4) and (k, 4)
        Boxes.

    Returns
    -------
    ndarray of float64, shape (n,)
        0 to 1; 0 if there is no region.
    """
    first = np.maximum(windows[:, None, :2], regions[:, :2])
    last = np.minimum(windows[:, None, 2:], regions[:, 2:])
    common = np.maximum(last - first, 0).prod(axis=2)
    area = (windows[:, 2:] - windows[:, :2]).prod(axis=1)
    shares: Floats = common.max(axis=1, initial=0) / area
    return shares
