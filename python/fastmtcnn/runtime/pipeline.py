"""Concurrent processing of items, with results in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

from .threads import Call
from .workers import Workers

T = TypeVar("T")
R = TypeVar("R")


def ordered(
    function: Callable[[T], R],
    items: Iterable[T],
    workers: Workers,
    ahead: int,
    must_wait: Callable[[], bool] = lambda: False,
) -> Generator[R, None, None]:
    """Call a function for each item in several threads, and yield the results in order.

    Each result is yielded as soon as it and all results before it are ready. If the generator is
    closed, calls that have not begun are cancelled. An item is released as soon as its call
    returns, a result as soon as it is yielded.

    Parameters
    ----------
    function : callable
        Function of an item, called in any of the threads.
    items : iterable
        Items; it may be endless. It is advanced in the thread that asks for results.
    workers : Workers
        The threads. If there is only the calling thread, it calls the function for one item after
        the other.
    ahead : int
        Largest number of items in progress, which bounds the memory. While a result is not ready,
        further items are started.
    must_wait : callable, optional
        Tells whether the next item would have to be waited for. Then all results are yielded first.

    Yields
    ------
    object
        Result of the function for each item.

    Raises
    ------
    Exception
        An error of the function, in place of its result; it ends the generator. An error of `items`
        is raised after the results of all items before it.
    BaseException
        Anything else that `items` raises, such as KeyboardInterrupt, at once.
    RuntimeError
        If a forked process asks for more results of a generator that its parent began.
    """
    if workers.alone:
        yield from map(function, items)
        return
    process = os.getpid()
    pending: deque[Call[R]] = deque()
    failure: Exception | None = None
    source = iter(items)
    del items
    try:
        while failure is None:
            try:
                item = next(source)
            except Exception as error:  # StopIteration, or an error of the source
                failure = error
            else:
                pending.append(workers.submit(function, item))
                del item  # otherwise it would be kept until the next one comes
            while pending and (
                failure is not None or len(pending) >= ahead or pending[0].done() or must_wait()
            ):
                if os.getpid() != process:  # the threads are in the parent only
                    raise RuntimeError(
                        "a stream cannot be continued in a forked process; begin it there"
                    )
                # No variable for the call: its error's traceback contains this frame, which would
                # make a reference cycle.
                yield pending.popleft().result()
        if not isinstance(failure, StopIteration):
            raise failure
    finally:
        if os.getpid() == process:
            while pending:
                pending.pop().cancel()
        del failure, source  # the traceback of the failure contains this frame: a cycle, too
