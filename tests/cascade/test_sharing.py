"""Crops shared out to threads."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fastmtcnn.cascade.batching import share_crops
from fastmtcnn.runtime.workers import Workers, num_threads_of


@given(st.lists(st.integers(0, 90), min_size=1, max_size=6), st.integers(1, 40), st.integers(1, 9))
def test_every_crop_once_and_in_order(counts: list[int], most: int, num_threads: int) -> None:
    parts = share_crops(counts, most, num_threads)
    assert all(part.stop - part.start <= most for _, part in parts)
    found = [(k, n) for k, part in parts for n in range(part.start, part.stop)]
    assert found == [(k, n) for k, count in enumerate(counts) for n in range(count)]
    assert len(parts) >= 1


def test_parts_of_one_image_are_of_equal_size() -> None:
    def sizes(count: int, most: int, num_threads: int) -> list[int]:
        return [part.stop - part.start for _, part in share_crops([count], most, num_threads)]

    assert sizes(59, 12, 2) == [10, 10, 10, 10, 10, 9]
    assert sizes(59, 256, 1) == [59]
    assert sizes(300, 256, 1) == [150, 150]
    assert sizes(3, 12, 8) == [1, 1, 1]
    assert share_crops([0], 12, 2) == [(0, slice(0, 0))]
    # With enough images each thread has its own.
    assert share_crops([20, 5], 32, 2) == [(0, slice(0, 20)), (1, slice(0, 5))]


def test_threads_of_a_map() -> None:
    assert num_threads_of(map) == 1
    assert num_threads_of(Workers(1).map()) == 1
    workers = Workers(3)
    assert num_threads_of(workers.map()) == 3
    np.testing.assert_array_equal(list(workers.map()(pow, [2, 3, 4], [5, 2, 1])), [32, 9, 4])
