"""Threads, processes, signals and the interpreter's end: the same results, no hang, no noise."""

from __future__ import annotations

import asyncio
import gc
import io
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, ClassVar

import numpy as np
import PIL.Image
import PIL.ImageSequence
import pytest

from fastmtcnn import MTCNN, Detections, ImageError
from fastmtcnn.runtime.threads import Call
from fastmtcnn.runtime.workers import Workers
from tests.support.helpers import GOLDEN, assert_same_detections, encoded, golden_image

NAMES = ["astronaut_333x277.png", "hopper_61x73.png", "coffee_noface.png", "grace_hopper.png"]
METHODS = [name for name in ("fork", "spawn", "forkserver")
           if name in multiprocessing.get_all_start_methods()]  # fmt: skip
FORKED_WITH_THREADS = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.fixture(scope="module")
def images() -> list[Any]:
    """Of mixed sizes and kinds; two paths and two encoded, so that decoding is shared too."""
    pixels = [golden_image(name) for name in NAMES]
    return [
        *pixels,
        GOLDEN / NAMES[0],
        encoded(pixels[1]),
        str(GOLDEN / NAMES[1]),
        encoded(pixels[0], "JPEG"),
    ]


@pytest.fixture(scope="module")
def expected(images: list[Any]) -> list[Detections]:
    detector = MTCNN(30, num_threads=1)
    found = [detector.detect(image) for image in images]
    assert [each.num_faces for each in found] == [1, 1, 0, 1, 1, 1, 1, 1]
    return found


def equal(one: Detections, other: Detections) -> bool:
    return all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    "num_threads",
    [pytest.param(1, marks=pytest.mark.slow), 2, pytest.param(5, marks=pytest.mark.slow)],
)
def test_thirty_two_threads_share_a_detector(
    images: list[Any], expected: list[Detections], num_threads: int
) -> None:
    """Each calls it in another order and way, all at the same moment."""
    detector = MTCNN(30, num_threads=num_threads)  # without its own threads so far
    ready = threading.Barrier(32)
    wrong: list[str] = []

    def work(number: int) -> int:
        order = random.Random(number).sample(range(len(images)), len(images))
        chosen = [images[k] for k in order]
        ready.wait()
        if number % 3 == 0:
            found = [detector.detect(image) for image in chosen]
        elif number % 3 == 1:
            found = detector.detect_batch(chosen)
        else:
            found = list(detector.detect_stream(iter(chosen), max_in_flight=1 + number % 4))
        wrong.extend(
            f"{number}: {k}"
            for k, each in zip(order, found, strict=True)
            if not equal(each, expected[k])
        )
        return len(found)

    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(work, range(32))) == [len(images)] * 32
    assert wrong == []


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "GIF", "TIFF", "WEBP"])
def test_threads_share_a_pil_image_that_is_not_decoded_yet(file_format: str) -> None:
    """Pillow decodes it when it is first needed, from one file for all."""
    content = encoded(golden_image(NAMES[0]), file_format)
    detector = MTCNN(60, num_threads=8)
    with PIL.Image.open(io.BytesIO(content)) as image:
        expected = detector.detect(image)
    assert expected.num_faces == 1
    for _ in range(10):
        with PIL.Image.open(io.BytesIO(content)) as image:
            for found in detector.detect_batch([image] * 8):
                assert_same_detections(found, expected)


@pytest.mark.parametrize("num_threads", [pytest.param(1, marks=pytest.mark.slow), 4])
@pytest.mark.parametrize("file_format", ["GIF", "TIFF", "PNG", "WEBP"])
def test_a_stream_of_the_frames_of_one_file(file_format: str, num_threads: int) -> None:
    """Pillow gives the same image each time, wound on to the next frame."""
    face = PIL.Image.fromarray(golden_image(NAMES[0]))
    empty = PIL.Image.fromarray(golden_image(NAMES[2])).resize(face.size)
    frames = [face, empty] * 4
    file = io.BytesIO()
    face.save(file, file_format, save_all=True, append_images=frames[1:], duration=20)
    detector = MTCNN(60, num_threads=num_threads)
    for detect_all in (detector.detect_stream, detector.detect_batch):
        with PIL.Image.open(file) as image:
            found = detect_all(PIL.ImageSequence.Iterator(image))
            assert [each.num_faces for each in found] == [1, 0] * 4


