"""Atomic writing: a file is written completely or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


def is_special(path: Path) -> bool:
    """Return whether a path exists and is not a regular file.

    Parameters
    ----------
    path : Path
        Path that may exist or not.
    """
    return path.exists() and (not path.is_file() or _is_descriptor(path))


def _is_descriptor(path: Path) -> bool:
    """Return whether a path names an open file, like ``/dev/stdout``, to which others write."""
    folder = path.parent.resolve()
    if folder == Path("/dev/fd") or (folder.is_relative_to("/proc") and folder.name == "fd"):
        return True
    return path.is_symlink() and _is_descriptor(path.parent / path.readlink())


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file that replaces another one if the block ends without an error.

    Parameters
    ----------
    path : Path
        File to replace or create. Anything but a regular file, such as ``/dev/null``, is not
        replaced but appended to.

    Yields
    ------
    binary file
        The file to write to.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    if is_special(path):
        with path.open("ab") as file:
            yield file
        return
    target = Path(os.path.realpath(path))  # the target of a link, which stays a link
    partial = target.with_name(f".fastmtcnn-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with partial.open("xb") as file:
            if target.exists():
                if not os.access(target, os.W_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
                partial.chmod(stat.S_IMODE(target.stat().st_mode))
            yield file
            file.flush()
            os.fsync(file.fileno())  # or a power cut could leave the name with no content
        partial.replace(target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        if isinstance(error, OSError):
            error.filename = str(path)  # users do not know the name of the partial file
        raise
