"""The best overlap of a square window with a face, compared with a search over all windows."""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fastmtcnn.training.data.best_windows import best_overlaps, squares_around

SIDE = 10  # pixels of the image of the search
corner = st.integers(0, SIDE - 3)
length = st.integers(2, SIDE)


def iou(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


def best_of_all(target: tuple[float, ...]) -> float:
    """The best IoU of the windows whose corners lie on a grid of half pixels in the image."""
    best = 0.0
    for side in np.arange(1, SIDE + 0.25, 0.5):
        starts = np.arange(0, SIDE - side + 0.25, 0.5)
        for x, y in itertools.product(starts, starts):
            best = max(best, iou((x, y, x + side, y + side), target))
    return best


@settings(max_examples=40, deadline=None)
@given(corner, corner, length, length)
def test_the_best_window_within_the_image(x: int, y: int, width: int, height: int) -> None:
    box = (x, y, min(x + width, SIDE), min(y + height, SIDE))
    array = np.array([box], np.float64)
    (got,) = best_overlaps(array, array, np.full((1, 2), float(SIDE)))
    sides = sorted((box[2] - box[0], box[3] - box[1]))
    exact = math.sqrt(sides[0] / sides[1])
    if sides[0] / sides[1] > 0.2:  # of narrower faces, the best side is not among those tried
        assert best_of_all(box) - 0.01 <= got <= exact / (2 - exact) + 1e-12


def test_the_best_side_of_a_rectangle_is_the_geometric_mean_of_its_sides() -> None:
    for ratio in (0.3, 0.5, 0.62, 0.8, 1.0):
        box = np.array([[500.0, 500.0, 500 + 100 * ratio, 600.0]])
        (got,) = best_overlaps(box, box, np.full((1, 2), 1000.0))
        side = 100 * math.sqrt(ratio)
        x, y = 500 + 50 * ratio - side / 2, 550 - side / 2
        assert abs(got - iou((x, y, x + side, y + side), tuple(box[0]))) < 1e-3


def test_the_border_of_the_image_limits_windows() -> None:
    # The square around a face of 20 x 40 at the left border is half outside: of windows of the
    # image, (0, 0, 40, 40) shares 30 x 40 with it.
    box = np.array([[0.0, 0.0, 20.0, 40.0]])
    square = squares_around(box)
    assert square.tolist() == [[-10, 0, 30, 40]]
    (got,) = best_overlaps(box, square, np.array([[100.0, 100.0]]))
    expected = max(
        iou((0, y, side, y + side), (-10, 0, 30, 40))
        for side, y in itertools.product(np.linspace(16, 48, 400), np.linspace(0, 20, 41))
    )
    assert abs(got - expected) < 2e-3
    assert best_overlaps(np.empty((0, 4)), np.empty((0, 4)), np.empty((0, 2))).shape == (0,)
