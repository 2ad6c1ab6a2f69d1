"""Photos with their faces written as JSON, JSON Lines, CSV and Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from ..errors import unknown_name
from .names import text_of
from .photo import Photo
from .tables import FACE_COLUMNS, SUFFIXES, Columns, face_rows, row_format, write_array, write_lines

PhotoWriter: TypeAlias = Callable[[BinaryIO, Iterable[Photo]], None]

PHOTO_COLUMNS: Columns = {"path": "string", "width": "int64", "height": "int64", **FACE_COLUMNS}


def photo_writer(suffix: str) -> PhotoWriter:
    """Return the function that writes photos in the format of a suffix.

    Parameters
    ----------
    suffix : {".json", ".jsonl", ".csv", ".parquet"}
        JSON and JSON Lines have one element or line for each photo, CSV and Parquet one row with
        `PHOTO_COLUMNS` for each face.

    Returns
    -------
    callable
        Takes a binary file and an iterable of photos, which it consumes one at a time.

    Raises
    ------
    ValueError
        If the suffix is another one.
    MissingExtraError
        If Parquet is wanted and pyarrow is not installed.
    """
    if suffix not in SUFFIXES:
        raise unknown_name("the suffix of a file of results", suffix, SUFFIXES)
    if suffix == ".json":
        return lambda file, photos: write_array(file, map(_as_json, photos))
    if suffix == ".jsonl":
        return lambda file, photos: write_lines(file, map(_as_json, photos))
    write_rows = row_format(Path(f"faces{suffix}"))
    return lambda file, photos: write_rows(file, _rows(photos), PHOTO_COLUMNS)


def _as_json(photo: Photo) -> str:
    return json.dumps(photo.to_dict())


def _rows(photos: Iterable[Photo]) -> Iterator[dict[str, Any]]:
    for photo in photos:
        path = text_of(photo.path)
        for row in face_rows(photo.detections):
            yield {"path": path, "width": photo.width, "height": photo.height, **row}