def own_threads() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if each.name.startswith("fastmtcnn")}


def test_threads_end_with_their_detector() -> None:
    before = own_threads()
    detector = MTCNN(60, num_threads=3)
    detector.detect_batch([golden_image(NAMES[0])] * 6)
    mine = own_threads() - before
    assert 1 <= len(mine) <= 3
    del detector
    gc.collect()
    for thread in mine:
        thread.join(30)
    assert not any(thread.is_alive() for thread in mine)


@pytest.mark.parametrize("how", ["dropped", "closed", "thrown into", "source fails"])
def test_a_stream_that_is_not_used_up(how: str) -> None:
    """Its source is closed, what was taken is not worked off, and the detector goes on."""
    detector = MTCNN(30, num_threads=2)
    image = golden_image(NAMES[0])
    expected = detector.detect(image)
    closed: list[bool] = []
    taken = 0

    def source() -> Iterator[Any]:
        nonlocal taken
        try:
            for _ in range(1000):
                taken += 1
                if how == "source fails" and taken > 3:
                    raise OSError("no more frames")
                yield image
        finally:
            closed.append(True)

    stream = detector.detect_stream(source(), max_in_flight=4)
    assert_same_detections(next(stream), expected)
    if how == "closed":
        stream.close()
    elif how == "thrown into":
        with pytest.raises(KeyError, match="stop"):
            stream.throw(KeyError("stop"))
    elif how == "source fails":
        assert len([next(stream), next(stream)]) == 2
        with pytest.raises(OSError, match="no more frames"):
            next(stream)
    del stream
    gc.collect()
    assert closed == [True]
    assert taken <= 1 + 4
    assert_same_detections(detector.detect(image), expected)


def test_asyncio(images: list[Any], expected: list[Detections]) -> None:
    detector = MTCNN(30, num_threads=2)

    async def serve() -> list[Detections]:
        waiting = [asyncio.to_thread(detector.detect, image) for image in images * 3]
        return await asyncio.gather(*waiting)

    for one, other in zip(asyncio.run(serve()), expected * 3, strict=True):
        assert_same_detections(one, other)


def _executor(kind: str) -> Executor:
    if kind == "thread":
        return ThreadPoolExecutor(3)
    return ProcessPoolExecutor(2, multiprocessing.get_context(kind))


@FORKED_WITH_THREADS
@pytest.mark.parametrize("kind", ["thread", *METHODS])
def test_executors(images: list[Any], expected: list[Detections], kind: str) -> None:
    """A bound method goes to the workers, with the detector's options; arrays come back."""
    detector = MTCNN(30, num_threads=2)
    detector.detect_batch(images[:2])  # so that it has threads, which a fork leaves behind
    with _executor(kind) as pool:
        found = list(pool.map(detector.detect, images, timeout=120))
    for one, other in zip(found, expected, strict=True):
        assert_same_detections(one, other)


@FORKED_WITH_THREADS
@pytest.mark.parametrize("method", METHODS)
def test_multiprocessing_pools(images: list[Any], expected: list[Detections], method: str) -> None:
    detector = MTCNN(30, num_threads=2)
    detector.detect_batch(images[:2])
    with multiprocessing.get_context(method).Pool(2) as pool:
        found = pool.map_async(detector.detect, images, chunksize=1).get(timeout=120)
    for one, other in zip(found, expected, strict=True):
        assert_same_detections(one, other)


def run(program: str, *, interrupt: int = 0, timeout: float = 120) -> tuple[int, str, str]:
    """Run a program, with Ctrl-C pressed a number of times once it prints its first line."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        first = ""
        try:
            if interrupt:
                assert process.stdout is not None
                first = process.stdout.readline()
            for _ in range(interrupt):
                process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
        return process.returncode, first + out, err


# Who runs the tests may have Ctrl-C ignored, as a shell does for what it starts in the background.
PRELUDE = """
import os, signal, sys, threading, time, fastmtcnn
signal.signal(signal.SIGINT, signal.default_int_handler)
photo = fastmtcnn.sample_photo()
detector = fastmtcnn.MTCNN(num_threads=2)
def endless():
    while True:
        yield photo
