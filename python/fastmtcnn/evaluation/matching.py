"""Matching of detected boxes with ground truth."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from .. import checks
from ..faces.overlaps import as_boxes, overlaps
from ..renamed import former_fields

Boxes = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_BLOCK = 512  # boxes that are compared with all faces at once

_T = TypeVar("_T")
_F = TypeVar("_F")


class BoxesAndScores(Protocol):
    """The detections of one image: `Detections`, `Predictions` and any other class of this form."""

    @property
    def boxes(self) -> npt.NDArray[np.floating]:
        """x1, y1, x2, y2 in pixels of the image, shape (n, 4)."""

    @property
    def scores(self) -> npt.NDArray[np.floating]:
        """Scores in any range, shape (n,); a higher score means more confidence."""


@former_fields(counted="valid")
class GroundTruth(NamedTuple):
    """The annotated faces of one image.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels of the image.
    valid : ndarray of bool, shape (n,)
        Whether a face is evaluated. A box on any other face is ignored: it is neither a true
        positive nor a false positive.
    """

    boxes: Boxes
    valid: Mask

    @classmethod
    def of(cls, boxes: npt.ArrayLike) -> GroundTruth:
        """Return ground truth whose faces are all valid.

        Parameters
        ----------
        boxes : array_like, shape (n, 4)
            x1, y1, x2, y2 in pixels of the image.

        Raises
        ------
        ValueError
            If the array has another shape, or a number is not finite.
        """
        array = as_boxes(boxes)
        return cls(array, np.ones(len(array), bool)).checked()

    def checked(self) -> GroundTruth:
        """Return the same ground truth as arrays of the shapes and dtypes above.

        Raises
        ------
        ValueError
            If an array has another shape, or a number is not finite.
        """
        boxes, valid = as_boxes(self.boxes), np.asarray(self.valid).astype(bool)
        if valid.shape != (len(boxes),):
            raise ValueError(
                f"valid must have a value for each of {len(boxes)} faces, got shape {valid.shape}"
            )
        if not np.isfinite(boxes).all():
            raise ValueError("the boxes of faces must be finite, got some that are not")
        return GroundTruth(boxes, valid)

    def within_heights(self, lowest: float, below: float) -> GroundTruth:
        """Return the same faces, of which only those within a range of heights are valid.

        Parameters
        ----------
        lowest, below : float
            The range: lowest <= y2 - y1 < below, in pixels.
        """
        heights = self.boxes[:, 3] - self.boxes[:, 1]
        return self._replace(valid=self.valid & (heights >= lowest) & (heights < below))


@former_fields(right="true_positives")
class Matches(NamedTuple):
    """Detected boxes matched with the ground truth of their image.

    A box that is neither a true positive nor ignored is a false positive.

    Attributes
    ----------
    true_positives : ndarray of bool, shape (n,)
        Whether a box has the highest score of the boxes that match a valid face.
    ignored : ndarray of bool, shape (n,)
        Whether a box matches a face that is not valid.
    faces : ndarray of int, shape (n,)
        Index of the face that a box matches; -1 if it matches none.
    """

    true_positives: Mask
    ignored: Mask
    faces: npt.NDArray[np.intp]


def boxes_and_scores(found: BoxesAndScores) -> tuple[Boxes, npt.NDArray[np.float64]]:
    """Return the detections of an image as arrays of shape (n, 4) and (n,).

    Parameters
    ----------
    found : Detections or the like
        Detections of the image.

    Raises
    ------
    ValueError
        If an array has another shape, or a number is not finite.
    """
    boxes, scores = as_boxes(found.boxes), np.asarray(found.scores, np.float64)
    if scores.shape != (len(boxes),):
        raise ValueError(
            f"there must be a score for each of {len(boxes)} boxes, got shape {scores.shape}"
        )
    if not (np.isfinite(boxes).all() and np.isfinite(scores).all()):
        raise ValueError("boxes and scores must be finite, got some that are not")
    return boxes, scores


def paired(truth: Iterable[_T], found: Iterable[_F]) -> list[tuple[_T, _F]]:
    """Return pairs of ground truth and detections, one for each image.

    Parameters
    ----------
    truth, found : iterable
        Ground truth and detections of each image, in the same order.

    Raises
    ------
    ValueError
        If their numbers of images differ.
    """
    truths, detections = list(truth), list(found)
    if len(truths) != len(detections):
        raise ValueError(
            f"detections must be those of each image of the ground truth, which has {len(truths)}, "
            f"got {len(detections)}"
        )
    return list(zip(truths, detections, strict=True))


def match(
    found: BoxesAndScores, truth: GroundTruth, *, min_overlap: float = 0.5, extra: float = 1.0
) -> Matches:
    """Match detected boxes with the ground truth, as WIDER FACE and PASCAL VOC do.

    A box matches the face that it overlaps most, whether or not that face was matched before.

    Parameters
    ----------
    found : Detections or the like
        Detections of one image, in any order. Of boxes with equal scores, the first one ranks
        highest.
    truth : GroundTruth
        Ground truth of the same image.
    min_overlap : float, default 0.5
        Lowest intersection over union (IoU), 0 to 1, at which a box matches a face.
    extra : float, default 1.0
        The +1 convention of `overlaps`; both protocols use 1.

    Returns
    -------
    Matches
        Arrays in the order of the boxes.

    Raises
    ------
    ValueError, TypeError
        If `min_overlap` is not a number from 0 to 1, boxes, scores or faces have other shapes, or
        a number is not finite.
    """
    checks.fraction("min_overlap", min_overlap)
    truth = truth.checked()
    boxes, scores = boxes_and_scores(found)
    true_positives, ignored = np.zeros((2, len(scores)), bool)
    faces = np.full(len(scores), -1, np.intp)
    if len(scores) == 0 or len(truth.boxes) == 0:
        return Matches(true_positives, ignored, faces)
    nearest, shares = _nearest(boxes, truth.boxes, extra)
    matched = shares >= min_overlap
    faces[matched] = nearest[matched]
    on_valid = matched & truth.valid[nearest]
    by_score = np.argsort(-scores, kind="stable")
    candidates = by_score[on_valid[by_score]]
    # The first candidate of each face has the highest score.
    true_positives[candidates[np.unique(nearest[candidates], return_index=True)[1]]] = True
    return Matches(true_positives, matched & ~on_valid, faces)


def _nearest(
    boxes: Boxes, faces: Boxes, extra: float
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Return the index of the face that each box overlaps most, and the overlap."""
    nearest, shares = np.zeros(len(boxes), np.intp), np.zeros(len(boxes))
    # In blocks: all overlaps of 2,000 faces and 10,000 boxes would take a gigabyte of memory.
    for first in range(0, len(boxes), _BLOCK):
        block = slice(first, first + _BLOCK)
        each = overlaps(boxes[block], faces, extra=extra)
        nearest[block], shares[block] = each.argmax(axis=1), each.max(axis=1)
    return nearest, shares
