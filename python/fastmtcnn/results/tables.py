"""Tables of results written row by row as CSV, JSON Lines, JSON or Parquet."""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from ..detections import COLUMNS, Detections
from ..errors import unknown_name
from ..extras import importing
from ..files.atomic_write import replacing

Row: TypeAlias = Mapping[str, Any]
Columns: TypeAlias = Mapping[str, str]
WriteRow: TypeAlias = Callable[[Row], object]
RowWriter: TypeAlias = Callable[[BinaryIO, Columns], AbstractContextManager[WriteRow]]

SUFFIXES = (".json", ".jsonl", ".csv", ".parquet")
FACE_COLUMNS: Columns = dict.fromkeys(COLUMNS, "float32")
_CRLF = "\r\n"
_GROUP = 16_384  # rows of a group of a Parquet file, which is kept in memory until it is full


def write_rows(path: Path, rows: Iterable[Row], columns: Columns) -> None:
    """Write a table in the format of its file's suffix, whole or not at all.

    Parameters
    ----------
    path : Path
        Path ending in ``.csv``, ``.jsonl``, ``.json`` or ``.parquet``.
    rows : iterable of mapping
        Plain Python values by column, None for an empty cell, text in valid Unicode. They are
        consumed one at a time while the file is written, so that an iterator may compute them.
    columns : mapping of str to str
        Type of each column in pyarrow's words, such as ``"string"``, ``"int64"``, ``"float32"``.

    Raises
    ------
    ValueError
        If the suffix is another one.
    MissingExtraError
        If Parquet is wanted and pyarrow is not installed.
    OSError
        If the file cannot be written.
    """
    writer = row_format(path)
    with replacing(path) as file, writer(file, columns) as write:
        for row in rows:
            write(row)


def row_format(path: Path) -> RowWriter:
    """Return the context manager that writes rows in the format of a file's suffix.

    Call it before long work to find out early if the format is not supported.

    Parameters
    ----------
    path : Path
        Path of the file.

    Returns
    -------
    callable
        Takes a binary file and the columns as `write_rows` does. The context manager that it
        returns yields a function that writes a row.

    Raises
    ------
    ValueError, MissingExtraError
        As `write_rows`.
    """
    suffix = path.suffix.lower()
    if suffix not in _FORMATS:
        raise unknown_name("the suffix of a table's file", suffix, _FORMATS)
    if suffix == ".parquet":
        with importing("parquet"):
            import pyarrow.parquet  # noqa: F401
    return _FORMATS[suffix]


def face_rows(detections: Detections) -> Iterator[dict[str, float]]:
    """Yield a row with `FACE_COLUMNS` for each face.

    Parameters
    ----------
    detections : Detections
        The faces.
    """
    columns = detections.to_columns()
    for numbers in zip(*(column.tolist() for column in columns.values()), strict=True):
        yield dict(zip(columns, numbers, strict=True))


@contextlib.contextmanager
def json_lines(file: BinaryIO) -> Iterator[Callable[[str], object]]:
    """Write JSON values as JSON Lines.

    Parameters
    ----------
    file : binary file
        File to write to.

    Yields
    ------
    callable
        Writes a JSON text without line breaks.
    """
    yield lambda value: file.write(value.encode() + b"\n")


@contextlib.contextmanager
def json_array(file: BinaryIO) -> Iterator[Callable[[str], object]]:
    """Write JSON values as one JSON array with a line for each.

    Parameters
    ----------
    file : binary file
        File to write to. The array is closed if the block ends without an error.

    Yields
    ------
    callable
        Writes a JSON text.
    """
    before = "[\n"

    def write(value: str) -> None:
        nonlocal before
        file.write(f"{before}{value}".encode())
        before = ",\n"

    yield write
    file.write(b"[]\n" if before == "[\n" else b"\n]\n")


class _Lines:
    """Rows of CSV that end with LF. `csv` quotes CR and LF in cells if it ends rows with both."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, row: str) -> int:
        return self._file.write(f"{row.removesuffix(_CRLF)}\n".encode())


@contextlib.contextmanager
def _csv(file: BinaryIO, columns: Columns) -> Iterator[WriteRow]:
    table = csv.DictWriter(_Lines(file), list(columns), lineterminator=_CRLF)
    table.writeheader()
    yield table.writerow


@contextlib.contextmanager
def _jsonl(file: BinaryIO, columns: Columns) -> Iterator[WriteRow]:
    with json_lines(file) as write:
        yield lambda row: write(_as_json(row, columns))


@contextlib.contextmanager
def _json(file: BinaryIO, columns: Columns) -> Iterator[WriteRow]:
    with json_array(file) as write:
        yield lambda row: write(_as_json(row, columns))


def _as_json(row: Row, columns: Columns) -> str:
    return json.dumps({name: row[name] for name in columns}, allow_nan=False)


@contextlib.contextmanager
def _parquet(file: BinaryIO, columns: Columns) -> Iterator[WriteRow]:
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in columns.items()])
    group: list[dict[str, Any]] = []
    with parquet.ParquetWriter(file, schema) as table:

        def write_group() -> None:
            table.write_table(pa.Table.from_pylist(group, schema))
            group.clear()

        def write(row: Row) -> None:
            group.append(dict(row))
            if len(group) == _GROUP:
                write_group()

        yield write
        if group:
            write_group()


_FORMATS: dict[str, RowWriter] = {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".json": _json,
    ".parquet": _parquet,
}
