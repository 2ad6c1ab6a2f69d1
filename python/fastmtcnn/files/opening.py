"""Files that users name: opened only if they are regular, with errors that name them."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

from ..errors import FastMTCNNError, first_line

_LONGEST_NAME, _SHORT_NAME = 1000, 60  # characters of a path in a message


def open_regular(path: str | bytes, what: str, error: type[FastMTCNNError]) -> BinaryIO:
    """Open a file to read, but no pipe or device, which may have no end or never begin.

    Parameters
    ----------
    path : str or bytes
        Its path.
    what : str
        What it should hold.
    error : type
        Raised with a sentence if the path cannot be one, or is that of something else.

    Raises
    ------
    OSError
        If it cannot be opened.
    """
    try:
        file = open(path, "rb", opener=_open_now)  # noqa: SIM115
    except ValueError as fault:
        raise error(
            f"{path_name(path)}: no file can have this name: {first_line(fault)}"
        ) from fault
    except OSError as fault:
        if fault.errno == errno.ENAMETOOLONG:  # it would repeat the whole of what is no path
            raise OSError(fault.errno, fault.strerror, _shortened(os.fsdecode(path))) from None
        raise
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise error(f"{path_name(path)}: {what} must be a regular file, got a device or a pipe")
    return file


def path_name(path: str | bytes) -> str:
    """Return what a path is called in messages.

    Parameters
    ----------
    path : str or bytes
        The path.
    """
    return _shortened(repr(path))


def _open_now(path: str, flags: int) -> int:
    # Without the flag, opening a pipe waits for somebody to write to it.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_SHORT_NAME]}..."
