"""Random windows around, beside and away from faces."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from fastmtcnn.training.samples.faces import Faces
from fastmtcnn.training.samples.geometry import rotate_boxes, squares_around
from fastmtcnn.training.samples.settings import WindowSettings
from fastmtcnn.training.samples.windows import View, draw_windows
from tests.support.annotated import annotated

SIZE = (400, 300)
AROUND = WindowSettings(tries=500, rotated=0, beside=0, anywhere=0)


def draw(
    settings: WindowSettings, amount: float = 1.0, complete: bool = True, seed: int = 0
) -> list[View]:
    faces = Faces.of(annotated([[100, 80, 160, 180], [200, 200, 240, 230]]), settings)
    rng = np.random.default_rng(seed)
    return list(draw_windows(faces, SIZE, settings, rng, amount, complete))


def test_windows_around_faces_are_within_the_ranges() -> None:
    (view,) = draw(AROUND)
    assert view.angle == 0
    assert len(view.windows) == 1000
    squares = view.faces.squares.repeat(500, axis=0)
    sides = view.windows[:, 2] - view.windows[:, 0]
    ratios = sides / (squares[:, 2] - squares[:, 0])
    assert 0.72 < ratios.min() < 0.78
    assert 1.3 < ratios.max() < 1.38
    shifts = (view.windows[:, :2] + view.windows[:, 2:] - squares[:, :2] - squares[:, 2:]) / 2
    shares = np.abs(shifts) / sides[:, None]
    assert 0.23 < shares.max() < 0.25 + 1 / 30  # corners are rounded to pixels
    assert np.median(np.log(ratios)) == pytest.approx(np.log(0.74 * 1.35) / 2, abs=0.05)


def test_windows_are_squares_with_whole_corners() -> None:
    for view in draw(WindowSettings(tries=40, rotated=0.5, beside=20, anywhere=50)):
        assert (view.windows == view.windows.round()).all()
        sides = view.windows[:, 2:] - view.windows[:, :2]
        assert (sides[:, 0] == sides[:, 1]).all()
        assert sides.min() >= 10


def test_windows_anywhere_are_in_the_photograph() -> None:
    (view,) = draw(replace(AROUND, tries=0, anywhere=2000))
    assert len(view.windows) == 2000
    assert view.windows.min() >= 0
    assert (view.windows[:, 2:].max(axis=0) <= SIZE).all()
    sides = view.windows[:, 2] - view.windows[:, 0]
    assert (sides.min(), sides.max() > 280) == (10, True)
    # As many from 10 to 55 pixels as from 55 to 300.
    assert 900 < (sides < math.sqrt(10 * 300)).sum() < 1100


def test_windows_beside_faces_touch_their_surroundings() -> None:
    (view,) = draw(replace(AROUND, tries=0, beside=300))
    assert len(view.windows) == 600
    squares = view.faces.squares.repeat(300, axis=0)
    side = squares[:, 2] - squares[:, 0]
    ratios = (view.windows[:, 2] - view.windows[:, 0]) / side
    assert 0.38 < ratios.min() < 0.45
    assert 1.9 < ratios.max() < 2.03


def test_sets_that_are_not_complete_have_windows_around_faces_alone() -> None:
    settings = WindowSettings(tries=10, crop_tries=3, rotated=0, beside=10, anywhere=10)
    (view,) = draw(settings, complete=False)
    assert len(view.windows) == 6


@pytest.mark.parametrize("amount", [0.25, 0.5, 3.0])
def test_the_amount_scales_the_numbers_on_average(amount: float) -> None:
    settings = WindowSettings(tries=3, rotated=0, beside=1, anywhere=2)
    numbers = [len(draw(settings, amount, seed=seed)[0].windows) for seed in range(400)]
    assert np.mean(numbers) == pytest.approx((2 * 3 + 2 + 2) * amount, rel=0.15)


def test_a_share_of_the_windows_is_in_rotated_photographs() -> None:
    views = draw(replace(AROUND, rotated=0.3))
    upright, rotated = views[0], views[1:]
    number = sum(len(view.windows) for view in rotated)
    assert number + len(upright.windows) == 1000
    assert 230 < number < 370
    assert len(rotated) == 2
    for view, box in zip(rotated, upright.faces.boxes, strict=True):
        assert 0 < abs(view.angle) <= math.radians(30)
        centre = (box[:2] + box[2:]) / 2
        np.testing.assert_allclose(view.centre, centre)
        turned = rotate_boxes(upright.faces.boxes, centre, view.angle)
        np.testing.assert_allclose(view.faces.boxes, turned)
        middle = (view.windows[:, :2] + view.windows[:, 2:]).mean(axis=0) / 2
        np.testing.assert_allclose(middle, centre, atol=6)


def test_angles_have_both_signs_and_the_whole_range() -> None:
    settings = replace(AROUND, tries=1, rotated=1.0, max_angle=20)
    angles = [
        math.degrees(view.angle) for seed in range(200) for view in draw(settings, seed=seed)[1:]
    ]
    assert -20 <= min(angles) < -18
    assert 18 < max(angles) <= 20


def test_the_same_seed_gives_the_same_windows() -> None:
    for one, other in zip(draw(WindowSettings()), draw(WindowSettings()), strict=True):
        np.testing.assert_array_equal(one.windows, other.windows)
    assert not np.array_equal(draw(WindowSettings(), seed=1)[0].windows, one.windows)


def test_squares_of_no_face() -> None:
    faces = Faces.of(annotated(np.empty((0, 4))), AROUND)
    settings = WindowSettings(tries=5, anywhere=3)
    (view,) = draw_windows(faces, SIZE, settings, np.random.default_rng(0))
    assert len(view.windows) == 3
    assert squares_around(faces.boxes).shape == (0, 4)
