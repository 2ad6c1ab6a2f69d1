"""Conversion of detections to and from the forms of facenet-pytorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..detections import Detections


def listed(values: Any, several: bool) -> list[Any]:  # noqa: ANN401
    """Return a list with the values of each image."""
    if not several:
        return [values]
    if not isinstance(values, (list, tuple, np.ndarray)):
        raise TypeError(
            "for several images, boxes, probabilities and landmarks must come in a list or an "
            f"array, got {type(values).__name__}"
        )
    return list(values)


def box_rows(boxes: Any) -> npt.NDArray[np.float64]:  # noqa: ANN401
    """Return boxes as an array of shape (n, 4), empty for None."""
    rows = np.zeros((0, 4)) if boxes is None else np.asarray(boxes, np.float64)
    if rows.ndim != 2 or rows.shape[1] != 4:
        raise ValueError(f"the boxes of an image must have shape (n, 4), got {rows.shape}")
    return rows


def detections(boxes: Any, probs: Any, points: Any) -> Detections:  # noqa: ANN401
    """Return the results for one image as `Detections`."""
    rows = box_rows(boxes)
    if len(rows) == 0:
        return Detections.empty()
    scores, landmarks = np.asarray(probs, np.float32), np.asarray(points, np.float32)
    if scores.shape != (len(rows),) or landmarks.shape != (len(rows), 5, 2):
        raise ValueError(
            f"{len(rows)} boxes need probabilities of shape ({len(rows)},) and landmarks of shape "
            f"({len(rows)}, 5, 2), got {scores.shape} and {landmarks.shape}"
        )
    return Detections(rows.astype(np.float32), scores, landmarks)


def results(found: list[Detections], several: bool) -> tuple[Any, Any, Any]:
    """Return boxes, probabilities and landmarks in facenet-pytorch's form."""
    if not several:
        (one,) = found
        if one.num_faces == 0:
            return None, np.array([None], object), None
        return one.boxes, one.scores, one.landmarks
    boxes = [each.boxes if each.num_faces else None for each in found]
    probs = [each.scores if each.num_faces else [None] for each in found]
    points = [each.landmarks if each.num_faces else None for each in found]
    return _gathered(boxes), _gathered(probs), _gathered(points)


def _gathered(items: list[Any]) -> npt.NDArray[Any]:
    """Return the results of several images in one array, stacked if their shapes agree."""
    if len({np.shape(item) for item in items}) == 1:
        return np.array(items)
    flat = np.empty(len(items), object)
    for k, item in enumerate(items):
        flat[k] = item
    return flat


def only(probs: npt.NDArray[Any]) -> float | None:
    """Return the probability of the selected face, or None if there is none."""
    return None if probs[0] is None else float(probs[0])
