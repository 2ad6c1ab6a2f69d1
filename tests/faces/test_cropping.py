"""Upright crops: which pixels, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

import fastmtcnn
from tests.support.helpers import GOLDEN, golden_image, random_image

IMAGE = random_image(40, 60)


def test_pixels_of_a_box() -> None:
    first, second = fastmtcnn.crop(IMAGE, [[10.4, 5.6, 29.5, 20.0], [0.0, 0.0, 60.0, 40.0]])
    np.testing.assert_array_equal(first, IMAGE[6:20, 10:30])
    np.testing.assert_array_equal(second, IMAGE)
    first[:] = 0
    assert IMAGE[6:20, 10:30].any()


def test_black_outside() -> None:
    (cut,) = fastmtcnn.crop(IMAGE, [[-5, 30, 10, 45]])
    np.testing.assert_array_equal(cut[:10, 5:], IMAGE[30:40, :10])
    assert cut.shape == (15, 15, 3)
    assert not cut[10:].any()
    assert not cut[:, :5].any()


@pytest.mark.parametrize(
    ("margin", "square", "expected"),
    [
        (0.1, False, (8, 9, 32, 31)),  # 20x18, 2 and 1.8 on each side
        (0.0, True, (10, 10, 30, 30)),
        (0.5, True, (0, 0, 40, 40)),
        (-0.25, False, (15, 16, 25, 24)),  # 15.5 is rounded to the even number
    ],
)
def test_margin_and_square(
    margin: float, square: bool, expected: tuple[int, int, int, int]
) -> None:
    cut = fastmtcnn.crop(IMAGE, [10, 11, 30, 29], margin=margin, square=square)
    x1, y1, x2, y2 = expected
    np.testing.assert_array_equal(cut, IMAGE[y1:y2, x1:x2])


def test_squares_are_square() -> None:
    boxes = np.random.default_rng(0).uniform((0, 0, 20, 20), (20, 20, 60, 40), (300, 4))
    for cut in fastmtcnn.crop(IMAGE, boxes, margin=0.13, square=True):
        assert cut.shape[0] == cut.shape[1]


def test_one_size_is_pillows_resize() -> None:
    boxes = [[3, 4, 33, 40], [20, 10, 22, 39], [-7, -9, 50, 30], [0, 0, 60, 40]]
    crops = fastmtcnn.crop(IMAGE, boxes, size=25)
    assert crops.shape == (4, 25, 25, 3)
    assert crops.dtype == np.uint8
    for ours, cut in zip(crops, fastmtcnn.crop(IMAGE, boxes), strict=True):
        resized = Image.fromarray(cut).resize((25, 25), Image.Resampling.BILINEAR)
        # Before Pillow 13 the order of its two passes differs for tall images.
        assert np.abs(ours.astype(int) - np.asarray(resized)).max() <= 1
    np.testing.assert_array_equal(fastmtcnn.crop(IMAGE, boxes[2], size=25), crops[2])


def test_crops_of_detections() -> None:
    found = fastmtcnn.MTCNN(40).detect(GOLDEN / "astronaut.png")
    image = golden_image("astronaut.png")
    (cut,) = fastmtcnn.crop(GOLDEN / "astronaut.png", found)
    x1, y1, x2, y2 = np.rint(found.boxes[0]).astype(int)
    np.testing.assert_array_equal(cut, image[y1:y2, x1:x2])
    none = fastmtcnn.Detections.empty()
    assert fastmtcnn.crop(image, none) == []
    assert fastmtcnn.crop(image, []) == []
    assert fastmtcnn.crop(image, none, size=9).shape == (0, 9, 9, 3)


@pytest.mark.parametrize("side", [40, 60, 100])
def test_the_largest_crop(side: int) -> None:
    image = random_image(20, side)
    longest = 16 * max(side, 64)  # what the core takes
    (crop,) = fastmtcnn.crop(image, [[-1, 0, longest - 1, 1]])
    assert crop.shape == (1, longest, 3)
    np.testing.assert_array_equal(crop[0, 1 : side + 1], image[0])
    assert fastmtcnn.crop(image, [[0, 0, longest, 9]], size=4).shape == (1, 4, 4, 3)
    with pytest.raises(fastmtcnn.ImageError, match=f"at most {longest} pixels a side"):
        fastmtcnn.crop(image, [[0, 0, longest + 1, 1]])


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "shape": (
        lambda: fastmtcnn.crop(IMAGE, np.zeros((2, 5))),
        ValueError,
        r"boxes must be Detections, boxes of shape \(n, 4\) or .*, got shape \(2, 5\)",
    ),
    "kind": (lambda: fastmtcnn.crop(IMAGE, "all"), TypeError, "got str"),
    "NaN": (
        lambda: fastmtcnn.crop(IMAGE, [np.nan, 0, 1, 1]),
        ValueError,
        "boxes must be finite numbers",
    ),
    "no pixel": (
        lambda: fastmtcnn.crop(IMAGE, [[0, 0, 9, 9], [5, 5, 5, 9]]),
        ValueError,
        "box 1 must have pixels and overlap the image of 60x40, got",
    ),
    "elsewhere": (
        lambda: fastmtcnn.crop(IMAGE, [[60, 0, 70, 9]]),
        ValueError,
        "box 0 must have pixels and overlap the image of 60x40, got",
    ),
    "margin": (
        lambda: fastmtcnn.crop(IMAGE, [[0, 0, 9, 9]], margin=-0.6),
        ValueError,
        r"margin must be a number above -0\.5 and at most 100, got -0\.6",
    ),
    "margin that leaves no pixel": (
        lambda: fastmtcnn.crop(IMAGE, [[0, 0, 8, 8]], margin=-0.49),
        fastmtcnn.ImageError,
        "box 0 must have pixels and overlap the image of 60x40, got .* with a margin of -0.49",
    ),
    "large margin": (
        lambda: fastmtcnn.crop(IMAGE, [[0, 0, 9, 9]], margin=1e9, size=9),
        ValueError,
        r"margin must be a number above -0\.5 and at most 100, got 1000000000\.0",
    ),
    "large crop": (
        lambda: fastmtcnn.crop(IMAGE, [[0, 0, 3, 3], [0, 0, 8, 6]], margin=100, size=9),
        fastmtcnn.ImageError,
        "the crop of box 1 must have at most 1024 pixels a side, since the image is of 60x40, got "
        "1608x1206 with a margin of 100",
    ),
    "box without an end": (
        lambda: fastmtcnn.crop(IMAGE, [0, 0, 1e300, 9]),
        fastmtcnn.ImageError,
        r"the crop of box 0 must have at most 1024 pixels a side, .* got 1e\+300x9",
    ),
    "crop of too many pixels": (
        lambda: fastmtcnn.crop(np.zeros((1, 1000, 3), np.uint8), [0, 0, 15000, 15000]),
        fastmtcnn.ImageError,
        "the crop of box 0 must have at most 200000000 pixels, got 15000x15000 with a margin of 0",
    ),
    "size": (
        lambda: fastmtcnn.crop(IMAGE, [[0, 0, 9, 9]], size=5000),
        ValueError,
        "size must be at most 4096 pixels, got 5000",
    ),
    "square": (
        lambda: fastmtcnn.crop(IMAGE, [[0, 0, 9, 9]], square=1),  # type: ignore[call-overload]
        TypeError,
        "square must be True or False, got 1",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    call, kind, message = REFUSED[name]
    with pytest.raises(kind, match=message):
        call()
