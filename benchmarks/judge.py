"""Average precision and false positives of searches, compared with one of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from fastmtcnn import Detections
from fastmtcnn.evaluation import Dataset, GroundTruth
from fastmtcnn.evaluation.precision_recall import Curve, MatchedScores, match_images

Numbers: TypeAlias = npt.NDArray[np.float64]

RESAMPLES = 300
HEIGHTS = {"all": (10.0, math.inf), "large": (30.0, math.inf), "small": (10.0, 30.0)}


class Figures(NamedTuple):
    """What detections are worth.

    Attributes
    ----------
    precision : dict of str to float
        Average precision of PASCAL VOC in percent, of all faces from 10 px on, the ``"large"`` from
        30 px on, and the ``"small"`` below; NaN without such faces.
    gain : float
        Of all faces, in points beside the plain search.
    interval : tuple of float
        95 % of the gain, from resampled photographs.
    gain_of_half : dict of str to float
        The gain in each half of the photographs.
    curve : Curve
        Of all faces.
    """

    precision: dict[str, float]
    gain: float
    interval: tuple[float, float]
    gain_of_half: dict[str, float]
    curve: Curve

    def false_positives_at(self, recall: float) -> str:
        """Return the number of false positives at which a recall from 0 to 1 is reached."""
        if self.curve.highest_recall < recall:
            return "not reached"
        return str(self.curve.num_false_positives[np.searchsorted(self.curve.recall, recall)])


class Judge:
    """Compares detections in some photographs with those of a plain search.

    Parameters
    ----------
    truth : mapping of str to sequence of GroundTruth
        Ground truth of each photograph for each of `HEIGHTS`.
    plain : list of Detections
        Detections of the plain search in each.
    halves : mapping of str to sequence of int
        Indices of the photographs of each half.
    """

    def __init__(
        self,
        truth: Mapping[str, Sequence[GroundTruth]],
        plain: Sequence[Detections],
        halves: Mapping[str, Sequence[int]],
    ) -> None:
        self._truth, self._halves = truth, halves
        count = len(plain)
        self._resamples = np.random.default_rng(0).integers(0, count, (RESAMPLES, count))
        self._plain = match_images(truth["all"], plain)
        self._of_resamples = [_precision(self._plain, each) for each in self._resamples]

    def figures(self, found: Sequence[Detections]) -> Figures:
        """Return what the detections of another search are worth."""
        matched = {key: match_images(faces, found) for key, faces in self._truth.items()}
        ours, every = matched["all"], range(len(found))
        gains = np.subtract(
            [_precision(ours, each) for each in self._resamples], self._of_resamples
        )
        low, high = np.nanpercentile(gains, [2.5, 97.5])
        precision = {key: _precision(each, every) for key, each in matched.items()}
        return Figures(
            precision,
            precision["all"] - _precision(self._plain, every),
            (float(low), float(high)),
            {
                half: _precision(ours, some) - _precision(self._plain, some)
                for half, some in self._halves.items()
            },
            ours.curve(),
        )


def truth_by_height(data: Dataset, names: Sequence[str]) -> dict[str, list[GroundTruth]]:
    """Return the ground truth of some photographs for each of `HEIGHTS`.

    Parameters
    ----------
    data : Dataset
        The set, of which the level with the most faces counts.
    names : sequence of str
        The photographs, in the order of the result.
    """
    level = list(data.levels)[-1]
    some = data.subset(names)
    return {
        key: some.truth(level, min_height=lowest, max_height=below)
        for key, (lowest, below) in HEIGHTS.items()
    }


def _precision(scores: MatchedScores, images: Sequence[int] | npt.NDArray[np.int64]) -> float:
    return 100 * scores.take(images).curve().average_precision
