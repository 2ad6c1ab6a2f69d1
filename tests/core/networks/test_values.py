"""What the native networks compute, beside loops in float64 and beside onnxruntime."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from fastmtcnn import _core
from fastmtcnn.networks.architecture import ARCHITECTURES
from tests.support.forward import FORWARD
from tests.support.helpers import MODELS, golden_image
from tests.support.native import (
    CLASSES,
    SIDES,
    Floats,
    constants,
    extremes,
    noise,
    normalised,
    open_shipped,
    shipped_weights,
)
from tests.support.weights import random_weights

NAMES = ("probabilities", "offsets", "landmarks")
LIMITS = {"probabilities": 3e-6, "offsets": 3e-6, "landmarks": 1e-6}

Expected = dict[str, NDArray[np.floating]]


def by_doubles(key: str, weights: dict[str, Floats], images: Floats) -> Expected:
    """Return the outputs of the naive network, of P-Net's and of the others' images."""
    doubles = {name: array.astype(np.float64) for name, array in weights.items()}
    return dict(FORWARD[key](images.astype(np.float64), doubles))


def assert_close(actual: tuple[Floats, ...], expected: Expected, scale: float = 1.0) -> None:
    """Compare the outputs of a native network; of the probabilities those of a face."""
    for name, values in zip(NAMES, actual, strict=False):
        wanted = expected[name][:, 1] if name == "probabilities" else expected[name]
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, wanted, rtol=0, atol=LIMITS[name] * scale)


@pytest.fixture(scope="module")
def sessions() -> dict[str, onnxruntime.InferenceSession]:
    return {
        key: onnxruntime.InferenceSession(
            MODELS / f"{key}.onnx", providers=["CPUExecutionProvider"]
        )
        for key in CLASSES
    }


def by_onnxruntime(session: onnxruntime.InferenceSession, images: Floats) -> Expected:
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"image": images}), strict=True))


def run_level(network: object, level: Floats) -> tuple[Floats, ...]:
    """Return P-Net's outputs for a level as a batch of one."""
    assert isinstance(network, _core.NativePNet)
    return tuple(output[None] for output in network(level))


def crops_of(key: str) -> Floats:
    side = SIDES[key]
    images = [noise(3, 3, side, side), extremes(3, 3, side, side), *constants(3, 1, 3, side, side)]
    return np.concatenate(images)


@pytest.mark.parametrize("key", SIDES)
@pytest.mark.parametrize("target", _core.network_targets())
def test_crops_by_doubles(key: str, target: str) -> None:
    crops = crops_of(key)
    network = open_shipped(key, target)
    assert network.target == target
    assert_close(network(crops), by_doubles(key, shipped_weights(key), crops))


@pytest.mark.parametrize("target", _core.network_targets())
def test_level_by_doubles(target: str) -> None:
    network = open_shipped("pnet", target)
    for level in (noise(3, 33, 46), extremes(3, 41, 30), *constants(3, 3, 20, 27)):
        expected = by_doubles("pnet", shipped_weights("pnet"), level[None])
        assert_close(run_level(network, level), expected)


# Slopes above 1 and below 0 take other paths than those between.
@pytest.mark.parametrize("key", CLASSES)
@pytest.mark.parametrize("slopes", [(0.0, 0.9), (-0.8, 0.9), (0.5, 1.6), (-1.5, 1.5)])
def test_random_weights(key: str, slopes: tuple[float, float]) -> None:
    weights = random_weights(ARCHITECTURES[key]["original"], seed=3, slopes=slopes)
    network = CLASSES[key](weights, poison=True)
    if key == "pnet":
        level = noise(3, 37, 44)
        actual, images = run_level(network, level), level[None]
    else:
        images = noise(4, 3, SIDES[key], SIDES[key])
        actual = network(images)
    # Their sums are larger than those of trained networks, and so are the errors.
    assert_close(actual, by_doubles(key, weights, images), scale=4)


@pytest.mark.parametrize("key", SIDES)
def test_crops_by_onnxruntime(key: str, sessions: dict[str, onnxruntime.InferenceSession]) -> None:
    side = SIDES[key]
    network = open_shipped(key)
    photo = golden_image("crowd.png")
    rng = np.random.default_rng(1)
    tops = rng.integers(0, photo.shape[0] - side, 100)
    lefts = rng.integers(0, photo.shape[1] - side, 100)
    cuts = [
        photo[top : top + side, left : left + side] for top, left in zip(tops, lefts, strict=True)
    ]
    crops = np.concatenate(
        [
            normalised(np.ascontiguousarray(np.array(cuts).transpose(0, 3, 1, 2))),
            noise(20, 3, side, side),
            extremes(20, 3, side, side),
        ]
    )
    assert_close(network(crops), by_onnxruntime(sessions[key], crops))


def test_every_small_level_by_onnxruntime(
    sessions: dict[str, onnxruntime.InferenceSession],
) -> None:
    network = open_shipped("pnet")
    for height in range(12, 41):
        for width in range(12, 41):
            level = noise(3, height, width, seed=height * 50 + width)
            expected = by_onnxruntime(sessions["pnet"], level[None])
            actual = run_level(network, level)
            assert actual[0].shape == expected["probabilities"][:, 1].shape
            assert_close(actual, expected)


@pytest.mark.parametrize(
    ("height", "width"),
    [(12, 700), (700, 12), (13, 333), (333, 13), (97, 131), (216, 384), (153, 272), (230, 257)],
)
def test_large_levels(
    sessions: dict[str, onnxruntime.InferenceSession], height: int, width: int
) -> None:
    network = open_shipped("pnet")
    photo = golden_image("crowd.png")[40 : 40 + height, 60 : 60 + width]
    level = normalised(np.ascontiguousarray(photo.transpose(2, 0, 1)))
    assert_close(run_level(network, level), by_onnxruntime(sessions["pnet"], level[None]))
    # Of black and white noise onnxruntime's own error is half as large as the limit.
    level = extremes(3, height, width)
    assert_close(
        run_level(network, level), by_doubles("pnet", shipped_weights("pnet"), level[None])
    )
    assert_close(run_level(network, level), by_onnxruntime(sessions["pnet"], level[None]), scale=2)
