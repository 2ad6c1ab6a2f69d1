"""Paths of photos from the arguments of a command: files, folders, patterns and lists."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from ..errors import printable
from ..files.decoding import is_named_as_photo
from .file_checks import identities, identity

VIDEOS = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".flv"),
    *(".3gp", ".mts", ".m2ts", ".ogv", ".mxf"),
)


def photos_in(
    arguments: Sequence[str], leave_out: Iterable[str] = (), also: Collection[str] = ()
) -> Iterator[str]:
    """Yield the paths of the photos that the arguments of a command select, in order.

    Parameters
    ----------
    arguments : sequence of str
        A folder selects the photos in it and in its subfolders, sorted by name, or itself if it
        has none. ``-`` selects the files and folders listed on standard input, one on each line
        or each followed by NUL. A pattern selects the files that match it. Anything else selects
        itself. Paths from folders and patterns are left out if they came before.
    leave_out : iterable of str
        Folders from which folders and patterns select nothing: the output of the command.
    also : collection of str
        Suffixes of files other than photos that folders select, such as those of videos.

    Raises
    ------
    ValueError
        If an argument is one of the folders in `leave_out`.
    """
    found = _Found(leave_out, also)
    for argument in arguments:
        if argument == "-":
            for line in _listed():
                yield from found.below(line) if _is_folder(line) else found.named(line)
        elif _is_folder(argument):
            yield from found.below(argument)
        elif not Path(argument).exists() and glob.has_magic(argument):
            yield from found.matching(argument)
        else:
            yield from found.named(argument)


class _Found:
    """Selects paths; knows which came before and which are left out."""

    def __init__(self, leave_out: Iterable[str], also: Collection[str]) -> None:
        self._seen: set[str] = set()
        self._leave_out = identities(list(leave_out))
        self._left_out: dict[str, bool] = {}
        self._also = also

    def named(self, path: str) -> Iterator[str]:
        self._seen.add(os.path.realpath(path))
        yield path

    def below(self, folder: str) -> Iterator[str]:
        if identity(folder) in self._leave_out:
            raise ValueError(
                f"pictures cannot go into {printable(folder)}, whose photos are to be read: the "
                "next time they would be read as well"
            )
        unreadable: list[str] = []
        empty = True
        for where, folders, files in os.walk(
            folder, onerror=lambda error: unreadable.append(str(error.filename))
        ):
            folders[:] = sorted(each for each in folders if not self._is_output(where, each))
            for name in sorted(files):
                if self._is_meant(name):
                    empty = False
                    yield from self._new(str(Path(where) / name))
        yield from unreadable or ([folder] if empty else [])

    def matching(self, pattern: str) -> Iterator[str]:
        matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 (keeps "./")
        if not matches:
            yield pattern
        for path in matches:
            if not self._is_below_output(os.path.dirname(path)):  # noqa: PTH120
                yield from self._new(path)

    def _new(self, path: str) -> Iterator[str]:
        if os.path.realpath(path) not in self._seen:
            yield from self.named(path)

    def _is_meant(self, name: str) -> bool:
        is_other = Path(name).suffix.lower() in self._also and not name.startswith(".")
        return is_named_as_photo(name) or is_other

    def _is_output(self, where: str, name: str) -> bool:
        return bool(self._leave_out) and identity(Path(where) / name) in self._leave_out

    def _is_below_output(self, folder: str) -> bool:
        if not self._leave_out:
            return False
        if folder not in self._left_out:
            real = Path(os.path.realpath(folder))
            self._left_out[folder] = any(
                identity(each) in self._leave_out for each in (real, *real.parents)
            )
        return self._left_out[folder]


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 (Path("") is the current folder)


def _listed() -> list[str]:
    content = b"" if sys.stdin is None else sys.stdin.buffer.read()
    if b"\0" not in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\0")
    return [os.fsdecode(line) for line in content.split(b"\0") if line]
