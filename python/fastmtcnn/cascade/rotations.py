"""Faces that lie on their side or are upside down: the search in rotated images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .. import _core
from ..detections import Detections
from .trace import Trace

Image: TypeAlias = npt.NDArray[np.uint8]

_QUARTERS = {90: 1, 180: 2, 270: 3}


def run_rotated(
    search: Callable[[Sequence[Image]], list[Trace]],
    images: Sequence[Image],
    rotations: tuple[int, ...],
    threshold: float,
) -> list[Trace]:
    """Search images as they are, then rotated, and merge the detections.

    Parameters
    ----------
    search : callable
        Finds the faces of images.
    images : sequence of ndarray of uint8, shape (height, width, 3)
        RGB.
    rotations : tuple of int
        Angles in degrees, anticlockwise. They are searched one after the other, since each takes a
        copy of the images.
    threshold : float
        Overlap with a higher-scored face, as intersection over the smaller box, above which a face
        is dropped.

    Returns
    -------
    list of Trace
        The stages of the search in the image as it is, and the detections of all searches.
    """
    traces = search(images)
    if not rotations:
        return traces
    found = [[trace.detections] for trace in traces]
    for degrees in rotations:
        rotated = search([_rotate(image, degrees) for image in images])
        for each, image, trace in zip(found, images, rotated, strict=True):
            each.append(_rotate_back(trace.detections, degrees, image.shape))
    return [
        trace._replace(detections=_merge(each, threshold))
        for trace, each in zip(traces, found, strict=True)
    ]


def _rotate(image: Image, degrees: int) -> Image:
    return np.ascontiguousarray(np.rot90(image, _QUARTERS[degrees]))


def _rotate_back(found: Detections, degrees: int, shape: tuple[int, ...]) -> Detections:
    """Return faces of the rotated image in pixels of the image, whose shape is given."""
    corners = _rotate_points_back(found.boxes.reshape(-1, 2, 2), degrees, shape)
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    return Detections(boxes, found.scores, _rotate_points_back(found.landmarks, degrees, shape))


def _rotate_points_back(
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


def _merge(found: Sequence[Detections], threshold: float) -> Detections:
    """Return the faces of all orientations; of those that overlap, the one with the best score."""
    merged = Detections(*map(np.concatenate, zip(*found, strict=True)))
    kept = _core.nms(merged.boxes.astype(np.float64), merged.scores, threshold, "min")
    return merged.select(kept)
