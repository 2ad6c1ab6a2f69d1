"""Networks of every named architecture, built, read back and rewritten, with random weights."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from fastmtcnn.errors import ModelError
from fastmtcnn.graphs.building import build, serialise
from fastmtcnn.graphs.chains import RewriteError
from fastmtcnn.graphs.reading import read_weights, recognise
from fastmtcnn.graphs.rewriting import rewrite
from fastmtcnn.networks.architecture import ARCHITECTURES, Architecture, find_architecture
from tests.support.forward import FORWARD
from tests.support.helpers import MODELS
from tests.support.weights import random_weights

ALL = [each for named in ARCHITECTURES.values() for each in named.values()]
IDS = [f"{each.key}-{each.name}" for each in ALL]
for_all = pytest.mark.parametrize("architecture", ALL, ids=IDS)

Images = NDArray[np.float32]


def images_for(architecture: Architecture, n: int = 3) -> Images:
    sides = (architecture.side,) * 2 if architecture.side else (33, 46)
    pixels = np.random.default_rng(5).integers(0, 256, (n, 3, *sides))
    return ((pixels - 127.5) / 128).astype(np.float32)


def run(content: bytes, images: Images) -> dict[str, Images]:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"image": images}), strict=True))


@for_all
def test_computes_what_the_architecture_says(architecture: Architecture) -> None:
    weights = random_weights(architecture)
    images = images_for(architecture)
    doubles = {name: array.astype(np.float64) for name, array in weights.items()}
    expected = FORWARD[architecture.key](images.astype(np.float64), doubles)
    actual = run(serialise(build(architecture, weights, "random")), images)
    assert list(actual) == [head.output for head in architecture.heads]
    for output, values in expected.items():
        np.testing.assert_allclose(actual[output], values, rtol=0, atol=3e-6)


@for_all
def test_reading_gives_what_was_built(architecture: Architecture) -> None:
    weights = random_weights(architecture, seed=1)
    content = serialise(build(architecture, weights, "random", metadata={"other": "1"}))
    onnx.checker.check_model(onnx.load_model_from_string(content), full_check=True)
    read = read_weights(content, architecture)
    assert list(read) == list(architecture.shapes)
    for name, array in read.items():
        assert array.dtype == np.float32
        assert array.flags.writeable
        assert array.flags.c_contiguous
        np.testing.assert_array_equal(array, weights[name])
    assert recognise(content) == architecture


@for_all
@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("slopes", [(-0.5, 0.8), (-0.9, -0.1), (0.0, 0.9)])
def test_the_fast_twin_computes_the_same(
    architecture: Architecture, narrow: bool, slopes: tuple[float, float]
) -> None:
    model = build(architecture, random_weights(architecture, 2, slopes), "random")
    images = images_for(architecture)
    expected = run(serialise(model), images)
    actual = run(serialise(rewrite(model, narrow)), images)
    np.testing.assert_allclose(
        actual["probabilities"][:, 0], expected["probabilities"][:, 1], rtol=0, atol=3e-6
    )
    for output in list(expected)[1:]:
        np.testing.assert_allclose(actual[output], expected[output], rtol=0, atol=3e-6)


def test_the_twin_keeps_the_metadata() -> None:
    architecture = find_architecture("onet", "context64")
    weights = random_weights(architecture)
    plain = build(architecture, weights, "Text.", metadata={"fastmtcnn.threshold": "0.25"})
    twin = rewrite(plain, metadata={"fastmtcnn.plain_sha256": "0" * 64})
    assert {entry.key: entry.value for entry in twin.metadata_props} == {
        "fastmtcnn.architecture": "context64",
        "fastmtcnn.window": "64",
        "fastmtcnn.crop_scale": "1.5",
        "fastmtcnn.multiply_adds": "16362176",
        "fastmtcnn.threshold": "0.25",
        "fastmtcnn.plain_sha256": "0" * 64,
    }
    assert twin.doc_string.startswith("Text.\nRewritten for speed")


@pytest.mark.parametrize("architecture", ALL, ids=IDS)
def test_a_slope_of_one_cannot_be_rewritten(architecture: Architecture) -> None:
    weights = random_weights(architecture)
    weights["prelu3.weight"][5] = 1
    with pytest.raises(RewriteError, match="prelu3 has a slope of 1"):
        rewrite(build(architecture, weights, ""))


def test_wrong_weights_are_named() -> None:
    architecture = find_architecture("pnet", "original")
    weights = random_weights(architecture)
    del weights["conv1.bias"]
    with pytest.raises(ValueError, match=r"P-Net \(original\) .*missing: conv1.bias, superfl"):
        build(architecture, weights, "")
    weights["conv1.bias"] = np.zeros(11, np.float32)
    with pytest.raises(ValueError, match=r"conv1.bias of P-Net .* \(10,\), got float32 .* \(11,\)"):
        build(architecture, weights, "")
    with pytest.raises(ValueError, match=r"got float64 of shape \(10,\)"):
        build(architecture, {**weights, "conv1.bias": np.zeros(10)}, "")  # type: ignore[dict-item]


def test_every_difference_is_named() -> None:
    wide = find_architecture("pnet", "wide")
    content = (MODELS / "pnet.onnx").read_bytes()
    with pytest.raises(ModelError) as caught:
        read_weights(content, wide)
    reason = caught.value.reason
    assert reason.startswith("the model is not P-Net of architecture 'wide': ")
    assert reason.count(" in place of ") == 11  # of 13 tensors, all but the heads' biases
    assert "conv1.weight has shape (10, 3, 3, 3) in place of (16, 3, 3, 3)" in reason


def test_a_changed_graph_is_named() -> None:
    architecture = find_architecture("rnet", "original")
    model = onnx.load(MODELS / "rnet.onnx")
    for node in model.graph.node:
        if node.name == "pool1":
            (kernel,) = (each for each in node.attribute if each.name == "kernel_shape")
            kernel.ints[:] = [2, 2]
    content = model.SerializeToString()
    with pytest.raises(ModelError):
        recognise(content)
    with pytest.raises(ModelError, match="node pool1 is not the MaxPool"):
        read_weights(content, architecture)


def test_context_is_known_by_its_metadata() -> None:
    original, context = (find_architecture("rnet", name) for name in ("original", "context"))
    plain = (MODELS / "rnet.onnx").read_bytes()
    assert recognise(plain) == original
    with pytest.raises(ModelError, match=r"crop_scale 1 in place of 1\.5"):
        read_weights(plain, context)
    weights = read_weights(plain, original)
    assert recognise(serialise(build(context, weights, ""))) == context


@pytest.mark.parametrize(
    ("name", "message"),
    [("rnet_fast.onnx", "from the plain file, got its fast twin rnet_fast"), (None, "not a valid")],
)
def test_what_is_no_plain_file(name: str | None, message: str) -> None:
    content = b"no model" if name is None else (MODELS / name).read_bytes()
    with pytest.raises(ModelError, match=message):
        recognise(content)


def test_a_twin_has_no_weights_to_read() -> None:
    content = (MODELS / "onet_fast.onnx").read_bytes()
    with pytest.raises(ModelError, match="must come from a plain file, got a fast twin"):
        read_weights(content, find_architecture("onet", "original"))
