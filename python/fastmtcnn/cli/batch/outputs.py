"""The forms in which results are written: JSON, JSON Lines, CSV and Parquet."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeAlias, cast

from ...errors import unknown_name
from ...results.photo import Photo
from ...results.tables import FACE_COLUMNS, face_rows, row_format
from ..messages import put

Writer: TypeAlias = Callable[[BinaryIO, Iterable[Photo]], None]

SUFFIXES = (".json", ".jsonl", ".csv", ".parquet")
ON_TERMINAL = ("table", "json", "jsonl", "csv")
_COLUMNS = {"path": "string", "width": "int64", "height": "int64", **FACE_COLUMNS}


class Output(NamedTuple):
    """A file that is wanted.

    Attributes
    ----------
    name : str
        Its path, as it was given.
    write : callable
        Writes the photos to it.
    """

    name: str
    write: Writer


def output(name: str) -> Output:
    """Return the output that the suffix of a file asks for.

    Parameters
    ----------
    name : str
        Path of the file.

    Raises
    ------
    ValueError
        If it has another suffix.
    MissingExtraError
        If Parquet is wanted and pyarrow is not installed.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise unknown_name(f"the suffix of {name!r}", suffix, SUFFIXES)
    return Output(name, writer(suffix.removeprefix(".")))


def writer(form: str) -> Writer:
    """Return what writes photos in a form.

    Parameters
    ----------
    form : {"json", "jsonl", "csv", "parquet"}
        One element or line for each photo, or one row for each face.

    Raises
    ------
    MissingExtraError
        If Parquet is wanted and pyarrow is not installed.
    """
    if form == "json":
        return _json
    if form == "jsonl":
        return _jsonl
    write_rows = row_format(Path(f"faces.{form}"))
    return lambda file, photos: write_rows(file, _rows(photos), _COLUMNS)


def _json(file: BinaryIO, photos: Iterable[Photo]) -> None:
    before = "[\n"
    for photo in photos:
        file.write(f"{before}{json.dumps(photo.to_dict())}".encode())
        before = ",\n"
    file.write(b"[]\n" if before == "[\n" else b"\n]\n")


def _jsonl(file: BinaryIO, photos: Iterable[Photo]) -> None:
    for photo in photos:
        file.write(json.dumps(photo.to_dict()).encode() + b"\n")


def _rows(photos: Iterable[Photo]) -> Iterator[dict[str, Any]]:
    for photo in photos:
        for row in face_rows(photo.detections):
            yield {"path": photo.path, "width": photo.width, "height": photo.height, **row}


class StandardOutput(io.RawIOBase):
    """Standard output as a file that nothing goes wrong with.

    Attributes
    ----------
    broken : bool
        Whether something could not be written, which has been said by then.
    """

    broken = False

    @property
    def file(self) -> BinaryIO:
        """Itself, as what its type does not say that it is."""
        return cast(BinaryIO, self)

    def writable(self) -> bool:
        """Tell that it may be written to."""
        return True

    def write(self, content: Any) -> int:  # noqa: ANN401
        """Write some bytes, and return how many there were.

        Parameters
        ----------
        content : bytes-like
            To write.
        """
        self.broken = self.broken or not put(bytes(content))
        return len(content)
