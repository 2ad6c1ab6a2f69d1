"""Tables of results as files, written row by row: CSV, JSON Lines, JSON or Parquet."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from ..cli.files import replacing
from ..detections import COLUMNS, Detections
from ..errors import unknown_name
from ..extras import importing

Row: TypeAlias = Mapping[str, Any]
Columns: TypeAlias = Mapping[str, str]

FACE_COLUMNS: Columns = dict.fromkeys(COLUMNS, "float32")
_GROUP = 16_384  # rows that a Parquet file stores together, and that wait in memory for it


def write_rows(path: Path, rows: Iterable[Row], columns: Columns) -> None:
    """Write a table in the format that its file's suffix names, whole or not at all.

    Parameters
    ----------
    path : Path
        Ends in ``.csv``, ``.jsonl``, ``.json`` or ``.parquet``.
    rows : iterable of mapping
        Plain Python values by column, None for none. Taken one at a time while the file is
        written: rows may come from the work itself.
    columns : mapping of str to str
        Type of each column as pyarrow names it, such as ``"string"``, ``"int64"``, ``"float32"``.

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
    """Return what writes rows to a file of this name; calling it shows early that one cannot.

    Parameters
    ----------
    path : Path
        Of the file.

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
    """Yield `FACE_COLUMNS` of one face after the other.

    Parameters
    ----------
    detections : Detections
        The faces.
    """
    columns = detections.to_columns()
    for numbers in zip(*(column.tolist() for column in columns.values()), strict=True):
        yield dict(zip(columns, numbers, strict=True))


def _csv(file: BinaryIO, rows: Iterable[Row], columns: Columns) -> None:
    # Paths that are no UTF-8 keep their bytes.
    text = io.TextIOWrapper(file, "utf-8", "surrogateescape", newline="")
    table = csv.DictWriter(text, list(columns), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    text.detach()


def _jsonl(file: BinaryIO, rows: Iterable[Row], columns: Columns) -> None:
    for row in rows:
        file.write(_as_json(row, columns).encode() + b"\n")


def _json(file: BinaryIO, rows: Iterable[Row], columns: Columns) -> None:
    between = b"[\n"
    for row in rows:
        file.write(between + _as_json(row, columns).encode())
        between = b",\n"
    file.write(b"[]\n" if between == b"[\n" else b"\n]\n")


def _as_json(row: Row, columns: Columns) -> str:
    return json.dumps({name: row[name] for name in columns}, allow_nan=False)


def _parquet(file: BinaryIO, rows: Iterable[Row], columns: Columns) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in columns.items()])
    source = iter(rows)
    with parquet.ParquetWriter(file, schema) as table:
        while group := list(itertools.islice(source, _GROUP)):
            table.write_table(pa.Table.from_pylist(list(map(_encodable, group)), schema))


def _encodable(row: Row) -> dict[str, Any]:
    """Return a row whose texts are UTF-8, which all of Parquet's are."""
    return {
        name: value.encode(errors="replace").decode() if isinstance(value, str) else value
        for name, value in row.items()
    }


_FORMATS = {".csv": _csv, ".jsonl": _jsonl, ".json": _json, ".parquet": _parquet}
