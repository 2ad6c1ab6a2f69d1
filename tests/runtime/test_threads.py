"""Threads that make calls: order, errors, the end, and interrupts at any point."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator

import pytest

from fastmtcnn.runtime.threads import Call, ThreadPool
from fastmtcnn.runtime.workers import Workers

SOON = 30  # seconds, after which something waits that should not


class Thing:
    """What a weak reference can be made of."""


class Blocked:
    """A pool whose only thread is in a call, until it is released."""

    def __init__(self) -> None:
        self.pool = ThreadPool(1)
        self.begun, self.release = threading.Event(), threading.Event()
        self.call = self.pool.submit(self._wait)
        assert self.begun.wait(SOON)

    def _wait(self) -> str:
        self.begun.set()
        assert self.release.wait(SOON)
        return "released"


@pytest.fixture
def blocked() -> Iterator[Blocked]:
    blocked = Blocked()
    yield blocked
    blocked.release.set()


def test_calls_are_made_in_order(blocked: Blocked) -> None:
    order: list[int] = []
    calls = [blocked.pool.submit(order.append, number) for number in range(5)]
    assert not blocked.call.done()
    assert not any(call.done() for call in calls)
    blocked.release.set()
    assert blocked.call.result() == "released"
    assert [call.result() for call in calls] == [None] * 5
    assert order == [0, 1, 2, 3, 4]


def test_a_cancelled_call_is_not_made(blocked: Blocked) -> None:
    made: list[int] = []
    calls = [blocked.pool.submit(made.append, number) for number in range(3)]
    assert calls[1].cancel()
    assert not calls[1].cancel()
    assert not blocked.call.cancel()  # it has begun
    blocked.release.set()
    calls[2].result()
    assert made == [0, 2]
    assert blocked.call.result() == "released"


def test_a_cancelled_call_holds_nothing(blocked: Blocked) -> None:
    argument = Thing()
    reference = weakref.ref(argument)
    call = blocked.pool.submit(id, argument)
    del argument
    assert reference() is not None
    assert call.cancel()
    assert reference() is None


def test_others_start_after_those_whose_start_was_interrupted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(_: threading.Thread) -> None:
        raise KeyboardInterrupt

    workers = Workers(2)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                workers.submit(int)
    assert workers.submit(threading.get_ident).result() != threading.get_ident()


def test_free_threads(blocked: Blocked) -> None:
    assert not blocked.pool.has_free_thread
    blocked.release.set()
    blocked.call.result()
    two = ThreadPool(2)
    assert two.has_free_thread
    begun, release = threading.Barrier(3), threading.Event()
    calls = []
    for _ in range(2):
        assert two.has_free_thread
        calls.append(two.submit(lambda: (begun.wait(SOON), release.wait(SOON))))
    begun.wait(SOON)
    assert not two.has_free_thread
    release.set()
    for call in calls:
        call.result()


def test_an_error_is_raised_where_the_result_is_asked_for() -> None:
    pool = ThreadPool(1)
    failing = pool.submit(int, "x")
    assert pool.submit(int, "7").result() == 7  # the thread lives on
    assert failing.done()
    with pytest.raises(ValueError, match="invalid literal"):
        failing.result()
    leaving = pool.submit(sys.exit, 3)
    with pytest.raises(SystemExit):
        leaving.result()
    assert pool.submit(int, "8").result() == 8


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_held(fails: bool) -> None:
    """Neither arguments, nor the result, nor an error, without the help of the cycle collector."""
    pool = ThreadPool(1)
    references: list[weakref.ref[object]] = []

    class FoundError(Exception):
        pass

    def work(argument: Thing) -> Thing:
        made = Thing()
        references.append(weakref.ref(made))
        if fails:
            failure = FoundError()
            references.append(weakref.ref(failure))
            try:
                raise failure
            finally:
                del failure
        return made

    gc.disable()
    try:
        argument = Thing()
        references.append(weakref.ref(argument))
        call: Call[Thing] = pool.submit(work, argument)
        del argument
        pool.submit(int).result()
        if fails:
            with pytest.raises(FoundError):
                call.result()
        else:
            assert references[0]() is None
            assert isinstance(call.result(), Thing)
        del call
        assert [reference() for reference in references] == [None] * len(references)
    finally:
        gc.enable()


def test_threads_end_with_their_pool() -> None:
    pool = ThreadPool(3)
    threads: set[threading.Thread] = set()
    together = threading.Barrier(3)

    def note() -> None:
        threads.add(threading.current_thread())
        together.wait(SOON)

    for call in [pool.submit(note) for _ in range(3)]:
        call.result()
    last = pool.submit(int, "5")
    del pool
    assert last.result() == 5
    for thread in threads:
        thread.join(SOON)
        assert not thread.is_alive()


def test_no_more_threads_than_told() -> None:
    pool = ThreadPool(2)
    threads: set[int] = set()
    for call in [pool.submit(lambda: threads.add(threading.get_ident())) for _ in range(50)]:
        call.result()
    assert 1 <= len(threads) <= 2


# Python looks for signals where a function begins and where one of C returns, which is where a
# profile function is called: what it raises there, Ctrl-C may raise.
INTERRUPTED = """
import faulthandler, os, sys
import numpy as np
import fastmtcnn

