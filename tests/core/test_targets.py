"""The CPU targets of the C++ core: all give the same bits, and read nothing beside an image."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from fastmtcnn import _core, cpu_features
from tests.core.test_oracle import many_boxes
from tests.support.helpers import assert_same, elsewhere, random_image

MODES: tuple[Literal["union", "min"], ...] = ("union", "min")


def results(seed: int, target: str) -> Iterator[NDArray[Any]]:
    """Yield arrays that all kernels of a target have a part in."""
    rng = np.random.default_rng(seed)
    rows, columns, height, width = rng.integers(1, 90, 4).tolist()
    image = random_image(rows, columns, seed)
    if seed % 5 == 0:
        image = np.where(image < 128, 0, 255).astype(np.uint8)[::-1]
    corners = rng.integers([-40, -40, 0, 0], [columns, rows, 80, 80], (6, 4))
    around = corners.astype(np.float64)
    around[:, 2:] += np.maximum(around[:, :2], 0)
    for resampling in ("bilinear", "area", "adaptive"):
        source = _core.ResampleSource(image, resampling, target)
        yield _core.resample(source, height, width)
        for size in (24, 48):
            yield _core.crop(source, around, size)
    transforms = rng.normal(0, (1, 1, 40), (4, 2, 3))
    for antialias in (False, True):
        fill = (9, 8, 7)
        yield _core.warp(image, transforms, height, width, "constant", fill, antialias, target)
    near = np.hstack([around[:, :2] % 9, around[:, :2] % 9 + around[:, 2:] % 12])
    scores = np.tile(rng.random(6, np.float32).round(1), 4)
    for mode in MODES:
        yield _core.nms(np.tile(near, (4, 1)), scores, 0.4, mode, False, target)
        many = many_boxes(100, seed, ties=seed % 2 == 0, nan=seed % 3 == 0)
        yield _core.nms(*many, 0.5, mode, target=target)


@pytest.mark.skipif(len(cpu_features()) == 1, reason="only the scalar code runs here")
def test_targets_agree() -> None:
    # One after the other in one thread, whose kept weights are in the layout of the last target.
    for seed in range(200):
        expected = list(results(seed, "scalar"))
        for target in cpu_features():
            for got, wanted in zip(results(seed, target), expected, strict=True):
                assert_same(got, wanted)


def test_target_of_a_source() -> None:
    image = random_image(3, 4)
    assert _core.ResampleSource(image).target == cpu_features()[0]
    assert [
        _core.ResampleSource(image, target=name).target for name in cpu_features()
    ] == cpu_features()


def targets_used() -> tuple[list[str], str]:
    """Return all targets and the one used by default, for a process of its own."""
    return cpu_features(), _core.ResampleSource(random_image(3, 4)).target


def test_disabled_targets() -> None:
    here = elsewhere(cpu_features, FASTMTCNN_DISABLE="")
    assert here[-1] == "scalar"
    for number in range(len(here)):
        disabled = ",".join([*here[:number], "no such target"])
        left = here[number:]
        assert elsewhere(targets_used, FASTMTCNN_DISABLE=disabled) == (left, left[0])
    # The scalar code stays.
    assert elsewhere(targets_used, FASTMTCNN_DISABLE=",".join(here)) == (["scalar"], "scalar")


def resample_beside_forbidden_memory() -> str:
    """Resample images that begin or end where memory that must not be read ends or begins."""
    page = mmap.PAGESIZE
    memory = mmap.mmap(-1, 4 * page)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    libc = ctypes.CDLL(None, use_errno=True)
    for forbidden in (start, start + 3 * page):
        assert libc.mprotect(ctypes.c_void_p(forbidden), ctypes.c_size_t(page), 0) == 0
    readable = np.frombuffer(memory, np.uint8, 2 * page, page)
    readable[:] = 200
    sizes = [(1, 1), (1, 2), (2, 1), (1, 7), (7, 1), (3, 5), (13, 40), (40, 13)]
    sizes += [(16, 4), (16, 5), (4, 16), (32, 33), (33, 31), (48, 40)]
    for target in cpu_features():
        for rows, columns in sizes:
            length = 3 * rows * columns
            for part in (readable[:length], readable[-length:]):
                image = part.reshape(rows, columns, 3)
                for view in (image, image[::-1]):
                    check_all_200(view, target)
    return "done"


def check_all_200(image: NDArray[np.uint8], target: str) -> None:
    """Resample an image of nothing but 200, in every way."""
    rows, columns = image.shape[:2]
    whole = np.array([[0.0, 0, columns - 1, rows - 1]])
    source = _core.ResampleSource(image, target=target)
    for height, width in [(1, 1), (1, 50), (50, 1), (6, 5), (33, 47)]:
        assert (_core.resample(source, height, width) == 0.56640625).all()
    assert (_core.crop(source, whole, 24) == 0.56640625).all()
    assert _core.crop(source, whole + np.array([-9, -9, 9, 9]), 24).max() <= 0.56640625
    shifts = np.array([[[1, 0, x], [0, 1, y]] for x in (-1, 0, 0.5) for y in (-1, 0)])
    assert (_core.warp(image, shifts, rows, columns, "reflect", target=target) == 200).all()
    for resampling in ("area", "adaptive"):
        averaged = _core.ResampleSource(image, resampling, target)
        assert np.allclose(_core.crop(averaged, whole, 24), 0.56640625)


@pytest.mark.skipif(sys.platform != "linux", reason="needs mprotect")
def test_reads_nothing_outside_the_image() -> None:
    # In a process of its own: what reads there ends it.
    assert elsewhere(resample_beside_forbidden_memory) == "done"


@pytest.mark.skipif(
    "FASTMTCNN_DISABLE" in os.environ or not Path("/proc/cpuinfo").exists(),
    reason="switched off, or nothing tells what this processor has",
)
def test_targets_are_those_of_the_processor() -> None:
    flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    found = cpu_features()
    assert ("avx2" in found) == ({"avx2", "fma"} <= flags)
    wanted = {"avx2", "fma", "avx512f", "avx512bw", "avx512vl", "avx512_vnni"}
    assert ("avx512" in found) == (wanted <= flags)
    assert found[-1] == "scalar"
