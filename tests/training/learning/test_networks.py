"""The networks in PyTorch, beside onnxruntime."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

pytest.importorskip("torch")

import torch

from fastmtcnn.graphs.building import build, serialise
from fastmtcnn.graphs.reading import read_weights
from fastmtcnn.networks.architecture import ARCHITECTURES, Architecture, find_architecture
from fastmtcnn.training.learning import networks
from fastmtcnn.training.learning.networks import TrainedNetwork
from tests.support.helpers import MODELS
from tests.support.weights import random_weights

pytestmark = pytest.mark.optional

ALL = [each for named in ARCHITECTURES.values() for each in named.values()]
for_all = pytest.mark.parametrize("architecture", ALL, ids=lambda each: f"{each.key}-{each.name}")


def assert_as_in_onnxruntime(network: TrainedNetwork) -> None:
    architecture = network.architecture
    side = architecture.window
    pixels = np.random.default_rng(1).integers(0, 256, (6, 3, side, side))
    images = ((pixels - 127.5) / 128).astype(np.float32)
    session = onnxruntime.InferenceSession(
        serialise(build(architecture, network.weights(), "")), providers=["CPUExecutionProvider"]
    )
    expected = session.run(None, {"image": images})
    with torch.no_grad():
        log_odds, offsets, points = network.eval()(torch.from_numpy(images))
    actual = [torch.softmax(log_odds, 1), offsets, points][: len(expected)]
    for mine, theirs in zip(actual, expected, strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs.reshape(len(images), -1), rtol=0, atol=1e-5)


@for_all
def test_equals_onnxruntime(architecture: Architecture) -> None:
    network = TrainedNetwork(architecture)
    network.load(random_weights(architecture, seed=2))
    assert_as_in_onnxruntime(network)


@for_all
def test_a_mini_batch_in_parts(architecture: Architecture, monkeypatch: pytest.MonkeyPatch) -> None:
    side = architecture.window
    images = torch.randn(7, 3, side, side, generator=torch.Generator().manual_seed(4))
    found = []
    for pixels in (1, 3 * side * side, 10**6):  # one at a time, 3 + 3 + 1, all at once
        monkeypatch.setattr(networks, "_PIXELS_AT_ONCE", pixels)
        network = TrainedNetwork(architecture)
        network.initialize("he", 5)
        sum(each.square().sum() for each in network(images)).backward()
        found.append([each.grad for each in network.parameters() if each.grad is not None])
    for one, three, whole in zip(*found, strict=True):
        scale = whole.abs().max().item()
        torch.testing.assert_close(one, whole, rtol=0, atol=2e-5 * scale)
        torch.testing.assert_close(three, whole, rtol=0, atol=2e-5 * scale)


@pytest.mark.parametrize("key", ["pnet", "rnet", "onet"])
def test_the_shipped_weights(key: str) -> None:
    architecture = find_architecture(key, "original")
    network = TrainedNetwork(architecture)
    network.load(read_weights((MODELS / f"{key}.onnx").read_bytes(), architecture))
    assert_as_in_onnxruntime(network)


@for_all
def test_weights_come_back(architecture: Architecture) -> None:
    weights = random_weights(architecture, seed=3)
    network = TrainedNetwork(architecture)
    network.load(weights)
    found = network.weights()
    assert list(found) == list(architecture.shapes)
    for name, array in found.items():
        np.testing.assert_array_equal(array, weights[name])
        assert array.flags.c_contiguous
    found["conv1.weight"][:] = 0  # a copy
    assert network.weights()["conv1.weight"].any()


@pytest.mark.parametrize("kind", ["he", "xavier"])
def test_initialization(kind: str) -> None:
    network = TrainedNetwork(find_architecture("onet", "original"))
    found = []
    for seed in (5, 5, 6):
        network.initialize(kind, seed)  # type: ignore[arg-type]
        found.append(network.weights())
    one, same, other = found
    for name, array in one.items():
        np.testing.assert_array_equal(same[name], array)
        if name.endswith("bias"):
            assert not array.any()
        elif name.startswith("prelu"):
            assert (array == 0.25).all()
        else:
            assert not np.array_equal(other[name], array)
    weight = one["conv3.weight"]
    inputs, outputs = 64 * 9, 64 * 9
    if kind == "xavier":
        bound = (6 / (inputs + outputs)) ** 0.5
        assert 0.98 * bound < np.abs(weight).max() <= bound
    else:
        assert weight.std() == pytest.approx((2 / (1.0625 * inputs)) ** 0.5, rel=0.02)
        assert one["dense6_3.weight"].std() == pytest.approx(0.01, rel=0.1)


def test_networks_without_landmarks_learn_them_too() -> None:
    network = TrainedNetwork(find_architecture("pnet", "original"))
    outputs = network(torch.zeros(2, 3, 12, 12))
    assert [tuple(each.shape) for each in outputs] == [(2, 2), (2, 4), (2, 10)]
    assert not any("training" in name for name in network.weights())
