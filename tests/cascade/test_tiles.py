"""Levels cut into tiles: every P-Net window in one tile, and the same result as in one piece."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastmtcnn import _core
from fastmtcnn.cascade.tiles import Tile, cut_into_strips, cut_into_tiles
from fastmtcnn.graphs.building import build, serialise
from fastmtcnn.graphs.rewriting import rewrite
from fastmtcnn.networks.architecture import find_architecture
from fastmtcnn.variants import MTCNN_PYTORCH
from tests.support.helpers import MODELS, assert_same, golden_image
from tests.support.weights import random_weights


def cells(length: int) -> int:
    """How many cells P-Net has along a side; the figure of models/README.md."""
    return -(-(length - 2) // 2) - 4


@given(st.integers(12, 2000), st.integers(12, 2000), st.integers(12, 400), st.integers(12, 400))
def test_every_window_lies_in_one_tile(height: int, width: int, rows: int, columns: int) -> None:
    seen = np.zeros((cells(height), cells(width)), int)
    for tile in cut_into_tiles(height, width, (rows, columns), MTCNN_PYTORCH):
        assert tile.height <= rows + 1 or tile.height == rows  # ceil of an odd border
        assert tile.top % 2 == tile.left % 2 == 0
        assert tile.top + tile.height <= height
        assert tile.left + tile.width <= width
        top, left = tile.top // 2, tile.left // 2
        seen[top : top + cells(tile.height), left : left + cells(tile.width)] += 1
    assert (seen == 1).all()


def test_one_tile() -> None:
    assert cut_into_tiles(700, 900, None, MTCNN_PYTORCH) == [Tile(0, 0, 700, 900)]
    assert cut_into_tiles(192, 256, (192, 256), MTCNN_PYTORCH) == [Tile(0, 0, 192, 256)]
    assert len(cut_into_tiles(195, 256, (192, 256), MTCNN_PYTORCH)) == 2


@given(st.integers(12, 2000), st.integers(12, 2000), st.integers(1, 40))
def test_every_window_lies_in_one_strip(height: int, width: int, parts: int) -> None:
    strips = cut_into_strips(height, width, parts, MTCNN_PYTORCH)
    assert 1 <= len(strips) <= parts
    seen = np.zeros(cells(height), int)
    for strip in strips:
        assert (strip.left, strip.width) == (0, width)
        assert strip.top % 8 == 0  # where the kernels begin
        top, rows = strip.top // 2, cells(strip.height)
        assert rows >= 12 or len(strips) == 1 or strip is strips[-1]
        seen[top : top + rows] += 1
    assert (seen == 1).all()
    assert strips[-1].top + strips[-1].height == height


def test_strips_are_not_low() -> None:
    assert len(cut_into_strips(60, 900, 8, MTCNN_PYTORCH)) == 1
    assert len(cut_into_strips(216, 384, 2, MTCNN_PYTORCH)) == 2


def trained(name: str, narrow: bool) -> bytes:
    """The twin of a P-Net of this architecture, as training makes them."""
    architecture = find_architecture("pnet", name)
    weights = random_weights(architecture, seed=4)
    return serialise(rewrite(build(architecture, weights, ""), narrow))


@pytest.mark.parametrize("size", [(333, 517), (334, 516), (12, 999), (481, 13)])
@pytest.mark.parametrize(
    "model",
    [
        pytest.param(lambda: (MODELS / "pnet_fast.onnx").read_bytes(), id="shipped"),
        pytest.param(lambda: (MODELS / "pnet_fast_avx512.onnx").read_bytes(), id="shipped-avx512"),
        pytest.param(lambda: trained("original", False), id="trained"),
        pytest.param(lambda: trained("original", True), id="trained-avx512"),
        pytest.param(lambda: trained("wide", False), id="wide"),
        pytest.param(lambda: trained("wide", True), id="wide-avx512"),
    ],
)
def test_the_map_of_tiles_is_that_of_the_level(
    size: tuple[int, int], model: Callable[[], bytes]
) -> None:
    source = _core.ResampleSource(golden_image("crowd.png"))
    session = onnxruntime.InferenceSession(model(), providers=["CPUExecutionProvider"])
    whole = _core.resample(source, *size)
    expected = session.run(None, {"image": whole[None]})
    actual = [np.full_like(output, np.nan) for output in expected]
    for tile in cut_into_tiles(*size, (96, 130), MTCNN_PYTORCH):
        part = _core.resample(source, *size, tile)
        bottom, right = tile.top + tile.height, tile.left + tile.width
        assert_same(part, np.ascontiguousarray(whole[:, tile.top : bottom, tile.left : right]))
        for output, mine in zip(session.run(None, {"image": part[None]}), actual, strict=True):
            rows, columns = output.shape[2:]
            top, left = tile.top // 2, tile.left // 2
            mine[:, :, top : top + rows, left : left + columns] = output
    for mine, output in zip(actual, expected, strict=True):
        np.testing.assert_allclose(mine, output, rtol=0, atol=1e-6)
