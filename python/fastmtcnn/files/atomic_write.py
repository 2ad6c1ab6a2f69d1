"""Atomic writing: a file is written completely or not at all."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .locks import lock

_PARTIAL = re.compile(r"\.fastmtcnn-(\d{1,10})-[0-9a-f]{8}")


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

    Temporary files that a killed process has left in the folder are removed.

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
    remove_leftovers_once(target.parent)
    try:
        with partial.open("xb") as file:
            with contextlib.suppress(OSError):  # no locks there
                lock(file)  # for processes that do not see this one
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


@functools.lru_cache(maxsize=4096)
def remove_leftovers_once(folder: Path) -> None:
    """Call `remove_leftovers` the first time that this process writes into a folder.

    Parameters
    ----------
    folder : Path
        Path of the folder.
    """
    remove_leftovers(folder)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files that killed processes have left in a folder.

    Those of running processes, also on other machines that share the folder, are not touched.

    Parameters
    ----------
    folder : Path
        Path of the folder. Nothing is raised if it cannot be read.
    """
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            name = _PARTIAL.fullmatch(entry.name)
            if name is not None and not _is_running(int(name[1])):
                with contextlib.suppress(OSError):
                    _remove_unused(Path(entry.path))


def _is_running(process: int) -> bool:
    if os.name == "nt":  # where a file that is open cannot be removed, and `kill` would end it
        return process == os.getpid()
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _remove_unused(path: Path) -> None:
    """Remove a temporary file, or raise an OSError if somebody writes to it."""
    if path.is_symlink() or not path.is_file():
        return
    with path.open("rb") as file:
        lock(file)
    path.unlink()
