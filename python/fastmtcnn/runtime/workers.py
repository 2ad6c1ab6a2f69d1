"""Pools of threads for images and parts of images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeAlias, TypeVar

from .per_process import PerProcess
from .threads import Call, ThreadPool

Map: TypeAlias = Callable[..., Iterable[Any]]
T = TypeVar("T")


class ThreadMap:
    """A function like the builtin ``map`` that works on several items at a time.

    Parameters
    ----------
    num_threads : int
        Number of threads that work.
    submit : callable
        Passes a function and its arguments to a thread; returns the call.

    Attributes
    ----------
    num_threads : int
        As given.
    """

    def __init__(self, num_threads: int, submit: Callable[..., Call[Any]]) -> None:
        self.num_threads = num_threads
        self._submit = submit

    def __call__(self, function: Callable[..., T], *iterables: Iterable[Any]) -> Iterator[T]:
        """Pass all items to the threads, and return the results in order."""
        items = zip(*iterables, strict=False)
        return _results([self._submit(function, *arguments) for arguments in items])


def num_threads_of(map_: Map) -> int:
    """Return the number of threads among which a function like ``map`` shares its items."""
    return map_.num_threads if isinstance(map_, ThreadMap) else 1


class Workers:
    """Threads that are started when first needed, again in every process.

    Parameters
    ----------
    num_threads : int
        Number of threads; with 1 the calling thread does the work.
    """

    def __init__(self, num_threads: int) -> None:
        self.num_threads = num_threads
        self._pool = self._new_pool()

    def _new_pool(self) -> PerProcess[ThreadPool]:
        # A pool starts threads when used, so surplus pools (see PerProcess) are dropped without.
        return PerProcess(partial(ThreadPool, self.num_threads))

    @property
    def alone(self) -> bool:
        """Whether the calling thread does the work."""
        return self.num_threads == 1

    def submit(self, function: Callable[..., T], *arguments: object) -> Call[T]:
        """Call a function in one of the threads, and return the call.

        Parameters
        ----------
        function : callable
            The function.
        *arguments
            Arguments of the call.
        """
        pool = self._pool.get()
        try:
            return pool.submit(function, *arguments)
        except BaseException:
            # Ctrl-C while a thread starts, which may never come to work: others will do.
            self._pool = self._new_pool()
            raise

    def map(self) -> Map:
        """Return a function like the builtin ``map``, which uses the threads if one is free.

        If none is free, it is the builtin ``map``, so that a call need not wait for the whole batch
        of another caller.
        """
        if self.alone or not self._pool.get().has_free_thread:
            return map
        return ThreadMap(self.num_threads, self.submit)


def _results(pending: list[Call[T]]) -> Iterator[T]:
    pending.reverse()
    try:
        while pending:
            yield pending.pop().result()  # no variable, so that the result is released early
    finally:
        while pending:
            pending.pop().cancel()
