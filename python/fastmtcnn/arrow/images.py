"""The images in a column: paths, contents of files, and nulls."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ..results.names import path_of

if TYPE_CHECKING:
    import pyarrow as pa

Image: TypeAlias = str | bytes | None

_WANTED = (
    "must have paths (text), contents of image files (binary), or structs with these as path and "
    "bytes"
)


def images_of(name: str, column: pa.ChunkedArray | pa.Array) -> Iterator[Image]:
    """Yield the images of an Arrow column.

    Parameters
    ----------
    name : str
        Name of the column, for the error.
    column : pyarrow.ChunkedArray or pyarrow.Array
        Paths, contents or nulls, also of a dictionary type, or structs of ``bytes`` and ``path``.

    Raises
    ------
    TypeError
        If the column has another type.
    """
    check_type(name, column.type)
    for value in column:
        yield image_of(name, value.as_py())


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
    if types.is_struct(value):  # as Hugging Face datasets have images
        names = [value.field(at).name for at in range(value.num_fields)]
        if "bytes" in names and "binary" in str(value.field(names.index("bytes")).type):
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
        As for `image_of`.

    Raises
    ------
    TypeError
        If a value is something else.
    """
    return [image_of(name, value) for value in values]


def image_of(name: str, value: object) -> Image:
    """Return the image that a value of a column stands for.

    Parameters
    ----------
    name : str
        Name of the column, for the error.
    value : str, path-like, bytes-like, mapping, None or NaN
        A path, the content of an image file, or null. A mapping has the content as ``"bytes"``, or
        null there and a path as ``"path"``.

    Raises
    ------
    TypeError
        If the value is something else.
    """
    if isinstance(value, Mapping) and "bytes" in value:
        content = value["bytes"]
        value = value.get("path") if content is None else content
    if value is None or (isinstance(value, float) and value != value):  # pandas has NaN for null
        return None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if isinstance(value, str):
        return path_of(value)
    raise TypeError(f"column {name!r} {_WANTED}, got {type(value).__name__}")
