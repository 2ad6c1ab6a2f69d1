"""Results in order, early, few at a time; errors in their turn; nothing kept."""

from __future__ import annotations

import gc
import itertools
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fastmtcnn.runtime.pipeline import ordered
from fastmtcnn.runtime.workers import Workers

SOON = 30  # seconds, after which something waits that should not


def test_few_wait_and_none_too_few() -> None:
    """The source is advanced to the limit while the first result is awaited, and no further."""
    ahead = 5
    taken = asked = 0
    full = threading.Event()

    def numbers() -> Iterator[int]:
        nonlocal taken
        for number in range(60):
            taken += 1
            assert taken <= asked + ahead
            if taken == ahead:
                full.set()
            yield number

    def work_on(number: int) -> int:
        assert number > 0 or full.wait(SOON)
        return -number

    results = ordered(work_on, numbers(), Workers(3), ahead)
    assert taken == 0
    found = []
    asked = 1
    for result in results:
        found.append(result)
        asked += 1
    assert found == [-number for number in range(60)]


def test_results_come_as_soon_as_they_are_there() -> None:
    taken = 0
    ended = threading.Semaphore(0)

    def camera() -> Iterator[int]:
        nonlocal taken
        for number in range(100):
            taken += 1
            yield number
            assert ended.acquire(timeout=SOON)

    def work_on(number: int) -> int:
        ended.release()
        return number

    assert next(ordered(work_on, camera(), Workers(2), 1000)) == 0
    assert taken < 100


def test_results_come_before_a_source_is_waited_for() -> None:
    allowed = threading.Semaphore(0)
    found: list[int] = []
    known: list[int] = []  # numbers of results at which the source is advanced

    def camera() -> Iterator[int]:
        for number in range(3):
            known.append(len(found))
            yield number
            allowed.release()

    def must_wait() -> bool:
        allowed.release()
        return True

    def work_on(number: int) -> int:
        assert allowed.acquire(timeout=SOON)
        return number

    for result in ordered(work_on, camera(), Workers(2), 10, must_wait):
        found.append(result)
    assert found == [0, 1, 2]
    assert known == [0, 1, 2]


@pytest.mark.parametrize("num_threads", [1, 3])
def test_errors_of_the_function_come_in_their_turn(num_threads: int) -> None:
    def work_on(number: int) -> int:
        if number == 7:
            raise KeyError(number)
        return number

    results = ordered(work_on, itertools.count(), Workers(num_threads), 4)
    assert list(itertools.islice(results, 7)) == list(range(7))
    with pytest.raises(KeyError, match="7"):
        next(results)
    assert list(results) == []


@pytest.mark.parametrize("num_threads", [1, 3])
def test_errors_of_the_source_come_after_the_results(num_threads: int) -> None:
    def numbers() -> Iterator[int]:
        yield from range(3)
        raise OSError("camera lost")

    results = ordered(str, numbers(), Workers(num_threads), 10)
    assert [next(results) for _ in range(3)] == ["0", "1", "2"]
    with pytest.raises(OSError, match=r"^camera lost$"):
        next(results)


def test_an_interrupt_comes_at_once() -> None:
    gate = threading.Event()

    def numbers() -> Iterator[int]:
        yield 0
        raise KeyboardInterrupt

    results = ordered(lambda _: gate.wait(SOON), numbers(), Workers(2), 10)
    try:
        with pytest.raises(KeyboardInterrupt):
            next(results)
        assert not gate.is_set()
    finally:
        gate.set()


def test_closing_cancels_what_has_not_begun() -> None:
    full, gate = threading.Event(), threading.Event()
    called = set()

    def numbers() -> Iterator[int]:
        yield from range(5)
        full.set()
        yield 5

    def work_on(number: int) -> int:
        called.add(number)
        assert (gate if number else full).wait(SOON)
        return number

    workers = Workers(2)
    results = ordered(work_on, numbers(), workers, 6)
    assert next(results) == 0
    results.close()
    gate.set()
    workers.submit(int).result()
    assert called <= {0, 1, 2}  # two threads: one has 1, the other 0 and then perhaps 2
    assert list(results) == []


def test_alone_the_calling_thread_does_the_work() -> None:
    taken = 0

    def numbers() -> Iterator[int]:
        nonlocal taken
        for number in range(10):
            taken += 1
            yield number

    threads = set()
    for asked, _ in enumerate(
        ordered(lambda _: threads.add(threading.get_ident()), numbers(), Workers(1), 5), start=1
    ):
        assert taken == asked
    assert threads == {threading.get_ident()}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_cannot_go_on() -> None:
    results = ordered(str, itertools.count(), Workers(2), 3)
    assert next(results) == "0"
    child = os.fork()
    if child == 0:
        status = 1
        try:
            next(results)
        except RuntimeError as error:
            status = 0 if "cannot be continued in a forked process" in str(error) else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert next(results) == "1"


class Thing:
    """An item or a result, of which it can be told whether it is still there."""

    alive: int

    def __init__(self) -> None:
        type(self).alive += 1
        weakref.finalize(self, self._gone)

    @classmethod
    def _gone(cls) -> None:
        cls.alive -= 1


def good(_: Thing) -> Thing:
    return Thing()


def bad(_: Thing) -> Thing:
    raise ValueError("bad")


@pytest.mark.parametrize("num_threads", [1, 2])
@pytest.mark.parametrize(
    ("function", "last"), [(good, None), (bad, None), (good, OSError("no more"))]
)
def test_nothing_is_kept(
    function: Callable[[Thing], Thing], last: Exception | None, num_threads: int
) -> None:
    """Not even until the garbage is collected."""

    def things() -> Iterator[Thing]:
        for _ in range(4):
            yield Thing()
        if last is not None:
            raise last

    def drain(results: Iterator[Any]) -> None:
        for _ in results:
            pass

    Thing.alive = 0
    gc.collect()
    gc.disable()
    try:
        results = ordered(function, things(), Workers(num_threads), 3)
        if function is good and last is None:
            drain(results)
        else:
            with pytest.raises((ValueError, OSError)):
                drain(results)
            if last is not None:
                last.__traceback__ = None  # the parameter keeps the frames
        del results
        deadline = time.monotonic() + SOON  # a thread may be about to drop one
        while Thing.alive and time.monotonic() < deadline:
            time.sleep(0.001)
        assert Thing.alive == 0
    finally:
        gc.enable()


def test_items_are_dropped_before_their_results_are_asked_for() -> None:
    Thing.alive = 0
    all_taken = threading.Event()

    def things() -> Iterator[Thing]:
        for _ in range(50):
            yield Thing()
        all_taken.set()

    def work_on(_: Thing) -> None:
        assert all_taken.wait(SOON)

    results = ordered(work_on, things(), Workers(2), 60)
    next(results)
    deadline = time.monotonic() + SOON
    while Thing.alive and time.monotonic() < deadline:
        time.sleep(0.001)
    assert Thing.alive == 0
    assert len(list(results)) == 49
