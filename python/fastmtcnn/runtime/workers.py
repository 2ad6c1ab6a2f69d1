"""Threads that work on images and parts of images."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeAlias, TypeVar

from .per_process import PerProcess

Map: TypeAlias = Callable[..., Iterable[Any]]
T = TypeVar("T")


class _Pool:
    """Threads, and what they have still to do."""

    def __init__(self, num_threads: int) -> None:
        self.threads = ThreadPoolExecutor(num_threads, thread_name_prefix="fastmtcnn")
        self.pending: set[Future[Any]] = set()


class Workers:
    """Threads that are started when first needed, again in every process.

    Parameters
    ----------
    num_threads : int
        How many; with 1 the caller's own thread does the work.
    """

    def __init__(self, num_threads: int) -> None:
        self.num_threads = num_threads
        # Of several pools made at once all but one are dropped before they have a thread.
        self._pool = PerProcess(partial(_Pool, num_threads))

    @property
    def alone(self) -> bool:
        """Whether the calling thread does the work."""
        # When the main thread has ended, Python starts no more work in other threads.
        return self.num_threads == 1 or not threading.main_thread().is_alive()

    def submit(self, function: Callable[..., T], *arguments: object) -> Future[T]:
        """Let one of the threads call a function.

        Parameters
        ----------
        function : callable
            The function. It may be called twice if there is no memory for another thread.
        *arguments
            Arguments of the call.
        """
        pool = self._pool.get()
        try:
            future = pool.threads.submit(function, *arguments)
        except RuntimeError:  # the interpreter is ending, or no thread can be started
            return _done(function, *arguments)
        pool.pending.add(future)
        future.add_done_callback(pool.pending.discard)
        return future

    def map(self) -> Map:
        """Return a function like the builtin ``map``, which uses the threads if one is free.

        If none is free, it is the builtin ``map``, so that a call need not wait for the whole batch
        of another caller.
        """
        if self.alone or len(self._pool.get().pending) >= self.num_threads:
            return map
        return self._map

    def _map(self, function: Callable[..., T], *iterables: Iterable[Any]) -> Iterator[T]:
        pending = [self.submit(function, *arguments) for arguments in zip(*iterables, strict=False)]
        return _results(pending)


def _done(function: Callable[..., T], *arguments: object) -> Future[T]:
    future: Future[T] = Future()
    try:
        future.set_result(function(*arguments))
    except Exception as error:
        future.set_exception(error)
    try:
        return future
    finally:
        del future  # its error's traceback leads here, which would be a cycle


def _results(pending: list[Future[T]]) -> Iterator[T]:
    pending.reverse()
    try:
        while pending:
            yield pending.pop().result()  # not kept here any longer than needed
    finally:
        while pending:
            pending.pop().cancel()
