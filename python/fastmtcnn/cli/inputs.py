"""Paths of photos from the arguments of a command: files, folders, patterns and lists."""

from __future__ import annotations

import glob
import io
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import NamedTuple

from ..errors import printable
from ..extras import how_to_get
from ..files.decoding import HEIF_SUFFIXES
from ..files.folders import is_left_out
from ..files.kinds import Kind, kind_of
from .file_checks import identities, identity
from .lists import PathList
from .messages import count, print_error, print_info
from .patterns import matching
from .text_index import TextIndex


class PhotoPath(NamedTuple):
    """A photo that the arguments of a command select.

    Attributes
    ----------
    path : str
        Path of the photo.
    subfolder : str
        Folder of the photo below the folder that the user named, or below the part of a pattern
        without wildcards; empty if the photo lies in it, or if the user named the photo.
    """

    path: str
    subfolder: str = ""


class PassedOver:
    """Pictures in folders that are not selected, since they are not read or are videos.

    Attributes
    ----------
    useless_folder : bool
        Whether a folder that the user named has nothing else.
    """

    def __init__(self) -> None:
        self.useless_folder = False
        self._suffixes: dict[Kind, Counter[str]] = {"unread": Counter(), "video": Counter()}
        self._first: dict[Kind, str] = {}

    @property
    def failed(self) -> bool:
        """Whether something could not be done that the user asked for."""
        return self.useless_folder or "unread" in self._first

    def add(self, path: str, kind: Kind) -> None:
        """Count a file.

        Parameters
        ----------
        path : str
            Path of the file.
        kind : {"unread", "video"}
            Kind of the file.
        """
        self._suffixes[kind][PurePath(path).suffix.lower()] += 1
        self._first.setdefault(kind, path)

    def report(self, quiet: bool) -> None:
        """Say on standard error how many there are, and which is the first.

        Parameters
        ----------
        quiet : bool
            Whether to leave out what is no failure.
        """
        if "unread" in self._first:
            is_heif = any(suffix in self._suffixes["unread"] for suffix in HEIF_SUFFIXES)
            hint = f"; HEIF needs pillow-heif, {how_to_get('heif')}"
            text = self._sentence("unread", "photo", " in formats that are not read")
            print_error(text + (hint if is_heif else ""))
        if "video" in self._first:
            hint = '; for videos there are "fastmtcnn video" and "fastmtcnn blur"'
            text = self._sentence("video", "video", "") + hint
            if self.useless_folder:
                print_error(text)
            elif not quiet:
                print_info(text)

    def _sentence(self, kind: Kind, what: str, why: str) -> str:
        suffixes = self._suffixes[kind]
        kinds = ", ".join(f"{number} {suffix}" for suffix, number in suffixes.most_common())
        number = count(suffixes.total(), what)
        return f"passed over {number}{why} ({kinds}), first {self._first[kind]}"


