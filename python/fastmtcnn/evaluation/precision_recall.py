"""Precision against recall, and the area under it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .matching import Found, Truth, match, paired

NUM_THRESHOLDS = 1000  # of WIDER FACE's protocol

Numbers = npt.NDArray[np.float64]
_NONE: Numbers = np.empty(0)


class Curve(NamedTuple):
    """Precision and recall at falling thresholds of the score.

    Attributes
    ----------
    precision, recall : ndarray of float64, shape (k,)
        Of what has at least the score `thresholds`; precision is 0 where nothing has.
    thresholds : ndarray of float64, shape (k,)
        Falling.
    num_wrong : ndarray of int, shape (k,)
        How many that are no face, or one found before, have at least that score.
    num_faces : int
        Faces that count.
    """

    precision: Numbers
    recall: Numbers
    thresholds: Numbers
    num_wrong: npt.NDArray[np.intp]
    num_faces: int

    @property
    def highest_recall(self) -> float:
        """Recall of all that was found, whatever its score; NaN if no face counts."""
        return float(self.recall[-1]) if self.num_faces else math.nan

    @property
    def average_precision(self) -> float:
        """Area under the precision, each the best of those at no lower recall; 0 to 1.

        NaN if no face counts.
        """
        if self.num_faces == 0:
            return math.nan
        best = np.maximum.accumulate(self.precision[::-1])[::-1]
        return float(np.sum(np.diff(self.recall, prepend=0.0) * best))

    @property
    def eleven_point_precision(self) -> float:
        """Mean of the best precision at a recall of at least 0, 0.1, ... 1, as VOC had until 2009.

        NaN if no face counts.
        """
        if self.num_faces == 0:
            return math.nan
        levels = (
            np.max(self.precision[self.recall >= tenth / 10], initial=0) for tenth in range(11)
        )
        return float(np.mean(list(levels)))

    def recall_at(self, num_wrong: int) -> float:
        """Return the recall that is reached with at most so many wrong boxes.

        Parameters
        ----------
        num_wrong : int
            In all images together, as for the discrete score of FDDB.

        Returns
        -------
        float
            0 to 1; NaN if no face counts.
        """
        if self.num_faces == 0:
            return math.nan
        return float(self.recall[self.num_wrong <= num_wrong].max(initial=0))


def widerface_curve(
    truth: Iterable[Truth], found: Iterable[Found], *, min_overlap: float = 0.5
) -> Curve:
    """Return precision and recall by the protocol of WIDER FACE.

    Scores are scaled so that they reach from 0 to 1 over all images; precision and recall are taken
    at 1000 thresholds 0.999, 0.998, ... 0. Sides of boxes are x2 - x1 + 1. What is found in an
    image without a face in the truth, be it one that counts or not, is left out.

    Parameters
    ----------
    truth : iterable of Truth
        Of each image.
    found : iterable of Detections or the like
        Of each image, in the same order. The order of the boxes does not matter.
    min_overlap : float, default 0.5
        Intersection over union from which a box is one of the face.

    Returns
    -------
    Curve
        Of 1000 points.

    Raises
    ------
    ValueError
        If there are not as many of one as of the other, they have other shapes, or a number is not
        finite.

    References
    ----------
    Shuo Yang, Ping Luo, Chen Change Loy and Xiaoou Tang, "WIDER FACE: A Face Detection Benchmark",
    CVPR 2016, and the evaluation tool published with it.
    """
    thresholds = 1 - np.arange(1, NUM_THRESHOLDS + 1) / NUM_THRESHOLDS
    judged = judge(truth, found, min_overlap=min_overlap, skip_empty=True)
    return judged.scaled().curve(thresholds)


def voc_curve(truth: Iterable[Truth], found: Iterable[Found], *, min_overlap: float = 0.5) -> Curve:
    """Return precision and recall by the protocol of PASCAL VOC.

    Every score is a threshold, and what is found in images without faces is wrong. Sides of boxes
    are x2 - x1 + 1.

    Parameters
    ----------
    truth : iterable of Truth
        Of each image.
    found : iterable of Detections or the like
        Of each image, in the same order.
    min_overlap : float, default 0.5
        As for `widerface_curve`.

    Returns
    -------
    Curve
        With a point for each score, of equal scores one; with one point if nothing was found.

    Raises
    ------
    ValueError
        If there are not as many of one as of the other, they have other shapes, or a number is not
        finite.

    References
    ----------
    Mark Everingham and others, "The PASCAL Visual Object Classes (VOC) Challenge", International
    Journal of Computer Vision 88, 2010, and its development kit.
    """
    return judge(truth, found, min_overlap=min_overlap).curve()


def average_precision(
    truth: Iterable[Truth],
    found: Iterable[Found],
    *,
    min_overlap: float = 0.5,
    protocol: Callable[..., Curve] = widerface_curve,
) -> float:
    """Return the average precision of what was found in several images.

    Parameters
    ----------
    truth : iterable of Truth
        Of each image.
    found : iterable of Detections or the like
        Of each image, in the same order.
    min_overlap : float, default 0.5
        As for `widerface_curve`.
    protocol : callable, default widerface_curve
        Or `voc_curve`.

    Returns
    -------
    float
        0 to 1; NaN if no face counts.

    Raises
    ------
    ValueError
        If there are not as many of one as of the other, they have other shapes, or a number is not
        finite.

    Examples
    --------
    >>> import fastmtcnn
    >>> from fastmtcnn.evaluation import Truth, average_precision
    >>> found = fastmtcnn.MTCNN(min_face_size=40).detect(fastmtcnn.sample_photo())
    >>> truth = Truth.of([[170, 60, 275, 195]])
    >>> average_precision([truth], [found])
    1.0
    """
    return protocol(truth, found, min_overlap=min_overlap).average_precision


class Judged(NamedTuple):
    """What the boxes found in several images are, image by image.

    Attributes
    ----------
    right, wrong : list of ndarray of float64
        Scores of the boxes that are faces that count, and of those that are no face, or one found
        before.
    num_faces : list of int
        Faces that count.
    lowest, highest : float
        Of all scores, also those of boxes that are neither; infinities if there are none.
    """

    right: list[Numbers]
    wrong: list[Numbers]
    num_faces: list[int]
    lowest: float
    highest: float

    def of(self, images: Iterable[int]) -> Judged:
        """Return the same of some of the images.

        Parameters
        ----------
        images : iterable of int
            Which, from 0; one may come several times, as in a resample.
        """
        chosen = list(images)
        return self._replace(
            right=[self.right[k] for k in chosen],
            wrong=[self.wrong[k] for k in chosen],
            num_faces=[self.num_faces[k] for k in chosen],
        )

    def scaled(self) -> Judged:
        """Return the same with scores that reach from 0 to 1; 1 if all are the same."""
        span = self.highest - self.lowest
        right, wrong = (
            [(each - self.lowest) / span if span > 0 else np.ones_like(each) for each in scores]
            for scores in (self.right, self.wrong)
        )
        return Judged(right, wrong, self.num_faces, 0.0, 1.0)

    def curve(self, thresholds: Numbers | None = None) -> Curve:
        """Return precision and recall.

        Parameters
        ----------
        thresholds : ndarray of float64, shape (k,), optional
            Of the score, falling. Default: all scores; infinity if there are none.
        """
        right, wrong = (np.concatenate([_NONE, *each]) for each in (self.right, self.wrong))
        if thresholds is None:
            thresholds = np.unique(np.concatenate([right, wrong]))[::-1]
        if len(thresholds) == 0:
            thresholds = np.array([np.inf])
        num_right, num_wrong = (_at_least(each, thresholds) for each in (right, wrong))
        num_faces = sum(self.num_faces)
        return Curve(
            precision=num_right / np.maximum(num_right + num_wrong, 1),
            recall=num_right / max(num_faces, 1),
            thresholds=thresholds,
            num_wrong=num_wrong,
            num_faces=num_faces,
        )


def judge(
    truth: Iterable[Truth],
    found: Iterable[Found],
    *,
    min_overlap: float = 0.5,
    skip_empty: bool = False,
) -> Judged:
    """Say what the boxes found are.

    Parameters
    ----------
    truth : iterable of Truth
        Of each image.
    found : iterable of Detections or the like
        Of each image, in the same order.
    min_overlap : float, default 0.5
        As for `widerface_curve`.
    skip_empty : bool, default False
        Whether boxes in images without a face, be it one that counts or not, are neither right nor
        wrong.

    Raises
    ------
    ValueError
        As `widerface_curve`.
    """
    right: list[Numbers] = []
    wrong: list[Numbers] = []
    num_faces: list[int] = []
    lowest, highest = math.inf, -math.inf
    for each, one in paired(truth, found):
        faces = each.checked()
        matches = match(one, faces, min_overlap=min_overlap)
        scores = np.asarray(one.scores, np.float64)
        lowest, highest = scores.min(initial=lowest), scores.max(initial=highest)
        is_wrong = ~matches.right & ~matches.ignored
        if skip_empty and len(faces.boxes) == 0:
            is_wrong[:] = False
        right.append(scores[matches.right])
        wrong.append(scores[is_wrong])
        num_faces.append(int(faces.counted.sum()))
    return Judged(right, wrong, num_faces, float(lowest), float(highest))


def _at_least(scores: Numbers, thresholds: Numbers) -> npt.NDArray[np.intp]:
    return len(scores) - np.searchsorted(np.sort(scores), thresholds, side="left")
