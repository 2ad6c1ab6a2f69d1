"""The native networks give the same bits on all CPU targets, in any batch, strip and thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fastmtcnn import _core
from fastmtcnn.networks.architecture import ARCHITECTURES
from tests.support.helpers import assert_same, elsewhere
from tests.support.native import CLASSES, SIDES, Floats, Native, extremes, noise, open_shipped
from tests.support.weights import random_weights

TARGETS = _core.network_targets()
LEVELS = [(12, 12), (12, 13), (13, 12), (15, 17), (24, 51), (33, 34), (52, 30), (29, 150)]


def run(network: Native, images: Floats) -> tuple[Floats, ...]:
    return network(images)


def assert_all_same(actual: tuple[Floats, ...], expected: tuple[Floats, ...]) -> None:
    """Compare bits, so that zeros of either sign differ."""
    for one, other in zip(actual, expected, strict=True):
        assert_same(
            np.ascontiguousarray(one).view(np.int32), np.ascontiguousarray(other).view(np.int32)
        )


def images_of(key: str) -> list[Floats]:
    if key == "pnet":
        return [
            make(3, height, width, seed=height)
            for height, width in LEVELS
            for make in (noise, extremes)
        ]
    side = SIDES[key]
    return [noise(9, 3, side, side), extremes(1, 3, side, side)]


@pytest.mark.skipif(len(TARGETS) == 1, reason="only the scalar code runs here")
@pytest.mark.parametrize("key", CLASSES)
def test_targets_agree(key: str) -> None:
    networks = [open_shipped(key, target) for target in TARGETS]
    for images in images_of(key):
        *others, expected = (run(network, images) for network in networks)
        for actual in others:
            assert_all_same(actual, expected)


@pytest.mark.skipif(len(TARGETS) == 1, reason="only the scalar code runs here")
@pytest.mark.parametrize("key", CLASSES)
@pytest.mark.parametrize("slopes", [(0.0, 0.9), (-1.5, 1.5)])
def test_targets_agree_with_random_weights(key: str, slopes: tuple[float, float]) -> None:
    weights = random_weights(ARCHITECTURES[key]["original"], seed=7, slopes=slopes)
    images = images_of(key)[-1]
    *others, expected = (CLASSES[key](weights, target)(images) for target in TARGETS)
    for actual in others:
        assert_all_same(actual, expected)


@pytest.mark.parametrize("key", SIDES)
def test_crops_do_not_depend_on_their_batch(key: str) -> None:
    network = open_shipped(key)
    side = SIDES[key]
    crops = noise(75, 3, side, side)
    expected = run(network, crops)
    for first, last in [(0, 1), (0, 7), (3, 12), (10, 35), (5, 39), (40, 75), (74, 75)]:
        part = run(network, crops[first:last])
        assert_all_same(part, tuple(output[first:last] for output in expected))
    backwards = run(network, np.ascontiguousarray(crops[::-1]))
    assert_all_same(backwards, tuple(output[::-1] for output in expected))


@pytest.mark.parametrize("key", SIDES)
def test_empty_batch(key: str) -> None:
    outputs = run(open_shipped(key), noise(0, 3, SIDES[key], SIDES[key]))
    assert [output.shape for output in outputs] == [(0,), (0, 4), (0, 10)][: len(outputs)]


@pytest.mark.parametrize(("height", "width"), [(75, 40), (76, 41), (77, 43), (78, 90), (12, 20)])
def test_rows_do_not_depend_on_their_strip(height: int, width: int) -> None:
    network = open_shipped("pnet")
    assert isinstance(network, _core.NativePNet)
    level = noise(3, height, width)
    scores, offsets = network(level)
    rows = len(scores)
    strips = [(0, 1), (0, 4), (0, 5), (1, 2), (3, 9), (4, 8), (7, rows), (rows - 1, rows)]
    for begin, end in strips:
        if 0 <= begin < end <= rows:
            part = network(level, begin, end)
            assert_all_same(part, (scores[begin:end], offsets[:, begin:end]))


@pytest.mark.parametrize("key", CLASSES)
def test_memory_of_earlier_calls_is_not_read(key: str) -> None:
    clean, poisoned = open_shipped(key, poison=False), open_shipped(key)
    for images in images_of(key):
        expected = run(poisoned, images)
        assert not any(np.isnan(output).any() for output in expected)
        run(clean, images * 50)
        assert_all_same(run(clean, images), expected)


@pytest.mark.parametrize("key", CLASSES)
def test_threads(key: str) -> None:
    network = open_shipped(key, poison=False)
    batches = images_of(key)
    expected = [run(network, images) for images in batches]
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda n: run(network, batches[n % len(batches)]), range(96)))
    for n, answer in enumerate(answers):
        assert_all_same(answer, expected[n % len(batches)])


def test_disabled_targets() -> None:
    disabled = ",".join(TARGETS)
    assert elsewhere(_core.network_targets, FASTMTCNN_DISABLE=disabled) == ["scalar"]
    left = [*TARGETS[1:], "scalar"][0]
    assert elsewhere(_core.network_targets, FASTMTCNN_DISABLE=TARGETS[0])[0] == left