begun = threading.Semaphore(0)  # released by threads in the middle of their work
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("leave", ["sys.exit(0)", "os._exit(0)"])
def test_servers_that_fork_their_workers(leave: str) -> None:
    """As gunicorn does with --preload: the parent has used the detector, and has threads busy."""
    program = f"""{PRELUDE}
expected = detector.detect(photo)
stream = detector.detect_stream(endless())
next(stream)
def serve():
    for _ in range(3):
        for found in (detector.detect(photo), *detector.detect_batch([photo] * 3)):
            assert found.boxes.tobytes() == expected.boxes.tobytes()
    try:
        next(stream)
    except RuntimeError as error:
        assert "cannot be continued in a forked process" in str(error), error
    else:
        raise AssertionError("a stream went on in another process")
    threads = [threading.Thread(target=detector.detect, args=(photo,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        serve()
        {leave}
    children.append(child)
print([os.waitpid(child, 0)[1] for child in children])
assert next(stream).boxes.tobytes() == expected.boxes.tobytes()
stream.close()
"""
    assert run(program) == (0, "[0, 0, 0, 0]\n", "")


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(
    "work",
    [
        "for found in detector.detect_stream(endless()): ready()",
        "while True: detector.detect_batch([photo] * 8); ready()",
        "while True: detector.detect(photo); ready()",
    ],
)
def test_interrupted(work: str, times: int) -> None:
    """Ctrl-C ends it at once, with one traceback, however often it is pressed."""
    ready = "def ready(): print('ready', flush=True)"  # and the work goes on
    code, out, err = run(f"{PRELUDE}\n{ready}\n{work}\n", interrupt=times, timeout=30)
    assert set(out.splitlines()) == {"ready"}
    assert code in (-signal.SIGINT, 128 + signal.SIGINT)
    assert "KeyboardInterrupt" in err
    assert "terminate called" not in err
    assert "Fatal" not in err


@pytest.mark.parametrize("after", ["", "print(len(detector.detect_batch([photo] * 3)))"])
@pytest.mark.parametrize(
    "work",
    [
        "detector.detect_batch([photo] * 4)",
        "next(detector.detect_stream(endless()))",
        "detector.detect(photo)",
    ],
)
def test_interrupted_while_a_thread_starts(work: str, after: str) -> None:
    """The interpreter ends although the pool does not know the thread; and other threads start."""
    program = f"""{PRELUDE}
start = threading.Thread.start
def interrupted(thread):
    start(thread)
    raise KeyboardInterrupt
threading.Thread.start = interrupted
try:
    {work}
except KeyboardInterrupt:
    print("interrupted")
threading.Thread.start = start
{after}
"""
    expected = "interrupted\n3\n" if after else "interrupted\n"
    assert run(program, timeout=60) == (0, expected, "")


@pytest.mark.parametrize(
    "work",
    [
        # A stream that nobody closes.
        "stream = detector.detect_stream(endless()); next(stream)",
        # Threads that the interpreter does not wait for, in the middle of a detection.
        "def go():\n"
        "    while True: detector.detect_batch([photo] * 4); begun.release()\n"
        "for _ in range(3): threading.Thread(target=go, daemon=True).start()\n"
        "for _ in range(6): begun.acquire()",
        "def go():\n"
        "    for found in detector.detect_stream(endless()): begun.release()\n"
        "threading.Thread(target=go, daemon=True).start()\n"
        "for _ in range(6): begun.acquire()",
        # One that it waits for.
        "threading.Thread(target=detector.detect_batch, args=([photo] * 4,)).start()",
        # Python ends these when they come back from C++, which aborted the process.
        "detector = fastmtcnn.MTCNN(num_threads=1)\n"
        "def go():\n"
        "    while True: detector.detect(photo); begun.release()\n"
        "for _ in range(3): threading.Thread(target=go, daemon=True).start()\n"
        "for _ in range(9): begun.acquire()",
        # A detection in an exit handler.
        "import atexit; atexit.register(detector.detect, photo)",
    ],
)
def test_the_interpreter_ends_with_work_in_flight(work: str) -> None:
    assert run(f"{PRELUDE}\n{work}\nprint('end')\n", timeout=60) == (0, "end\n", "")


