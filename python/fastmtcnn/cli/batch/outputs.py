"""Files of results that a command writes, and standard output as such a file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from ...errors import unknown_name
from ...results.tables import SUFFIXES
from ...results.writing import PhotoWriter, photo_writer
from ..messages import write_stdout

ON_TERMINAL = ("table", "json", "jsonl", "csv")


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
    write: PhotoWriter


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
    return Output(name, photo_writer(suffix))


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
        self.broken = self.broken or not write_stdout(bytes(content))
        return len(content)
