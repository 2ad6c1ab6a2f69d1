"""Selection of faces of an image by size, score or position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from .. import checks
from ..detections import Detections
from ..errors import unknown_name
from .given import given_arrays
from .overlaps import areas

SelectionMethod: TypeAlias = Literal[
    "largest", "probability", "center_weighted_size", "largest_over_threshold"
]
SELECTION_METHODS: tuple[SelectionMethod, ...] = get_args(SelectionMethod)
Rank: TypeAlias = Literal["probability", "largest", "center_weighted_size"]
RANKS: tuple[Rank, ...] = get_args(Rank)
_CENTER_WEIGHT = 2.0


def select_faces(
    detections: Detections,
    method: SelectionMethod,
    *,
    count: int = 1,
    image_shape: Sequence[int] | None = None,
    threshold: float = 0.9,
    center_weight: float = _CENTER_WEIGHT,
) -> Detections:
    """Select faces of an image by a method of facenet-pytorch.

    Parameters
    ----------
    detections : Detections
        Faces of one image.
    method : str
        ``"largest"``: the largest area, (x2 - x1) * (y2 - y1);
        ``"probability"``: the highest score;
        ``"center_weighted_size"``: the largest area less `center_weight` times the squared
        distance in pixels between the centre of the box and (width / 2, height / 2);
        ``"largest_over_threshold"``: the largest area of the faces whose score exceeds `threshold`.
    count : int, default 1
        Largest number of faces to select.
    image_shape : sequence of int, optional
        Height and width of the image, such as ``array.shape``; further items are ignored. Only
        ``"center_weighted_size"`` needs it.
    threshold : float, default 0.9
        Score, 0 to 1, for ``"largest_over_threshold"``.
    center_weight : float, default 2.0
        Weight of the squared distance for ``"center_weighted_size"``.

    Returns
    -------
    Detections
        The `count` best faces in their original order, or fewer if there are fewer, or fewer with a
        score above `threshold`. Of equally good faces, the last ones are selected.

    Raises
    ------
    ValueError, TypeError
        If `method` is unknown, or an argument is invalid or missing.

    Examples
    --------
    >>> import fastmtcnn
    >>> from fastmtcnn.faces.selection import select_faces
    >>> found = fastmtcnn.MTCNN().detect(fastmtcnn.sample_photo())
    >>> select_faces(found, "center_weighted_size", image_shape=(512, 512)).num_faces
    1
    """
    found = Detections(*given_arrays("detections", detections))
    if method not in SELECTION_METHODS:
        raise unknown_name("method", method, SELECTION_METHODS)
    count = checks.count("count", count)
    threshold = checks.fraction("threshold", threshold)
    center_weight = checks.finite("center_weight", center_weight)
    candidates = np.arange(found.num_faces)
    if method == "largest_over_threshold":
        candidates = np.flatnonzero(np.asarray(found.scores, np.float64) > threshold)
        method = "largest"
    merits = _merits(found, method, image_shape, center_weight)
    return found.select(np.sort(candidates[descending(merits[candidates])[:count]]))


def first_faces(
    found: Detections, count: int, rank: Rank, image_shape: Sequence[int]
) -> Detections:
    """Select faces as `select_faces` does, but the first ones of equally good faces.

    Parameters
    ----------
    found : Detections
        Faces of one image.
    count : int
        Largest number of faces to select.
    rank : {"probability", "largest", "center_weighted_size"}
        Method of `select_faces`.
    image_shape : sequence of int
        Height and width of the image; further items are ignored.
    """
    merits = _merits(found, rank, image_shape, _CENTER_WEIGHT)
    return found.select(np.sort(np.argsort(-merits, kind="stable")[:count]))


def _merits(
    found: Detections, rank: Rank, image_shape: object, center_weight: float
) -> npt.NDArray[np.float64]:
    if rank == "probability":
        return np.asarray(found.scores, np.float64)
    corners = np.asarray(found.boxes, np.float64)
    if rank == "largest":
        return areas(corners)
    height, width = _height_and_width(image_shape)
    offsets = (corners[:, :2] + corners[:, 2:]) / 2 - (width / 2, height / 2)
    merits: npt.NDArray[np.float64] = areas(corners) - (offsets**2).sum(axis=1) * center_weight
    return merits


def descending(values: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Return the indices that sort values in descending order, equal values in reverse order."""
    return np.argsort(values, kind="stable")[::-1]


def _height_and_width(image_shape: object) -> tuple[int, int]:
    wanted = "image_shape must be the height and width of the image"
    if image_shape is None:
        raise ValueError(f"{wanted} for the method 'center_weighted_size', got None")
    if not isinstance(image_shape, Sequence) or isinstance(image_shape, (str, bytes)):
        raise TypeError(f"{wanted}, got {type(image_shape).__name__}")
    if len(image_shape) < 2:
        raise ValueError(f"{wanted}, got {image_shape!r}")
    return checks.count("height", image_shape[0]), checks.count("width", image_shape[1])
