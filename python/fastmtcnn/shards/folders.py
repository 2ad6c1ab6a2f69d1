"""Folders to which results are written, on this machine or another file system."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from ..files.atomic_write import replacing
from ..files.remote import is_remote, located


class Folder(Protocol):
    """A folder of files that appear under their names only when they are whole."""

    def names(self) -> list[str]:
        """Return the names of the files, in alphabetical order; none if there is no folder."""

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading at any position."""

    def replacing(self, name: str) -> contextlib.AbstractContextManager[BinaryIO]:
        """Open a temporary file that gets a name if the block ends without an error."""

    def remove(self, name: str) -> None:
        """Remove a file."""


def folder_at(name: str) -> Folder:
    """Return the folder of a path or URI, which is made when the first file is written.

    Parameters
    ----------
    name : str
        Path or URI.

    Raises
    ------
    RemoteError
        If the file system of a URI cannot be used.
    """
    return _RemoteFolder(name) if is_remote(name) else _LocalFolder(name)


class _LocalFolder:
    def __init__(self, name: str) -> None:
        self._path = Path(name)

    def names(self) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            return sorted(os.listdir(self._path))  # noqa: PTH208 (names, not paths)
        return []

    def open(self, name: str) -> BinaryIO:
        return (self._path / name).open("rb")

    @contextlib.contextmanager
    def replacing(self, name: str) -> Iterator[BinaryIO]:
        self._path.mkdir(parents=True, exist_ok=True)
        with replacing(self._path / name) as file:
            yield file

    def remove(self, name: str) -> None:
        (self._path / name).unlink(missing_ok=True)


class _RemoteFolder:
    def __init__(self, name: str) -> None:
        self._system, self._path = located(name)
        self._made = False

    def names(self) -> list[str]:
        from pyarrow.fs import FileSelector, FileType

        found = self._system.get_file_info(FileSelector(self._path, allow_not_found=True))
        return sorted(each.base_name for each in found if each.type == FileType.File)

    def open(self, name: str) -> BinaryIO:
        return cast(BinaryIO, self._system.open_input_file(self._file(name)))

    @contextlib.contextmanager
    def replacing(self, name: str) -> Iterator[BinaryIO]:
        # Closing a stream makes its object whole, also after an error, so the content is made here.
        with tempfile.TemporaryFile() as local:
            yield local
            local.seek(0)
            partial = self._file(f".fastmtcnn-{os.getpid()}-{secrets.token_hex(4)}")
            if not self._made:
                self._system.create_dir(self._path, recursive=True)
                self._made = True
            with self._system.open_output_stream(partial) as stream:
                shutil.copyfileobj(local, stream, 1 << 20)
            self._system.move(partial, self._file(name))

    def remove(self, name: str) -> None:
        self._system.delete_file(self._file(name))

    def _file(self, name: str) -> str:
        return f"{self._path.rstrip('/')}/{name}"
