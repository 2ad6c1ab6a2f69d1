"""Which files have the graph of a plain network, and which have another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fastmtcnn.errors import ModelError
from fastmtcnn.networks.architecture import ARCHITECTURES, find_architecture
from fastmtcnn.networks.loading import read_shipped
from fastmtcnn.networks.onnx_file import read_onnx
from fastmtcnn.networks.plain_weights import plain_weights

pytest.importorskip("onnx")

import onnx

from fastmtcnn.graphs.building import build, serialise
from fastmtcnn.graphs.reading import read_weights
from tests.support.weights import random_weights

pytestmark = pytest.mark.optional

KEYS = ("pnet", "rnet", "onet")
EACH = [(key, name) for key, each in ARCHITECTURES.items() for name in each]


@pytest.mark.parametrize("key", KEYS)
def test_the_shipped_networks(key: str) -> None:
    content, architecture = read_shipped(f"{key}.onnx"), find_architecture(key, "original")
    found = plain_weights(read_onnx(content), architecture)
    expected = read_weights(content, architecture)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)
        assert found[name].shape == values.shape


@pytest.mark.parametrize(("key", "name"), EACH)
def test_every_architecture(key: str, name: str) -> None:
    architecture = find_architecture(key, name)
    weights = random_weights(architecture)
    content = serialise(build(architecture, weights, "random"))
    found = plain_weights(read_onnx(content), architecture)
    for tensor, values in weights.items():
        np.testing.assert_array_equal(found[tensor], values)


@pytest.mark.parametrize("key", KEYS)
def test_names_do_not_matter(key: str) -> None:
    model = onnx.load_model_from_string(read_shipped(f"{key}.onnx"))

    def renamed(names: Any) -> None:
        names[:] = [f"other/{name}" for name in names]

    for node in model.graph.node:
        node.name = ""
        renamed(node.input)
        renamed(node.output)
    for each in (*model.graph.initializer, *model.graph.input, *model.graph.output):
        each.name = f"other/{each.name}"
    architecture = find_architecture(key, "original")
    found = plain_weights(read_onnx(model.SerializeToString()), architecture)
    expected = read_weights(read_shipped(f"{key}.onnx"), architecture)
    assert all((found[name] == values).all() for name, values in expected.items())


def test_defaults_may_be_stated() -> None:
    model = onnx.load_model_from_string(read_shipped("onet.onnx"))
    for node in model.graph.node:
        if node.op_type in ("Conv", "MaxPool"):
            given = {each.name for each in node.attribute}
            stated: dict[str, Any] = {
                "auto_pad": "NOTSET",
                "dilations": [1, 1],
                "pads": [0, 0, 0, 0],
            }
            if node.op_type == "Conv":
                stated["group"] = 1
                stated["strides"] = [1, 1]
            for name, value in stated.items():
                if name not in given:
                    node.attribute.append(onnx.helper.make_attribute(name, value))
        if node.op_type == "Gemm":
            node.attribute.append(onnx.helper.make_attribute("alpha", 1.0))
    plain_weights(read_onnx(model.SerializeToString()), find_architecture("onet", "original"))


def node_of(model: Any, name: str) -> Any:
    return next(node for node in model.graph.node if node.name == name)


def set_attribute(model: Any, node: str, name: str, value: object) -> None:
    attributes = node_of(model, node).attribute
    kept = [each for each in attributes if each.name != name]
    del attributes[:]
    attributes.extend([*kept, onnx.helper.make_attribute(name, value)])


def replace_tensor(model: Any, name: str, values: np.ndarray) -> None:
    (tensor,) = (each for each in model.graph.initializer if each.name == name)
    tensor.CopyFrom(onnx.numpy_helper.from_array(values, name))


CHANGES: dict[str, tuple[Callable[[Any], object], str]] = {
    "ceil_mode": (
        lambda m: set_attribute(m, "pool1", "ceil_mode", 0),
        "pool1 must have ceil_mode 1, got 0",
    ),
    "stride": (
        lambda m: set_attribute(m, "pool1", "strides", [1, 1]),
        r"pool1 must have strides \(2, 2\), got \(1, 1\)",
    ),
    "kernel": (
        lambda m: set_attribute(m, "conv2", "kernel_shape", [5, 5]),
        r"conv2 must have kernel_shape \(3, 3\), got \(5, 5\)",
    ),
    "pads": (
        lambda m: set_attribute(m, "conv2", "pads", [1, 1, 1, 1]),
        r"conv2 must have pads \(0, 0, 0, 0\), got \(1, 1, 1, 1\)",
    ),
    "auto_pad": (
        lambda m: set_attribute(m, "conv2", "auto_pad", "SAME_UPPER"),
        "conv2 must have auto_pad NOTSET, got SAME_UPPER",
    ),
    "axis": (
        lambda m: set_attribute(m, "probabilities", "axis", 0),
        "probabilities must have axis 1, got 0",
    ),
    "perm": (
        lambda m: set_attribute(m, "width_height_channel", "perm", [0, 2, 3, 1]),
        r"width_height_channel must have perm \(0, 3, 2, 1\), got \(0, 2, 3, 1\)",
    ),
    "unknown attribute": (
        lambda m: set_attribute(m, "conv1", "beta", 1.0),
        "conv1 must have beta not at all, got 1.0",
    ),
    "operator": (
        lambda m: setattr(node_of(m, "prelu2"), "op_type", "LeakyRelu"),
        "prelu2 must be PRelu, got LeakyRelu 'prelu2'",
    ),
    "domain": (
        lambda m: setattr(node_of(m, "conv3"), "domain", "com.microsoft"),
        "conv3 must be Conv, got Conv 'conv3'",
    ),
    "no bias": (
        lambda m: node_of(m, "conv3").input.pop(),
        "conv3 must have 3 inputs and 1 output, got 2 and 1",
    ),
    "shape": (
        lambda m: replace_tensor(m, "conv2.weight", np.zeros((48, 28, 3, 1), np.float32)),
        r"conv2 must have conv2.weight of shape \(48, 28, 3, 3\), got \(48, 28, 3, 1\)",
    ),
    "dtype": (
        lambda m: replace_tensor(m, "conv2.bias", np.zeros(48)),
        "conv2 must have a constant of float32 as conv2.bias, got none",
    ),
    "missing": (
        lambda m: m.graph.node.remove(node_of(m, "pool2")),
        "pool2, MaxPool, is missing",
    ),
    "superfluous": (
        lambda m: m.graph.node.append(onnx.helper.make_node("Relu", ["conv1"], ["x"], name="x")),
        "Relu 'x' is superfluous",
    ),
    "outputs": (
        lambda m: m.graph.output.pop(),
        "its outputs must be offsets, probabilities, got probabilities",
    ),
    "input": (
        lambda m: m.graph.input[0].type.tensor_type.shape.dim[1].__setattr__("dim_value", 1),
        "its input must be one image of 3 channels and 24 x 24",
    ),
    "opset": (
        lambda m: m.opset_import[0].__setattr__("version", 11),
        "its opset must be 13 or later, got 11",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_difference_is_named(change: str) -> None:
    model = onnx.load_model_from_string(read_shipped("rnet.onnx"))
    make, message = CHANGES[change]
    make(model)
    with pytest.raises(ModelError, match=message):
        plain_weights(read_onnx(model.SerializeToString()), find_architecture("rnet", "original"))


@pytest.mark.parametrize("key", KEYS)
def test_fast_twins_are_others(key: str) -> None:
    file = read_onnx(read_shipped(f"{key}_fast.onnx"))
    with pytest.raises(ModelError):
        plain_weights(file, find_architecture(key, "original"))


def test_another_architecture() -> None:
    wide = find_architecture("pnet", "wide")
    content = serialise(build(wide, random_weights(wide), "random"))
    with pytest.raises(ModelError, match=r"conv1 must have conv1.weight of shape \(10, 3, 3, 3\)"):
        plain_weights(read_onnx(content), find_architecture("pnet", "original"))
