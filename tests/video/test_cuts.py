"""What is a cut, and what only looks like one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from fastmtcnn.video.cuts import CutFinder
from tests.support.helpers import GOLDEN

Pixels = NDArray[np.uint8]


def scene(name: str, shift: int = 0) -> Pixels:
    with Image.open(GOLDEN / f"{name}.png") as photo:
        return np.array(photo.convert("RGB").resize((480, 180)))[:, shift : shift + 320]


FIRST, SECOND = scene("coffee_noface"), scene("astronaut")
WHITE = np.full_like(FIRST, 255)


def cuts(frames: Iterable[Pixels]) -> list[int]:
    finder = CutFinder()
    for frame in frames:
        finder.add(frame)
    return finder.cuts()


def lighter(levels: int) -> Pixels:
    return np.asarray(np.clip(FIRST.astype(int) + levels, 0, 255), np.uint8)


@pytest.mark.parametrize("at", [1, 30, 59])
def test_a_cut(at: int) -> None:
    assert cuts([FIRST] * at + [SECOND] * (60 - at)) == [at]


def test_two_cuts() -> None:
    assert cuts([FIRST] * 30 + [SECOND] * 30 + [FIRST] * 30) == [30, 60]


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (1080, 1920)])
def test_any_size(size: tuple[int, int]) -> None:
    assert cuts([np.zeros((*size, 3), np.uint8)] * 3) == []


@pytest.mark.parametrize(
    "between",
    [[WHITE] * 12, [lighter(150)] * 12, [lighter(200), WHITE, lighter(100)], [SECOND] * 12],
    ids=["white", "overexposed", "flash", "hidden"],
)
def test_a_scene_that_comes_back(between: list[Pixels]) -> None:
    assert cuts([FIRST] * 30 + between + [FIRST] * 30) == []


def test_a_pan() -> None:
    assert cuts([scene("coffee_noface", 8 * k) for k in range(20)]) == []


def test_a_dissolve() -> None:
    mixed = [(FIRST * (1 - k / 20) + SECOND * (k / 20)).astype(np.uint8) for k in range(21)]
    assert cuts([FIRST] * 10 + mixed + [SECOND] * 10) == []


def test_no_frames() -> None:
    assert cuts([]) == []
