"""Reads messages of Protocol Buffers, the encoding of ONNX files.

A message is a sequence of fields: a key, which holds the number of the field and how it is encoded,
and a value. Source: https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

Value: TypeAlias = int | memoryview

EMPTY = memoryview(b"")

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5  # encodings
_LONGEST_VARINT = 10  # bytes
_LARGEST_KEY = (1 << 32) - 1
_BITS = 64
_MOST_FIELDS = 100_000  # of a message, or numbers of a list; bounds time and memory


class DamagedError(Exception):
    """The content does not follow the encoding."""


def read_fields(content: memoryview) -> Iterator[tuple[int, Value]]:
    """Yield the fields of a message: number, and value as a whole number or as bytes."""
    place, count = 0, 0
    while place < len(content):
        count = _counted(count)
        key, place = _varint(content, place)
        if key > _LARGEST_KEY:  # of which other readers take the lower bits only
            raise DamagedError("the number of a field has more than 29 bits")
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
            raise DamagedError(f"encoding {encoding} is unknown")
        if size > len(content) - place:
            raise DamagedError("it ends within a field")
        piece = content[place : place + size]
        place += size
        yield number, piece if encoding == _LENGTH else int.from_bytes(piece, "little")


def _counted(count: int) -> int:
    """Return the next count of fields, or of numbers in a list."""
    if count == _MOST_FIELDS:
        raise DamagedError(f"a part of it has more than {_MOST_FIELDS} fields")
    return count + 1


def _varint(content: memoryview, place: int) -> tuple[int, int]:
    """Return a whole number of seven bits a byte, and the place behind it."""
    value = 0
    for count in range(_LONGEST_VARINT):
        if place + count >= len(content):
            raise DamagedError("it ends within a number")
        byte = content[place + count]
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value, place + count + 1
    raise DamagedError("a number has more than ten bytes")


def as_message(value: Value) -> memoryview:
    """Return the content of a message, or of a text or bytes."""
    if isinstance(value, int):
        raise DamagedError("a number stands where a message must be")
    return value


def as_text(value: Value) -> str:
    """Return a text."""
    return bytes(as_message(value)).decode("utf-8", "replace")


def as_whole(value: Value) -> int:
    """Return a number with its sign."""
    if not isinstance(value, int):
        raise DamagedError("a message stands where a number must be")
    value &= (1 << _BITS) - 1
    return value - (1 << _BITS) if value >> (_BITS - 1) else value


def as_wholes(value: Value) -> list[int]:
    """Return a repeated number, which may be packed or not."""
    if isinstance(value, int):
        return [as_whole(value)]
    numbers: list[int] = []
    place = 0
    while place < len(value):
        _counted(len(numbers))
        number, place = _varint(value, place)
        numbers.append(as_whole(number))
    return numbers


def as_real(value: Value) -> float:
    """Return a number of 32 bits."""
    if not isinstance(value, int):
        raise DamagedError("a message stands where a number must be")
    return float(np.array([value & 0xFFFFFFFF], "<u4").view("<f4")[0])
