"""Files that an evaluation reads: annotations, lists and predictions."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from ..errors import path_name
from ..files.opening import open_regular
from .errors import DatasetError


def open_input(path: Path) -> BinaryIO:
    """Open a file for reading, but no pipe or device, which may block or never end.

    Parameters
    ----------
    path : Path
        Path of the file.

    Raises
    ------
    DatasetError
        If it is a pipe or a device.
    OSError
        If it cannot be opened.
    """
    return open_regular(str(path), "a file of an evaluation", _refused)


def lines_of(path: Path) -> list[str]:
    """Return the lines of a text file in UTF-8, with or without its mark.

    Parameters
    ----------
    path : Path
        Path of the file. Bytes that are not valid are kept as surrogates.

    Raises
    ------
    DatasetError, OSError
        As `open_input`.
    """
    with open_input(path) as file:
        text = file.read().decode("utf-8-sig", errors="surrogateescape")
    # Not splitlines, for which names could contain ends of lines.
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _refused(reason: str, *, path: str | bytes) -> DatasetError:
    return DatasetError(f"{path_name(path)}: {reason}")
