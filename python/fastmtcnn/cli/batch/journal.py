"""A journal of finished photos beside the file of results, by which a run can be resumed."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...files.locks import lock
from ...results.photo import Photo
from ..file_checks import State
from ..inputs import PhotoPath
from ..messages import count
from ..text_index import TextIndex
from .galleries import WrittenPicture

_BEGINNING = b'{"fastmtcnn": '
_LINE = re.compile(rb'\{"crc32": (\d{1,10}), (".*\})\n', re.DOTALL)
_SECONDS_BETWEEN_SYNCS = 1.0  # work that a power cut may cost; each sync takes some milliseconds
_MALFORMED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class JournalError(ValueError):
    """The journal cannot be used: it is some other file, damaged, or of another run."""


class Finished(NamedTuple):
    """A photo that a run has finished.

    Attributes
    ----------
    photo : Photo
        The photo with its faces.
    occurrence : int
        Number of times that the same path came before.
    state : State or None
        State of the file when it was read.
    pictures : list of list of WrittenPicture
        The files that were made of the photo, a list for each folder.
    """

    photo: Photo
    occurrence: int
    state: State | None
    pictures: list[list[WrittenPicture]]


class JournalEntry(NamedTuple):
    """Position of a line in the journal.

    Attributes
    ----------
    offset : int
        Offset of the first byte.
    length : int
        Length in bytes.
    """

    offset: int
    length: int


class Journal:
    """A file to which a line is written for each photo as soon as the photo is finished.

    Nothing of it is kept in memory: the positions of the lines of an earlier run are in a
    `TextIndex`.

    Parameters
    ----------
    result : Path
        File that the run is going to write; the journal lies beside it.
    settings : mapping of str to JSON values
        Settings that the results depend on.
    resume, restart : bool
        Whether to resume the run of an existing journal, or to delete it. With neither, a journal
        with finished photos is refused, so that these are not lost by a forgotten option.

    Attributes
    ----------
    path : Path
        Path of the journal.

    Raises
    ------
    JournalError
        If the file there is not a journal, is damaged at its beginning, is of a run with other
        settings or of one that still works on it, or has finished photos about which nothing is
        said.
    OSError
        If the journal cannot be read or written.
    """

    def __init__(
        self, result: Path, settings: Mapping[str, Any], resume: bool, restart: bool
    ) -> None:
        self.path = result.with_name(f"{result.name}.unfinished")
        self._entries = TextIndex()  # of the earlier run: offset and length of each line
        # Photos that are new in this run, and the end of the last line that is counted: in one
        # attribute, so that an interrupt cannot come between them.
        self._counted = 0, 0
        self._is_next_new = False
        if self.path.exists() and not self.path.is_file():
            raise self._other()
        self._file = self.path.open("a+b", buffering=0)  # what is written is appended
        self._last_sync = time.monotonic()
        try:
            self._lock()
            kept = self._read(settings, resume, restart)
            self._file.truncate(kept)  # the last line may be torn: it was being written
            if kept == 0:
                self._entries = TextIndex()
                self._write(json.dumps({"fastmtcnn": settings}).encode() + b"\n")
        except BaseException:
            self._file.close()
            raise

    def _lock(self) -> None:
        """Keep other processes from the journal for as long as it is open."""
        try:
            lock(self._file)
        except BlockingIOError:
            raise JournalError(
                f"{str(self.path)!r} is of a run that still works on it; wait for its end, or "
                "write the results elsewhere"
            ) from None
        except OSError:
            pass  # not all file systems have locks

    def _read(self, settings: Mapping[str, Any], resume: bool, restart: bool) -> int:
        """Read the journal of the run before, and return how many bytes of it are kept."""
        with self.path.open("rb") as file:
            header = file.readline()
            if header[: len(_BEGINNING)] != _BEGINNING[: len(header)]:
                raise self._other()
            if restart or not header.endswith(b"\n"):
                return 0
            end = len(header)
            for line in file:
                finished = _parsed(line)  # None of a damaged line, whose photo is done again
                if finished is not None:
                    self._entries.put(_key(finished), end, len(line))
                end += len(line) if line.endswith(b"\n") else 0
        if resume:
            self._check(header, settings)
            return end
        if self._entries:
            raise JournalError(
                f"{str(self.path)!r} has {count(self.num_finished, 'finished photo')} of an "
                "earlier run: --resume continues that run, --restart deletes it and begins again"
            )
        return 0

    def _check(self, header: bytes, settings: Mapping[str, Any]) -> None:
        """Raise an error if the run before had other settings."""
        before = _settings(header)
        if before is None:
            raise JournalError(
                f"{str(self.path)!r} is damaged, and its settings cannot be read; --restart "
                "deletes it and begins again"
            )
        for name in sorted({*before, *settings}):
            if before.get(name) != settings.get(name):
                raise JournalError(
                    f"{str(self.path)!r} is of a run with {name} {before.get(name)!r}, not "
                    f"{settings.get(name)!r}; --restart deletes it and begins again"
                )

    def _other(self) -> JournalError:
        return JournalError(
            f"{str(self.path)!r}, where unfinished results go, is some other file; move it away"
        )

    @property
    def num_finished(self) -> int:
        """Number of photos in the journal."""
        number, end = self._counted
        # An interrupt may have come after a line was written, and before it was counted.
        is_one_more = self._is_next_new and _has_whole_line(self.path, end)
        return len(self._entries) + number + is_one_more

    def find(self, path: str, occurrence: int) -> JournalEntry | None:
        """Return the position of a photo that an earlier run has finished, or None.

        Parameters
        ----------
        path : str
            Path of the photo, as the user named it.
        occurrence : int
            Number of times that the same path came before.
        """
        found = self._entries.get(_text(path, occurrence))
        return None if found is None else JournalEntry(*found)

    def read(self, entry: JournalEntry) -> Finished:
        """Return a finished photo.

        Parameters
        ----------
        entry : JournalEntry
            Position of the photo.

        Raises
        ------
        OSError
            If the photo cannot be read, or is no longer there.
        """
        self._file.seek(entry.offset)
        finished = _parsed(self._file.read(entry.length))
        if finished is None:
            raise OSError(errno.EIO, f"somebody else has changed {str(self.path)!r}")
        return finished

    def add(self, finished: Finished) -> None:
        """Write a finished photo to the journal.

        Parameters
        ----------
        finished : Finished
            The photo.
        """
        values = {**finished._asdict(), "photo": finished.photo.to_dict()}
        number, _ = self._counted
        begin = self._file.seek(0, os.SEEK_END)
        line = _line(values)
        self._counted, self._is_next_new = (number, begin), _key(finished) not in self._entries
        self._write(line)
        self._counted = number + self._is_next_new, begin + len(line)

    def _write(self, line: bytes) -> None:
        rest = memoryview(line)
        while rest:
            rest = rest[self._file.write(rest) :]
        if time.monotonic() - self._last_sync >= _SECONDS_BETWEEN_SYNCS:
            os.fsync(self._file.fileno())
            self._last_sync = time.monotonic()

    def close(self) -> None:
        """Close the journal, and remove it if there is no photo in it."""
        self._file.close()
        if self.num_finished == 0:
            self.remove()

    def remove(self) -> None:
        """Close and remove the journal."""
        self._file.close()
        with contextlib.suppress(OSError):
            self.path.unlink()


def _has_whole_line(path: Path, begin: int) -> bool:
    """Return whether a line begins at a position of a file, and ends."""
    with path.open("rb") as file:
        file.seek(begin)
        return file.readline().endswith(b"\n")


def numbered(photos: Iterable[PhotoPath]) -> Iterator[tuple[PhotoPath, int]]:
    """Yield each photo with the number of times that its path came before.

    Parameters
    ----------
    photos : iterable of PhotoPath
        Photos, of which some may have the same path.
    """
    seen = TextIndex()
    for photo in photos:
        if seen.add(photo.path, 1):
            yield photo, 0
            continue
        number, _ = seen.get(photo.path) or (0, 0)
        yield photo, number
        seen.put(photo.path, number + 1)


def _key(finished: Finished) -> str:
    return _text(finished.photo.path, finished.occurrence)


def _text(path: str, occurrence: int) -> str:
    return f"{path}\0{occurrence}"  # paths of files have no NUL


def _settings(header: bytes) -> dict[str, Any] | None:
    """Parse the first line, or return None if it is damaged."""
    try:
        settings = json.loads(header)["fastmtcnn"]
    except _MALFORMED:
        return None
    return settings if isinstance(settings, dict) else None


def _line(values: Mapping[str, Any]) -> bytes:
    """Return values as a line of JSON that begins with a checksum of the rest."""
    rest = json.dumps(values).encode()[1:]
    return b'{"crc32": %d, %b\n' % (zlib.crc32(rest), rest)


def _parsed(line: bytes) -> Finished | None:
    """Parse a line, or return None if it is incomplete or damaged."""
    parts = _LINE.fullmatch(line)
    if parts is None or int(parts[1]) != zlib.crc32(parts[2]):
        return None
    try:
        values = json.loads(b"{" + parts[2])
        photo = Photo.from_dict(values["photo"])
        state = values["state"]
        pictures = [[WrittenPicture(*each) for each in one] for one in values["pictures"]]
        finished = Finished(photo, values["occurrence"], state and State(*state), pictures)
    except _MALFORMED:
        return None
    return finished if _is_valid(finished) else None


def _is_valid(finished: Finished) -> bool:
    photo = finished.photo
    names = [each.name for one in finished.pictures for each in one]
    numbers = [photo.width, photo.height, finished.occurrence, *(finished.state or ())]
    numbers += [each.size for one in finished.pictures for each in one]
    return (
        all(isinstance(name, str) for name in names)
        and all(type(number) is int for number in numbers)
        and min(photo.width, photo.height) > 0
        and all(np.isfinite(values).all() for values in photo.detections)
    )
