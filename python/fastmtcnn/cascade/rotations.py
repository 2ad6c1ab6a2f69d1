"""Faces that lie or stand on their head: the search in the turned image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .. import _core, checks
from ..detections import Detections
from .run import Trace

Image: TypeAlias = npt.NDArray[np.uint8]

_QUARTERS = {90: 1, 180: 2, 270: 3}


def checked_rotations(rotations: object) -> tuple[int, ...]:
    """Return the angles to turn images by, or say what was wrong.

    Parameters
    ----------
    rotations : object
        As for `MTCNN`.
    """
    wanted = "some of 90, 180, 270, each once"
    angles = tuple(checks.wholes("rotations", rotations, wanted))
    if len(set(angles)) < len(angles) or not set(angles) <= _QUARTERS.keys():
        raise ValueError(f"rotations must be {wanted}, got {rotations!r}")
    return angles


def search_turned(
    search: Callable[[list[Image]], list[Trace]],
    images: list[Image],
    rotations: tuple[int, ...],
    threshold: float,
) -> list[Trace]:
    """Search images as they are, then turned, and unite what was found.

    Parameters
    ----------
    search : callable
        Finds the faces of images.
    images : list of ndarray of uint8, shape (height, width, 3)
        RGB.
    rotations : tuple of int
        By how many degrees, anticlockwise; one after the other, since each takes a copy of the
        images.
    threshold : float
        Overlap with a better face, over the smaller of the two boxes, above which a face goes.

    Returns
    -------
    list of Trace
        The stages of the search in the image as it is, the detections of all.
    """
    traces = search(images)
    if not rotations:
        return traces
    found = [[trace.detections] for trace in traces]
    for degrees in rotations:
        turned = search([_turned(image, degrees) for image in images])
        for each, image, trace in zip(found, images, turned, strict=True):
            each.append(_turned_back(trace.detections, degrees, image.shape))
    return [
        trace._replace(detections=_united(each, threshold))
        for trace, each in zip(traces, found, strict=True)
    ]


def _turned(image: Image, degrees: int) -> Image:
    return np.ascontiguousarray(np.rot90(image, _QUARTERS[degrees]))


def _turned_back(found: Detections, degrees: int, shape: tuple[int, ...]) -> Detections:
    """Return faces of the turned image in pixels of the image, whose shape is given."""
    corners = _points_back(found.boxes.reshape(-1, 2, 2), degrees, shape)
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    return Detections(boxes, found.scores, _points_back(found.landmarks, degrees, shape))


def _points_back(
    points: npt.NDArray[np.float32], degrees: int, shape: tuple[int, ...]
) -> npt.NDArray[np.float32]:
    bottom, right = np.array(shape[:2], np.float32) - 1
    x, y = points[..., 0], points[..., 1]
    if degrees == 90:
        x, y = right - y, x
    elif degrees == 180:
        x, y = right - x, bottom - y
    else:
        x, y = y, bottom - x
    return np.stack([x, y], axis=-1)


def _united(found: Sequence[Detections], threshold: float) -> Detections:
    """Return the faces of all orientations; of those that overlap the best, as after O-Net."""
    united = Detections(*map(np.concatenate, zip(*found, strict=True)))
    kept = _core.nms(united.boxes.astype(np.float64), united.scores, threshold, "min")
    return united.select(kept)
