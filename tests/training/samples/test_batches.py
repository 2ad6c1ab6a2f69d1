"""Mini-batches of samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from fastmtcnn.training import TrainingError
from fastmtcnn.training.samples.batches import Batches
from fastmtcnn.training.samples.records import Kind, Records, record_type


def records(kinds: Sequence[int], with_points: tuple[int, ...] = (Kind.LANDMARK,)) -> Records:
    """Samples of some kinds, each with its number in its first pixel."""
    made = np.zeros(len(kinds), record_type(12))
    made["kind"] = kinds
    made["points"] = np.where(np.isin(kinds, with_points)[:, None], 0.5, np.nan)
    return made


ALL = [Kind.NEGATIVE] * 50 + [Kind.POSITIVE] * 20 + [Kind.PART] * 30 + [Kind.LANDMARK] * 13


@pytest.mark.parametrize(
    ("size", "counts"),
    [
        (7, [3, 1, 1, 2]),
        (70, [30, 10, 10, 20]),
        (384, [164, 55, 55, 110]),  # of 164.57, 54.86, 54.86 and 109.71
        (8, [4, 1, 1, 2]),  # of 3.43, 1.14, 1.14 and 2.29
    ],
)
def test_the_ratio_by_largest_remainder(size: int, counts: list[int]) -> None:
    got = Batches([records(ALL)], size, 0).counts
    order = (Kind.NEGATIVE, Kind.POSITIVE, Kind.PART, Kind.LANDMARK)
    assert [got[kind] for kind in order] == counts


def test_every_sample_comes_once_before_any_comes_again() -> None:
    batches = Batches([records(ALL[:70]), records(ALL[70:])], 14, 3)
    kinds = batches.kinds()
    for kind, number in batches.counts.items():
        rows = np.concatenate([batches.rows(step)[kinds == kind] for step in range(60)])
        total = batches.totals[kind]
        assert len(rows) == 60 * number
        for first in range(0, len(rows) - total, total):
            assert len(set(rows[first : first + total].tolist())) == total
        times = Counter(rows.tolist()).values()
        assert max(times) - min(times) <= 1


def test_orders_differ_from_cycle_to_cycle_and_seed_to_seed() -> None:
    one, other = Batches([records(ALL)], 14, 3), Batches([records(ALL)], 14, 4)
    negatives = one.kinds() == Kind.NEGATIVE
    cycles = [
        np.concatenate([batches.rows(step)[negatives] for step in range(first, first + 8)])[:48]
        for batches, first in ((one, 0), (one, 25), (other, 0))
    ]
    assert not np.array_equal(cycles[0], cycles[1])
    assert not np.array_equal(cycles[0], cycles[2])
    assert cycles[0].tolist() != sorted(cycles[0].tolist())


def test_a_step_gets_the_same_whatever_came_before() -> None:
    chunks = [records(ALL)]
    forward = Batches(chunks, 14, 3)
    expected = [forward.rows(step) for step in range(40)]
    assert all(np.array_equal(Batches(chunks, 14, 3).rows(k), expected[k]) for k in (0, 17, 39))
    backward = Batches(chunks, 14, 3)
    assert all(np.array_equal(backward.rows(k), expected[k]) for k in reversed(range(40)))


def test_kinds_that_are_missing_are_left_out() -> None:
    batches = Batches([records([Kind.NEGATIVE] * 5 + [Kind.POSITIVE] * 5)], 8, 0)
    assert batches.counts == {Kind.NEGATIVE: 6, Kind.POSITIVE: 2}
    assert len(batches.rows(0)) == len(batches.kinds()) == 8


def test_faces_with_points_serve_as_positives_and_as_landmark_faces() -> None:
    kinds = [Kind.NEGATIVE] * 4 + [Kind.POSITIVE] * 3 + [Kind.PART] * 2 + [Kind.LANDMARK] * 2
    batches = Batches([records(kinds, (Kind.POSITIVE, Kind.LANDMARK, Kind.PART))], 7, 0)
    assert batches.totals == {
        Kind.NEGATIVE: 4,
        Kind.POSITIVE: 3,
        Kind.PART: 2,
        Kind.LANDMARK: 5,
    }
    drawn = np.concatenate(
        [batches.rows(step)[batches.kinds() == Kind.LANDMARK] for step in range(10)]
    )
    assert set(drawn.tolist()) == {4, 5, 6, 9, 10}


@pytest.mark.parametrize("kinds", [[Kind.POSITIVE], [Kind.NEGATIVE, Kind.PART], []])
def test_samples_with_and_without_faces_are_needed(kinds: Sequence[int]) -> None:
    with pytest.raises(TrainingError, match="training needs windows with and without faces"):
        Batches([records(kinds)], 7, 0)


def test_samples_are_taken_from_their_chunks() -> None:
    whole = records(ALL)
    whole["pixels"][:, 0, 0, 0] = np.arange(len(ALL))
    batches = Batches([whole[:0], whole[:10], whole[10:11], whole[11:11], whole[11:]], 14, 0)
    rows = np.array([112, 0, 10, 9, 11, 11, 50])
    assert batches.take(rows).tobytes() == whole[rows].tobytes()
