"""Files of results that a command writes, and standard output as such a file."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from ...errors import printable, unknown_name
from ...results.tables import SUFFIXES
from ...results.writing import PhotoWriter, photo_writer
from ..messages import write_stdout

ON_TERMINAL = ("table", "json", "jsonl", "csv")


class Output(NamedTuple):
    """A file of results.

    Attributes
    ----------
    name : str
        Path of the file, as the user named it.
    write : callable
        Function that writes photos to the open file.
    """

    name: str
    write: PhotoWriter


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
        self.broken = self.broken or not write_stdout(plain)
        return len(content)
