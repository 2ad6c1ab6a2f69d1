"""Photos with their faces written as JSON, JSON Lines, CSV and Parquet."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, TypeAlias

from ..errors import unknown_name
from .names import text_of
from .photo import Photo
from .tables import FACE_COLUMNS, SUFFIXES, Columns, face_rows, json_array, json_lines, row_format

WritePhoto: TypeAlias = Callable[[Photo], object]
PhotoWriter: TypeAlias = Callable[[BinaryIO], AbstractContextManager[WritePhoto]]

PHOTO_COLUMNS: Columns = {"path": "string", "width": "int64", "height": "int64", **FACE_COLUMNS}


def photo_writer(suffix: str) -> PhotoWriter:
    """Return the context manager that writes photos in the format of a suffix.

    Parameters
    ----------
    suffix : {".json", ".jsonl", ".csv", ".parquet"}
        JSON and JSON Lines have one element or line for each photo, CSV and Parquet one row with
        `PHOTO_COLUMNS` for each face.

    Returns
    -------
    callable
        Takes a binary file. The context manager that it returns yields a function that writes a
        photo to the file; nothing of the photo is kept, except for at most one group of rows of
        Parquet. The file is whole if the block ends without an error.

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
        return _json
    if suffix == ".jsonl":
        return _json_lines
    write_rows = row_format(Path(f"faces{suffix}"))

    @contextlib.contextmanager
    def rows(file: BinaryIO) -> Iterator[WritePhoto]:
        with write_rows(file, PHOTO_COLUMNS) as write_row:

            def write(photo: Photo) -> None:
                path = text_of(photo.path)
                for row in face_rows(photo.detections):
                    write_row({"path": path, "width": photo.width, "height": photo.height, **row})

            yield write

    return rows


@contextlib.contextmanager
def _json(file: BinaryIO) -> Iterator[WritePhoto]:
    with json_array(file) as write:
        yield lambda photo: write(json.dumps(photo.to_dict()))


@contextlib.contextmanager
def _json_lines(file: BinaryIO) -> Iterator[WritePhoto]:
    with json_lines(file) as write:
        yield lambda photo: write(json.dumps(photo.to_dict()))
