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
        If there are not as many of one as of the other.

    References
    ----------
    Shuo Yang, Ping Luo, Chen Change Loy and Xiaoou Tang, "WIDER FACE: A Face Detection Benchmark",
    CVPR 2016, and the evaluation tool published with it.
    """
    thresholds = 1 - np.arange(1, NUM_THRESHOLDS + 1) / NUM_THRESHOLDS
    return _judge(truth, found, min_overlap, skip_empty=True).scaled().curve(thresholds)


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
        With a point for each score; of equal scores one.

    Raises
    ------
    ValueError
        If there are not as many of one as of the other.

    References
    ----------
    Mark Everingham and others, "The PASCAL Visual Object Classes (VOC) Challenge", International
    Journal of Computer Vision 88, 2010, and its development kit.
    """
    judged = _judge(truth, found, min_overlap, skip_empty=False)
    return judged.curve(np.unique(np.concatenate([judged.right, judged.wrong]))[::-1])


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
        If there are not as many of one as of the other.

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


class _Judged(NamedTuple):
    right: Numbers  # scores
    wrong: Numbers
    num_faces: int
    lowest: float  # of all scores, those of neither kind too
    highest: float

    def scaled(self) -> _Judged:
        """Return the same with scores that reach from 0 to 1; 1 if all are the same."""
        span = self.highest - self.lowest
        if not span > 0:
            return self._replace(right=np.ones_like(self.right), wrong=np.ones_like(self.wrong))
        right, wrong = ((scores - self.lowest) / span for scores in (self.right, self.wrong))
        return self._replace(right=right, wrong=wrong)

    def curve(self, thresholds: Numbers) -> Curve:
        num_right, num_wrong = (_at_least(each, thresholds) for each in (self.right, self.wrong))
        return Curve(
            precision=num_right / np.maximum(num_right + num_wrong, 1),
            recall=num_right / max(self.num_faces, 1),
            thresholds=thresholds,
            num_wrong=num_wrong,
            num_faces=self.num_faces,
        )


def _judge(
    truth: Iterable[Truth], found: Iterable[Found], min_overlap: float, skip_empty: bool
) -> _Judged:
    right: list[Numbers] = [np.empty(0)]
    wrong: list[Numbers] = [np.empty(0)]
    num_faces = 0
    lowest, highest = math.inf, -math.inf
    for faces, one in paired(truth, found):
        num_faces += int(faces.counted.sum())
        scores = np.asarray(one.scores, np.float64)
        if len(scores) == 0:
            continue
        lowest, highest = min(lowest, float(scores.min())), max(highest, float(scores.max()))
        if skip_empty and len(faces.boxes) == 0:
            continue
        matches = match(one, faces, min_overlap=min_overlap)
        right.append(scores[matches.right])
        wrong.append(scores[~matches.right & ~matches.ignored])
    return _Judged(np.concatenate(right), np.concatenate(wrong), num_faces, lowest, highest)


def _at_least(scores: Numbers, thresholds: Numbers) -> npt.NDArray[np.intp]:
    return len(scores) - np.searchsorted(np.sort(scores), thresholds, side="left")
