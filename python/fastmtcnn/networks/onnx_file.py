"""Reads ONNX files without the package onnx: nodes, float tensors and metadata.

An ONNX file is a message of Protocol Buffers, a sequence of fields: a key, which holds the number
of the field and how it is encoded, and a value. Numbers of fields are those of onnx.proto.
Source: https://protobuf.dev/programming-guides/encoding, https://github.com/onnx/onnx (onnx.proto).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from ..errors import ModelError

Attribute: TypeAlias = int | float | str | tuple[int, ...] | None  # None: of another type
Tensor: TypeAlias = npt.NDArray[np.float32]
_Value: TypeAlias = int | memoryview

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5  # encodings
_LONGEST_VARINT = 10  # bytes
_BITS = 64
_FLOAT = 1  # data type of a tensor
_EXTERNAL = 1  # data location of a tensor
_MOST_DIMENSIONS = 8
# The largest plain network has 1.6 MB and 30 nodes. The limits bound time and memory.
_LARGEST_FILE = 1 << 23  # bytes
_MOST_FIELDS = 100_000  # of a message, or numbers of a list
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
    except _DamagedError as error:
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


class _DamagedError(Exception):
    """The content does not follow the encoding."""


def _model(content: memoryview) -> OnnxFile:
    graph, opset, metadata = memoryview(b""), 0, {}
    for number, value in _fields(content):
        if number == 7:
            graph = _message(value)
        elif number == 8:
            opset = _opset(_message(value)) or opset
        elif number == 14:
            entry = dict(_fields(_message(value)))
            metadata[_text(entry.get(1, _EMPTY))] = _text(entry.get(2, _EMPTY))
    if not len(graph):
        raise _DamagedError("it has no graph")
    return _graph(graph, opset, metadata)


_EMPTY = memoryview(b"")


def _graph(content: memoryview, opset: int, metadata: Mapping[str, str]) -> OnnxFile:
    nodes: list[Node] = []
    tensors: dict[str, Tensor | None] = {}
    inputs: dict[str, tuple[int | None, ...] | None] = {}
    outputs: dict[str, tuple[int | None, ...] | None] = {}
    for number, value in _fields(content):
        if number == 1:
            nodes.append(_node(_message(value)))
        elif number == 5:
            name, tensor = _tensor(_message(value))
            tensors[name] = tensor
        elif number in (11, 12):
            name, shape = _value_info(_message(value))
            (inputs if number == 11 else outputs)[name] = shape
    return OnnxFile(nodes, tensors, inputs, outputs, opset, metadata)


def _opset(content: memoryview) -> int:
    fields = dict(_fields(content))
    is_onnx = _text(fields.get(1, _EMPTY)) in ("", "ai.onnx")
    return _whole(fields.get(2, 0)) if is_onnx else 0


def _node(content: memoryview) -> Node:
    texts: dict[int, list[str]] = {1: [], 2: [], 3: [], 4: [], 7: []}
    attributes: dict[str, Attribute] = {}
    for number, value in _fields(content):
        if number in texts:
            texts[number].append(_text(value))
        elif number == 5:
            name, attribute = _attribute(_message(value))
            attributes[name] = attribute
    name, op, domain = ("".join(texts[number][-1:]) for number in (3, 4, 7))
    return Node(op, domain, name, tuple(texts[1]), tuple(texts[2]), attributes)


def _attribute(content: memoryview) -> tuple[str, Attribute]:
    name, kind, single, several = "", 0, 0, []
    real, text = 0.0, ""
    for number, value in _fields(content):
        if number == 1:
            name = _text(value)
        elif number == 2:
            real = _real(value)
        elif number == 3:
            single = _whole(value)
        elif number == 4:
            text = _text(value)
        elif number == 8:
            several += _wholes(value)
        elif number == 20:
            kind = _whole(value)
    values: dict[int, Attribute] = {1: real, 2: single, 3: text, 7: tuple(several)}
    return name, values.get(kind)


def _tensor(content: memoryview) -> tuple[str, Tensor | None]:
    dims: list[int] = []
    name, kind, location = "", 0, 0
    raw: memoryview | None = None
    packed: list[bytes] = []
    for number, value in _fields(content):
        if number == 1:
            dims += _wholes(value)
        elif number == 2:
            kind = _whole(value)
        elif number == 4:
            packed.append(_float_bytes(value))
        elif number == 8:
            name = _text(value)
        elif number == 9:
            raw = _message(value)
        elif number == 14:
            location = _whole(value)
    if kind != _FLOAT or location == _EXTERNAL:
        return name, None
    data = b"".join(packed) if raw is None else bytes(raw)
    if len(dims) > _MOST_DIMENSIONS or any(side < 0 for side in dims):
        raise _DamagedError(f"tensor {shown(name)!r} has the impossible shape {shown(tuple(dims))}")
    if len(data) != 4 * math.prod(dims):
        raise _DamagedError(
            f"tensor {shown(name)!r} has {len(data)} bytes for the shape {tuple(dims)}"
        )
    if math.prod(side or 1 for side in dims) > _LARGEST_FILE:  # beside a side of 0, any passes
        raise _DamagedError(f"tensor {shown(name)!r} has the impossible shape {tuple(dims)}")
    return name, np.frombuffer(data, "<f4").astype(np.float32).reshape(dims)


def _float_bytes(value: _Value) -> bytes:
    """Return packed floats, or a single one, which the encoding allows in the same place."""
    if isinstance(value, int):
        return value.to_bytes(8, "little")[:4]
    return bytes(value)


def _value_info(content: memoryview) -> tuple[str, tuple[int | None, ...] | None]:
    fields = dict(_fields(content))
    kind = dict(_fields(_message(fields.get(2, _EMPTY))))
    of_tensor = dict(_fields(_message(kind.get(1, _EMPTY))))
    name = _text(fields.get(1, _EMPTY))
    if _whole(of_tensor.get(1, 0)) != _FLOAT or 2 not in of_tensor:
        return name, None
    shape: list[int | None] = []
    for number, value in _fields(_message(of_tensor[2])):
        if number == 1:
            side = dict(_fields(_message(value)))
            shape.append(_whole(side[1]) if 1 in side else None)
    return name, tuple(shape)


def _fields(content: memoryview) -> Iterator[tuple[int, _Value]]:
    """Yield the fields of a message: number, and value as a whole number or as bytes."""
    place, count = 0, 0
    while place < len(content):
        count = _counted(count)
        key, place = _varint(content, place)
        number, encoding = key >> 3, key & 7
        if encoding == _VARINT:
            value, place = _varint(content, place)
            yield number, value
            continue
        if encoding == _LENGTH:
            size, place = _varint(content, place)
        elif encoding in (_FIXED32, _FIXED64):
            size = 4 if encoding == _FIXED32 else 8
        else:
            raise _DamagedError(f"encoding {encoding} is unknown")
        if size > len(content) - place:
            raise _DamagedError("it ends within a field")
        piece = content[place : place + size]
        place += size
        yield number, piece if encoding == _LENGTH else int.from_bytes(piece, "little")


def _counted(count: int) -> int:
    """Return the next count of fields, or of numbers in a list."""
    if count == _MOST_FIELDS:
        raise _DamagedError(f"a part of it has more than {_MOST_FIELDS} fields")
    return count + 1


def _varint(content: memoryview, place: int) -> tuple[int, int]:
    """Return a whole number of seven bits a byte, and the place behind it."""
    value = 0
    for count in range(_LONGEST_VARINT):
        if place + count >= len(content):
            raise _DamagedError("it ends within a number")
        byte = content[place + count]
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value, place + count + 1
    raise _DamagedError("a number has more than ten bytes")


def _message(value: _Value) -> memoryview:
    if isinstance(value, int):
        raise _DamagedError("a number stands where a message must be")
    return value


def _text(value: _Value) -> str:
    return bytes(_message(value)).decode("utf-8", "replace")


def _whole(value: _Value) -> int:
    """Return a number with its sign."""
    if not isinstance(value, int):
        raise _DamagedError("a message stands where a number must be")
    value &= (1 << _BITS) - 1
    return value - (1 << _BITS) if value >> (_BITS - 1) else value


def _wholes(value: _Value) -> list[int]:
    """Return a repeated number, which may be packed or not."""
    if isinstance(value, int):
        return [_whole(value)]
    numbers: list[int] = []
    place = 0
    while place < len(value):
        _counted(len(numbers))
        number, place = _varint(value, place)
        numbers.append(_whole(number))
    return numbers


def _real(value: _Value) -> float:
    if not isinstance(value, int):
        raise _DamagedError("a message stands where a number must be")
    return float(np.array([value & 0xFFFFFFFF], "<u4").view("<f4")[0])
