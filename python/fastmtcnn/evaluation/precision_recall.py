"""Precision-recall curves and average precision."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import warn_renamed
from ..renamed import former_fields, former_keywords
from .matching import BoxesAndScores, GroundTruth, match, paired

NUM_THRESHOLDS = 1000  # of WIDER FACE's protocol

Numbers = npt.NDArray[np.float64]
_NONE: Numbers = np.empty(0)


@former_fields(num_wrong="num_false_positives")
class Curve(NamedTuple):
    """Precision and recall of detections at falling score thresholds.

    Attributes
    ----------
    precision, recall : ndarray of float64, shape (k,)
        Precision and recall of the boxes whose score is at least the threshold; precision is 0 if
        there is no such box.
    thresholds : ndarray of float64, shape (k,)
        Score thresholds, falling.
    num_false_positives : ndarray of int, shape (k,)
        Number of false positives whose score is at least the threshold. A second box on a face is
        a false positive, too.
    num_faces : int
        Number of valid faces.
    """

    precision: Numbers
    recall: Numbers
    thresholds: Numbers
    num_false_positives: npt.NDArray[np.intp]
    num_faces: int

    @property
    def highest_recall(self) -> float:
        """Recall of all boxes, whatever their score; NaN if no face is valid."""
        return float(self.recall[-1]) if self.num_faces else math.nan

    @property
    def average_precision(self) -> float:
        """Area under the interpolated precision-recall curve, 0 to 1; NaN if no face is valid.

        The interpolated precision is the highest one at the same or a higher recall.
        """
        if self.num_faces == 0:
            return math.nan
        interpolated = np.maximum.accumulate(self.precision[::-1])[::-1]
        return float(np.sum(np.diff(self.recall, prepend=0.0) * interpolated))

    @property
    def average_precision_11_point(self) -> float:
        """Mean of the interpolated precision at recall 0, 0.1, ... 1, as in VOC until 2009.

        From 0 to 1; NaN if no face is valid.
        """
        if self.num_faces == 0:
            return math.nan
        interpolated = (
            np.max(self.precision[self.recall >= tenth / 10], initial=0) for tenth in range(11)
        )
        return float(np.mean(list(interpolated)))

    @property
    def eleven_point_precision(self) -> float:
        """Former name of `average_precision_11_point`."""
        warn_renamed("attribute 'eleven_point_precision' of Curve", "average_precision_11_point")
        return self.average_precision_11_point

    @former_keywords(num_wrong="num_false_positives")
    def recall_at(self, num_false_positives: int) -> float:
        """Return the highest recall that is reached with at most this many false positives.

        Parameters
        ----------
        num_false_positives : int
            Number of false positives in all images together, as for the discrete score of FDDB.

        Returns
        -------
        float
            0 to 1; NaN if no face is valid.
        """
        if self.num_faces == 0:
            return math.nan
        within = self.num_false_positives <= num_false_positives
        return float(self.recall[within].max(initial=0))


def widerface_curve(
    truth: Iterable[GroundTruth], found: Iterable[BoxesAndScores], *, min_overlap: float = 0.5
) -> Curve:
    """Return precision and recall by the protocol of WIDER FACE.

    Scores are scaled to the range from 0 to 1 over all images; precision and recall are computed at
    the 1000 thresholds 0.999, 0.998, ... 0. Sides of boxes are x2 - x1 + 1. Boxes in an image
    without any annotated face, valid or not, are left out.

    Parameters
    ----------
    truth : iterable of GroundTruth
        Ground truth of each image.
    found : iterable of Detections or the like
        Detections of each image, in the same order; the boxes of an image may be in any order.
    min_overlap : float, default 0.5
        Lowest intersection over union (IoU), 0 to 1, at which a box matches a face.

    Returns
    -------
    Curve
        The 1000 points of the curve.

    Raises
    ------
    ValueError
        If the numbers of images differ, an array has another shape, or a number is not finite.

    References
    ----------
    Shuo Yang, Ping Luo, Chen Change Loy and Xiaoou Tang, "WIDER FACE: A Face Detection Benchmark",
    CVPR 2016, and the evaluation tool published with it.
    """
    thresholds = 1 - np.arange(1, NUM_THRESHOLDS + 1) / NUM_THRESHOLDS
    scores = match_images(truth, found, min_overlap=min_overlap, skip_empty=True)
    return scores.scaled().curve(thresholds)


def voc_curve(
    truth: Iterable[GroundTruth], found: Iterable[BoxesAndScores], *, min_overlap: float = 0.5
) -> Curve:
    """Return precision and recall by the protocol of PASCAL VOC.

    Every score is a threshold, and boxes in images without faces are false positives. Sides of
    boxes are x2 - x1 + 1.

    Parameters
    ----------
    truth : iterable of GroundTruth
        Ground truth of each image.
    found : iterable of Detections or the like
        Detections of each image, in the same order.
    min_overlap : float, default 0.5
        Lowest intersection over union (IoU), 0 to 1, at which a box matches a face.

    Returns
    -------
    Curve
        One point for each distinct score; a single point if there is no box.

    Raises
    ------
    ValueError
        If the numbers of images differ, an array has another shape, or a number is not finite.

    References
    ----------
    Mark Everingham and others, "The PASCAL Visual Object Classes (VOC) Challenge", International
    Journal of Computer Vision 88, 2010, and its development kit.
    """
    return match_images(truth, found, min_overlap=min_overlap).curve()


def average_precision(
    truth: Iterable[GroundTruth],
    found: Iterable[BoxesAndScores],
    *,
    min_overlap: float = 0.5,
    protocol: Callable[..., Curve] = widerface_curve,
) -> float:
    """Return the average precision of the detections in several images.

    Parameters
    ----------
    truth : iterable of GroundTruth
        Ground truth of each image.
    found : iterable of Detections or the like
        Detections of each image, in the same order.
    min_overlap : float, default 0.5
        Lowest intersection over union (IoU), 0 to 1, at which a box matches a face.
    protocol : callable, default widerface_curve
        Function that computes the curve: `widerface_curve` or `voc_curve`.

    Returns
    -------
    float
        0 to 1; NaN if no face is valid.

    Raises
    ------
    ValueError
        If the numbers of images differ, an array has another shape, or a number is not finite.

    Examples
    --------
    >>> import fastmtcnn
    >>> from fastmtcnn.evaluation import GroundTruth, average_precision
    >>> found = fastmtcnn.MTCNN(min_face_size=40).detect(fastmtcnn.sample_photo())
    >>> truth = GroundTruth.of([[170, 60, 275, 195]])
    >>> average_precision([truth], [found])
    1.0
    """
    return protocol(truth, found, min_overlap=min_overlap).average_precision


class MatchedScores(NamedTuple):
    """Scores of the true and false positives of several images, image by image.

    Attributes
    ----------
    true_positives, false_positives : list of ndarray of float64
        Scores of the true positives and of the false positives of each image.
    num_faces : list of int
        Number of valid faces of each image.
    lowest, highest : float
        Lowest and highest of all scores, including those of ignored boxes; infinities if there is
        no box.
    """

    true_positives: list[Numbers]
    false_positives: list[Numbers]
    num_faces: list[int]
    lowest: float
    highest: float

    def take(self, images: Iterable[int]) -> MatchedScores:
        """Return the scores of some of the images.

        Parameters
        ----------
        images : iterable of int
            Indices of the images, from 0; one may occur several times, as in a resample.
        """
        chosen = list(images)
        return self._replace(
            true_positives=[self.true_positives[k] for k in chosen],
            false_positives=[self.false_positives[k] for k in chosen],
            num_faces=[self.num_faces[k] for k in chosen],
        )

    def scaled(self) -> MatchedScores:
        """Return the scores scaled to the range from 0 to 1; all 1 if they are equal."""
        span = self.highest - self.lowest
        true_positives, false_positives = (
            [(each - self.lowest) / span if span > 0 else np.ones_like(each) for each in scores]
            for scores in (self.true_positives, self.false_positives)
        )
        return MatchedScores(true_positives, false_positives, self.num_faces, 0.0, 1.0)

    def curve(self, thresholds: Numbers | None = None) -> Curve:
        """Return precision and recall.

        Parameters
        ----------
        thresholds : ndarray of float64, shape (k,), optional
            Score thresholds, falling. Default: all distinct scores; infinity if there is none.
        """
        true_positives, false_positives = (
            np.concatenate([_NONE, *each]) for each in (self.true_positives, self.false_positives)
        )
        if thresholds is None:
            thresholds = np.unique(np.concatenate([true_positives, false_positives]))[::-1]
        if len(thresholds) == 0:
            thresholds = np.array([np.inf])
        num_true, num_false = (
            _at_least(each, thresholds) for each in (true_positives, false_positives)
        )
        num_faces = sum(self.num_faces)
        return Curve(
            precision=num_true / np.maximum(num_true + num_false, 1),
            recall=num_true / max(num_faces, 1),
            thresholds=thresholds,
            num_false_positives=num_false,
            num_faces=num_faces,
        )


def match_images(
    truth: Iterable[GroundTruth],
    found: Iterable[BoxesAndScores],
    *,
    min_overlap: float = 0.5,
    skip_empty: bool = False,
) -> MatchedScores:
    """Match the boxes of several images with the ground truth, and return their scores.

    Parameters
    ----------
    truth : iterable of GroundTruth
        Ground truth of each image.
    found : iterable of Detections or the like
        Detections of each image, in the same order.
    min_overlap : float, default 0.5
        Lowest intersection over union (IoU), 0 to 1, at which a box matches a face.
    skip_empty : bool, default False
        Whether to ignore boxes in images without any annotated face, valid or not.

    Raises
    ------
    ValueError
        If the numbers of images differ, an array has another shape, or a number is not finite.
    """
    true_positives: list[Numbers] = []
    false_positives: list[Numbers] = []
    num_faces: list[int] = []
    lowest, highest = math.inf, -math.inf
    for each, one in paired(truth, found):
        faces = each.checked()
        matches = match(one, faces, min_overlap=min_overlap)
        scores = np.asarray(one.scores, np.float64)
        lowest, highest = scores.min(initial=lowest), scores.max(initial=highest)
        is_false_positive = ~matches.true_positives & ~matches.ignored
        if skip_empty and len(faces.boxes) == 0:
            is_false_positive[:] = False
        true_positives.append(scores[matches.true_positives])
        false_positives.append(scores[is_false_positive])
        num_faces.append(int(faces.valid.sum()))
    return MatchedScores(true_positives, false_positives, num_faces, float(lowest), float(highest))


def _at_least(scores: Numbers, thresholds: Numbers) -> npt.NDArray[np.intp]:
    return len(scores) - np.searchsorted(np.sort(scores), thresholds, side="left")
