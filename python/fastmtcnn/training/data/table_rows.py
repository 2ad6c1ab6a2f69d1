"""The rows of CSV and Parquet files, each with its place for messages."""

from __future__ import annotations

import codecs
import contextlib
import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import first_line, path_name
from ...extras import importing
from ..errors import TrainingError

SUFFIXES = (".csv", ".parquet")

_LONGEST_HEADER = 65536  # bytes of the first line in which the delimiter is looked for


class Row(NamedTuple):
    """A row of a table.

    Attributes
    ----------
    place : str
        What the row is called in messages, such as ``"line 3"``.
    cells : mapping of str to Any
        Values by column, as `column_names` names them: texts of CSV; numbers, texts or None of
        Parquet.
    """

    place: str
    cells: Mapping[str, Any]


def column_names(file: Path) -> list[str]:
    """Return the names of the columns of a table, in small letters and without spaces around them.

    Parameters
    ----------
    file : Path
        A ``.csv`` or ``.parquet`` file.

    Raises
    ------
    TrainingError
        If the file has another format.
    OSError
        If the file cannot be read.
    MissingExtraError
        If it is a Parquet file and pyarrow is not installed.
    """
    if file.suffix.lower() == ".csv":
        with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as content:
            return list(_csv_reader(file, content).fieldnames or [])
    with importing("parquet"):
        from pyarrow import parquet
    with _parquet_errors(file, "not a Parquet file"), file.open("rb") as binary:
        return _plain(file, parquet.ParquetFile(binary).schema_arrow.names)


def read_rows(file: Path) -> Iterator[Row]:
    """Yield the rows of a table.

    Parameters
    ----------
    file : Path
        A ``.csv`` or ``.parquet`` file.

    Raises
    ------
    TrainingError, OSError, MissingExtraError
        As `column_names`; also if a row of a CSV file has more or fewer cells than there are
        columns.
    """
    yield from (_csv if file.suffix.lower() == ".csv" else _parquet)(file)


def _csv(file: Path) -> Iterator[Row]:
    # Paths that are not valid UTF-8 keep their bytes.
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as content:
        table = _csv_reader(file, content)
        columns = table.fieldnames or []
        try:
            for cells in table:
                place = f"line {table.reader.line_num}"
                missing = [name for name in columns if cells[name] is None]
                if missing or None in cells:
                    number = len(columns) - len(missing) + len(cells.get(None, ()))
                    raise TrainingError(
                        f"{path_name(str(file))}: {place}: a row must have {len(columns)} cells, "
                        f"as the first line has, got {number}"
                    )
                yield Row(place, cells)
        except csv.Error as error:
            place = f"line {table.reader.line_num}"
            raise _damaged(file, f"{place}: not CSV", error) from error


def _csv_reader(file: Path, content: Iterator[str]) -> csv.DictReader[Any]:
    with file.open("rb") as binary:
        first = binary.readline(_LONGEST_HEADER)
    if first[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise TrainingError(f"{path_name(str(file))}: a table must be in UTF-8, got UTF-16")
    others = ";" if b";" in first else "\t"
    table = csv.DictReader(content, strict=True, delimiter="," if b"," in first else others)
    try:
        table.fieldnames = _plain(file, table.fieldnames or [])
    except csv.Error as error:
        raise _damaged(file, "not CSV", error) from error
    return table


def _plain(file: Path, names: Sequence[str]) -> list[str]:
    """Return names of columns in small letters and without spaces around them."""
    plain = [name.strip().lower() for name in names]
    if len(set(plain)) < len(plain):
        raise TrainingError(
            f"{path_name(str(file))}: columns must have different names, got {', '.join(plain)}"
        )
    return plain


def _parquet(file: Path) -> Iterator[Row]:
    with importing("parquet"):
        from pyarrow import parquet
    number = 0
    with _parquet_errors(file, "not a whole Parquet file"), file.open("rb") as binary:
        table = parquet.ParquetFile(binary)
        names = _plain(file, table.schema_arrow.names)
        for batch in table.iter_batches():
            for cells in batch.to_pylist():
                number += 1
                yield Row(f"row {number}", dict(zip(names, cells.values(), strict=True)))


@contextlib.contextmanager
def _parquet_errors(file: Path, what: str) -> Iterator[None]:
    from pyarrow import ArrowException

    try:
        yield
    except TrainingError:
        raise
    except (ValueError, ArrowException) as error:
        raise _damaged(file, what, error) from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise _damaged(file, what, error) from error  # by which pyarrow means the content


def _damaged(file: Path, what: str, error: Exception) -> TrainingError:
    return TrainingError(f"{path_name(str(file))}: {what}: {first_line(error)}")
