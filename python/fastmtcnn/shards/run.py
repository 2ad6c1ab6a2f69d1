"""The work on a shard: detect the faces of its photos, and write a part whenever it is full."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ..arrow.search import search
from ..detector import MTCNN
from ..results.photo import Photo
from ..runtime.pipeline import ordered
from ..runtime.workers import Workers
from .division import Shard
from .parts import Counts, Parts, rows_of
from .sources import Item, Row, Source

if TYPE_CHECKING:
    import pyarrow as pa

_AHEAD = 4  # photos for each worker that may wait for a slower one before them
_TOGETHER = 512  # rows that are made into columns at a time


class _Task(NamedTuple):
    key: str
    row: Row


class _Done(NamedTuple):
    key: str
    columns: pa.RecordBatch
    photo: Photo


@dataclass(frozen=True)
class ShardJob:
    """The work on a shard.

    Attributes
    ----------
    source : Source
        The photos.
    shard : Shard
        Which of them.
    parts : Parts
        Where the results go.
    rows_per_file : int
        Photos in a part.
    detector : MTCNN
        Detector that finds the faces.
    num_workers : int
        Number of photos that are worked on at the same time.
    roi : tuple of four int, or None
        The part of each photo to search.
    must_wait : callable
        Tells whether the next photo has yet to be listed.
    """

    source: Source
    shard: Shard
    parts: Parts
    rows_per_file: int
    detector: MTCNN
    num_workers: int = 1
    roi: tuple[int, int, int, int] | None = None
    must_wait: Callable[[], bool] = lambda: False


@dataclass
class Outcome:
    """What came of the work so far.

    Attributes
    ----------
    counts : Counts
        What all parts have.
    resumed : Counts
        What the parts have that an earlier run finished.
    num_parts : int
        Number of parts.
    """

    counts: Counts = field(default_factory=lambda: Counts(0, 0, {}))
    resumed: Counts = field(default_factory=lambda: Counts(0, 0, {}))
    num_parts: int = 0


def run_shard(job: ShardJob, outcome: Outcome) -> Generator[int, None, None]:
    """Do the work on a shard.

    Parameters
    ----------
    job : ShardJob
        The work.
    outcome : Outcome
        Is kept up to date.

    Yields
    ------
    int
        Number of photos that are done since: 1, or those of a part of an earlier run.

    Raises
    ------
    OSError, SourceError
        If the source cannot be read or a part not be written; parts that are written stay.
    """
    with (
        contextlib.closing(job.source),
        contextlib.closing(job.source.items(job.shard)) as items,
    ):
        left = yield from _resumed(job, items, outcome)
        yield from _done(job, left, outcome)
    job.parts.finish(outcome.num_parts, outcome.counts)


def _resumed(
    job: ShardJob, items: Iterator[Item], outcome: Outcome
) -> Generator[int, None, Iterator[Item]]:
    """Skip the parts that an earlier run has finished, and return the items that are left."""
    while job.parts.is_there(outcome.num_parts):
        group = list(itertools.islice(items, job.rows_per_file))
        if not group:
            break
        found = job.parts.finished(outcome.num_parts, [item.key for item in group])
        if found is None:
            return itertools.chain(group, items)
        outcome.resumed += found
        outcome.counts += found
        outcome.num_parts += 1
        yield found.photos
    return items


def _done(job: ShardJob, items: Iterator[Item], outcome: Outcome) -> Generator[int, None, None]:
    """Search the photos, and write them."""
    part = _Part(job.parts, outcome)
    with contextlib.closing(_searched(job, items)) as results:
        for done in results:
            part.add(done)
            yield 1
            if part.size == job.rows_per_file:
                part.write()
                part = _Part(job.parts, outcome)
    if part.size:
        part.write()


def _searched(job: ShardJob, items: Iterator[Item]) -> Generator[_Done, None, None]:
    def find(task: _Task) -> _Done:
        return _Done(task.key, task.row.columns, _photo(job, task.row))

    tasks = (_Task(item.key, item.read()) for item in items)
    workers = Workers(job.num_workers)
    return ordered(find, tasks, workers, _AHEAD * job.num_workers, job.must_wait)


def _photo(job: ShardJob, row: Row) -> Photo:
    if row.problem is not None:
        kind, sentence = row.problem
        return Photo.failed(row.name, sentence, kind)
    return search(job.detector, row.name, row.content, roi=job.roi).photo


class _Part:
    """The rows of a part, which are in memory until it is written."""

    def __init__(self, parts: Parts, outcome: Outcome) -> None:
        self._parts, self._outcome = parts, outcome
        self._keys: list[str] = []
        self._rows: list[pa.RecordBatch] = []
        self._counts = Counts(0, 0, {})
        self._waiting: list[_Done] = []

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self._keys)

    def add(self, done: _Done) -> None:
        """Add a row."""
        self._keys.append(done.key)
        self._waiting.append(done)
        if len(self._waiting) == _TOGETHER:
            self._flush()

    def write(self) -> None:
        """Write the part, and count it."""
        self._flush()
        outcome = self._outcome
        self._parts.write(outcome.num_parts, self._keys, self._rows, self._counts)
        outcome.counts += self._counts
        outcome.num_parts += 1

    def _flush(self) -> None:
        if self._waiting:
            photos = [done.photo for done in self._waiting]
            self._rows.append(rows_of([done.columns for done in self._waiting], photos))
            self._counts += Counts.of(photos)
            self._waiting.clear()
