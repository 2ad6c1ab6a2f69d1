"""Reads the files of results that ``fastmtcnn detect`` writes."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..detections import COLUMNS, Detections
from ..errors import FastMTCNNError, first_line, path_name, shortened
from ..extras import MissingExtraError, importing
from ..files.opening import open_regular
from .names import path_of
from .photo import Photo
from .tables import SUFFIXES
from .writing import PHOTO_COLUMNS


class TableError(FastMTCNNError):
    """A file is not one that ``fastmtcnn detect`` writes."""


def read_results(path: str | Path) -> list[Photo]:
    """Read photos and their faces from a file of results; the photos themselves are not read.

    Parameters
    ----------
    path : str or Path
        A file that ``fastmtcnn detect`` wrote: ``.json``, an array of photos; ``.jsonl``, a photo
        or a face on each line; ``.csv`` or ``.parquet``, a face in each row, with the columns
        ``path``, ``width``, ``height`` and those of `Detections.to_columns`, which are empty for
        a photo without a face.

    Returns
    -------
    list of Photo
        The photos in the order of the file, without pixels.

    Raises
    ------
    TableError
        If the file has another suffix or other content.
    OSError
        If the file cannot be read.
    MissingExtraError
        If the file is ``.parquet`` and pyarrow is not installed.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise _refused(f"results must be in a file named {_listed(SUFFIXES)}", path=str(path))
    with open_regular(str(path), "a table", _refused) as file:
        try:
            return list(_photos(reader(file)))
        except (MemoryError, MissingExtraError):
            raise
        except Exception as error:  # of any kind, since csv and pyarrow have their own
            if isinstance(error, OSError) and error.errno is not None:
                error.filename = str(path)
                raise
            missing = f"there is no {error}" if isinstance(error, KeyError) else first_line(error)
            reason = f"not a table of faces as fastmtcnn detect writes it: {missing}"
            raise _refused(reason, path=str(path)) from error


def _refused(reason: str, *, path: str | bytes) -> TableError:
    return TableError(f"{path_name(path)}: {reason}")


def _json(file: BinaryIO) -> Iterator[Mapping[str, Any]]:
    content = json.loads(file.read())
    if not isinstance(content, list):
        raise TypeError(f"a list was wanted, got {type(content).__name__}")
    yield from content


def _json_lines(file: BinaryIO) -> Iterator[Mapping[str, Any]]:
    yield from (json.loads(line) for line in file if line.strip())


def _csv(file: BinaryIO) -> Iterator[Mapping[str, Any]]:
    # Earlier versions wrote the bytes of paths that are not valid UTF-8.
    with io.TextIOWrapper(file, "utf-8-sig", "surrogateescape", newline="") as text:
        rows = csv.DictReader(text, strict=True)
        _check_columns(rows.fieldnames or ())
        for row in rows:
            if None in row or None in row.values():
                raise ValueError(f"row {rows.line_num} has not as many cells as the heading")
            yield row


def _parquet(file: BinaryIO) -> Iterator[Mapping[str, Any]]:
    with importing("parquet"):
        from pyarrow import parquet
    table = parquet.ParquetFile(file)
    _check_columns(table.schema_arrow.names)
    for batch in table.iter_batches():
        yield from batch.to_pylist()


def _check_columns(names: Collection[str]) -> None:
    """Raise a KeyError if a table without rows would pass for one of no face."""
    for name in PHOTO_COLUMNS:
        if name not in names:
            raise KeyError(name)


_READERS = dict(zip(SUFFIXES, (_json, _json_lines, _csv, _parquet), strict=True))


def _photos(entries: Iterable[Mapping[str, Any]]) -> Iterator[Photo]:
    """Yield the photos of entries, each of which is a photo or one face of a photo."""
    rows: list[Mapping[str, Any]] = []
    for entry in entries:
        if not isinstance(entry, Mapping):
            raise TypeError(f"each entry must be a photo or a face, got {type(entry).__name__}")
        if "frame" in entry:
            raise ValueError("it is of a video")
        if rows and ("faces" in entry or _photo_of(rows[0]) != _photo_of(entry)):
            yield _photo(_photo_of(rows[0]), rows)
            rows = []
        if "faces" in entry:
            yield _photo(_photo_of(entry), [_row(face) for face in entry["faces"]])
        else:
            rows.append(entry)
    if rows:
        yield _photo(_photo_of(rows[0]), rows)


def _photo_of(entry: Mapping[str, Any]) -> tuple[str, int, int]:
    path, width, height = entry["path"], int(entry["width"]), int(entry["height"])
    if not isinstance(path, str) or "\0" in path or width < 1 or height < 1:
        got = f"{shortened(repr(path))} and {width}x{height}"
        raise ValueError(f"a photo has a path and a size, got {got}")
    return path_of(path), width, height


def _row(face: Mapping[str, Any]) -> dict[str, Any]:
    points = [number for point in face["landmarks"] for number in point]
    return dict(zip(COLUMNS, [*face["box"], face["score"], *points], strict=True))


def _photo(photo: tuple[str, int, int], rows: Iterable[Mapping[str, Any]]) -> Photo:
    numbers = [[row[name] for name in COLUMNS] for row in rows]
    faces = [[float(value) for value in face] for face in numbers if not all(map(_is_empty, face))]
    table = np.array(faces, np.float32).reshape(-1, len(COLUMNS))
    if not np.isfinite(table).all():
        raise ValueError(
            f"the numbers of a face must be finite, got others for {path_name(photo[0])}"
        )
    found = Detections(table[:, :4], table[:, 4], table[:, 5:].reshape(-1, 5, 2))
    return Photo(*photo, found)


def _is_empty(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _listed(suffixes: Iterable[str]) -> str:
    return ", ".join(f"*{suffix}" for suffix in suffixes)
