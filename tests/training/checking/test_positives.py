"""Which faces can be positive samples, compared with a search over all windows."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fastmtcnn.training.checking.positives import best_ious, can_be_positive
from fastmtcnn.training.samples.settings import WindowSettings


def iou(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


def best_of_all(box: tuple[float, ...]) -> float:
    """The best IoU of the square windows whose corners lie on a grid of half pixels."""
    best = 0.0
    for side in np.arange(1, 11, 0.5):
        for x, y in itertools.product(np.arange(-6, 6, 0.5), repeat=2):
            best = max(best, iou((x, y, x + side, y + side), box))
    return best


@settings(max_examples=15, deadline=None)
@given(st.integers(3, 8), st.integers(3, 8))
def test_no_window_is_better(width: int, height: int) -> None:
    box = (-width / 2, -height / 2, width / 2, height / 2)
    (got,) = best_ious(np.array([box]))
    assert got - 0.06 <= best_of_all(box) <= got + 1e-12
    side = np.sqrt(width * height)
    np.testing.assert_allclose(got, iou((-side / 2, -side / 2, side / 2, side / 2), box))


def test_faces_that_are_too_small_or_too_narrow() -> None:
    boxes = np.array([[0.0, 0, 10, 9], [0, 0, 9.9, 9], [0, 0, 62, 100], [0, 0, 100, 63]])
    square = WindowSettings(reference="square", min_face=10)
    rectangle = WindowSettings(reference="rectangle", min_face=10)
    assert can_be_positive(boxes, square).tolist() == [True, False, True, True]
    # sqrt(0.62) / (2 - sqrt(0.62)) = 0.649
    assert can_be_positive(boxes, rectangle).tolist() == [True, False, False, True]
    assert can_be_positive(np.empty((0, 4)), rectangle).shape == (0,)
