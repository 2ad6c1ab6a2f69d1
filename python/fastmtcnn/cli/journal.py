"""What a run has finished, kept beside its result, so that a killed run can be taken up."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .files import State
from .photos import Photo

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
    copy : str or None
        The file name of its annotated copy, if one was written.
    """

    photo: Photo
    occurrence: int
    state: State | None
    copy: str | None


class Journal:
    """A file with a line for each finished photo, written as soon as it is finished.

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
        self._finished: dict[tuple[str, int], Finished] = {}
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
        self._file.seek(0)
        content = self._file.read()
        if content[: len(_BEGINNING)] != _BEGINNING[: len(content)]:
            raise self._other()
        header, *entries = content.splitlines(keepends=True) or [b""]
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
        for entry in entries:
            finished = _parsed(entry)
            if finished is None:
                break
            self._keep(finished)
            kept += len(entry)
        return kept

    def _other(self) -> JournalError:
        return JournalError(
            f"{str(self.path)!r}, where unfinished results go, is some other file; move it away"
        )

    @property
    def num_finished(self) -> int:
        """How many photos are noted."""
        return len(self._finished)

    def _keep(self, finished: Finished) -> None:
        self._finished[finished.photo.path, finished.occurrence] = finished

    def find(self, path: str, occurrence: int) -> Finished | None:
        """Return what an earlier run noted of a photo.

        Parameters
        ----------
        path : str
            As it was given.
        occurrence : int
            How many times the same path came before.
        """
        return self._finished.get((path, occurrence))

    def add(self, finished: Finished) -> None:
        """Note that a photo is finished.

        Parameters
        ----------
        finished : Finished
            What is to be known of it when the run is taken up.
        """
        self._write({**finished._asdict(), "photo": finished.photo.to_dict()})
        self._keep(finished)

    def _write(self, entry: Mapping[str, Any]) -> None:
        rest = memoryview(json.dumps(entry).encode() + b"\n")
        while rest:
            rest = rest[self._file.write(rest) :]

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


def _parsed(line: bytes) -> Finished | None:
    """Return what a line says, or None if it is torn or damaged."""
    if not line.endswith(b"\n"):
        return None
    try:
        values = json.loads(line)
        photo = Photo.from_dict(values.pop("photo"))
        state = values.pop("state")
        return Finished(photo=photo, state=state and State(*state), **values)
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
