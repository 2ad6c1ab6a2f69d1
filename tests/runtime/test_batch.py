"""detect_batch and detect_stream: the results of single calls, in order, whatever happens."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from fastmtcnn import MTCNN, Detections, ImageError
from fastmtcnn.networks import loading
from fastmtcnn.networks.onnx import OnnxNetwork
from fastmtcnn.runtime.pipeline import ordered
from fastmtcnn.runtime.workers import Workers
from tests.support.helpers import (
    GOLDEN,
    MODELS,
    assert_same_detections,
    encoded,
    golden_image,
    random_image,
)
from tests.support.networks import RecordingNetwork, pretend_accelerator

NAMES = ["astronaut_333x277.png", "hopper_61x73.png", "coffee_noface.png", "grace_hopper.png"]


@pytest.fixture(scope="module", params=[1, 2, 3])
def parallel(request: pytest.FixtureRequest) -> MTCNN:
    return MTCNN(num_threads=request.param)


@pytest.fixture(scope="module")
def images() -> list[Any]:
    """Of mixed sizes and kinds."""
    pixels = [golden_image(name) for name in NAMES]
    return [
        pixels[0],
        GOLDEN / NAMES[1],
        random_image(1, 1),
        encoded(pixels[2]),
        PIL.Image.fromarray(pixels[3]),
        pixels[0][:, ::-1],
        str(GOLDEN / NAMES[0]),
        pixels[1],
    ]


@pytest.fixture(scope="module")
def expected(images: list[Any]) -> list[Detections]:
    detector = MTCNN(num_threads=1)
    return [detector.detect(image) for image in images]


def assert_all_same(actual: list[Detections], expected: list[Detections]) -> None:
    assert len(actual) == len(expected)
    for one, other in zip(actual, expected, strict=True):
        assert_same_detections(one, other)


def test_threads_do_not_change_a_result(
    parallel: MTCNN, images: list[Any], expected: list[Detections]
) -> None:
    assert_all_same([parallel.detect(image) for image in images], expected)


def test_batch_equals_single_calls(
    parallel: MTCNN, images: list[Any], expected: list[Detections]
) -> None:
    assert_all_same(parallel.detect_batch(images), expected)
    assert_all_same(parallel.detect_batch(iter(images[::-1])), expected[::-1])
    assert_all_same(parallel.detect_batch(images[:1]), expected[:1])
    assert parallel.detect_batch([]) == []


def test_batch_of_arrays(parallel: MTCNN) -> None:
    image = golden_image(NAMES[1])
    one = parallel.detect(image)
    assert_all_same(parallel.detect_batch(np.stack([image, image])), [one, one])
    column = np.empty(2, object)
    column[:] = [image, image[:, ::-1]]
    assert_all_same(parallel.detect_batch(column), [one, parallel.detect(image[:, ::-1])])


@pytest.mark.parametrize("max_in_flight", [None, 1, 2, 100])
def test_stream_equals_single_calls(
    parallel: MTCNN, images: list[Any], expected: list[Detections], max_in_flight: int | None
) -> None:
    found = parallel.detect_stream(iter(images), max_in_flight=max_in_flight)
    assert_all_same(list(found), expected)
    assert list(parallel.detect_stream([])) == []


def test_stream_takes_no_more_than_it_may() -> None:
    taken = 0

    def endless() -> Iterator[Any]:
        nonlocal taken
        while True:
            taken += 1
            yield golden_image(NAMES[1])

    found = MTCNN(num_threads=2).detect_stream(endless(), max_in_flight=3)
    assert taken == 0
    for asked in range(1, 10):
        next(found)
        assert taken <= asked + 3
    found.close()


@pytest.mark.parametrize("method", ["detect_batch", "detect_stream"])
@pytest.mark.parametrize(
    "images",
    [random_image(3, 3), random_image(3, 3)[0], "a.png", Path("a.png"), b"abc", BytesIO(b"a\nb")],
)
def test_one_image_is_not_several(detector: MTCNN, method: str, images: Any) -> None:
    with pytest.raises(TypeError, match=f"{method} takes several images, got one"):
        getattr(detector, method)(images)


@pytest.mark.parametrize("method", ["detect_batch", "detect_stream"])
def test_what_is_no_iterable(detector: MTCNN, method: str) -> None:
    with pytest.raises(TypeError, match=f"{method} takes an iterable of images, got int"):
        getattr(detector, method)(5)


@pytest.mark.parametrize("max_in_flight", [0, -1, 1.5, True])
def test_wrong_max_in_flight(detector: MTCNN, max_in_flight: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="max_in_flight must be a whole number"):
        detector.detect_stream([], max_in_flight=max_in_flight)


def test_a_bad_image_raises_in_its_place(parallel: MTCNN) -> None:
    good = golden_image(NAMES[1])
    found = parallel.detect_stream([good, b"no image", good])
    assert next(found).num_faces == 1
    with pytest.raises(ImageError, match="these 8 bytes"):
        next(found)
    with pytest.raises(ImageError, match="these 8 bytes"):
        parallel.detect_batch([good, b"no image", good])


def test_an_error_of_the_source_comes_after_its_images(parallel: MTCNN) -> None:
    def broken() -> Iterator[Any]:
        yield golden_image(NAMES[1])
        yield golden_image(NAMES[0])
        raise RuntimeError("camera lost")

    found = parallel.detect_stream(broken(), max_in_flight=8)
    assert [next(found).num_faces, next(found).num_faces] == [1, 1]
    with pytest.raises(RuntimeError, match="camera lost"):
        next(found)


def test_an_interrupt_in_the_source_comes_at_once() -> None:
    release = threading.Event()

    def interrupted() -> Iterator[int]:
        yield 1
        raise KeyboardInterrupt

    results = ordered(lambda _: release.wait(60), interrupted(), Workers(2), 8)
    try:
        with pytest.raises(KeyboardInterrupt):
            next(results)  # whose item is still worked on
    finally:
        release.set()


def test_calls_that_have_not_begun_are_cancelled() -> None:
    all_taken, release, called = threading.Event(), threading.Event(), list[int]()

    def items() -> Iterator[int]:
        yield from range(7)
        all_taken.set()
        yield 7

    def call(item: int) -> None:
        called.append(item)
        (all_taken if item == 0 else release).wait(60)

    workers = Workers(2)
    results = ordered(call, items(), workers, 8)
    next(results)
    results.close()
    release.set()
    workers.submit(int).result()  # after all that came before it
    assert sorted(called) == [*range(len(called))]
    assert len(called) <= 3  # the first, and one in each thread


def test_a_stream_given_up_leaves_the_detector_usable(parallel: MTCNN) -> None:
    image = golden_image(NAMES[0])
    before = set(threading.enumerate())
    for _ in range(5):
        found = parallel.detect_stream(image for _ in range(50))
        next(found)
        found.close()
    started = time.monotonic()
    assert parallel.detect(image).num_faces == 1
    # What was cancelled is not worked off first: that would be hundreds of images.
    assert time.monotonic() - started < 60
    assert len(set(threading.enumerate()) - before) <= 3


def test_accelerators_get_several_images_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a GPU, but that the networks run on the CPU."""
    pretend_accelerator(monkeypatch)
    images = [golden_image(name) for name in NAMES] * 5 + [random_image(1, 1)]
    shapes: list[tuple[int, ...]] = []

    def recorded(*arguments: Any, **options: Any) -> RecordingNetwork:
        return RecordingNetwork(OnnxNetwork(*arguments, **options), shapes)

    monkeypatch.setattr(loading, "OnnxNetwork", recorded)
    joined = MTCNN(num_threads=2)
    plain = MTCNN(models=MODELS, num_threads=1)
    expected = [plain.detect(image) for image in images]
    shapes.clear()
    found = joined.detect_batch(images)
    for one, other in zip(found, expected, strict=True):
        assert one.num_faces == other.num_faces
        for part, other_part in zip(one, other, strict=True):
            np.testing.assert_allclose(part, other_part, rtol=0, atol=2e-3)
    # 16 images and then 5: four of each size, then one or two.
    crops = [shape for shape in shapes if shape[2] in (24, 48) and shape[2] == shape[3]]
    levels = [shape for shape in shapes if shape not in crops]
    assert len(crops) <= 2 * 2 + 2  # R-Net and O-Net, once or twice each
    assert max(shape[0] for shape in levels) == 4


@pytest.mark.parametrize("num_threads", [1, 2])
def test_a_buffer_filled_again_and_again(num_threads: int) -> None:
    image = golden_image(NAMES[0])
    detector = MTCNN(40, num_threads=num_threads)

    def frames() -> Iterator[Any]:
        buffer = np.empty_like(image)
        for k in range(6):
            buffer[...] = image if k % 2 else 0
            yield buffer

    found = detector.detect_stream(frames())
    assert [result.num_faces for result in found] == [0, 1, 0, 1, 0, 1]
    assert [result.num_faces for result in detector.detect_batch(frames())] == [0, 1, 0, 1, 0, 1]


def test_a_thread_that_outlives_the_main_thread() -> None:
    program = """
import threading, fastmtcnn
detector = fastmtcnn.MTCNN(num_threads=2)
def late():
    threading.main_thread().join()
    photo = fastmtcnn.sample_photo()
    print(detector.detect(photo).num_faces, len(detector.detect_batch([photo, photo])))
    print(sum(1 for _ in detector.detect_stream([photo] * 3)))
threading.Thread(target=late).start()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], timeout=60, capture_output=True, text=True, check=False
    )
    assert (done.stdout.split(), done.stderr) == (["1", "2", "3"], "")
