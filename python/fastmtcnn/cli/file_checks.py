"""Files of the command line: which are the same, which have changed, which can be written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class State(NamedTuple):
    """What differs when a file was changed.

    Attributes
    ----------
    size : int
        In bytes.
    modified : int
        When, in nanoseconds.
    """

    size: int
    modified: int

    @classmethod
    def of(cls, path: str) -> State | None:
        """Return the state of a file, or None if there is none.

        Parameters
        ----------
        path : str
            Of the file.
        """
        try:
            status = os.stat(path)  # noqa: PTH116 (Path("") is the current folder)
        except OSError:
            return None
        return cls(status.st_size, status.st_mtime_ns)


def identities(paths: Sequence[str]) -> set[tuple[int, int]]:
    """Return the `identity` of each file that is there.

    Parameters
    ----------
    paths : sequence of str
        Of the files.
    """
    return {found for path in paths if (found := identity(path)) is not None}


def identity(path: str | Path) -> tuple[int, int] | None:
    """Return what is the same for every name of a file, or None if there is no file.

    Parameters
    ----------
    path : str or Path
        One of its names.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 (a str or a Path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def check_writable(path: Path) -> None:
    """Show now whether a file can be made or replaced later.

    Parameters
    ----------
    path : Path
        Of the file.

    Raises
    ------
    OSError
        If not.
    """
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        error.filename = str(path)
        raise
