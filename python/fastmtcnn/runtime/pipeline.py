"""Several things worked on at a time, with the results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from typing import TypeVar

from .workers import Workers

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 4  # results for each worker that may wait for a slower one before them


def in_order(
    function: Callable[[T], R], items: Iterable[T], num_workers: int
) -> Generator[tuple[T, R], None, None]:
    """Call a function for each item, in several threads, and yield item and result in order.

    Parameters
    ----------
    function : callable
        Whatever it raises is raised in its turn.
    items : iterable
        Taken only a few ahead of the results, so that these do not pile up.
    num_workers : int
        Threads; with 1, the caller's own does the work.
    """
    workers = Workers(num_workers)
    if workers.alone:
        for item in items:
            yield item, function(item)
        return
    pending: deque[tuple[T, Future[R]]] = deque()
    try:
        for item in items:
            pending.append((item, workers.submit(function, item)))
            while pending and (len(pending) >= _AHEAD * num_workers or pending[0][1].done()):
                first, future = pending.popleft()
                yield first, future.result()
        while pending:
            first, future = pending.popleft()
            yield first, future.result()
    finally:
        while pending:
            pending.pop()[1].cancel()
