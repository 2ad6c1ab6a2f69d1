"""Checks of files: whether two are the same, whether one has changed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class State(NamedTuple):
    """Size and time of a file, one of which differs if the file was changed.

    Attributes
    ----------
    size : int
        Size in bytes.
    modified : int
        Time of the last modification in nanoseconds since the epoch.
    """

    size: int
    modified: int

    @classmethod
    def of(cls, path: str) -> State | None:
        """Return the state of a file, or None if there is none.

        Parameters
        ----------
        path : str
            Path of the file.
        """
        try:
            status = os.stat(path)  # noqa: PTH116 (Path("") is the current folder)
        except OSError:
            return None
        return cls(status.st_size, status.st_mtime_ns)


def identities(paths: Sequence[str]) -> set[tuple[int, int]]:
    """Return the `identity` of each file that exists.

    Parameters
    ----------
    paths : sequence of str
        Paths of the files.
    """
    return {found for path in paths if (found := identity(path)) is not None}


def identity(path: str | Path) -> tuple[int, int] | None:
    """Return device and inode of a file, or None if it does not exist.

    Parameters
    ----------
    path : str or Path
        One of the names of the file, for all of which the result is the same.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 (a str or a Path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
