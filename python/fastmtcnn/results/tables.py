"""Tables of results written row by row as CSV, JSON Lines, JSON or Parquet."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from ..detections import COLUMNS, Detections
from ..errors import unknown_name
from ..extras import importing
from ..files.atomic_write import replacing

Row: TypeAlias = Mapping[str, Any]
Columns: TypeAlias = Mapping[str, str]

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
    write = row_format(path)
    with replacing(path) as file:
        write(file, rows, columns)


def row_format(path: Path) -> Callable[[BinaryIO, Iterable[Row], Columns], None]:
    """Return the function that writes rows in the format of a file's suffix.

    Call it before long work to find out early if the format is not supported.

    Parameters
    ----------
    path : Path
        Path of the file.

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


def write_lines(file: BinaryIO, values: Iterable[str]) -> None:
    """Write JSON values as JSON Lines.

    Parameters
    ----------
    file : binary file
        File to write to.
    values : iterable of str
        JSON texts without line breaks, consumed one at a time.
    """
    for value in values:
        file.write(value.encode() + b"\n")


def write_array(file: BinaryIO, values: Iterable[str]) -> None:
    """Write JSON values as one JSON array with a line for each.

    Parameters
    ----------
    file : binary file
        File to write to.
    values : iterable of str
        JSON texts, consumed one at a time.
    """
    before = "[\n"
    for value in values:
        file.write(f"{before}{value}".encode())
        before = ",\n"
    file.write(b"[]\n" if before == "[\n" else b"\n]\n")


class _Rows:
    """Rows of CSV that end with LF. `csv` quotes CR and LF in cells if it ends rows with both."""

    def __init__(self, file: BinaryIO) -> None:
        self._text = io.TextIOWrapper(file, "utf-8", newline="")

    def write(self, row: str) -> int:
        return self._text.write(f"{row.removesuffix(_CRLF)}\n")

    def detach(self) -> None:
        self._text.detach()


def _csv(file: BinaryIO, rows: Iterable[Row], columns: Columns) -> None:
    text = _Rows(file)
    table = csv.DictWriter(text, list(columns), lineterminator=_CRLF)
    table.writeheader()
    table.writerows(rows)
    text.detach()


def _jsonl(file: BinaryIO, rows: Iterable[Row], columns: Columns) -> None:
    write_lines(file, (_as_json(row, columns) for row in rows))


def _json(file: BinaryIO, rows: Iterable[Row], columns: Columns) -> None:
    write_array(file, (_as_json(row, columns) for row in rows))


def _as_json(row: Row, columns: Columns) -> str:
    return json.dumps({name: row[name] for name in columns}, allow_nan=False)


def _parquet(file: BinaryIO, rows: Iterable[Row], columns: Columns) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in columns.items()])
    source = iter(rows)
    with parquet.ParquetWriter(file, schema) as table:
        while group := list(itertools.islice(source, _GROUP)):
            table.write_table(pa.Table.from_pylist(list(map(dict, group)), schema))


_FORMATS = {".csv": _csv, ".jsonl": _jsonl, ".json": _json, ".parquet": _parquet}
