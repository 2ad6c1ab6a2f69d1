"""Reads ONNX files without the package onnx: nodes, float tensors and metadata.

An ONNX file is a message of Protocol Buffers. Numbers of fields are those of onnx.proto.
Source: https://github.com/onnx/onnx (onnx.proto).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from ..errors import ModelError
from .protobuf import (
    EMPTY,
    DamagedError,
    Value,
    as_message,
    as_real,
    as_text,
    as_whole,
    as_wholes,
    read_fields,
)

Attribute: TypeAlias = int | float | str | tuple[int, ...] | None  # None: of another type
Tensor: TypeAlias = npt.NDArray[np.float32]

_FLOAT = 1  # data type of a tensor
_EXTERNAL = 1  # data location of a tensor
_MOST_DIMENSIONS = 8
_LARGEST_FILE = 1 << 23  # bytes; bounds time and memory: the largest plain network has 1.6 MB
_MOST_SHOWN = 80  # characters of a name in an error message


class Node(NamedTuple):
    """An operator of a graph.

    Attributes
    ----------
    op, domain, name : str
        Type of the operator, its domain (empty for ONNX's own), and name of the node.
    inputs, outputs : tuple of str
        Names of values.
    attributes : mapping of str to int, float, str, tuple of int or None
        Its attributes; None stands for one of another type.
    """

    op: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True)
class OnnxFile:
    """What a file holds.

    Attributes
    ----------
    nodes : list of Node
        The operators, in the order of the file.
    tensors : mapping of str to ndarray of float32, or None
        Constants; None stands for one that is not float32, or that another file holds.
    inputs, outputs : mapping of str to tuple of int or None, or None
        Names and shapes of the inputs and outputs of float32; a side that is free is None. The
        value is None for one of another type, or without a shape.
    opset : int
        Version of ONNX's own operators; 0 if the file states none.
    metadata : mapping of str to str
        The metadata.
    """

    nodes: list[Node]
    tensors: Mapping[str, Tensor | None]
    inputs: Mapping[str, tuple[int | None, ...] | None]
    outputs: Mapping[str, tuple[int | None, ...] | None]
    opset: int
    metadata: Mapping[str, str]


def read_onnx(content: bytes) -> OnnxFile:
    """Read an ONNX file.

    Parameters
    ----------
    content : bytes
        Content of the file.

    Raises
    ------
    ModelError
        If it is no ONNX file, is damaged, or has more than 8 MiB, as no plain network has.
    """
    if len(content) > _LARGEST_FILE:
        raise ModelError(
            f"the model must have at most {_LARGEST_FILE} bytes, as plain networks have, "
            f"got {len(content)}"
        )
    try:
        return _model(memoryview(content))
    except DamagedError as error:
        raise ModelError(f"the model is not a valid ONNX file: {error}") from None


def shown(value: object) -> str:
    """Return a value of a file for a message: in one line, of which a long one is cut.

    Parameters
    ----------
    value : object
        A name, or what an attribute holds.
    """
    text = value if isinstance(value, str) and value.isprintable() else repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 3]}..."


def _model(content: memoryview) -> OnnxFile:
    graph, opset, metadata = memoryview(b""), 0, {}
    for number, value in read_fields(content):
        if number == 7:
            graph = as_message(value)
        elif number == 8:
            opset = _opset(as_message(value)) or opset
        elif number == 14:
            entry = dict(read_fields(as_message(value)))
            metadata[as_text(entry.get(1, EMPTY))] = as_text(entry.get(2, EMPTY))
    if not len(graph):
        raise DamagedError("it has no graph")
    return _graph(graph, opset, metadata)


def _graph(content: memoryview, opset: int, metadata: Mapping[str, str]) -> OnnxFile:
    nodes: list[Node] = []
    tensors: dict[str, Tensor | None] = {}
    inputs: dict[str, tuple[int | None, ...] | None] = {}
    outputs: dict[str, tuple[int | None, ...] | None] = {}
    for number, value in read_fields(content):
        if number == 1:
            nodes.append(_node(as_message(value)))
        elif number == 5:
            name, tensor = _tensor(as_message(value))
            tensors[name] = tensor
        elif number in (11, 12):
            name, shape = _value_info(as_message(value))
            (inputs if number == 11 else outputs)[name] = shape
    return OnnxFile(nodes, tensors, inputs, outputs, opset, metadata)


def _opset(content: memoryview) -> int:
    fields = dict(read_fields(content))
    is_onnx = as_text(fields.get(1, EMPTY)) in ("", "ai.onnx")
    return as_whole(fields.get(2, 0)) if is_onnx else 0


def _node(content: memoryview) -> Node:
    texts: dict[int, list[str]] = {1: [], 2: [], 3: [], 4: [], 7: []}
    attributes: dict[str, Attribute] = {}
    for number, value in read_fields(content):
        if number in texts:
            texts[number].append(as_text(value))
        elif number == 5:
            name, attribute = _attribute(as_message(value))
            attributes[name] = attribute
    name, op, domain = ("".join(texts[number][-1:]) for number in (3, 4, 7))
    return Node(op, domain, name, tuple(texts[1]), tuple(texts[2]), attributes)


def _attribute(content: memoryview) -> tuple[str, Attribute]:
    name, kind, single, several = "", 0, 0, []
    real, text = 0.0, ""
    for number, value in read_fields(content):
        if number == 1:
            name = as_text(value)
        elif number == 2:
            real = as_real(value)
        elif number == 3:
            single = as_whole(value)
        elif number == 4:
            text = as_text(value)
        elif number == 8:
            several += as_wholes(value)
        elif number == 20:
            kind = as_whole(value)
    values: dict[int, Attribute] = {1: real, 2: single, 3: text, 7: tuple(several)}
    return name, values.get(kind)


def _tensor(content: memoryview) -> tuple[str, Tensor | None]:
    dims: list[int] = []
    name, kind, location = "", 0, 0
    raw: memoryview | None = None
    packed: list[bytes] = []
    for number, value in read_fields(content):
        if number == 1:
            dims += as_wholes(value)
        elif number == 2:
            kind = as_whole(value)
        elif number == 4:
            packed.append(_float_bytes(value))
        elif number == 8:
            name = as_text(value)
        elif number == 9:
            raw = as_message(value)
        elif number == 14:
            location = as_whole(value)
    if kind != _FLOAT or location == _EXTERNAL:
        return name, None
    data = b"".join(packed) if raw is None else bytes(raw)
    if len(dims) > _MOST_DIMENSIONS or any(side < 0 for side in dims):
        raise DamagedError(f"tensor {shown(name)!r} has the impossible shape {shown(tuple(dims))}")
    if len(data) != 4 * math.prod(dims):
        raise DamagedError(
            f"tensor {shown(name)!r} has {len(data)} bytes for the shape {tuple(dims)}"
        )
    if math.prod(side or 1 for side in dims) > _LARGEST_FILE:  # beside a side of 0, any passes
        raise DamagedError(f"tensor {shown(name)!r} has the impossible shape {tuple(dims)}")
    return name, np.frombuffer(data, "<f4").astype(np.float32).reshape(dims)


def _float_bytes(value: Value) -> bytes:
    """Return packed floats, or a single one, which the encoding allows in the same place."""
    if isinstance(value, int):
        return value.to_bytes(8, "little")[:4]
    return bytes(value)


def _value_info(content: memoryview) -> tuple[str, tuple[int | None, ...] | None]:
    fields = dict(read_fields(content))
    kind = dict(read_fields(as_message(fields.get(2, EMPTY))))
    of_tensor = dict(read_fields(as_message(kind.get(1, EMPTY))))
    name = as_text(fields.get(1, EMPTY))
    if as_whole(of_tensor.get(1, 0)) != _FLOAT or 2 not in of_tensor:
        return name, None
    shape: list[int | None] = []
    for number, value in read_fields(as_message(of_tensor[2])):
        if number == 1:
            side = dict(read_fields(as_message(value)))
            shape.append(as_whole(side[1]) if 1 in side else None)
    return name, tuple(shape)
