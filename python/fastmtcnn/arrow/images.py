"""The images in a column: paths, contents of files, and nulls."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ..results.names import path_of

if TYPE_CHECKING:
    import pyarrow as pa

Image: TypeAlias = str | bytes | None

_WANTED = "must have paths (text) or contents of image files (binary)"


def images_of(name: str, column: pa.ChunkedArray | pa.Array) -> Iterator[Image]:
    """Yield the images of an Arrow column.

    Parameters
    ----------
    name : str
        Name of the column, for the error.
    column : pyarrow.ChunkedArray or pyarrow.Array
        Paths, contents or nulls, also of a dictionary type.

    Raises
    ------
    TypeError
        If the column has another type.
    """
    check_type(name, column.type)
    for value in column:
        image = value.as_py()
        yield path_of(image) if isinstance(image, str) else image


def check_type(name: str, kind: pa.DataType) -> None:
    """Raise a TypeError unless a column of this type can have images.

    Parameters
    ----------
    name : str
        Name of the column, for the error.
    kind : pyarrow.DataType
        The type.
    """
    import pyarrow.types as types

    value = kind.value_type if types.is_dictionary(kind) else kind
    if types.is_null(value) or is_text(value):
        return
    # Newer kinds, such as views, are recognised by name: not every pyarrow knows them.
    if "<" in str(value) or "binary" not in str(value):
        raise TypeError(f"column {name!r} {_WANTED}, got {kind}")


def is_text(kind: pa.DataType) -> bool:
    """Return whether a type is one of text, and not of bytes.

    Parameters
    ----------
    kind : pyarrow.DataType
        The type.
    """
    return "string" in str(kind) and "<" not in str(kind)


def images_in(name: str, values: Sequence[Any]) -> list[Image]:
    """Return the images of a list or a numpy array.

    Parameters
    ----------
    name : str
        Name of the column, for the error.
    values : sequence
        Paths, contents, and None or NaN for nulls.

    Raises
    ------
    TypeError
        If a value is something else.
    """
    return [_image(name, value) for value in values]


def _image(name: str, value: object) -> Image:
    if value is None or (isinstance(value, float) and value != value):  # pandas has NaN for null
        return None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if isinstance(value, str):
        return path_of(value)
    raise TypeError(f"column {name!r} {_WANTED}, got {type(value).__name__}")
