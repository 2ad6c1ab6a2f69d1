"""Opening of files that users name: only regular files, with errors that name the file."""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import BinaryIO, Protocol

from ..errors import FastMTCNNError, first_line, shortened

# "scheme://host", of which paths keep a single slash; Windows' drives have one letter.
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]+:/{1,2}[^/]|file:/|data:[a-z]+/)", re.IGNORECASE)
_URL_HINTS = {"data": "decode it first", "file": "pass the path in it"}


class FileErrorType(Protocol):
    """A callable that makes the error for a path that cannot be used."""

    def __call__(self, reason: str, *, path: str | bytes) -> FastMTCNNError: ...  # noqa: D102


def open_regular(path: str | bytes, what: str, error: FileErrorType) -> BinaryIO:
    """Open a regular file for reading, but no pipe or device, which may block or never end.

    Parameters
    ----------
    path : str or bytes
        Path of the file.
    what : str
        Description of the file for messages, such as ``"an image"``.
    error : type or callable
        Makes the error from a reason and the path. It is raised if no file can have this path, or
        if it is a URL or the path of a pipe or a device.

    Raises
    ------
    OSError
        If the file cannot be opened.
    """
    try:
        file = open(path, "rb", opener=_open_now)  # noqa: SIM115
    except ValueError as fault:
        raise error(f"no file can have this name: {first_line(fault)}", path=path) from fault
    except OSError as fault:
        url = _URL.match(os.fsdecode(path))
        if url is not None:
            scheme = url[0].partition(":")[0].lower()
            hint = _URL_HINTS.get(scheme, "download it first")
            raise error(
                f"{what} must be a file on this machine, got a URL: {hint}", path=path
            ) from None
        if fault.errno == errno.ENAMETOOLONG:  # probably not a path: do not repeat all of it
            raise OSError(fault.errno, fault.strerror, shortened(os.fsdecode(path))) from None
        raise
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise error(f"{what} must be a regular file, got a device or a pipe", path=path)
    return file


def _open_now(path: str, flags: int) -> int:
    # Without the flag, opening a pipe blocks until another process writes to it.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
