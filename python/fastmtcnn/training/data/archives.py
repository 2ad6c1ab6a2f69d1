"""Members of tar archives, read in place."""

from __future__ import annotations

import os
import tarfile
import threading
from pathlib import Path

from ...errors import ImageError, first_line, path_name
from ...files.opening import open_regular
from ...runtime.per_process import PerProcess
from ..errors import TrainingError


class _Archive:
    """An open archive and the places of its files; threads may share it, processes may not."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()  # threads share the position in the file
        self._file = open_regular(path, "an archive", _unusable)
        try:
            with tarfile.open(fileobj=self._file, mode="r:") as archive:
                self.places = {
                    member.name.removeprefix("./"): (member.offset_data, member.size)
                    for member in archive
                    if member.isreg()
                }
        except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
            self._file.close()
            reason = f"not a whole tar archive without compression: {first_line(error)}"
            raise _unusable(reason, path=path) from error

    def place(self, member: str) -> tuple[int, int]:
        """Return where a file begins, and its length, in bytes."""
        if member not in self.places:
            raise ImageError(f"the archive has no file {member!r}", kind="file", path=self._path)
        return self.places[member]

    def read(self, member: str) -> bytes:
        offset, size = self.place(member)
        with self._lock:
            self._file.seek(offset)
            content = self._file.read(size)
        if len(content) < size:
            reason = f"the archive ends within its file {member!r}"
            raise ImageError(reason, kind="damaged", path=self._path)
        return content

    def close(self) -> None:
        self._file.close()


def _no_archives() -> dict[tuple[str, int, int], _Archive]:
    return {}


_open = PerProcess(_no_archives)


def members(path: Path) -> frozenset[str]:
    """Return the names of the files in a tar archive.

    Parameters
    ----------
    path : Path
        The archive, without compression.

    Raises
    ------
    TrainingError
        If it is not such an archive.
    OSError
        If it cannot be opened.
    """
    return frozenset(_archive(path).places)


def read_member(path: Path, member: str) -> bytes:
    """Return the content of a file in a tar archive, without extracting anything to the disk.

    Each process opens an archive once and keeps it open. Threads and processes may read at the same
    time.

    Parameters
    ----------
    path : Path
        The archive, without compression.
    member : str
        Name of the file in the archive, without ``./`` in front.

    Raises
    ------
    ImageError
        If the archive has no such file, or ends within it.
    TrainingError
        If it is not such an archive.
    OSError
        If it cannot be opened.
    """
    return _archive(path).read(member)


def member_size(path: Path, member: str) -> int:
    """Return the length in bytes of a file in a tar archive.

    Parameters
    ----------
    path : Path
        The archive, without compression.
    member : str
        Name of the file in the archive, without ``./`` in front.

    Raises
    ------
    ImageError, TrainingError, OSError
        As `read_member`.
    """
    return _archive(path).place(member)[1]


def _archive(path: Path) -> _Archive:
    about = path.stat()
    key = (os.fspath(path), about.st_size, about.st_mtime_ns)  # another one, if it was replaced
    archives = _open.get()
    if key not in archives:
        opened = _Archive(key[0])
        if archives.setdefault(key, opened) is not opened:  # another thread came first
            opened.close()
    return archives[key]


def _unusable(reason: str, *, path: str | bytes) -> TrainingError:
    return TrainingError(f"{path_name(path)}: {reason}")