@pytest.mark.parametrize("presses", [0, 1, 5])
def test_the_exit_waits_however_often_ctrl_c_is_pressed(presses: int) -> None:
    """Each interrupt ends the wait, at any of its points, and the wait begins again."""
    program = f"""{PRELUDE}
from fastmtcnn.runtime import shutdown
def go():
    with shutdown.native_section:
        begun.release()
        interrupted.acquire()
        print("out", flush=True)
interrupted = threading.Lock()
interrupted.acquire()
threading.Thread(target=go, daemon=True).start()
begun.acquire()
presses = {presses}
def sleep(seconds, sleep=time.sleep):
    global presses
    if presses:
        presses -= 1
        signal.raise_signal(signal.SIGINT)
    elif interrupted.locked():
        interrupted.release()
    sleep(seconds)
time.sleep = sleep
"""
    assert run(program, timeout=60) == (0, "out\n", "")


def test_a_batch_after_what_waits_for_the_threads() -> None:
    """An exit handler that was registered before the import comes last: it does the work itself."""
    program = f"""
import atexit
def late():
    print([found.num_faces for found in detector.detect_batch([photo] * 3)])
atexit.register(late)
{PRELUDE}
detector.detect_batch([photo] * 3)
"""
    assert run(program, timeout=60) == (0, "[1, 1, 1]\n", "")


def test_no_detection_begins_while_the_interpreter_ends() -> None:
    program = """
import atexit, time
done = 0
def late():  # after what fastmtcnn does at the end, since it was registered before
    before = done
    time.sleep(0.5)  # for those that must not come, there is no event
    print(done - before <= 1)
atexit.register(late)
import threading, fastmtcnn
photo = fastmtcnn.sample_photo()
detector = fastmtcnn.MTCNN(60, num_threads=1)
def go():
    global done
    while True:
        detector.detect(photo)
        done += 1
threading.Thread(target=go, daemon=True).start()
while done < 5:
    time.sleep(0.01)
"""
    assert run(program) == (0, "True\n", "")


def test_a_failure_cancels_what_has_not_begun() -> None:
    workers = Workers(2)
    begun: list[int] = []
    failed = threading.Event()

    def work(number: int) -> int:
        begun.append(number)
        if number == 0:
            raise KeyError("first")
        failed.wait(60)
        return number

    with pytest.raises(KeyError, match="first"):
        list(workers.map()(work, range(100)))
    failed.set()
    workers.submit(int).result()  # which comes after all that has not been cancelled
    assert sorted(begun) in ([0], [0, 1], [0, 1, 2])


