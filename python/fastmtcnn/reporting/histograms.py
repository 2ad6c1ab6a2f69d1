"""Histograms with readable ranges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

SCORE_DIGITS, SIZE_DIGITS = 6, 2  # decimal places with which numbers are shown and counted
_FIRST_SCORES, _SCORE_BINS = (0.8, 0.6, 0.0), 20
_BINS_PER_OCTAVE = 2


class Bar(NamedTuple):
    """A range of numbers and the number of faces in it.

    Attributes
    ----------
    low, high : float
        The range ``low <= number < high``; the last range includes `high`.
    num_faces : int
        Number of faces in the range.
    """

    low: float
    high: float
    num_faces: int


class Histogram(NamedTuple):
    """Adjacent bars.

    Attributes
    ----------
    title : str
        Name of the numbers that were counted.
    bars : list of Bar
        The bars, from the lowest range to the highest, without gaps.
    ticks : list of tuple of float and str
        Positions, in bars from the left, and labels of the ticks.
    digits : int
        Decimal places of the numbers that were counted.
    """

    title: str
    bars: list[Bar]
    ticks: list[tuple[float, str]]
    digits: int

    @property
    def most(self) -> int:
        """Number of faces of the highest bar, at least 1."""
        return max([1, *(bar.num_faces for bar in self.bars)])


def score_histogram(scores: Sequence[float]) -> Histogram:
    """Count scores in 20 ranges up to 1.

    Parameters
    ----------
    scores : sequence of float
        Scores, 0 to 1, rounded to `SCORE_DIGITS`.
    """
    lowest = min(scores, default=1.0)
    first = next(start for start in _FIRST_SCORES if start <= max(lowest, 0))
    edges = np.linspace(first, 1, _SCORE_BINS + 1).round(SCORE_DIGITS)
    ticks = [(float(at), f"{edges[at]:.2f}") for at in range(0, _SCORE_BINS + 1, 5)]
    return Histogram("Scores", _counted(scores, edges), ticks, SCORE_DIGITS)


def size_histogram(sizes: Sequence[float]) -> Histogram:
    """Count sizes in ranges of equal ratio, two for each doubling.

    Parameters
    ----------
    sizes : sequence of float
        Sizes in pixels, rounded to `SIZE_DIGITS`.
    """
    steps = [math.floor(math.log2(size) * _BINS_PER_OCTAVE) for size in sizes if size > 0] or [8]
    first, last = min(steps), max(steps) + 1
    exponents = np.arange(first, last + 1) / _BINS_PER_OCTAVE
    edges = (2.0**exponents).round(SIZE_DIGITS)
    whole = np.flatnonzero(exponents == np.rint(exponents))
    ticks = [(float(at), f"{edges[at]:g}") for at in whole]
    return Histogram("Face sizes in pixels", _counted(sizes, edges), ticks, SIZE_DIGITS)


def _counted(values: Sequence[float], edges: npt.NDArray[np.float64]) -> list[Bar]:
    counts, _ = np.histogram(np.asarray(values, np.float64), edges)
    return [
        Bar(float(low), float(high), int(count))
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
    ]
