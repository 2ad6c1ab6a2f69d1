"""The native networks on parts of an image, beside arrays of the same pixels."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np
import pytest

from fastmtcnn import _core
from tests.support.helpers import assert_same, golden_image
from tests.support.native import SIDES, open_shipped, shipped_weights

Resampling: TypeAlias = Literal["bilinear", "area", "adaptive"]
SOURCES: tuple[Resampling, ...] = get_args(Resampling)


def source_of(resampling: Resampling = "bilinear") -> _core.ResampleSource:
    return _core.ResampleSource(golden_image("crowd.png"), resampling)


def pnet(poison: bool = True) -> _core.NativePNet:
    network = open_shipped("pnet", poison=poison)
    assert isinstance(network, _core.NativePNet)
    return network


@pytest.mark.parametrize("resampling", SOURCES)
@pytest.mark.parametrize("size", [(12, 12), (13, 40), (75, 91), (301, 222)])
def test_a_level(size: tuple[int, int], resampling: Resampling) -> None:
    source, network = source_of(resampling), pnet()
    expected = network(_core.resample(source, *size))
    rows = len(expected[0])
    for begin, end in [(0, rows), (0, 1), (rows - 1, rows), (rows // 3, rows // 2 + 1), (4, 8)]:
        if begin < end <= rows:
            scores, offsets = network.on_level(source, *size, begin, end, -np.inf)
            assert_same(scores, expected[0][begin:end])
            assert_same(offsets, np.ascontiguousarray(expected[1][:, begin:end]))


def test_a_level_that_is_made_in_strips() -> None:
    """A buffer holds a million values: some 60 rows of cells of this level."""
    size, source, network = (310, 2501), source_of(), pnet()
    expected = network(_core.resample(source, *size))
    actual = network.on_level(source, *size, 0, len(expected[0]), -np.inf)
    for one, other in zip(actual, expected, strict=True):
        assert_same(one, other)
    part = network.on_level(source, *size, 3, 150, -np.inf)
    assert_same(part[0], expected[0][3:150])
    assert_same(part[1], np.ascontiguousarray(expected[1][:, 3:150]))


def test_rows_wider_than_the_buffer() -> None:
    size, source, network = (50, 30_001), source_of(), pnet()
    expected = network(_core.resample(source, *size))
    for one, other in zip(network.on_level(source, *size, 0, 20, -np.inf), expected, strict=True):
        assert_same(one, other)


@pytest.mark.parametrize("target", _core.network_targets())
@pytest.mark.parametrize("width", [8202, 8203, 8204, 8205, 16_397])
def test_seams_of_wide_levels(width: int, target: str) -> None:
    """More than 4096 cells of a row, which are 8202 columns, are made part by part."""
    size, source = (21, width), source_of()
    network = _core.NativePNet(shipped_weights("pnet"), target)
    expected = network(_core.resample(source, *size))
    assert expected[0].shape == (6, (width - 1) // 2 - 4)
    for one, other in zip(network.on_level(source, *size, 0, 6, -np.inf), expected, strict=True):
        assert_same(one, other)
    scores, offsets = network.on_level(source, *size, 3, 6, -np.inf)
    assert_same(scores, expected[0][3:])
    assert_same(offsets, np.ascontiguousarray(expected[1][:, 3:]))


def test_offsets_are_those_of_windows_that_pass() -> None:
    size, source, network = (240, 320), source_of(), pnet()
    expected = network(_core.resample(source, *size))
    rows = len(expected[0])
    for threshold in (0.05, 0.6, float(np.sort(expected[0], axis=None)[-20])):
        scores, offsets = network.on_level(source, *size, 0, rows, threshold)
        assert_same(scores, expected[0])
        passing = scores >= np.float32(threshold)
        assert 20 <= passing.sum() < scores.size / 2
        assert_same(offsets[:, passing], expected[1][:, passing])
    nothing = network.on_level(source, *size, 0, rows, 1.5)[0]
    assert_same(nothing, expected[0])


@pytest.mark.parametrize("target", _core.network_targets())
def test_scores_that_are_no_numbers_are_of_no_faces(target: str) -> None:
    weights = {name: np.array(values) for name, values in shipped_weights("pnet").items()}
    weights["conv4_1.bias"][:] = np.nan
    network = _core.NativePNet(weights, target)
    scores, _ = network.on_level(source_of(), 40, 40, 0, 15, 0.5)
    assert (scores < 1e-30).all()


@pytest.mark.parametrize("key", SIDES)
@pytest.mark.parametrize("resampling", SOURCES)
def test_crops(key: str, resampling: Resampling) -> None:
    source, network = source_of(resampling), open_shipped(key)
    assert not isinstance(network, _core.NativePNet)
    rng = np.random.default_rng(3)
    corners = rng.integers(-20, 300, (75, 2)).astype(float)
    sides = rng.integers(3, 200, (75, 1))
    boxes = np.hstack([corners, corners + sides])
    boxes = boxes[_core.croppable_indices(boxes, source.height, source.width)]
    assert len(boxes) > 40  # more than one chunk
    expected = network(_core.crop(source, boxes, SIDES[key]))
    for one, other in zip(network.on_crops(source, boxes), expected, strict=True):
        assert_same(one, other)
    shapes = [part.shape for part in network.on_crops(source, boxes[:0])]
    assert shapes == [(0,), (0, 4), (0, 10)][: len(shapes)]


def test_unfit_arguments() -> None:
    source, network = source_of(), pnet()
    with pytest.raises(ValueError, match="sides of at least 12, got 11x40"):
        network.on_level(source, 11, 40, 0, 1, 0.5)
    for begin, end in [(0, 16), (-1, 3), (5, 5), (6, 5)]:
        with pytest.raises(ValueError, match=f"must be rows of 15, got {begin} and {end}"):
            network.on_level(source, 40, 40, begin, end, 0.5)
    crops = open_shipped("rnet")
    assert isinstance(crops, _core.NativeRNet)
    with pytest.raises(ValueError, match="boxes must be croppable"):
        crops.on_crops(source, np.array([[5000.0, 0, 5010, 10]]))
    with pytest.raises(TypeError, match="__init__"):
        crops.on_crops(_core.ResampleSource.__new__(_core.ResampleSource), np.zeros((0, 4)))
