"""Threads that call functions, for a caller that Ctrl-C may interrupt at any point.

An interrupt is raised in the main thread wherever Python looks for signals, also between taking a
lock and the block that would give it back. The pools and futures of `concurrent.futures` are built
on such locks, which their threads need, too: these would wait forever, and the interpreter for
them. Here, what two threads share is only taken and given by single calls of C.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Generic, TypeAlias, TypeVar, cast

from .shutdown import native_section

T = TypeVar("T")
_Calls: TypeAlias = "SimpleQueue[tuple[Call[Any], bool] | None]"


class Call(Generic[T]):
    """A call of a function, made in another thread, and its result for the one that waits for it.

    Parameters
    ----------
    function : callable
        The function.
    *arguments
        Its arguments. They and the function are released as soon as the call returns.
    """

    def __init__(self, function: Callable[..., T], *arguments: object) -> None:
        self._work: tuple[Callable[..., T], tuple[object, ...]] | None = (function, arguments)
        self._result: T | None = None
        self._error: BaseException | None = None
        # Who gets this lock makes the call, or cancels it.
        self._mine = threading.Lock()
        # Held until the call is done; the thread that works releases it and never waits for it.
        self._ended = threading.Lock()
        self._ended.acquire()

    def run(self) -> None:
        """Make the call, unless it was cancelled."""
        if not self._mine.acquire(blocking=False):
            return
        ended, work = self._ended, self._work
        assert work is not None
        self._work = None
        try:
            self._result = work[0](*work[1])
        except BaseException as error:
            self._error = error
        finally:
            del work, self  # an error's traceback contains this frame, which would make a cycle
            ended.release()

    def cancel(self) -> bool:
        """Do not make the call if it has not begun; return whether this has cancelled it."""
        if not self._mine.acquire(blocking=False):
            return False
        self._work = None
        return True

    def done(self) -> bool:
        """Return whether the result is there."""
        return not self._ended.locked()

    def result(self) -> T:
        """Wait for the result of the call and return it, or raise its error. To be asked once."""
        self._ended.acquire()
        try:
            if self._error is not None:
                raise self._error
            return cast(T, self._result)
        finally:
            del self  # as in `run`


class ThreadPool:
    """Threads that make calls in the order in which they come.

    A thread is started for each of the first calls. The threads end when the pool is released and
    its calls are made. The interpreter's exit waits for the calls in progress, as they may be in
    C++, and for those that other threads than the main one have submitted.

    Parameters
    ----------
    num_threads : int
        Number of threads.
    """

    def __init__(self, num_threads: int) -> None:
        self._num_threads = num_threads
        self._calls: _Calls = SimpleQueue()
        self._busy: set[Call[Any]] = set()
        self._unstarted = [f"fastmtcnn_{k}" for k in reversed(range(num_threads))]
        self._has_threads = False
        weakref.finalize(self, self._calls.put, None).atexit = False

    @property
    def has_free_thread(self) -> bool:
        """Whether a call would begin at once."""
        return self._calls.qsize() + len(self._busy) < self._num_threads

    def submit(self, function: Callable[..., T], *arguments: object) -> Call[T]:
        """Let one of the threads call a function; the caller does so if there can be none.

        After an interrupt, the pool may lack a thread, and must not be used any more.
        """
        call = Call(function, *arguments)
        self._start_thread()
        if self._has_threads and not native_section.refuses:
            self._calls.put((call, native_section.pass_on()))
        else:
            call.run()
        return call

    def _start_thread(self) -> None:
        try:
            name = self._unstarted.pop()
        except IndexError:
            return
        # A daemon: the interpreter's exit would wait for a thread whose start was interrupted.
        thread = threading.Thread(
            target=_work, args=(self._calls, self._busy), name=name, daemon=True
        )
        try:
            thread.start()
        except RuntimeError:  # no thread can be started, or the interpreter is ending
            self._unstarted.append(name)
        else:
            self._has_threads = True


def _work(calls: _Calls, busy: set[Call[Any]]) -> None:
    while (submitted := calls.get()) is not None:
        call, is_counted = submitted
        if native_section.begin_call(is_counted):
            busy.add(call)
            try:
                call.run()
            finally:
                busy.discard(call)
                native_section.end_call()
        del call, submitted
    calls.put(None)  # for the next thread
