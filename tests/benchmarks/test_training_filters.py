"""benchmarks/training/filters.py: cosines by hand, and equal bytes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

from benchmarks.training import filters
from fastmtcnn.training.start import read_old_networks

pytestmark = pytest.mark.optional


def test_the_best_match_by_hand() -> None:
    """(1, 0) is like (-2, 0); (3, 4) is like (0, 1) by 4 / 5 and like (-2, 0) by 3 / 5."""
    own, others = np.array([[1.0, 0.0], [3.0, 4.0]]), np.array([[-2.0, 0.0], [0.0, 1.0]])
    assert filters.best_cosine(own, others)[0] == pytest.approx((1 + 4 / 5) / 2)
    assert filters.best_cosine(others, own)[0] == pytest.approx((1 + 4 / 5) / 2)


def test_filters_of_zeros_are_like_none() -> None:
    assert filters.best_cosine(np.zeros((1, 2)), np.ones((3, 2)))[0] == 0


def test_filters_of_another_shape_cannot_be_compared() -> None:
    found = filters.best_cosine(np.ones((2, 3)), np.ones((2, 4)))
    assert all(map(math.isnan, found))


def test_shipped_networks_are_their_own_best_matches() -> None:
    shipped = read_old_networks("shipped")
    found = filters.compare(shipped, shipped)
    assert list(found) == [f"{key} {k}" for key in ("pnet", "rnet", "onet") for k in filters.LAYERS]
    for own, random in found.values():
        assert own == pytest.approx(1)
        assert 0.05 < random < 0.4


def test_equal_bytes(tmp_path: Path) -> None:
    for run, text in (("a", "1"), ("b", "1"), ("c", "2")):
        (tmp_path / run).mkdir()
        for name in filters.FILES:
            (tmp_path / run / name).write_text(text if name == "rnet.onnx" else "1")
    sums = [filters.digests(tmp_path / run) for run in "abc"]
    assert filters.same_bytes("abc", sums).rows == [
        ["a and b", "same", "same", "same"],
        ["a and c", "same", "other", "same"],
        ["b and c", "same", "other", "same"],
    ]
