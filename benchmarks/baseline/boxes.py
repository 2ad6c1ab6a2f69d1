"""Box arithmetic between the networks.

A box is x1, y1, x2, y2 in pixels of the image, both ends inclusive, so that its width is
``x2 - x1 + 1``. Arithmetic is float64. The algorithm is that of TropComplique/mtcnn-pytorch.
"""

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from .pyramid import Plane

Boxes: TypeAlias = npt.NDArray[np.float64]  # (n, 4): x1, y1, x2, y2
Scores: TypeAlias = npt.NDArray[np.float32]  # (n,)
Offsets: TypeAlias = npt.NDArray[np.float32]  # (n, 4), in units of the box's width and height
Points: TypeAlias = npt.NDArray[np.float32]  # (n, 10): five x, then five y, in units of the box
Landmarks: TypeAlias = npt.NDArray[np.float32]  # (n, 5, 2)
Cells: TypeAlias = npt.NDArray[np.int64]  # (n, 2): row, column
Indices: TypeAlias = npt.NDArray[np.int64]  # (k,)


def boxes_from_heat_map(
    scores: Plane,
    offsets: Plane,
    scale: float,
    threshold: float,
    window: int,
    stride: int,
) -> tuple[Boxes, Scores, Offsets, Cells]:
    """Turn the heat map of one pyramid level into candidate boxes.

    Parameters
    ----------
    scores : ndarray of float32, shape (h, w)
        Face probability of every cell.
    offsets : ndarray of float32, shape (4, h, w)
        Regression of the four coordinates of every cell.
    scale : float
        Scale of the level.
    threshold : float
        Cells with a score above it are kept; the float32 score is promoted to float64 for the
        comparison, and NaN is never kept.
    window : int
        Side of the network's receptive field in pixels of the level.
    stride : int
        Distance of neighbouring cells in pixels of the level.

    Returns
    -------
    boxes : ndarray of float64, shape (n, 4)
        Extent of every kept cell in the image, rounded half to even, in row-major order of cells.
    scores : ndarray of float32, shape (n,)
    offsets : ndarray of float32, shape (n, 4)
    cells : ndarray of int64, shape (n, 2)
        Row and column of every kept cell.
    """
    rows, columns = np.nonzero(scores.astype(np.float64) > threshold)
    cells = np.column_stack([rows, columns])
    corners = stride * cells[:, ::-1] + 1.0
    boxes = np.round(np.hstack([corners, corners + window]) / scale)
    return boxes, scores[rows, columns], offsets[:, rows, columns].T, cells


def nms(boxes: Boxes, scores: Scores, threshold: float, mode: Literal["union", "min"]) -> Indices:
    """Suppress boxes that overlap a better one, greedily.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
    scores : ndarray of float32, shape (n,)
    threshold : float
        A box is dropped if its overlap with a kept box is above it. The overlap of degenerate
        boxes may be NaN, which drops nothing.
    mode : {"union", "min"}
        What the intersection is divided by: the union or the smaller of the two areas.

    Returns
    -------
    ndarray of int64, shape (k,)
        Kept boxes by descending score, equal scores by ascending index.
    """
    if mode not in ("union", "min"):
        raise ValueError(f"mode must be 'union' or 'min', got {mode!r}")
    x1, y1, x2, y2 = boxes.T
    areas = (x2 - x1 + 1.0) * (y2 - y1 + 1.0)
    # A stable sort makes the order of equal scores a rule; the original leaves it to chance.
    order = np.argsort(-scores, kind="stable")
    keep: list[int] = []
    with np.errstate(divide="ignore", invalid="ignore"):
        while order.size > 0:
            best, rest = order[0], order[1:]
            keep.append(int(best))
            widths = np.minimum(x2[best], x2[rest]) - np.maximum(x1[best], x1[rest]) + 1.0
            heights = np.minimum(y2[best], y2[rest]) - np.maximum(y1[best], y1[rest]) + 1.0
            inter = np.maximum(widths, 0.0) * np.maximum(heights, 0.0)
            if mode == "min":
                overlaps = inter / np.minimum(areas[best], areas[rest])
            else:
                overlaps = inter / (areas[best] + areas[rest] - inter)
            order = rest[~(overlaps > threshold)]
    return np.array(keep, dtype=np.int64)


