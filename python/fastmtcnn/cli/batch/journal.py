"""A journal of finished photos beside the file of results, by which a run can be resumed."""

from __future__ import annotations

import contextlib
import errno
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...results.photo import Photo
from ..file_checks import State

_BEGINNING = b'{"fastmtcnn": '


class JournalError(ValueError):
    """The file in the place of the journal is not one, or is of a run with other settings."""


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
    pictures : list of list of str
        Names of the files that were made of the photo, a list for each folder.
    """

    photo: Photo
    occurrence: int
    state: State | None
    pictures: list[list[str]]


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

    Only the positions of the lines are kept in memory, which allows any number of photos.

    Parameters
    ----------
    result : Path
        File that the run is going to write; the journal lies beside it.
    settings : mapping of str to JSON values
        Settings that the results depend on.
    resume : bool
        Whether to resume the run of an existing journal; otherwise the journal is started anew.

    Attributes
    ----------
    path : Path
        Path of the journal.

    Raises
    ------
    JournalError
        If the file there is not a journal, or is of a run with other settings.
    OSError
        If the journal cannot be read or written.
    """

    def __init__(self, result: Path, settings: Mapping[str, Any], resume: bool) -> None:
        self.path = result.with_name(f"{result.name}.unfinished")
        self._entries: dict[tuple[str, int], JournalEntry] = {}
        if self.path.exists() and not self.path.is_file():
            raise self._other()
        self._file = self.path.open("a+b", buffering=0)
        try:
            kept = self._resume(settings, resume)
            self._file.truncate(kept)  # a line may be torn: it was being written
            if kept == 0:
                self._write({"fastmtcnn": settings})
        except BaseException:
            self._file.close()
            raise

    def _resume(self, settings: Mapping[str, Any], resume: bool) -> int:
        """Read the journal of the run before, and return how many bytes of it are valid."""
        with self.path.open("rb") as file:
            header = file.readline()
            if header[: len(_BEGINNING)] != _BEGINNING[: len(header)]:
                raise self._other()
            if not resume or not header.endswith(b"\n"):
                return 0
            before = json.loads(header)["fastmtcnn"]
            for name in sorted({*before, *settings}):
                if before.get(name) != settings.get(name):
                    raise JournalError(
                        f"{str(self.path)!r} is of a run with {name} {before.get(name)!r}, not "
                        f"{settings.get(name)!r}; without --resume, all is done anew"
                    )
            kept = len(header)
            for line in file:
                finished = _parsed(line)
                if finished is None:
                    break
                self._entries[_key(finished)] = JournalEntry(kept, len(line))
                kept += len(line)
            return kept

    def _other(self) -> JournalError:
        return JournalError(
            f"{str(self.path)!r}, where unfinished results go, is some other file; move it away"
        )

    @property
    def num_finished(self) -> int:
        """Number of photos in the journal."""
        return len(self._entries)

    def find(self, path: str, occurrence: int) -> JournalEntry | None:
        """Return the position of a photo that an earlier run has finished, or None.

        Parameters
        ----------
        path : str
            Path of the photo, as the user named it.
        occurrence : int
            Number of times that the same path came before.
        """
        return self._entries.get((path, occurrence))

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

    def add(self, finished: Finished) -> JournalEntry:
        """Write a finished photo to the journal, and return its position.

        Parameters
        ----------
        finished : Finished
            The photo.
        """
        entry = self._write({**finished._asdict(), "photo": finished.photo.to_dict()})
        self._entries[_key(finished)] = entry
        return entry

    def _write(self, values: Mapping[str, Any]) -> JournalEntry:
        line = json.dumps(values).encode() + b"\n"
        offset = self._file.seek(0, 2)
        rest = memoryview(line)
        while rest:
            rest = rest[self._file.write(rest) :]
        return JournalEntry(offset, len(line))

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


class ResultLog:
    """The photos of a run in order; those in its journal are not kept in memory.

    Parameters
    ----------
    journal : Journal or None
        Journal of the run, if there is one.
    """

    def __init__(self, journal: Journal | None) -> None:
        self._journal = journal
        self._photos: list[Photo | JournalEntry] = []

    def append(self, photo: Photo | JournalEntry) -> None:
        """Add a photo.

        Parameters
        ----------
        photo : Photo or JournalEntry
            The photo, or its position in the journal.
        """
        self._photos.append(photo)

    def __iter__(self) -> Iterator[Photo]:
        """Yield the photos; may be called several times."""
        for photo in self._photos:
            if isinstance(photo, JournalEntry):
                assert self._journal is not None
                yield self._journal.read(photo).photo
            else:
                yield photo


def numbered(paths: Sequence[str]) -> list[tuple[str, int]]:
    """Return each path with the number of times that it came before.

    Parameters
    ----------
    paths : sequence of str
        Paths, of which some may be equal.
    """
    seen: Counter[str] = Counter()
    pairs = []
    for path in paths:
        pairs.append((path, seen[path]))
        seen[path] += 1
    return pairs


def _key(finished: Finished) -> tuple[str, int]:
    return finished.photo.path, finished.occurrence


def _parsed(line: bytes) -> Finished | None:
    """Parse a line, or return None if it is incomplete or damaged."""
    if not line.endswith(b"\n"):
        return None
    try:
        values = json.loads(line)
        photo = Photo.from_dict(values.pop("photo"))
        state = values["state"]
        pictures = [[str(name) for name in names] for names in values["pictures"]]
        return Finished(photo, int(values["occurrence"]), state and State(*state), pictures)
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
