"""Which of the boxes found are faces, and which faces they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from .. import checks
from ..faces.overlaps import as_boxes, overlaps

Boxes = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_AT_ONCE = 512  # boxes that are compared with all faces

_T = TypeVar("_T")
_F = TypeVar("_F")


class Found(Protocol):
    """What was found in an image: `Detections`, `Predictions` and the like."""

    @property
    def boxes(self) -> npt.NDArray[np.floating]:
        """Shape (n, 4): x1, y1, x2, y2 in pixels."""

    @property
    def scores(self) -> npt.NDArray[np.floating]:
        """Shape (n,), of any range; higher is surer."""


class Truth(NamedTuple):
    """The faces that an image has.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels.
    counted : ndarray of bool, shape (n,)
        Whether a face is wanted. To find another one is neither right nor wrong.
    """

    boxes: Boxes
    counted: Mask

    @classmethod
    def of(cls, boxes: npt.ArrayLike) -> Truth:
        """Return faces that all count.

        Parameters
        ----------
        boxes : array_like, shape (n, 4)
            x1, y1, x2, y2 in pixels.

        Raises
        ------
        ValueError
            If it has another shape, or a number is not finite.
        """
        array = as_boxes(boxes)
        return cls(array, np.ones(len(array), bool)).checked()

    def checked(self) -> Truth:
        """Return the same as arrays of the shapes and types above.

        Raises
        ------
        ValueError
            If that cannot be, or a number is not finite.
        """
        boxes, counted = as_boxes(self.boxes), np.asarray(self.counted).astype(bool)
        if counted.shape != (len(boxes),):
            raise ValueError(
                f"counted must say of each of {len(boxes)} faces whether it counts, got shape "
                f"{counted.shape}"
            )
        if not np.isfinite(boxes).all():
            raise ValueError("the boxes of faces must be finite, got some that are not")
        return Truth(boxes, counted)

    def within_heights(self, lowest: float, below: float) -> Truth:
        """Return the same faces, of which those of other heights do not count.

        Parameters
        ----------
        lowest, below : float
            Heights y2 - y1 from `lowest` on and below `below` count, in pixels.
        """
        heights = self.boxes[:, 3] - self.boxes[:, 1]
        return self._replace(counted=self.counted & (heights >= lowest) & (heights < below))


class Matches(NamedTuple):
    """What each box found is.

    Attributes
    ----------
    right : ndarray of bool, shape (n,)
        Whether it is the surest box of a face that counts.
    ignored : ndarray of bool, shape (n,)
        Whether it is a box of a face that does not count. All others are wrong.
    faces : ndarray of int, shape (n,)
        Which face of the truth it overlaps most; -1 where that is not enough.
    """

    right: Mask
    ignored: Mask
    faces: npt.NDArray[np.intp]


def boxes_and_scores(found: Found) -> tuple[Boxes, npt.NDArray[np.float64]]:
    """Return what was found in an image as arrays of shape (n, 4) and (n,).

    Parameters
    ----------
    found : Detections or the like
        Of one image.

    Raises
    ------
    ValueError
        If they have other shapes, or a number is not finite.
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
    """Return the truth of each image with what was found in it.

    Parameters
    ----------
    truth, found : iterable
        Of each image, in the same order.

    Raises
    ------
    ValueError
        If there are not as many of one as of the other.
    """
    known, tried = list(truth), list(found)
    if len(known) != len(tried):
        raise ValueError(
            f"what was found must be that of each image of the truth, which has {len(known)}, "
            f"got {len(tried)}"
        )
    return list(zip(known, tried, strict=True))


def match(found: Found, truth: Truth, *, min_overlap: float = 0.5, extra: float = 1.0) -> Matches:
    """Say of each box found whether it is right, as WIDER FACE and PASCAL VOC do.

    A box belongs to the face that it overlaps most, be that found already or not.

    Parameters
    ----------
    found : Detections or the like
        Of one image, in any order. Of boxes with the same score, the first is the surest.
    truth : Truth
        Of the same image.
    min_overlap : float, default 0.5
        Intersection over union from which a box is one of the face.
    extra : float, default 1.0
        As for `overlaps`; with both protocols 1.

    Returns
    -------
    Matches
        In the order of the boxes.

    Raises
    ------
    ValueError, TypeError
        If `min_overlap` is no number from 0 to 1, boxes, scores or faces have other shapes, or a
        number is not finite.
    """
    checks.fraction("min_overlap", min_overlap)
    truth = truth.checked()
    boxes, scores = boxes_and_scores(found)
    right, ignored = np.zeros((2, len(scores)), bool)
    faces = np.full(len(scores), -1, np.intp)
    if len(scores) == 0 or len(truth.boxes) == 0:
        return Matches(right, ignored, faces)
    nearest, shares = _nearest(boxes, truth.boxes, extra)
    hit = shares >= min_overlap
    faces[hit] = nearest[hit]
    counted = hit & truth.counted[nearest]
    surest_first = np.argsort(-scores, kind="stable")
    of_counted = surest_first[counted[surest_first]]
    right[of_counted[np.unique(nearest[of_counted], return_index=True)[1]]] = True
    return Matches(right, hit & ~counted, faces)


def _nearest(
    boxes: Boxes, faces: Boxes, extra: float
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Return which face each box overlaps most, and by how much."""
    nearest, shares = np.zeros(len(boxes), np.intp), np.zeros(len(boxes))
    # Not all at once: crowds of 2,000 faces and 10,000 boxes would take a gigabyte.
    for first in range(0, len(boxes), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        each = overlaps(boxes[some], faces, extra=extra)
        nearest[some], shares[some] = each.argmax(axis=1), each.max(axis=1)
    return nearest, shares
