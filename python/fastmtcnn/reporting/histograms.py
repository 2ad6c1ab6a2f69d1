"""Numbers counted in ranges that people like to read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

SCORE_DIGITS, SIZE_DIGITS = 6, 2  # decimal places with which they are shown, and counted
_FIRST_SCORES, _SCORE_BINS = (0.8, 0.6, 0.0), 20
_BINS_PER_OCTAVE = 2


class Bar(NamedTuple):
    """A range of numbers, and how many faces have one in it.

    Attributes
    ----------
    low, high : float
        The range: from `low` on, to below `high`; the last one to `high` itself.
    num_faces : int
        How many of them.
    """

    low: float
    high: float
    num_faces: int


class Histogram(NamedTuple):
    """Bars side by side.

    Attributes
    ----------
    title : str
        What was counted.
    bars : list of Bar
        From the lowest range to the highest, without a gap.
    ticks : list of tuple of float and str
        Where to write what below them, in bars from the left.
    digits : int
        Decimal places of the numbers that were counted.
    """

    title: str
    bars: list[Bar]
    ticks: list[tuple[float, str]]
    digits: int

    @property
    def most(self) -> int:
        """The number that the highest bar stands for, at least 1."""
        return max([1, *(bar.num_faces for bar in self.bars)])


def score_histogram(scores: Sequence[float]) -> Histogram:
    """Count scores in 20 ranges up to 1.

    Parameters
    ----------
    scores : sequence of float
        0 to 1, rounded to `SCORE_DIGITS`.
    """
    lowest = min(scores, default=1.0)
    first = next(start for start in _FIRST_SCORES if start <= max(lowest, 0))
    edges = np.linspace(first, 1, _SCORE_BINS + 1).round(SCORE_DIGITS)
    ticks = [(float(at), f"{edges[at]:.2f}") for at in range(0, _SCORE_BINS + 1, 5)]
    return Histogram("Scores", _counted(scores, edges), ticks, SCORE_DIGITS)


def size_histogram(sizes: Sequence[float]) -> Histogram:
    """Count lengths in ranges that grow with them, two for each doubling.

    Parameters
    ----------
    sizes : sequence of float
        In pixels, rounded to `SIZE_DIGITS`.
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
