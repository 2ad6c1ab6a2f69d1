"""Arguments of the native networks that do not fit."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from fastmtcnn import _core
from tests.support.native import CLASSES, SIDES, noise, open_shipped, shipped_weights


@pytest.mark.parametrize("key", CLASSES)
def test_tensors(key: str) -> None:
    weights = shipped_weights(key)
    for name in weights:
        rest = {other: array for other, array in weights.items() if other != name}
        with pytest.raises(ValueError, match=f"must have a tensor {re.escape(name)}"):
            CLASSES[key](rest)
        for wrong in (weights[name][:-1], weights[name][None], np.zeros((), np.float32)):
            with pytest.raises(ValueError, match=f"{re.escape(name)} must have the shape"):
                CLASSES[key]({**weights, name: wrong})
    last = next(reversed(weights))
    for unfit in (weights[last].astype(np.float64), weights[last].tolist(), None):
        unfits: Any = {**weights, last: unfit}
        with pytest.raises(TypeError, match=f"float32, {re.escape(last)} is not"):
            CLASSES[key](unfits)


@pytest.mark.parametrize("key", CLASSES)
def test_other_tensors_are_ignored(key: str) -> None:
    more = {**shipped_weights(key), "other": np.zeros(3, np.float32)}
    assert CLASSES[key](more).target == _core.network_targets()[0]


@pytest.mark.parametrize("key", CLASSES)
def test_target(key: str) -> None:
    with pytest.raises(ValueError, match=r"one of network_targets\(\), got 'mmx'"):
        CLASSES[key](shipped_weights(key), "mmx")


@pytest.mark.parametrize("key", SIDES)
def test_shape_of_crops(key: str) -> None:
    side = SIDES[key]
    network = open_shipped(key)
    wrong = [(1, 3, side, side + 1), (1, 3, side - 1, side), (1, 1, side, side), (3, side, side)]
    for shape in wrong:
        with pytest.raises(ValueError, match=rf"must be an \(n, 3, {side}, {side}\) array, got"):
            network(noise(*shape))
    with pytest.raises(TypeError):
        network(np.zeros((1, 3, side, side)))  # type: ignore[arg-type]


def test_shape_of_a_level() -> None:
    network = open_shipped("pnet")
    for shape in [(3, 11, 30), (3, 30, 11), (1, 30, 30), (1, 3, 30, 30)]:
        with pytest.raises(ValueError, match="sides of at least 12, got"):
            network(noise(*shape))


def test_rows_of_a_level() -> None:
    network = open_shipped("pnet")
    assert isinstance(network, _core.NativePNet)
    level = noise(3, 30, 30)
    assert len(network(level, 0, 10)[0]) == 10
    for begin, end in [(-1, 2), (2, 2), (3, 2), (0, 11), (10, 10)]:
        with pytest.raises(ValueError, match="begin and end must be rows of 10, got"):
            network(level, begin, end)
