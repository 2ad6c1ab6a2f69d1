"""Detections of one image in several views, fused: boxes averaged, scores by agreement."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..detections import Detections
from .overlaps import overlaps

_SAME_FACE = 0.5  # intersection over union above which boxes of several views are one face


def fuse_views(found: Sequence[Detections]) -> Detections:
    """Merge the faces that several views of an image show.

    The box with the highest score is taken first, together with all boxes whose intersection over
    union with it exceeds 0.5; then the same for the rest. Each group becomes one face. Its box and
    its landmarks are the means of the group's, weighted by their scores. Its score is the noisy-or
    of the highest score that each view gives the face, 1 minus the product of 1 - score: the
    probability that at least one view is right if they err independently. It grows with the number
    of views that agree, and is never below the score of any of them.

    Parameters
    ----------
    found : sequence of Detections
        The faces of each view, in pixels of the image.

    Returns
    -------
    Detections
        The faces, highest score first; of equal ones that whose group was formed first.

    References
    ----------
    Roman Solovyev, Weimin Wang and Tatiana Gabruseva, "Weighted boxes fusion: Ensembling boxes from
    different object detection models", Image and Vision Computing 107, 2021: the weighted means.
    Here groups form around their highest-scoring box, as in non-maximum suppression.

    Judea Pearl, "Probabilistic Reasoning in Intelligent Systems", Morgan Kaufmann 1988, section
    4.3.2: the noisy-or.
    """
    boxes, scores, landmarks = (
        np.concatenate(parts).astype(np.float64) for parts in zip(*found, strict=True)
    )
    views = np.repeat(np.arange(len(found)), [each.num_faces for each in found])
    groups = _groups(boxes, scores)
    fused_scores = np.array([_noisy_or(scores[group], views[group]) for group in groups])
    order = np.argsort(-fused_scores, kind="stable")
    if len(order) == 0:
        return Detections.empty()
    weights = [_weights(scores[group]) for group in groups]
    return Detections(
        np.array([weights[k] @ boxes[groups[k]] for k in order], np.float32),
        fused_scores[order].astype(np.float32),
        np.array([np.tensordot(weights[k], landmarks[groups[k]], 1) for k in order], np.float32),
    )


def show_same_face(
    boxes: npt.NDArray[np.floating], face: npt.NDArray[np.floating]
) -> npt.NDArray[np.bool_]:
    """Return which boxes of several views are taken for the same face as one of them.

    Parameters
    ----------
    boxes : ndarray of floating point, shape (n, 4)
        x1, y1, x2, y2 in pixels of the image.
    face : ndarray of floating point, shape (4,)
        The box of the face.

    Returns
    -------
    ndarray of bool, shape (n,)
        Whether the intersection over union exceeds 0.5.
    """
    same: npt.NDArray[np.bool_] = overlaps(face[None], boxes, extra=1.0)[0] > _SAME_FACE
    return same


def _groups(
    boxes: npt.NDArray[np.float64], scores: npt.NDArray[np.float64]
) -> list[npt.NDArray[np.int64]]:
    """Return the indices of the boxes of each face, the highest score first."""
    rest = np.argsort(-scores, kind="stable")
    groups = []
    while len(rest):
        same = show_same_face(boxes[rest], boxes[rest[0]])
        same[0] = True  # also a box without area
        groups.append(rest[same])
        rest = rest[~same]
    return groups


def _noisy_or(scores: npt.NDArray[np.float64], views: npt.NDArray[np.int64]) -> float:
    """Return the score of a face: of each view the first box counts, which is its highest."""
    _, highest = np.unique(views, return_index=True)
    return float(1 - np.prod(1 - scores[highest]))


def _weights(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return weights in proportion to the scores; equal ones if all scores are 0."""
    total = scores.sum()
    return scores / total if total > 0 else np.full(len(scores), 1 / len(scores))
