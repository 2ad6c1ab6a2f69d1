"""The same pixels give the same numbers, to the last bit, however and wherever they are found."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import fastmtcnn
from fastmtcnn import MTCNN, Trace, _core, cpu_features
from tests.support.helpers import elsewhere, golden_image

NAMES = ("crowd.png", "hopper_61x73.png", "coffee_noface.png", "grace_hopper.png")
MIN_FACE_SIZE = 30

# Between the two files of P-Net, of which each processor uses one. Largest differences seen on
# these images: of P-Net's scores 1.2e-6, of its offsets 2.3e-7, of the detections none.
PIXELS, SCORE = 1e-4, 1e-5


def checksum(parts: Iterable[NDArray[Any]]) -> str:
    digest = sha256()
    for part in parts:
        digest.update(f"{part.dtype} {part.shape}".encode())
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def parts(trace: Trace) -> list[NDArray[Any]]:
    """All numbers of a detection, of whichever stage."""
    scales = np.array(trace.scales)
    return [scales, trace.proposals, *trace.rnet, *trace.onet, *trace.detections]


def images() -> list[NDArray[np.uint8]]:
    return [golden_image(name) for name in NAMES]


def checksums(detector: MTCNN) -> list[str]:
    """One of each image's trace."""
    return [checksum(parts(detector.trace(image))) for image in images()]


def maker(**options: Any) -> MTCNN:
    return MTCNN(MIN_FACE_SIZE, **{"num_threads": 1} | options)


def shipped_checksums(num_threads: int = 1) -> list[str]:
    """For a process of its own."""
    return checksums(maker(num_threads=num_threads))


def variant_checksums() -> list[str]:
    """One of each image's trace, with each variant."""
    variants = fastmtcnn.VARIANTS
    return [each for name in variants for each in checksums(maker(variant=name, num_threads=2))]


def unpickled_checksums(path: str) -> list[str]:
    """For a process of its own."""
    return checksums(pickle.loads(Path(path).read_bytes()))


@pytest.fixture(scope="module")
def expected() -> list[str]:
    return checksums(maker())


@pytest.fixture(scope="module")
def expected_alone() -> list[str]:
    detector = maker()
    return [checksum(detector.detect(image)) for image in images()]


def test_checksums_differ(expected: list[str]) -> None:
    """They tell images and options apart, and there are faces in them."""
    assert len(set(expected)) == len(NAMES)
    assert not set(expected) & set(checksums(maker(factor=0.7)))
    assert [maker().detect(image).num_faces > 0 for image in images()] == [True, True, False, True]


def test_again(expected: list[str]) -> None:
    detector = maker()
    for _ in range(3):
        assert checksums(detector) == expected
    assert checksums(maker()) == expected


@pytest.mark.parametrize("num_threads", [2, 3, 4])
def test_number_of_threads(num_threads: int, expected: list[str]) -> None:
    detector = maker(num_threads=num_threads)
    for _ in range(2):
        assert checksums(detector) == expected


def test_threads_that_share_a_detector(expected: list[str]) -> None:
    detector = maker(num_threads=2)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(detector.trace, images() * 3))
    assert [checksum(parts(trace)) for trace in found] == expected * 3


@pytest.mark.parametrize(
    "num_threads",
    [pytest.param(1, marks=pytest.mark.slow), 2, pytest.param(4, marks=pytest.mark.slow)],
)
def test_company_in_a_batch(num_threads: int, expected_alone: list[str]) -> None:
    detector = maker(num_threads=num_threads)
    whole = images()
    orders: list[Sequence[int]] = [(k,) for k in range(len(NAMES))]
    orders += [(0, 1, 2, 3), (3, 2, 1, 0), (1, 1, 0, 1), (2, 0), (1, 3, 2, 0, 2)]
    for order in orders:
        some = [whole[k] for k in order]
        wanted = [expected_alone[k] for k in order]
        assert [checksum(found) for found in detector.detect_batch(some)] == wanted
        for ahead in (1, 3):
            stream = detector.detect_stream(iter(some), max_in_flight=ahead)
            assert [checksum(found) for found in stream] == wanted


def test_place_in_memory(expected: list[str]) -> None:
    detector = maker()
    image = golden_image(NAMES[1])
    for offset in [*range(9), 31, 63]:
        memory = np.zeros(image.size + offset, np.uint8)
        moved = memory[offset:].reshape(image.shape)
        moved[...] = image
        assert checksum(parts(detector.trace(moved))) == expected[1]
    for view in (
        image[::-1].copy()[::-1],
        np.asfortranarray(image),
        np.pad(image, 5)[5:-5, 5:-5, 5:-5],
    ):
        assert checksum(parts(detector.trace(view))) == expected[1]


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda detector: pickle.loads(pickle.dumps(detector))]
)
def test_copies(again: Callable[[MTCNN], MTCNN], expected: list[str]) -> None:
    assert checksums(again(maker(num_threads=2))) == expected


def test_unpickled_in_another_process(tmp_path: Path, expected: list[str]) -> None:
    path = tmp_path / "detector"
    path.write_bytes(pickle.dumps(maker(num_threads=2)))
    assert elsewhere(unpickled_checksums, str(path)) == expected


@pytest.mark.parametrize(
    "seed",
    ["random", *(pytest.param(seed, marks=pytest.mark.slow) for seed in ("0", "1", "4294967295"))],
)
def test_other_processes(seed: str, expected: list[str]) -> None:
    for num_threads in (1, 4):
        assert elsewhere(shipped_checksums, num_threads, PYTHONHASHSEED=seed) == expected


@pytest.mark.skipif(len(cpu_features()) == 1, reason="only the scalar code runs here")
def test_code_for_other_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = variant_checksums()
    source, nms = _core.ResampleSource, _core.nms
    used = set()

    def source_of(
        target: str, image: _core.Image, resampling: _core.Resampling
    ) -> _core.ResampleSource:
        made = source(image, resampling, target)
        used.add(made.target)
        return made

    for target in cpu_features()[1:]:
        monkeypatch.setattr("fastmtcnn._core.ResampleSource", partial(source_of, target))
        monkeypatch.setattr("fastmtcnn._core.nms", partial(nms, target=target))
        assert variant_checksums() == expected
    assert used == set(cpu_features()[1:])


def test_networks_for_other_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    traces = []
    for avx512 in (True, False):
        monkeypatch.setattr("fastmtcnn._core.has_avx512f", lambda avx512=avx512: avx512)
        detector = maker()
        traces.append([detector.trace(image) for image in images()])
    for one, other in zip(*traces, strict=True):
        assert one.scales == other.scales
        for values, others, tolerance in [
            (one.proposals[:, :4], other.proposals[:, :4], PIXELS),
            (one.proposals[:, 4:], other.proposals[:, 4:], SCORE),
            (one.detections.boxes, other.detections.boxes, PIXELS),
            (one.detections.scores, other.detections.scores, SCORE),
            (one.detections.landmarks, other.detections.landmarks, PIXELS),
        ]:
            assert values.shape == others.shape
            np.testing.assert_allclose(values, others, rtol=0, atol=tolerance)
