"""Geometry of windows and faces, against slow and independent ways to compute it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from fastmtcnn import _core
from fastmtcnn.training.samples.geometry import (
    covered_shares,
    offsets_to,
    points_in,
    rotate_boxes,
    rotate_points,
    squares_around,
)

RNG = np.random.default_rng(0)


def some_boxes(number: int) -> NDArray[np.float64]:
    corners = RNG.uniform(-20, 100, (number, 2))
    return np.hstack([corners, corners + RNG.uniform(1, 80, (number, 2))])


def test_squares() -> None:
    boxes = np.array([[0.0, 0, 10, 20], [5, 5, 15, 9]])
    assert squares_around(boxes).tolist() == [[-5, 0, 15, 20], [5, 2, 15, 12]]
    assert squares_around(np.empty((0, 4))).shape == (0, 4)


def test_points_turn_from_x_towards_y() -> None:
    centre = np.array([10.0, 20.0])
    turned = rotate_points(np.array([[13.0, 20.0], [10.0, 24.0]]), centre, math.pi / 2)
    np.testing.assert_allclose(turned, [[10, 23], [6, 20]], atol=1e-12)


@pytest.mark.parametrize("degrees", [-170, -45, -10, 0, 3, 30, 90, 123])
def test_the_box_of_a_rotated_face_is_that_of_its_ellipse(degrees: float) -> None:
    centre, angle = np.array([30.0, -5.0]), math.radians(degrees)
    boxes = some_boxes(20)
    round_ = np.linspace(0, 2 * np.pi, 20_001)
    for box, got in zip(boxes, rotate_boxes(boxes, centre, angle), strict=True):
        x1, y1, x2, y2 = box
        x = (x1 + x2) / 2 + (x2 - x1) / 2 * np.cos(round_) - centre[0]
        y = (y1 + y2) / 2 + (y2 - y1) / 2 * np.sin(round_) - centre[1]
        turned_x = centre[0] + x * math.cos(angle) - y * math.sin(angle)
        turned_y = centre[1] + x * math.sin(angle) + y * math.cos(angle)
        expected = [turned_x.min(), turned_y.min(), turned_x.max(), turned_y.max()]
        np.testing.assert_allclose(got, expected, atol=1e-5)


def test_exact_answers_give_back_the_box_and_the_points() -> None:
    """What the cascade makes of the targets; its second corners are the last pixels of a box."""
    corners = RNG.integers(-20, 100, (50, 2)).astype(float)
    windows = np.hstack([corners, corners + RNG.integers(12, 80, (50, 1))])
    faces, points = some_boxes(50), RNG.uniform(-20, 150, (50, 5, 2))
    offsets = offsets_to(windows, faces).astype(np.float32)
    targets = points_in(windows, points).astype(np.float32)
    squares = windows - [0, 0, 1, 1]
    found = _core.apply_offsets(squares, offsets)
    np.testing.assert_allclose(found, faces - [0, 0, 1, 1], atol=1e-4)
    np.testing.assert_allclose(_core.project_landmarks(squares, targets), points, atol=1e-4)


def test_points_that_are_not_there_stay_so() -> None:
    assert np.isnan(points_in(np.array([[0.0, 0, 9, 9]]), np.full((1, 5, 2), np.nan))).all()


def test_covered_shares() -> None:
    windows, regions = some_boxes(30), some_boxes(7)
    for window, got in zip(windows, covered_shares(windows, regions), strict=True):
        best = 0.0
        for region in regions:
            width = min(window[2], region[2]) - max(window[0], region[0])
            height = min(window[3], region[3]) - max(window[1], region[1])
            best = max(best, max(width, 0) * max(height, 0))
        assert got == pytest.approx(best / ((window[2] - window[0]) * (window[3] - window[1])))
    assert covered_shares(windows, np.empty((0, 4))).tolist() == [0] * 30
