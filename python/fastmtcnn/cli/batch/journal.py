"""What a run has finished, kept beside its result, so that a killed run can be taken up."""

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
    """What lies where the journal should is something else, or of a run with other settings."""


class Finished(NamedTuple):
    """A photo that need not be done again.

    Attributes
    ----------
    photo : Photo
        What was found.
    occurrence : int
        How many times the same path came before.
    state : State or None
        Of the file, when it was read.
    pictures : list of list of str
        The names of the files that were made of it, a list for each folder of them.
    """

    photo: Photo
    occurrence: int
    state: State | None
    pictures: list[list[str]]


class JournalEntry(NamedTuple):
    """Where a line lies in the journal.

    Attributes
    ----------
    offset : int
        Of its first byte.
    length : int
        In bytes.
    """

    offset: int
    length: int


class Journal:
    """A file with a line for each finished photo, written as soon as it is finished.

    Only the places of the lines are kept in memory, so that any number of photos can be done.

    Parameters
    ----------
    result : Path
        The file that the run is going to write; the journal lies beside it.
    settings : mapping of str to JSON values
        What the results depend on.
    resume : bool
        Whether to take up what is there; else it is begun anew.

    Attributes
    ----------
    path : Path
        Where it lies.

    Raises
    ------
    JournalError
        If what is there is no journal, or that of a run with other settings.
    OSError
        If it cannot be read or written.
    """

    def __init__(self, result: Path, settings: Mapping[str, Any], resume: bool) -> None:
        self.path = result.with_name(f"{result.name}.unfinished")
        self._places: dict[tuple[str, int], JournalEntry] = {}
        if self.path.exists() and not self.path.is_file():
            raise self._other()
        self._file = self.path.open("a+b", buffering=0)
        try:
            kept = self._take_up(settings, resume)
            self._file.truncate(kept)  # a line may be torn: it was being written
            if kept == 0:
                self._write({"fastmtcnn": settings})
        except BaseException:
            self._file.close()
            raise

    def _take_up(self, settings: Mapping[str, Any], resume: bool) -> int:
        """Read what is there, and return how many bytes of it are to be kept."""
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
                self._places[_key(finished)] = JournalEntry(kept, len(line))
                kept += len(line)
            return kept

    def _other(self) -> JournalError:
        return JournalError(
            f"{str(self.path)!r}, where unfinished results go, is some other file; move it away"
        )

    @property
    def num_finished(self) -> int:
        """How many photos are noted."""
        return len(self._places)

    def find(self, path: str, occurrence: int) -> JournalEntry | None:
        """Return where a photo is noted that an earlier run has finished, or None.

        Parameters
        ----------
        path : str
            As it was given.
        occurrence : int
            How many times the same path came before.
        """
        return self._places.get((path, occurrence))

    def read(self, place: JournalEntry) -> Finished:
        """Return what is noted.

        Parameters
        ----------
        place : Place
            Where.

        Raises
        ------
        OSError
            If it cannot be read, or is not there any more.
        """
        self._file.seek(place.offset)
        finished = _parsed(self._file.read(place.length))
        if finished is None:
            raise OSError(errno.EIO, f"somebody else has changed {str(self.path)!r}")
        return finished

    def add(self, finished: Finished) -> JournalEntry:
        """Note that a photo is finished, and return where.

        Parameters
        ----------
        finished : Finished
            What is to be known of it when the run is taken up.
        """
        place = self._write({**finished._asdict(), "photo": finished.photo.to_dict()})
        self._places[_key(finished)] = place
        return place

    def _write(self, entry: Mapping[str, Any]) -> JournalEntry:
        line = json.dumps(entry).encode() + b"\n"
        offset = self._file.seek(0, 2)
        rest = memoryview(line)
        while rest:
            rest = rest[self._file.write(rest) :]
        return JournalEntry(offset, len(line))

    def close(self) -> None:
        """Leave the journal for a later run, if there is anything in it."""
        self._file.close()
        if self.num_finished == 0:
            self.remove()

    def remove(self) -> None:
        """Take the journal away."""
        self._file.close()
        with contextlib.suppress(OSError):
            self.path.unlink()


class ResultLog:
    """The photos of a run in order: those that are noted in its journal are kept only there.

    Parameters
    ----------
    journal : Journal or None
        Of the run, if it has one.
    """

    def __init__(self, journal: Journal | None) -> None:
        self._journal = journal
        self._photos: list[Photo | JournalEntry] = []

    def append(self, photo: Photo | JournalEntry) -> None:
        """Keep one more.

        Parameters
        ----------
        photo : Photo or Place
            Itself, or where it is noted.
        """
        self._photos.append(photo)

    def __iter__(self) -> Iterator[Photo]:
        """Return them, as often as needed."""
        for photo in self._photos:
            if isinstance(photo, JournalEntry):
                assert self._journal is not None
                yield self._journal.read(photo).photo
            else:
                yield photo


def numbered(paths: Sequence[str]) -> list[tuple[str, int]]:
    """Return each path with how many times it came before.

    Parameters
    ----------
    paths : sequence of str
        One may occur several times.
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
    """Return what a line says, or None if it is torn or damaged."""
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
