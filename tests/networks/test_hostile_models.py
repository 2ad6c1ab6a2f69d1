"""The native engine with models that somebody else wrote: one sentence, or a network that runs."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastmtcnn import MTCNN, ModelError
from fastmtcnn.networks.loading import read_shipped
from fastmtcnn.networks.native import NativeNetwork, native_target
from fastmtcnn.networks.network import PNET, ROLES, Role
from fastmtcnn.networks.onnx_file import read_onnx
from tests.support.helpers import golden_image
from tests.support.native import noise, shipped_weights
from tests.support.protobuf import field, model, mutated, tensor, varint

pytestmark = pytest.mark.skipif(native_target() is None, reason="needs AVX2, AVX-512 or NEON")

each_role = pytest.mark.parametrize("role", ROLES, ids=lambda role: role.key)

LARGEST = 1 << 23  # bytes of a file that is read
MOST = 100_000  # fields of a message


def with_weights(role: Role, name: str, values: np.ndarray) -> bytes:
    """A shipped model with other values of a tensor, whose bytes are found in the file."""
    content = read_shipped(f"{role.key}.onnx")
    old = shipped_weights(role.key)[name].tobytes()
    assert content.count(old) == 1
    return content.replace(old, values.astype("<f4").tobytes())


def run(network: NativeNetwork) -> None:
    side = network.window or 30
    outputs = network(noise(2, 3, side, side))
    assert len(outputs.scores) == 2
    assert ((outputs.scores >= 0) & (outputs.scores <= 1)).all()


@each_role
@given(data=st.data())
@settings(max_examples=100)
def test_mutated_files(role: Role, data: st.DataObject) -> None:
    content = mutated(read_shipped(f"{role.key}.onnx"), data)
    try:
        network = NativeNetwork(role, content, "mutated.onnx")
    except ModelError as error:
        assert_one_sentence(error)
    else:
        run(network)


@each_role
@given(data=st.data())
@settings(max_examples=50)
def test_any_weights(role: Role, data: st.DataObject) -> None:
    """Any bits: numbers that are not finite are refused, all others run."""
    name = data.draw(st.sampled_from(list(shipped_weights(role.key))))
    values = shipped_weights(role.key)[name].copy()
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, values.size - 1))
        values.reshape(-1)[place] = data.draw(st.floats(width=32))
    content = with_weights(role, name, values)
    if np.isfinite(values).all():
        run(NativeNetwork(role, content, "model"))
    else:
        with pytest.raises(ModelError, match=f"must have finite values as {name}"):
            NativeNetwork(role, content, "model")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@each_role
def test_weights_that_are_not_finite(role: Role, value: float) -> None:
    """The engine "auto" lets onnxruntime run them, as it always has."""
    name = "conv2.weight"
    values = shipped_weights(role.key)[name].copy()
    values[3, 2, 1, 0] = value
    models = {role.key: with_weights(role, name, values)}
    image = golden_image("astronaut_333x277.png")
    with pytest.raises(ModelError, match=f"{role.title} from .* finite values as conv2.weight"):
        MTCNN(engine="native", models=models)
    detector = MTCNN(engine="auto", models=models, num_threads=1)
    engines = {each.role: each.engine for each in detector.cascade.networks}
    assert [each for each in ROLES if engines[each] == "onnxruntime"] == [role]
    other = MTCNN(engine="onnxruntime", models=models, num_threads=1)
    assert detector.detect(image).num_faces == other.detect(image).num_faces


@pytest.mark.parametrize("factor", [-1, 1e20, 1e30])
@pytest.mark.parametrize("part", ["weight", "bias"])
@each_role
def test_weights_beyond_measure(role: Role, part: str, factor: float) -> None:
    """Their sums overflow. Detections are those of onnxruntime: none, or such as have measure."""
    layer = {"pnet": "conv4_2", "rnet": "dense5_2", "onet": "dense6_2"}[role.key]
    name = f"{layer}.{part}"
    values = np.clip(shipped_weights(role.key)[name] * factor, -3e38, 3e38)
    models = {role.key: with_weights(role, name, values)}
    image = golden_image("astronaut_333x277.png")
    native, other = (
        MTCNN(30, engine=engine, models=models, num_threads=1).detect(image)
        for engine in ("native", "onnxruntime")
    )
    assert native.num_faces == other.num_faces
    np.testing.assert_allclose(native.boxes, other.boxes, rtol=1e-3, atol=2e-3)


def assert_one_sentence(error: ModelError) -> None:
    text = str(error)
    assert "\n" not in text
    assert text.isprintable()
    assert len(text) < 600


def node(*parts: bytes) -> bytes:
    return field(1, b"".join(parts))


def sides(*values: int | None) -> bytes:
    return b"".join(field(1, b"" if value is None else field(1, value)) for value in values)


def image_input(name: str, shape: bytes) -> bytes:
    return field(11, field(1, name) + field(2, field(1, field(1, 1) + field(2, shape))))


HOSTILE = {
    "nodes": model(b"\x0a\x00" * (LARGEST // 2 - 8)),
    "metadata": b"\x72\x00" * (LARGEST // 2),
    "inputs of a node": model(node(b"\x0a\x00" * (LARGEST // 2 - 16))),
    "attributes of a node": model(node(b"\x2a\x02\x0a\x00" * (LARGEST // 4 - 16))),
    "numbers of an attribute": model(node(field(5, field(8, b"\x01" * (LARGEST - 64))))),
    "dimensions": model(field(5, field(1, b"\x01" * (LARGEST - 64)))),
    "dimensions one by one": model(field(5, b"\x08\x01" * (LARGEST // 2 - 32))),
    "floats one by one": model(field(5, b"\x25\0\0\0\0" * (LARGEST // 5 - 32))),
    "sides of an input": model(image_input("x", b"\x0a\x00" * 2**21)),
    "depth": model(b"\x0a\xff\xff\xff\x03" * (LARGEST // 5 - 8)),
    "a length of exabytes": b"\x3a" + varint(1 << 63) + bytes(99),
    "a tensor of exabytes": model(tensor("w", (2**31, 2**31), field(9, bytes(99)))),
    "a shape of nothing": model(tensor("w", (0, 2**62), field(9, b""))),
    "a long name of lines": model(
        tensor("a\n" * 10**6, (2,), field(9, b"")), node(field(4, "b\n" * 10**6))
    ),
    "a long operator": model(
        image_input("x", sides(None, 3, None, None)),
        node(field(1, "x"), field(2, "y"), field(4, "Conv\n" * 10**6), field(3, "\0" * 10**6)),
    )
    + field(8, field(2, 13)),
    "too large": read_shipped("onet.onnx") + bytes(LARGEST),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files(what: str) -> None:
    with pytest.raises(ModelError, match="cannot be run by the native engine: ") as caught:
        NativeNetwork(PNET, HOSTILE[what], "hostile.onnx")
    assert_one_sentence(caught.value)


@pytest.mark.parametrize("what", ["nodes", "floats one by one"])
def test_memory_of_hostile_files(what: str) -> None:
    """It is less than three times the largest file that is read."""
    tracemalloc.start()
    try:
        with pytest.raises(ModelError):
            read_onnx(HOSTILE[what])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * LARGEST


@pytest.mark.parametrize("count", [MOST, MOST + 1])
def test_fields_are_counted(count: int) -> None:
    nodes, numbers = model(b"\x0a\x00" * count), model(node(field(5, field(8, b"\1" * count))))
    for content in (nodes, numbers):
        if count == MOST:
            assert len(read_onnx(content).nodes) in (1, MOST)
        else:
            with pytest.raises(ModelError, match="has more than 100000 fields"):
                read_onnx(content)


def test_the_largest_file() -> None:
    graph = model(node())
    rest = LARGEST - len(graph)
    filler = field(2, bytes(rest - 5))
    assert len(read_onnx(filler + graph).nodes) == 1
    with pytest.raises(ModelError, match="at most 8388608 bytes, as plain networks have, got 838"):
        read_onnx(filler + graph + b"\x10\x01")


def test_a_fields_number_may_be_of_any_kind() -> None:
    """What is unknown is passed over, whatever its encoding."""
    kinds: list[Any] = [varint(99 << 3) + b"\x05", varint(99 << 3 | 1) + bytes(8)]
    kinds += [varint(99 << 3 | 5) + bytes(4), field(99, b"text")]
    for unknown in kinds:
        content = unknown + model(unknown, node(unknown)) + unknown
        assert len(read_onnx(content).nodes) == 1
