"""Pools of threads for images and parts of images."""

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
    """A pool of threads, and the futures that are not done."""

    def __init__(self, num_threads: int) -> None:
        self.threads = ThreadPoolExecutor(num_threads, thread_name_prefix="fastmtcnn")
        self.pending: set[Future[Any]] = set()


class ThreadMap:
    """A function like the builtin ``map`` that works on several items at a time.

    Parameters
    ----------
    num_threads : int
        Number of threads that work.
    submit : callable
        Passes a function and its arguments to a thread; returns a future.

    Attributes
    ----------
    num_threads : int
        As given.
    """

    def __init__(self, num_threads: int, submit: Callable[..., Future[Any]]) -> None:
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

    def _new_pool(self) -> PerProcess[_Pool]:
        # A pool starts threads when used, so surplus pools (see PerProcess) are dropped without.
        return PerProcess(partial(_Pool, self.num_threads))

    @property
    def alone(self) -> bool:
        """Whether the calling thread does the work."""
        # After the main thread has ended, Python's pools accept no more work.
        return self.num_threads == 1 or not threading.main_thread().is_alive()

    def submit(self, function: Callable[..., T], *arguments: object) -> Future[T]:
        """Call a function in one of the threads, and return its future.

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
        except BaseException:
            # Ctrl-C while a thread starts: the pool may not know the thread, which would then wait
            # for work forever, and the interpreter for the thread. This ends all of them.
            self._pool = self._new_pool()
            pool.threads.shutdown(wait=False)
            raise
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
        return ThreadMap(self.num_threads, self.submit)


def _done(function: Callable[..., T], *arguments: object) -> Future[T]:
    future: Future[T] = Future()
    try:
        future.set_result(function(*arguments))
    except Exception as error:
        future.set_exception(error)
    try:
        return future
    finally:
        del future  # its error's traceback contains this frame, which would make a cycle


def _results(pending: list[Future[T]]) -> Iterator[T]:
    pending.reverse()
    try:
        while pending:
            yield pending.pop().result()  # no variable, so that the result is released early
    finally:
        while pending:
            pending.pop().cancel()
