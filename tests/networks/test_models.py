"""The model files: what models/README.md says of them, and what they compute."""

from __future__ import annotations

import hashlib
import json
import math
import re
import runpy

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper

from fastmtcnn.graphs.reading import read_weights
from fastmtcnn.networks.architecture import find_architecture
from tests.support.forward import FORWARD
from tests.support.helpers import MODELS

NAMES = ("pnet", "rnet", "onet")
REWRITTEN = ("pnet_fast", "pnet_fast_avx512", "rnet_fast", "onet_fast")

INPUTS = {
    "pnet": ["n", 3, "height", "width"],
    "rnet": ["n", 3, 24, 24],
    "onet": ["n", 3, 48, 48],
}
OUTPUTS = {
    "pnet": {
        "probabilities": ["n", 2, "map_height", "map_width"],
        "offsets": ["n", 4, "map_height", "map_width"],
    },
    "rnet": {"probabilities": ["n", 2], "offsets": ["n", 4]},
    "onet": {"probabilities": ["n", 2], "offsets": ["n", 4], "landmarks": ["n", 10]},
}
SIZES = {"pnet": (33, 46), "rnet": (24, 24), "onet": (48, 48)}


@pytest.fixture(scope="module")
def sessions() -> dict[str, onnxruntime.InferenceSession]:
    return {
        name: onnxruntime.InferenceSession(
            MODELS / f"{name}.onnx", providers=["CPUExecutionProvider"]
        )
        for name in NAMES
    }


def random_images(n: int, height: int, width: int) -> NDArray[np.float32]:
    pixels = np.random.default_rng(20161).integers(0, 256, (n, 3, height, width))
    return ((pixels - 127.5) / 128).astype(np.float32)


def run(
    session: onnxruntime.InferenceSession, images: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"image": images}), strict=True))


@pytest.mark.parametrize("name", NAMES + REWRITTEN)
def test_readme_describes_file(name: str) -> None:
    data = (MODELS / f"{name}.onnx").read_bytes()
    readme = (MODELS / "README.md").read_text(encoding="utf-8")
    number = r"([\d,]+) \| " if name in NAMES else "()"  # of parameters
    row = re.search(rf"`{name}\.onnx` \| {number}([\d,]+) \| `([0-9a-f]{{64}})`", readme)
    assert row is not None
    parameters, size, digest = row.groups()
    assert digest == hashlib.sha256(data).hexdigest()
    assert int(size.replace(",", "")) == len(data)
    if name in NAMES:
        tensors = onnx.load_model_from_string(data).graph.initializer
        assert int(parameters.replace(",", "")) == sum(math.prod(tensor.dims) for tensor in tensors)


def test_the_manifest_lists_the_files() -> None:
    manifest = json.loads((MODELS / "models.json").read_text(encoding="utf-8"))
    contents = {path.name: path.read_bytes() for path in MODELS.glob("*.onnx")}
    assert sorted(manifest) == sorted(contents)
    for name, content in contents.items():
        sha256 = hashlib.sha256(content).hexdigest()
        assert manifest[name] == {"bytes": len(content), "sha256": sha256}


@pytest.mark.parametrize("name", NAMES)
def test_inputs_and_outputs(sessions: dict[str, onnxruntime.InferenceSession], name: str) -> None:
    session = sessions[name]
    (image,) = session.get_inputs()
    assert (image.name, image.type, image.shape) == ("image", "tensor(float)", INPUTS[name])
    assert {output.name: output.shape for output in session.get_outputs()} == OUTPUTS[name]
    assert {output.type for output in session.get_outputs()} == {"tensor(float)"}


@pytest.mark.parametrize("name", NAMES + REWRITTEN)
def test_opens_in_old_runtimes(name: str) -> None:
    model = onnx.load(MODELS / f"{name}.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert model.ir_version <= 8
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 13)]


@pytest.mark.parametrize("name", NAMES)
def test_probabilities(sessions: dict[str, onnxruntime.InferenceSession], name: str) -> None:
    probabilities = run(sessions[name], random_images(3, *SIZES[name]))["probabilities"]
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("side", range(12, 41))
def test_pnet_map_size(sessions: dict[str, onnxruntime.InferenceSession], side: int) -> None:
    cells = math.ceil((side - 2) / 2) - 4
    other = 31
    other_cells = 11
    upright = run(sessions["pnet"], random_images(1, side, other))
    lying = run(sessions["pnet"], random_images(1, other, side))
    for output, channels in (("probabilities", 2), ("offsets", 4)):
        assert upright[output].shape == (1, channels, cells, other_cells)
        assert lying[output].shape == (1, channels, other_cells, cells)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [1, 2, 7])
def test_batch_equals_singles(
    sessions: dict[str, onnxruntime.InferenceSession], name: str, n: int
) -> None:
    images = random_images(n, *SIZES[name])
    batch = run(sessions[name], images)
    singles = [run(sessions[name], image[None]) for image in images]
    for output, values in batch.items():
        expected = np.concatenate([single[output] for single in singles])
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_equals_second_implementation(
    sessions: dict[str, onnxruntime.InferenceSession], name: str
) -> None:
    tensors = onnx.load(MODELS / f"{name}.onnx").graph.initializer
    weights = {tensor.name: numpy_helper.to_array(tensor).astype(np.float64) for tensor in tensors}
    images = random_images(4, *SIZES[name])
    expected = FORWARD[name](images.astype(np.float64), weights)
    actual = run(sessions[name], images)
    assert actual.keys() == expected.keys()
    for output, values in expected.items():
        np.testing.assert_allclose(actual[output], values, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_what_building_gives(name: str) -> None:
    content = (MODELS / f"{name}.onnx").read_bytes()
    architecture = find_architecture(name, "original")
    weights = read_weights(content, architecture)
    convert = runpy.run_path(str(MODELS / "convert.py"))
    assert convert["make_plain"](architecture, weights) == content
