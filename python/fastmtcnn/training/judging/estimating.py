"""What other thresholds would find, from one search with low ones.

Non-maximum suppression takes the highest scores first: lower scores suppress nothing. So raising
O-Net's threshold alone gives exactly what a search with it finds. Higher thresholds of P-Net and
R-Net give nearly that: a box that R-Net's suppression dropped would stay if the one in whose favour
it was dropped did not reach R-Net, under a higher threshold of P-Net, and here it is gone. Such two
overlap by more than 0.7, so that it hardly matters which of them is there. O-Net's suppression is
carried out again for all thresholds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ... import _core
from ...cascade.cascade import Cascade
from ...cascade.stepwise import StageBoxes, Stages, detections_at
from ...evaluation import Curve, GroundTruth
from ...evaluation.precision_recall import MatchedScores, match_images
from ..data.annotated import AnnotatedImage
from .points import OperatingPoint, point_of
from .searching import Thresholds, ground_truth

_Numbers = npt.NDArray[np.float64]

_STEPS = 1000  # of O-Net's threshold from 0 to 1


class Estimates:
    """The boxes of a search with low thresholds, and what is left of them with higher ones.

    Parameters
    ----------
    cascade : Cascade
        The networks, and the options with the low thresholds.

    Attributes
    ----------
    lowest : tuple of three floats
        The low thresholds.
    num_faces : int
        Number of faces; ignored ones are not among them.
    """

    def __init__(self, cascade: Cascade) -> None:
        pnet, rnet, onet = cascade.options.thresholds
        self.lowest: Thresholds = (pnet, rnet, onet)
        self.num_faces = 0
        self._cascade = cascade
        self._truth: list[GroundTruth] = []
        self._boxes: list[StageBoxes] = []
        self._pnet_scores: list[_core.Scores] = []
        self._rnet_scores: list[_core.Scores] = []

    def add(self, image: AnnotatedImage, stages: Stages) -> None:
        """Note down the boxes of a photograph."""
        assert stages.rnet is not None
        assert stages.onet is not None
        truth = ground_truth(image)
        self._truth.append(truth)
        self._boxes.append(stages.onet)
        self._pnet_scores.append(stages.pnet.scores[:, 0])
        self._rnet_scores.append(stages.rnet.scores)
        self.num_faces += int(truth.valid.sum())

    def point(self, thresholds: Thresholds) -> OperatingPoint:
        """Return the estimated operating point."""
        return point_of(self._matched(thresholds), thresholds)

    def points(self, pnet: float, rnet: float) -> Points:
        """Return what each threshold of O-Net gives behind two others.

        Parameters
        ----------
        pnet, rnet : float
            Thresholds of P-Net and R-Net.
        """
        matched = self._matched((pnet, rnet, self.lowest[2]))
        thresholds = grid(_STEPS, self.lowest[2])
        num_true, num_false = (
            _above(np.concatenate([np.empty(0), *each]), thresholds)
            for each in (matched.true_positives, matched.false_positives)
        )
        curve = matched.curve()
        num_points = _above(curve.thresholds, thresholds).tolist()
        return Points(
            thresholds,
            precision=num_true / np.maximum(num_true + num_false, 1),
            recall=num_true / max(self.num_faces, 1),
            average_precision=np.array([_first_points(curve, num) for num in num_points]),
        )

    def boxes_per_image(self, thresholds: Thresholds) -> tuple[float, float]:
        """Return the estimated mean numbers of boxes that R-Net and O-Net see.

        Parameters
        ----------
        thresholds : tuple of three floats
            Those of P-Net and R-Net are what it depends on.
        """
        num_images = len(self._truth)
        if not num_images:
            return math.nan, math.nan
        limits = np.array(thresholds[:2])
        proposals = sum(int((each > limits[0]).sum()) for each in self._pnet_scores)
        refined = sum(int((each > limits).all(axis=1).sum()) for each in self._rnet_scores)
        return proposals / num_images, refined / num_images

    def _matched(self, thresholds: Thresholds) -> MatchedScores:
        found = (detections_at(each, self._cascade, thresholds) for each in self._boxes)
        return match_images(self._truth, found)


@dataclass(frozen=True)
class Points:
    """What each threshold of O-Net gives.

    Attributes
    ----------
    thresholds : ndarray of float64, shape (k,)
        The thresholds, rising.
    precision, recall, average_precision : ndarray of float64, shape (k,)
        As in `OperatingPoint`, but 0 in place of NaN.
    """

    thresholds: _Numbers
    precision: _Numbers
    recall: _Numbers
    average_precision: _Numbers


def _first_points(curve: Curve, num: int) -> float:
    """Return the average precision of the first points of a curve."""
    first = curve._replace(precision=curve.precision[:num], recall=curve.recall[:num])
    return first.average_precision if curve.num_faces else 0.0


def grid(steps: int, lowest: float) -> _Numbers:
    """Return a lowest threshold, and the multiples of 1 / steps above it and below 1, rising."""
    multiples = np.arange(steps) / steps
    return np.concatenate([[lowest], multiples[multiples > lowest]])


def _above(scores: npt.NDArray[np.floating], thresholds: _Numbers) -> npt.NDArray[np.intp]:
    """Return the number of scores that exceed each threshold."""
    return len(scores) - np.searchsorted(np.sort(scores), thresholds, side="right")
