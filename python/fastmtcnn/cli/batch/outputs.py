"""Files of results that a command writes, and standard output as such a file."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeAlias, cast

from ...errors import printable, unknown_name
from ...files.atomic_write import is_special, replacing
from ...results.photo import Photo
from ...results.tables import SUFFIXES
from ...results.writing import PhotoWriter, WritePhoto, photo_writer
from ..messages import write_stdout
from ..photo_table import photo_table

ON_TERMINAL = ("table", "json", "jsonl", "csv")


class Output(NamedTuple):
    """A file of results.

    Attributes
    ----------
    name : str
        Path of the file, as the user named it.
    write : callable
        Writer of the photos, for the open file.
    """

    name: str
    write: PhotoWriter

    @property
    def is_regular(self) -> bool:
        """Whether the file is replaced, and not appended to as ``/dev/stdout`` is."""
        return not is_special(Path(self.name))


class ResultFiles:
    """The files of results of a run, to which photos are written as they are finished.

    Regular files are replaced when the block of the with statement ends without an error.

    Parameters
    ----------
    outputs : sequence of Output
        The files.

    Attributes
    ----------
    regular : str or None
        Name of a regular file; of several the first in alphabetical order, so that it does not
        depend on the order in which they are given.
    name : str
        Name of the file of an error: the one that is being written, otherwise `regular`.
    """

    def __init__(self, outputs: Sequence[Output]) -> None:
        self.regular = min((each.name for each in outputs if each.is_regular), default=None)
        self.name = ""
        self._outputs = outputs
        self._opened: list[tuple[str, WritePhoto]] = []
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> ResultFiles:
        """Open all files, so that one that cannot be written is reported before the work."""
        with contextlib.ExitStack() as stack:
            for output in self._outputs:
                self.name = output.name
                file = stack.enter_context(replacing(Path(output.name)))
                write = stack.enter_context(output.write(file))
                stack.push(partial(self._close, output.name))
                self._opened.append((output.name, write))
            self._stack = stack.pop_all()
        self.name = self.regular or self.name
        return self

    def __exit__(self, *error: Any) -> None:  # noqa: ANN401
        """Close the files, and replace the former ones if there was no error."""
        self._stack.__exit__(*error)

    def _close(self, name: str, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:  # otherwise the name is that of the file that failed
            self.name = name

    def write(self, photo: Photo) -> None:
        """Write a photo to all files.

        Parameters
        ----------
        photo : Photo
            The photo.

        Raises
        ------
        OSError
            If one cannot be written.
        """
        for name, write in self._opened:
            self.name = name
            write(photo)
        self.name = self.regular or self.name


def output(name: str) -> Output:
    """Return the output for a file name.

    Parameters
    ----------
    name : str
        Path of the file, whose suffix tells the format.

    Raises
    ------
    ValueError
        If the format is not supported.
    MissingExtraError
        If Parquet is wanted and pyarrow is not installed.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise unknown_name(f"the suffix of {name!r}", suffix, SUFFIXES)
    return Output(name, photo_writer(suffix))


class StandardOutput(io.RawIOBase):
    """Standard output as a binary file whose errors are reported, not raised.

    Attributes
    ----------
    broken : bool
        Whether something could not be written; the error has been reported.
    """

    broken = False

    @property
    def file(self) -> BinaryIO:
        """Standard output with the type that writers take."""
        return cast(BinaryIO, self)

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, content: Any) -> int:  # noqa: ANN401
        """Write bytes, and return their number.

        Parameters
        ----------
        content : bytes-like
            The bytes.
        """
        plain = bytes(content)
        if sys.stdout is not None and sys.stdout.isatty():  # which names could control
            lines = plain.decode(errors="replace").split("\n")
            plain = "\n".join(map(printable, lines)).encode()
        self._write(plain)
        return len(content)

    def write_text(self, text: str) -> None:
        """Write text in the encoding of standard output.

        Parameters
        ----------
        text : str
            Text without control characters other than line breaks.
        """
        self._write(text)

    def _write(self, content: str | bytes) -> None:
        self.broken = self.broken or not write_stdout(content)


ShowPhotos: TypeAlias = Callable[[StandardOutput], AbstractContextManager[WritePhoto]]


def shown_as(form: str, landmarks: bool) -> ShowPhotos:
    """Return the writer of photos to standard output.

    Parameters
    ----------
    form : str
        One of `ON_TERMINAL`.
    landmarks : bool
        Whether the table has landmarks.
    """
    if form == "table":
        return lambda stdout: photo_table(stdout.write_text, landmarks)
    writer = photo_writer(f".{form}")
    return lambda stdout: writer(stdout.file)