def apply_offsets(boxes: Boxes, offsets: Offsets) -> Boxes:
    """Move the corners of boxes by a network's regression.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
    offsets : ndarray of float32, shape (n, 4)
        Shift of x1, y1, x2, y2 in units of the box's width and height.

    Returns
    -------
    ndarray of float64, shape (n, 4)
    """
    sizes = boxes[:, 2:] - boxes[:, :2] + 1.0
    return boxes + np.tile(sizes, 2) * offsets


def square_boxes(boxes: Boxes) -> Boxes:
    """Widen boxes to squares about the same centre, with integer coordinates.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)

    Returns
    -------
    ndarray of float64, shape (n, 4)
        Each coordinate is rounded half to even on its own, so a box may be a pixel off square.
    """
    sizes = boxes[:, 2:] - boxes[:, :2] + 1.0
    sides = sizes.max(axis=1, keepdims=True)
    corners = boxes[:, :2] + sizes * 0.5 - sides * 0.5
    return np.round(np.hstack([corners, corners + sides - 1.0]))


def enlarge(boxes: Boxes, crop_scale: float) -> Boxes:
    """Widen squares about their centres, for a network that sees what is around a box.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
        Squares with integer coordinates.
    crop_scale : float
        Side of the wider squares relative to those.

    Returns
    -------
    ndarray of float64, shape (n, 4)
        Squares with integer coordinates, as `square_boxes` makes them; the same boxes for a scale
        of 1.
    """
    if crop_scale == 1.0:
        return boxes
    centres = (boxes[:, :2] + boxes[:, 2:] + 1.0) * 0.5
    sizes = (boxes[:, 2:] - boxes[:, :2] + 1.0) * crop_scale
    return square_boxes(np.hstack([centres - sizes * 0.5, centres + sizes * 0.5 - 1.0]))


def croppable_indices(boxes: Boxes, height: int, width: int) -> Indices:
    """Find the boxes that can be cut out of an image.

    The original fails on the others: empty, not finite, wholly outside, or absurdly large.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
    height, width : int
        Size of the image in pixels.

    Returns
    -------
    ndarray of int64, shape (k,)
        Ascending indices of the boxes that are finite, hold a pixel of the image, and whose sides
        are at most 16 times the longer side of the image (taken as 64 if that is less).
    """
    x1, y1, x2, y2 = boxes.T
    with np.errstate(invalid="ignore", over="ignore"):
        largest = np.maximum(x2 - x1 + 1.0, y2 - y1 + 1.0)
    good = (
        np.isfinite(boxes).all(axis=1)
        & (x2 >= x1)
        & (y2 >= y1)
        & (x2 >= 0)
        & (y2 >= 0)
        & (x1 <= width - 1)
        & (y1 <= height - 1)
        & (largest <= 16 * max(height, width, 64))
    )
    return np.flatnonzero(good).astype(np.int64)


def clip(boxes: Boxes, height: int, width: int) -> Boxes:
    """Limit boxes to an image.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
    height, width : int
        Size of the image in pixels.

    Returns
    -------
    ndarray of float64, shape (n, 4)
        x within ``[0, width - 1]``, y within ``[0, height - 1]``.
    """
    return np.clip(boxes, 0.0, np.array([width, height, width, height]) - 1.0)


def project_landmarks(boxes: Boxes, points: Points) -> Landmarks:
    """Turn landmarks in units of their box into pixels of the image.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
        The boxes O-Net saw, clipped to the image and not yet calibrated.
    points : ndarray of float32, shape (n, 10)
        Five x, then five y.

    Returns
    -------
    ndarray of float32, shape (n, 5, 2)
        x, y of the eye at image left, the eye at image right, the nose, the mouth corner at image
        left and the one at image right; computed in float64.
    """
    sizes = boxes[:, 2:] - boxes[:, :2] + 1.0
    relative = points.reshape(-1, 2, 5).transpose(0, 2, 1)
    landmarks: npt.NDArray[np.float64] = boxes[:, None, :2] + sizes[:, None, :] * relative
    return landmarks.astype(np.float32)
