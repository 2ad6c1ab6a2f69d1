"""Files that are written whole or not at all."""

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
    """Tell whether something is there that is no regular file.

    Parameters
    ----------
    path : Path
        Path that may exist or not.
    """
    return path.exists() and (not path.is_file() or _is_descriptor(path))


def _is_descriptor(path: Path) -> bool:
    """Tell whether it is the path of an open file, as ``/dev/stdout`` is: others write to it."""
    folder = path.parent.resolve()
    if folder == Path("/dev/fd") or (folder.is_relative_to("/proc") and folder.name == "fd"):
        return True
    return path.is_symlink() and _is_descriptor(path.parent / path.readlink())


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of another one when, and only if, it is complete.

    Parameters
    ----------
    path : Path
        Path of the file to replace or create. A special file, such as ``/dev/null``, is not
        replaced but written to.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    if is_special(path):
        with path.open("ab") as file:
            yield file
        return
    target = Path(os.path.realpath(path))  # where a link leads; itself, if in a circle
    partial = target.with_name(f".fastmtcnn-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with partial.open("xb") as file:
            if target.exists():
                if not os.access(target, os.W_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
                partial.chmod(stat.S_IMODE(target.stat().st_mode))
            yield file
        partial.replace(target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        if isinstance(error, OSError):
            error.filename = str(path)  # not that of the partial file, which nobody knows
        raise
