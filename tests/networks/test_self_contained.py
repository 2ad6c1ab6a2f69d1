"""Models that read other files, loop or make tensors of any size: onnxruntime never gets them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import SparseTensorProto, TensorProto, helper, numpy_helper

from fastmtcnn import MTCNN, ModelError
from fastmtcnn.networks.loading import MODELS, read_shipped
from fastmtcnn.networks.self_contained import check_self_contained
from tests.support.protobuf import field, model, mutated, tensor, varint

EXTERNAL = field(14, 1)
LOCATION = field(13, field(1, "location") + field(2, "secret.bin"))
ATTRIBUTE = {"t": 5, "tensors": 10}
SPARSE_ATTRIBUTE = {"sparse_tensor": 22, "sparse_tensors": 23}


def outside(number: int, *rest: bytes) -> bytes:
    """A tensor whose values lie in a file, as a field of this number."""
    content = field(1, 2) + field(2, 1) + field(8, "w") + b"".join(rest or (EXTERNAL, LOCATION))
    return field(number, content)


def node(operator: str, *parts: bytes) -> bytes:
    return field(1, field(4, operator) + b"".join(parts))


def with_attribute(part: bytes) -> bytes:
    return model(node("Constant", field(5, field(1, "value") + part)))


SHIPPED = read_shipped("rnet.onnx")
OUTSIDE = {
    "initializer": model(outside(5)),
    "initializer of a second graph, which is merged": SHIPPED + model(outside(5)),
    "place without a name": model(outside(5, EXTERNAL)),
    "name without a place": model(outside(5, LOCATION)),
    "place as 64 bits, of which 32 count": model(outside(5, field(14, (1 << 32) + 1), LOCATION)),
    "place written twice": model(outside(5, field(14, 1), field(14, 0))),
    **{f"attribute {name}": with_attribute(outside(of)) for name, of in ATTRIBUTE.items()},
    **{
        f"{part} of {name}": with_attribute(field(of, outside(number)))
        for name, of in SPARSE_ATTRIBUTE.items()
        for part, number in (("values", 1), ("indices", 2))
    },
    "values of a sparse initializer": model(field(15, outside(1))),
    "indices of a sparse initializer": model(field(15, outside(2))),
}
WHAT = "cannot load a model: "


@pytest.mark.parametrize("content", [pytest.param(OUTSIDE[name], id=name) for name in OUTSIDE])
def test_values_in_other_files(content: bytes) -> None:
    with pytest.raises(ModelError, match=f"^{WHAT}it must hold all its weights, but tensor 'w' li"):
        check_self_contained(content, "a model")


def test_the_file_is_named() -> None:
    with pytest.raises(ModelError, match=r"but tensor 'w' lies elsewhere \('secret\.bin'\)$"):
        check_self_contained(model(outside(5)), "a model")


GRAPH = field(1, "body")
REFUSED = {
    "loop": (model(node("Loop", field(5, field(6, GRAPH)))), "operator Loop has a graph of its"),
    "branches": (model(node("If", field(5, field(11, GRAPH)))), "operator If has a graph of its"),
    "loop of another name": (model(node("X", field(5, field(6, GRAPH)))), "operator X has a graph"),
    "function": (SHIPPED + field(25, field(1, "f")), "without functions of its own; onnx.inliner"),
    "training": (SHIPPED + field(20, field(1, GRAPH)), "it must be for inference, got a model"),
    "compiled": (model(node("EPContext")), "operator EPContext takes what lies in other files"),
    "ort": (b"\x18\0\0\0ORTM" + bytes(90), "must be in ONNX format, got onnxruntime's own format"),
    **{
        operator: (model(node(operator)), f"operator {operator} makes a tensor of any size")
        for operator in ("ConstantOfShape", "Expand", "Tile", "Range", "RandomNormal", "Resize")
    },
    "key of more bits": (varint((1 << 32) | 58) + varint(2) + b"ab", "more than 29 bits"),
    "no model": (b"weights", "it is not a valid ONNX file: "),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what: str) -> None:
    content, sentence = REFUSED[what]
    with pytest.raises(ModelError) as caught:
        check_self_contained(content, "a model")
    assert str(caught.value).startswith(WHAT)
    assert sentence in str(caught.value)


def test_shipped_models_pass() -> None:
    files = [Path(str(MODELS), name) for name in ("pnet", "rnet", "onet")]
    for file in files:
        for suffix in (".onnx", "_fast.onnx"):
            check_self_contained(read_shipped(file.name + suffix), "a model")


def messages(message: Any) -> Iterator[Any]:
    """A message of protobuf and all within it, whatever its type."""
    yield message
    for descriptor, value in message.ListFields():
        if descriptor.type == descriptor.TYPE_MESSAGE:
            for part in [value] if hasattr(value, "ListFields") else value:
                yield from messages(part)


def elsewhere(parsed: onnx.ModelProto) -> bool:
    return any(
        each.external_data or each.data_location == TensorProto.EXTERNAL
        for each in messages(parsed)
        if isinstance(each, TensorProto)
    )


@given(data=st.data())
@settings(max_examples=200)
def test_nothing_slips_through(data: st.DataObject) -> None:
    """What the search lets pass has, as protobuf reads it, no tensor that lies elsewhere."""
    content = mutated(data.draw(st.sampled_from(list(OUTSIDE.values()))), data)
    try:
        check_self_contained(content, "a model")
    except ModelError:
        return
    try:
        parsed = onnx.ModelProto.FromString(content)
    except Exception:  # protobuf's own; then onnxruntime cannot read it either
        return
    assert not elsewhere(parsed)


def test_the_oracle_sees_tensors_elsewhere() -> None:
    for name, content in OUTSIDE.items():
        assert elsewhere(onnx.ModelProto.FromString(content)) or name == "place written twice"


def real_model(kind: str) -> onnx.ModelProto:
    """R-Net, of which the weights of the first layer lie in the file secret.bin."""
    made = onnx.load_model_from_string(SHIPPED)
    weights = made.graph.initializer[0]
    Path("secret.bin").write_bytes(weights.raw_data)
    moved = TensorProto(name=weights.name, data_type=TensorProto.FLOAT, dims=weights.dims)
    moved.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "secret.bin"), ("length", str(len(weights.raw_data)))):
        moved.external_data.add(key=key, value=value)
    del made.graph.initializer[0]
    if kind == "initializer":
        made.graph.initializer.append(moved)
    else:
        made.graph.node.insert(0, helper.make_node("Constant", [], [moved.name], value=moved))
    return made


@pytest.mark.parametrize("source", ["bytes", "file"])
@pytest.mark.parametrize("kind", ["initializer", "Constant"])
def test_no_detector_is_made(
    kind: str, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = real_model(kind).SerializeToString()
    Path("pnet.onnx").write_bytes(content)

    def opened(*_: Any, **__: Any) -> None:
        raise AssertionError("onnxruntime got the model")

    monkeypatch.setattr(onnxruntime, "InferenceSession", opened)
    with pytest.raises(ModelError, match=r"it must hold all its weights, but tensor 'conv1\.wei"):
        MTCNN(models={"pnet": content if source == "bytes" else "pnet.onnx"})  # opened first


def test_constants_in_the_file_are_fine() -> None:
    """Sparse and dense, of all places of a tensor."""
    dense = numpy_helper.from_array(np.ones(2, np.float32), "values")
    indices = numpy_helper.from_array(np.array([0, 1], np.int64), "indices")
    sparse = SparseTensorProto(values=dense, indices=indices, dims=[2])
    made = onnx.load_model_from_string(SHIPPED)
    made.graph.node.append(helper.make_node("Constant", [], ["a"], sparse_value=sparse))
    made.graph.node.append(helper.make_node("Constant", [], ["b"], value=dense))
    made.graph.sparse_initializer.append(sparse)
    check_self_contained(made.SerializeToString(), "a model")


def test_the_search_is_bounded() -> None:
    """However many fields: those of each node are few, those of all are not."""
    content = model(node("X", field(1, "") * 90_000) * 5)
    with pytest.raises(ModelError, match="it has more than 250000 fields"):
        check_self_contained(content, "a model")


def test_weights_are_passed_over() -> None:
    """They may be large, and are neither read nor copied."""
    content = model(tensor("w", (1 << 22,), field(9, bytes(1 << 24))))
    tracemalloc.start()
    try:
        check_self_contained(content, "a model")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20
