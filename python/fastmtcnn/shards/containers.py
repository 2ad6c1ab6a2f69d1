"""Files with photos in them: which ones a user names, and how they are opened."""

from __future__ import annotations

import glob
import itertools
import os
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from ..errors import FastMTCNNError, path_name
from ..files.opening import open_regular
from ..files.remote import is_remote, open_remote, remote_files


class SourceError(FastMTCNNError):
    """A source of photos cannot be used."""


def container_files(arguments: Sequence[str]) -> Iterator[str]:
    """Return the files that paths, URIs and patterns name, each pattern's in alphabetical order.

    The first one is looked for at once, so that a slip shows before the work.

    Parameters
    ----------
    arguments : sequence of str
        As the user named them.

    Raises
    ------
    SourceError
        If a pattern matches nothing.
    OSError
        If a remote folder cannot be listed.
    """
    found = _files(arguments)
    return itertools.chain([next(found)], found)


def _files(arguments: Sequence[str]) -> Iterator[str]:
    for argument in arguments:
        if is_remote(argument):
            found = remote_files(argument, lambda _: True)
        elif glob.has_magic(argument) and not os.path.lexists(argument):
            found = iter(sorted(glob.glob(argument, recursive=True)))  # noqa: PTH207 (names as given)
        else:
            found = iter([argument])
        first = next(found, None)
        if first is None:
            raise SourceError(f"no file matches {path_name(argument)}")
        yield first
        yield from found


def open_container(name: str, what: str) -> BinaryIO:
    """Open a file with photos in it for reading at any position.

    Parameters
    ----------
    name : str
        Path or URI.
    what : str
        What it is, such as ``"a tar file"``.

    Raises
    ------
    OSError, SourceError
        If it cannot be opened.
    """
    return open_remote(name) if is_remote(name) else open_regular(name, what, _error)


class OneOpen:
    """Opens files with photos in them, of which the last one stays open.

    Parameters
    ----------
    what : str
        What they are, such as ``"a tar file"``.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._name: str | None = None
        self._file: BinaryIO | None = None

    def get(self, name: str) -> BinaryIO:
        """Return an open file, the same as long as no other one is wanted.

        Parameters
        ----------
        name : str
            Path or URI.

        Raises
        ------
        OSError, SourceError
            If it cannot be opened.
        """
        if self._file is None or name != self._name:
            self.close()
            self._file, self._name = open_container(name, self._what), name
        return self._file

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _error(reason: str, *, path: str | bytes) -> SourceError:
    return SourceError(f"{path_name(path)}: {reason}")
