"""Several items worked on at the same time, with the results in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from typing import TypeVar

from .workers import Workers

T = TypeVar("T")
R = TypeVar("R")


def ordered(
    function: Callable[[T], R], items: Iterable[T], workers: Workers, ahead: int
) -> Generator[R, None, None]:
    """Call a function for each item in several threads, and yield the results in order.

    Each result is yielded as soon as it and all results before it are ready. If the generator is
    closed, calls that have not begun are cancelled. An item is released as soon as its call
    returns, a result as soon as it is yielded.

    Parameters
    ----------
    function : callable
        Called with an item by any of the threads.
    items : iterable
        Items; may be endless. It is advanced in the thread that asks for results.
    workers : Workers
        The threads. If these are the calling thread alone, it calls the function for one item
        after the other.
    ahead : int
        Largest number of items taken whose results have not been asked for, which bounds the
        memory. While a result is not ready, the next item is taken first.

    Yields
    ------
    object
        What the function returned.

    Raises
    ------
    Exception
        Whatever the function raises, in place of the result. It ends the generator. Whatever
        `items` raises comes after the results of all items before.
    BaseException
        Anything else that `items` raises, such as KeyboardInterrupt, at once.
    RuntimeError
        If a forked process asks for more results of a generator that its parent began.
    """
    if workers.alone:
        yield from map(function, items)
        return
    process = os.getpid()
    pending: deque[Future[R]] = deque()
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
            while pending and (failure is not None or len(pending) >= ahead or pending[0].done()):
                if os.getpid() != process:  # the threads are in the parent only
                    raise RuntimeError(
                        "a stream cannot be continued in a forked process; begin it there"
                    )
                # Without a variable for the future: with its error's traceback, which has this
                # frame in it, that would be a reference cycle.
                yield pending.popleft().result()
        if not isinstance(failure, StopIteration):
            raise failure
    finally:
        if os.getpid() == process:
            while pending:
                pending.pop().cancel()
        del failure, source  # as above: the traceback of the first has this frame in it
