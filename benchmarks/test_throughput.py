"""Whole detections: sizes and min_face_size beside the baseline; two threads beside one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from benchmarks.baseline import BaselineMTCNN
from benchmarks.files import MODELS
from benchmarks.sizes import Pixels, fitted, mixed
from fastmtcnn import MTCNN, Detections


def same_faces(answer: Any, expected: Any) -> None:
    """Compare detections of the rewritten networks with those of the plain ones."""
    assert len(answer[0]) == len(expected[0])
    for ours, theirs, tolerance in zip(answer, expected, (0.05, 1e-4, 0.05), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


def same_bits(answer: Any, expected: Any) -> None:
    """Compare detections, or lists of them, bit for bit."""
    if isinstance(answer, Detections):
        answer, expected = [answer], [expected]
    for one, other in zip(answer, expected, strict=True):
        for part, other_part in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, other_part)


@pytest.mark.benchmark(max_time=0.5, min_rounds=3)
@pytest.mark.parametrize("min_face_size", [20, 40, 80])
@pytest.mark.parametrize(
    ("width", "height"), [(320, 240), (640, 480), (1280, 720), (1920, 1080), (3840, 2160)]
)
def test_sizes(
    compare: Callable[..., None], crowd: Pixels, width: int, height: int, min_face_size: int
) -> None:
    image = fitted(crowd, width, height)
    ours = MTCNN(min_face_size, num_threads=1)
    reference = BaselineMTCNN(MODELS, min_face_size, num_threads=1)
    compare(
        f"detect, {width}x{height}, min_face_size {min_face_size}",
        partial(ours.detect, image),
        partial(reference.detect, image),
        target=2.5,
        settings=f"rewritten networks beside plain ones, {ours.detect(image).num_faces} faces",
        check=same_faces,
    )


@pytest.mark.benchmark(min_rounds=15)
@pytest.mark.parametrize("min_face_size", [20, 40])
def test_latency_of_two_threads(
    compare: Callable[..., None], crowd: Pixels, min_face_size: int
) -> None:
    image = fitted(crowd, 1280, 720)
    two, one = (MTCNN(min_face_size, num_threads=threads) for threads in (2, 1))
    compare(
        f"detect with 2 threads beside 1, 1280x720, min_face_size {min_face_size}",
        partial(two.detect, image),
        partial(one.detect, image),
        target=1.6,
        check=same_bits,
    )


@pytest.mark.benchmark(min_rounds=5)
def test_batch_of_two_threads(compare: Callable[..., None], crowd: Pixels) -> None:
    images = mixed(crowd, 32)
    two, one = (MTCNN(num_threads=threads) for threads in (2, 1))
    compare(
        "detect_batch with 2 threads beside 1, 32 images of 320x200 to 1280x800",
        partial(two.detect_batch, images),
        partial(one.detect_batch, images),
        target=1.85,
        check=same_bits,
    )


@pytest.mark.benchmark(min_rounds=5)
def test_stream_of_two_threads(compare: Callable[..., None], crowd: Pixels) -> None:
    images = mixed(crowd, 32)
    two, one = (MTCNN(num_threads=threads) for threads in (2, 1))
    compare(
        "detect_stream with 2 threads beside 1, the same images",
        lambda: list(two.detect_stream(images)),
        lambda: list(one.detect_stream(images)),
        target=1.75,
        check=same_bits,
    )