def test_no_thread_can_be_started(
    images: list[Any], expected: list[Detections], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where memory or the number of threads is limited: the calling thread does the work."""

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    detector = MTCNN(30, num_threads=3)
    monkeypatch.setattr(threading.Thread, "start", start)
    found = [
        *map(detector.detect, images),
        *detector.detect_batch(images),
        *detector.detect_stream(images),
    ]
    for one, other in zip(found, expected * 3, strict=True):
        assert_same_detections(one, other)


class Tracked(np.ndarray[Any, np.dtype[np.uint8]]):
    """An array of which, and of whose copies, it can be told whether they are still there."""

    alive: ClassVar[list[weakref.ref[Any]]] = []

    def __array_finalize__(self, _: object) -> None:
        self.alive.append(weakref.ref(self))


@pytest.mark.parametrize("num_threads", [1, 2])
@pytest.mark.parametrize("method", ["detect_batch", "detect_stream"])
@pytest.mark.parametrize("case", ["good", "bad left out", "bad raises", "source raises"])
def test_no_image_is_kept(case: str, method: str, num_threads: int) -> None:
    """Not even until the garbage is collected, which may be long after memory has ended."""
    detector = MTCNN(60, num_threads=num_threads)
    alive = Tracked.alive

    def source() -> Iterator[Any]:
        for _ in range(3):
            yield golden_image(NAMES[0]).copy().view(Tracked)
        if case.startswith("bad"):
            yield np.zeros((40, 40, 7), np.uint8).view(Tracked)
        if case == "source raises":
            raise OSError("no more")
        yield golden_image(NAMES[1])

    def detect(images: Iterable[Any]) -> None:
        on_error: Any = "empty" if case == "bad left out" else "raise"
        list(getattr(detector, method)(images, on_error=on_error))

    gc.collect()
    gc.disable()
    try:
        for several in (iter, list) if case != "source raises" else (iter,):
            alive.clear()
            if case in ("good", "bad left out"):
                detect(several(source()))
            else:
                with pytest.raises((ImageError, OSError)):
                    detect(several(source()))
            assert len(alive) >= 3
            deadline = time.monotonic() + 20  # a thread may be about to drop one
            while any(ref() is not None for ref in alive) and time.monotonic() < deadline:
                time.sleep(0.01)
            assert [ref() is None for ref in alive] == [True] * len(alive)
    finally:
        gc.enable()


def test_a_call_does_not_wait_for_the_batch_of_another_thread() -> None:
    detector = MTCNN(num_threads=2)
    photo = golden_image(NAMES[1])
    held, begun = threading.Event(), threading.Semaphore(0)

    class Held(os.PathLike[str]):
        """A path that keeps a thread of the detector waiting."""

        def __fspath__(self) -> str:
            if threading.current_thread() in own_threads():
                begun.release()
                assert held.wait(60)
            return str(GOLDEN / NAMES[1])

    with ThreadPoolExecutor(2) as callers:
        try:
            batch = callers.submit(detector.detect_batch, [Held() for _ in range(4)])
            for _ in range(2):
                assert begun.acquire(timeout=60)
            assert callers.submit(detector.detect, photo).result(60).num_faces == 1
            assert not batch.done()
        finally:
            held.set()
        assert [found.num_faces for found in batch.result(60)] == [1] * 4


@pytest.mark.parametrize("num_threads", [1, 2])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "BMP", "WEBP", "TIFF"])
def test_files_that_are_closed_when_the_source_goes_on(file_format: str, num_threads: int) -> None:
    content = encoded(golden_image(NAMES[0]), file_format)
    detector = MTCNN(60, num_threads=num_threads)

    def opened() -> Iterator[Any]:
        for _ in range(8):
            with PIL.Image.open(io.BytesIO(content)) as image:
                yield image

    for detect_all in (detector.detect_stream, detector.detect_batch):
        assert [found.num_faces for found in detect_all(opened())] == [1] * 8


def test_results_of_a_stream_come_as_soon_as_they_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A camera's frames are not held back until as many are taken as may be in flight."""
    detector = MTCNN(30, num_threads=2)
    image = golden_image(NAMES[1])
    submit = Workers.submit
    searches: list[Call[Any]] = []
    taken = 0

    def noting(workers: Workers, *call: Any) -> Call[Any]:
        searches.append(submit(workers, *call))
        return searches[-1]

    def camera() -> Iterator[Any]:
        nonlocal taken
        for _ in range(10):
            taken += 1
            yield image
            deadline = time.monotonic() + 60
            while not searches[-1].done():  # the next frame comes when this one has been searched
                assert time.monotonic() < deadline
                time.sleep(0.001)

    monkeypatch.setattr(Workers, "submit", noting)
    stream = detector.detect_stream(camera(), max_in_flight=8)
    assert next(stream).num_faces == 1
    assert taken <= 2  # 1 if the first has been searched before the next is asked for
    stream.close()


def test_detectors_made_while_the_interpreter_ends() -> None:
    program = """
import threading, fastmtcnn
made = threading.Semaphore(0)
def go():
    while True:
        fastmtcnn.MTCNN(num_threads=1)
        made.release()
for _ in range(3):
    threading.Thread(target=go, daemon=True).start()
for _ in range(3):
    made.acquire()
"""
    for _ in range(4):
        assert run(program) == (0, "", "")