photo = np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8)
detector = fastmtcnn.MTCNN(num_threads=2)

def batch():
    return [found.num_faces for found in detector.detect_batch([photo] * 3)]

def stream():
    return [found.num_faces for found in detector.detect_stream(photo for _ in range(3))]

def one():
    return detector.detect(photo).num_faces

def interrupted(work, after):
    def profile(frame, event, argument):
        nonlocal after
        if event in ("call", "c_return"):
            after -= 1
            if after == 0:
                sys.setprofile(None)
                raise KeyboardInterrupt
    try:
        sys.setprofile(profile)
        work()
        sys.setprofile(None)
    except KeyboardInterrupt:
        sys.setprofile(None)
        return True
    return after < 1

work = globals()[sys.argv[1]]
expected = work()
points = 1
faulthandler.dump_traceback_later(240, exit=True)
while interrupted(work, points):
    assert work() == expected, points
    points += 1
print(points)
"""


@pytest.mark.parametrize("work", ["batch", "stream", "one"])
def test_an_interrupt_at_any_point(work: str) -> None:
    """The detector works on, with its threads, and the interpreter ends."""
    run = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, work], capture_output=True, text=True, timeout=300
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert int(run.stdout) > 100


AT_THE_EXIT = """
import threading, time
from fastmtcnn.runtime.shutdown import native_section
from fastmtcnn.runtime.threads import ThreadPool

pool = ThreadPool(1)
inside, closed = threading.Event(), threading.Event()

def watch():
    while not native_section.closed:
        time.sleep(0.001)
    closed.set()

def work():
    with native_section:
        inside.set()
        closed.wait()
        with native_section:
            print(pool.submit(int, "7").result(), flush=True)
    pool.submit(print, "too late").result()

for target in (watch, work):
    threading.Thread(target=target, daemon=True).start()
inside.wait()
"""


def test_the_exit_waits_for_calls_that_it_depends_on() -> None:
    """A detection in C++ has its parts done by other threads; afterwards nothing begins."""
    run = subprocess.run(
        [sys.executable, "-c", AT_THE_EXIT], capture_output=True, text=True, timeout=60
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "7\n", "")


def test_calls_of_the_main_thread_at_the_exit() -> None:
    """Those in progress are waited for, those that have not begun are not made."""
    program = """
import threading, time
from fastmtcnn.runtime.shutdown import native_section
from fastmtcnn.runtime.threads import ThreadPool
pool = ThreadPool(1)
begun = threading.Event()
def work():
    begun.set()
    while not native_section.closed:
        time.sleep(0.001)
    print("done", flush=True)
pool.submit(work)
begun.wait()
pool.submit(print, "never")
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "done\n", "")
