"""Reading ONNX files without the package onnx."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastmtcnn.errors import ModelError
from fastmtcnn.networks.architecture import ARCHITECTURES
from fastmtcnn.networks.loading import read_shipped
from fastmtcnn.networks.onnx_file import read_onnx
from tests.support.protobuf import field, model, mutated, tensor, varint

KEYS = ("pnet", "rnet", "onet")


@pytest.mark.parametrize("key", KEYS)
def test_the_shipped_networks(key: str) -> None:
    file = read_onnx(read_shipped(f"{key}.onnx"))
    shapes = ARCHITECTURES[key]["original"].shapes
    assert file.tensors.keys() == shapes.keys()
    for name, shape in shapes.items():
        found = file.tensors[name]
        assert found is not None
        assert found.size == np.prod(shape)
        assert found.dtype == np.float32
    assert file.opset == 13
    side = {"pnet": None, "rnet": 24, "onet": 48}[key]
    assert file.inputs == {"image": (None, 3, side, side)}
    assert file.nodes[0].op == "Conv"
    assert file.nodes[0].attributes["kernel_shape"] == (3, 3)
    assert file.nodes[0].inputs == ("image", "conv1.weight", "conv1.bias")


@pytest.mark.optional
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("suffix", ["", "_fast"])
def test_what_the_package_onnx_reads(key: str, suffix: str) -> None:
    onnx = pytest.importorskip("onnx")
    content = read_shipped(f"{key}{suffix}.onnx")
    file, expected = read_onnx(content), onnx.load_model_from_string(content)
    assert len(file.nodes) == len(expected.graph.node)
    for node, other in zip(file.nodes, expected.graph.node, strict=True):
        assert (node.op, node.name) == (other.op_type, other.name)
        assert node.inputs == tuple(other.input)
        assert node.outputs == tuple(other.output)
        attributes = {each.name: onnx.helper.get_attribute_value(each) for each in other.attribute}
        for name, value in node.attributes.items():
            wanted = attributes.pop(name)
            if value is None:
                continue
            wanted = tuple(wanted) if isinstance(wanted, list) else wanted
            assert value == (wanted.decode() if isinstance(wanted, bytes) else wanted)
        assert attributes == {}
    for other in expected.graph.initializer:
        values = file.tensors[other.name]
        array = onnx.numpy_helper.to_array(other)
        if values is None:
            assert array.dtype != np.float32
        else:
            np.testing.assert_array_equal(values, array)
    assert file.metadata == {each.key: each.value for each in expected.metadata_props}
    assert file.outputs.keys() == {each.name for each in expected.graph.output}


def test_floats_may_be_packed_single_or_raw() -> None:
    values = np.array([1.5, -2.25, 3], "<f4")
    single = b"".join(varint(4 << 3 | 5) + value.tobytes() for value in values)
    content = model(
        tensor("raw", (3,), field(9, values.tobytes())),
        tensor("packed", (3,), field(4, values.tobytes())),
        tensor("single", (1, 3), single),
        field(
            5,
            field(1, varint(1) + varint(3))
            + field(2, 1)
            + field(8, "packed dims")
            + field(9, values.tobytes()),
        ),
        tensor("whole numbers", (3,), kind=7),
        tensor("elsewhere", (3,), field(14, 1)),
        tensor("none", (0,)),
    )
    found = read_onnx(content).tensors
    assert {name: None if each is None else each.tolist() for name, each in found.items()} == {
        "raw": [1.5, -2.25, 3],
        "packed": [1.5, -2.25, 3],
        "single": [[1.5, -2.25, 3]],
        "packed dims": [[1.5, -2.25, 3]],
        "whole numbers": None,
        "elsewhere": None,
        "none": [],
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it has no graph"),
        (b"no model", "encoding 6 is unknown"),
        (b"\x3a", "ends within a number"),
        (b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "more than ten bytes"),
        (b"\x3a\xff\xff\xff\xff\x0fx", "ends within a field"),
        (b"\x3b", "encoding 3 is unknown"),
        (field(7, 5), "a number stands where a message must be"),
        (model(tensor("w", (2, 3), field(9, bytes(20)))), "20 bytes for the shape (2, 3)"),
        (model(tensor("w", (2**62, 2**62))), "0 bytes for the shape"),
        (model(tensor("w", ((1 << 64) - 1,))), "impossible shape (-1,)"),
        (model(tensor("w", (1,) * 9, field(9, bytes(4)))), "impossible shape"),
        (model(field(5, field(2, b"x"))), "a message stands where a number must be"),
    ],
)
def test_damaged_files(content: bytes, reason: str) -> None:
    with pytest.raises(ModelError, match="the model is not a valid ONNX file") as caught:
        read_onnx(content)
    assert reason in str(caught.value)


@given(st.data(), st.sampled_from(KEYS))
@settings(max_examples=300)
def test_no_other_error_whatever_is_changed(data: st.DataObject, key: str) -> None:
    with contextlib.suppress(ModelError):
        read_onnx(mutated(read_shipped(f"{key}.onnx"), data))


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_no_other_error_for_any_bytes(content: bytes) -> None:
    for each in (content, model(content), model(field(1, content)), model(field(5, content))):
        with contextlib.suppress(ModelError):
            read_onnx(each)
