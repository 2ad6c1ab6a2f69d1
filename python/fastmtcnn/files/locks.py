"""Locks of files between processes."""

from __future__ import annotations

from typing import IO, Any

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed
    fcntl = None  # type: ignore[assignment]


def lock(file: IO[Any]) -> None:
    """Lock an open file against other processes, until it is closed. Nothing happens on Windows.

    Parameters
    ----------
    file : file object
        The file, on whatever machine of those that share its folder.

    Raises
    ------
    BlockingIOError
        If it is locked already.
    OSError
        If the file system has no locks.
    """
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
