"""Mini-batches of samples: which samples each step gets, as a function of the step alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ..errors import TrainingError
from .records import Kind, Records

Rows = npt.NDArray[np.int64]

PAPER_MIX = {Kind.NEGATIVE: 3.0, Kind.POSITIVE: 1.0, Kind.PART: 1.0, Kind.LANDMARK: 2.0}


class Batches:
    """Draws the mini-batches of a network, in a fixed ratio of kinds.

    Every kind is gone through in random order, all samples before any comes again. What a step
    gets depends on the seed and the step only, so that an interrupted training goes on exactly.

    Parameters
    ----------
    chunks : sequence of ndarray of `record_type`
        The samples.
    size : int
        Number of samples in a mini-batch.
    seed : int
        Seed of the order.
    mix : mapping of Kind to float
        Ratio of the kinds. A kind without samples is left out.

    Attributes
    ----------
    counts : dict of Kind to int
        Samples of each kind in a mini-batch.
    totals : dict of Kind to int
        Samples of each kind at hand. A face with landmarks counts as positive and as landmark face.

    Raises
    ------
    TrainingError
        If there are no negatives or no positives.
    """

    def __init__(
        self,
        chunks: Sequence[Records],
        size: int,
        seed: int,
        mix: Mapping[Kind, float] = PAPER_MIX,
    ) -> None:
        self._chunks = [chunk for chunk in chunks if len(chunk)]
        self._starts = np.cumsum([0, *map(len, self._chunks)])
        self._seed = seed
        self._rows = self._rows_by_kind()
        self.totals = {kind: len(rows) for kind, rows in self._rows.items()}
        for kind in (Kind.NEGATIVE, Kind.POSITIVE):
            if mix.get(kind) and not self.totals[kind]:
                raise TrainingError(
                    f"training needs windows with and without faces, got no {kind.name.lower()} "
                    "sample"
                )
        self.counts = _shared(size, {kind: mix[kind] for kind in mix if self.totals[kind]})
        self._orders: dict[tuple[Kind, int], Rows] = {}

    def _rows_by_kind(self) -> dict[Kind, Rows]:
        kinds = [np.array(chunk["kind"]) for chunk in self._chunks]
        kind = np.concatenate([np.zeros(0, np.uint8), *kinds])
        finite = [np.isfinite(chunk["points"]).all(axis=1) for chunk in self._chunks]
        with_points = np.concatenate([np.zeros(0, bool), *finite])
        rows = {each: np.flatnonzero(kind == each) for each in Kind}
        is_face = (kind == Kind.LANDMARK) | (kind == Kind.POSITIVE)
        rows[Kind.LANDMARK] = np.flatnonzero(is_face & with_points)
        return rows

    def kinds(self) -> npt.NDArray[np.uint8]:
        """Return the kind that each sample of a mini-batch is drawn as, shape (size,)."""
        return np.concatenate([np.full(n, kind, np.uint8) for kind, n in self.counts.items()])

    def rows(self, step: int) -> Rows:
        """Return the numbers of the samples of a step, in the order of `kinds`.

        Parameters
        ----------
        step : int
            Number of the step, from 0.
        """
        return np.concatenate([self._drawn(kind, n, step) for kind, n in self.counts.items()])

    def _drawn(self, kind: Kind, number: int, step: int) -> Rows:
        rows = self._rows[kind]
        places = np.arange(step * number, (step + 1) * number)
        cycles, places = np.divmod(places, len(rows))
        drawn = np.empty(number, np.int64)
        for cycle in np.unique(cycles):
            here = cycles == cycle
            drawn[here] = rows[self._order(kind, int(cycle))[places[here]]]
        return drawn

    def _order(self, kind: Kind, cycle: int) -> Rows:
        key = kind, cycle
        if key not in self._orders:
            rng = np.random.default_rng([self._seed, int(kind), cycle])
            self._orders = {each: order for each, order in self._orders.items() if each[0] != kind}
            self._orders[key] = rng.permutation(len(self._rows[kind]))
        return self._orders[key]

    def take(self, rows: Rows) -> Records:
        """Return samples by number.

        Parameters
        ----------
        rows : ndarray of int64, shape (n,)
            Numbers of samples.
        """
        taken = np.empty(len(rows), self._chunks[0].dtype)
        owners = np.searchsorted(self._starts, rows, side="right") - 1
        for owner in np.unique(owners):
            here = owners == owner
            taken[here] = self._chunks[owner][rows[here] - self._starts[owner]]
        return taken


def _shared(size: int, mix: Mapping[Kind, float]) -> dict[Kind, int]:
    """Return how many of a number each share of a ratio gets, by largest remainder."""
    total = sum(mix.values())
    exact = {kind: size * share / total for kind, share in mix.items()}
    counts = {kind: int(number) for kind, number in exact.items()}
    rest = sorted(exact, key=lambda kind: counts[kind] - exact[kind])
    for kind in rest[: size - sum(counts.values())]:
        counts[kind] += 1
    return counts