class Selection:
    """The photos that the arguments of a command select, in order.

    Parameters
    ----------
    arguments : sequence of str
        A folder selects the photos in it and in its subfolders, sorted by name, or itself if it
        has none. Hidden folders and those of thumbnails are left out. ``-`` selects the files and
        folders listed on standard input, one on each line or each followed by NUL. A pattern
        selects the files that match it. Anything else selects itself. Paths from folders and
        patterns are left out if they came before.

        Folders are read one after the other, a list as it comes, and a pattern is matched before
        its first photo. In memory are the names in the folders that are being read.
    leave_out : iterable of str
        Folders from which folders and patterns select nothing: the output of the command.
    videos : bool
        Whether folders select videos as well as photos.
    exclude : sequence of str
        Patterns of files and folders that folders and patterns do not select: of their names, or
        if there is a slash in it, of their paths below the folder; in any case of letters.

    Attributes
    ----------
    passed_over : PassedOver
        Pictures in folders that were not selected so far.

    Raises
    ------
    ValueError
        If a pattern is empty. When iterating: if an argument is one of the folders in `leave_out`,
        or standard input is no list.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        leave_out: Iterable[str] = (),
        videos: bool = False,
        exclude: Sequence[str] = (),
    ) -> None:
        if not all(pattern.strip("/") for pattern in exclude):
            raise ValueError("a pattern to exclude must name something, got ''")
        self.passed_over = PassedOver()
        self._arguments = arguments
        self._seen = TextIndex()
        self._folders_left_out = list(leave_out)
        self._identities_left_out = identities(self._folders_left_out)
        self._last_folder: tuple[str | None, bool] = None, False  # and whether it is left out
        self._list: PathList | None = None
        self._kinds: tuple[Kind, ...] = ("photo", "video") if videos else ("photo",)
        self._exclude = [pattern.strip("/").lower() for pattern in exclude]

    def again(self) -> Selection:
        """Return a new selection of the same photos, which counts what it passes over anew."""
        return Selection(
            self._arguments,
            leave_out=self._folders_left_out,
            videos="video" in self._kinds,
            exclude=self._exclude,
        )

    @property
    def named(self) -> list[str]:
        """The arguments other than the list on standard input."""
        return [argument for argument in self._arguments if argument != "-"]

    @property
    def has_list(self) -> bool:
        """Whether photos are listed on standard input, which can be read only once."""
        return "-" in self._arguments

    @property
    def must_wait(self) -> bool:
        """Whether the next photo has yet to be listed on standard input."""
        return self._list is not None and self._list.must_wait

    def __iter__(self) -> Iterator[PhotoPath]:
        """Yield the photos as they are found. May be called once."""
        for argument in self.named:
            if _is_folder(argument):
                self._check_no_output(argument)
        for argument in self._arguments:
            if argument == "-":
                self._list = PathList(io.BytesIO() if sys.stdin is None else sys.stdin.buffer)
                for line in self._list:
                    yield from self._below(line) if _is_folder(line) else self._named(line)
            elif _is_folder(argument):
                yield from self._below(argument)
            elif glob.has_magic(argument) and not os.path.lexists(argument):
                yield from self._matching(argument)
            else:
                yield from self._named(argument)

    def _named(self, path: str, subfolder: str = "") -> Iterator[PhotoPath]:
        self._seen.add(os.path.realpath(path))
        yield PhotoPath(path, subfolder)

    def _below(self, folder: str, base: str | None = None) -> Iterator[PhotoPath]:
        """Yield the photos below a folder, which a pattern with the given base may have matched."""
        self._check_no_output(folder)
        unreadable: list[str] = []
        found: set[Kind | None] = set()
        for where, folders, files in os.walk(
            folder, onerror=lambda error: unreadable.append(str(error.filename))
        ):
            below = _relative(where, folder if base is None else base)
            folders[:] = sorted(each for each in folders if self._is_entered(where, below, each))
            for name in sorted(files):
                kind = kind_of(name)
                if kind is None or self._is_excluded(below, name):
                    continue
                found.add(kind)
                path = str(Path(where) / name)
                if kind in self._kinds:
                    yield from self._new(path, below)
                else:
                    self.passed_over.add(path, kind)
        if base is None:
            self.passed_over.useless_folder |= bool(found) and found.isdisjoint(self._kinds)
        for path in unreadable or ([] if found or base is not None else [folder]):
            yield PhotoPath(path)

    def _matching(self, pattern: str) -> Iterator[PhotoPath]:
        matches = TextIndex()
        unreadable: list[str] = []
        for path in matching(pattern, unreadable.append):
            matches.add(path)
        if not matches and not unreadable:
            yield PhotoPath(pattern)
        base = _part_without_wildcards(pattern)
        for path in matches:
            if self._is_below_output(path if _is_folder(path) else os.path.dirname(path)):  # noqa: PTH120
                continue
            parts = PurePath(_relative(path, base)).parts
            if any(is_left_out(part) and part not in pattern for part in parts[:-1]):
                continue
            if any(
                self._is_excluded(str(PurePath(*parts[:index])), part)
                for index, part in enumerate(parts)
            ):
                continue
            if _is_folder(path):
                yield from self._below(path, base)
            else:
                yield from self._new(path, str(PurePath(*parts[:-1])) if parts[1:] else "")
        for path in dict.fromkeys(unreadable):
            yield PhotoPath(path)

    def _new(self, path: str, below: str) -> Iterator[PhotoPath]:
        if self._seen.add(os.path.realpath(path)):
            yield PhotoPath(path, "" if os.pardir in PurePath(below).parts else below)

    def _check_no_output(self, folder: str) -> None:
        if self._is_output(folder):
            raise ValueError(
                f"pictures cannot go into {printable(folder)}, whose photos are to be read: the "
                "next time they would be read as well"
            )

    def _is_entered(self, where: str, below: str, name: str) -> bool:
        is_output = self._is_output(Path(where) / name)
        return not (is_output or is_left_out(name) or self._is_excluded(below, name))

    def _is_output(self, folder: str | Path) -> bool:
        if len(self._identities_left_out) < len(self._folders_left_out):
            # One of them may have been made since, while the photos are listed.
            self._identities_left_out = identities(self._folders_left_out)
        return bool(self._identities_left_out) and identity(folder) in self._identities_left_out

    def _is_excluded(self, below: str, name: str) -> bool:
        name = name.lower()
        path = (PurePath(below.lower()) / name).as_posix()
        return any(
            fnmatchcase(path if "/" in pattern else name, pattern) for pattern in self._exclude
        )

    def _is_below_output(self, folder: str) -> bool:
        if not self._folders_left_out:
            return False
        if self._last_folder[0] != folder:
            real = Path(os.path.realpath(folder))
            is_one = any(map(self._is_output, (real, *real.parents)))
            self._last_folder = folder, is_one
        return self._last_folder[1]


def _part_without_wildcards(pattern: str) -> str:
    parts = PurePath(pattern).parts
    first = next(index for index, part in enumerate(parts) if glob.has_magic(part))
    return str(PurePath(*parts[:first]))


def _relative(path: str, base: str) -> str:
    relative = os.path.relpath(path, base)
    return "" if relative == os.curdir else relative


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 (Path("") is the current folder)
