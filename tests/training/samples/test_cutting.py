"""Samples are cut out as the cascade cuts, and their targets fit what is in them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

import fastmtcnn
from fastmtcnn import _core
from fastmtcnn.cascade.refinement import run_on_crops
from fastmtcnn.cascade.stage_results import Squares
from fastmtcnn.networks.network import Network, Outputs, WrappedNetwork
from fastmtcnn.options import Options
from fastmtcnn.training.samples.cutting import cut_samples
from fastmtcnn.training.samples.faces import Faces
from fastmtcnn.training.samples.records import Kind, Records
from fastmtcnn.training.samples.settings import WindowSettings
from fastmtcnn.training.samples.windows import View
from tests.support.annotated import annotated
from tests.support.helpers import golden_image

SETTINGS = WindowSettings(min_face=1)
RNG = np.random.default_rng(5)
Pixels = NDArray[np.uint8]


class Seeing(WrappedNetwork):
    """R-Net that keeps the crops it is shown, which have another size."""

    def __init__(self, network: Network, crop_scale: float) -> None:
        super().__init__(network)
        self.batches: list[NDArray[np.float32]] = []
        self.crop_scale = crop_scale

    def __call__(self, batch: NDArray[np.float32]) -> Outputs:
        self.batches.append(batch)
        return self.network(batch)


def view_of(
    windows: object,
    faces: object = (),
    points: object = None,
    angle: float = 0,
    centre: object = (0, 0),
) -> View:
    of_image = Faces.of(annotated(faces, points=points), SETTINGS)
    middle = np.asarray(centre, np.float64)
    return View(np.asarray(windows, np.float64), of_image.rotated(middle, angle), middle, angle)


def some_windows(height: int, width: int, number: int) -> NDArray[np.float64]:
    """Windows of any size, some of them partly or wholly outside the photograph."""
    sides = RNG.integers(8, 90, (number, 1))
    corners = RNG.integers(-60, max(height, width) + 20, (number, 2))
    return np.hstack([corners, corners + sides]).astype(np.float64)


@pytest.mark.parametrize("crop_scale", [1.0, 1.5, 2.0])
def test_pixels_are_those_that_the_cascade_shows_to_a_network(crop_scale: float) -> None:
    photo = golden_image("astronaut_333x277.png")
    windows = some_windows(photo.shape[0], photo.shape[1], 150)
    network = Seeing(fastmtcnn.MTCNN().cascade.networks.rnet, crop_scale)
    squares = Squares(windows - [0, 0, 1, 1], np.zeros(len(windows), np.float32))
    source = _core.ResampleSource(photo)
    run_on_crops([source], [squares], network, Options().variant, map)
    expected = np.concatenate(network.batches) * 128 + 127.5
    records = cut_samples(photo, view_of(windows), 24, crop_scale)
    assert 50 < len(records) < len(windows)
    assert records["pixels"].shape == expected.shape
    assert np.abs(records["pixels"] - expected).max() <= 0.5 + 1e-3


def bilinear(photo: Pixels, x: float, y: float) -> NDArray[np.float64]:
    """The colour at a place, corners of pixels at integers; black outside."""
    x, y = x - 0.5, y - 0.5
    left, top = math.floor(x), math.floor(y)
    colour = np.zeros(3)
    for row, column in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
        if 0 <= row < photo.shape[0] and 0 <= column < photo.shape[1]:
            colour += photo[row, column] * ((1 - abs(x - column)) * (1 - abs(y - row)))
    return colour


@pytest.mark.parametrize("crop_scale", [1.0, 1.5])
@pytest.mark.parametrize("degrees", [-30, 7, 90])
def test_pixels_of_a_rotated_photograph(degrees: float, crop_scale: float) -> None:
    photo = golden_image("astronaut_333x277.png")
    angle, centre = math.radians(degrees), (140.0, 120.0)
    windows = np.array([[120.0, 100, 132, 112], [150, 90, 166, 106]])
    records = cut_samples(photo, view_of(windows, angle=angle, centre=centre), 24, crop_scale)
    for window, record in zip(windows, records, strict=True):
        side = (window[2] - window[0]) * crop_scale
        corner = (window[:2] + window[2:] - side) / 2
        for row, column in ((0, 0), (3, 20), (12, 12), (23, 5)):
            x = corner[0] + (column + 0.5) * side / 24 - centre[0]
            y = corner[1] + (row + 0.5) * side / 24 - centre[1]
            # Back into the photograph, by the opposite angle.
            source_x = centre[0] + x * math.cos(angle) + y * math.sin(angle)
            source_y = centre[1] - x * math.sin(angle) + y * math.cos(angle)
            expected = bilinear(photo, source_x, source_y)
            assert np.abs(record["pixels"][:, row, column] - expected).max() <= 2


def with_dots(points: NDArray[np.float64]) -> Pixels:
    """A black photograph with a bright dot of 5 x 5 pixels around each point."""
    photo = np.zeros((200, 240, 3), np.uint8)
    for x, y in points.round().astype(int):
        photo[y - 2 : y + 3, x - 2 : x + 3] = 255
    return photo


POINTS = np.array([[100.0, 80], [140, 80], [120, 100], [104, 120], [136, 120]])


@pytest.mark.parametrize("crop_scale", [1.0, 1.5])
@pytest.mark.parametrize("degrees", [0, 25, -25])
def test_the_targets_of_points_are_where_the_points_are_seen(
    degrees: float, crop_scale: float
) -> None:
    view = view_of(
        [[80, 60, 160, 140], [90, 64, 170, 144]],
        [[80, 60, 160, 140]],
        POINTS[None],
        math.radians(degrees),
        (120, 100),
    )
    records = cut_samples(with_dots(POINTS), view, 96, crop_scale)
    assert len(records) == 2
    for record in records:
        targets = record["points"].reshape(2, 5).T
        # The window is the middle of what is cut out.
        places = ((targets + (crop_scale - 1) / 2) / crop_scale * 96).round().astype(int)
        for x, y in places:
            assert record["pixels"][:, y - 1 : y + 2, x - 1 : x + 2].mean() > 150


def test_kinds_and_targets() -> None:
    windows = [[0, 0, 100, 100], [0, 0, 100, 150], [0, 0, 50, 50], [150, 100, 200, 150]]
    windows[1] = [30, 0, 130, 100]
    records = cut_samples(with_dots(POINTS), view_of(windows, [[0, 0, 80, 100]]), 12)
    # The third window has an IoU of 0.25 with the square around the face.
    kinds = [Kind.POSITIVE, Kind.PART, Kind.NEGATIVE, Kind.NEGATIVE]
    assert records["kind"].tolist() == kinds
    np.testing.assert_allclose(records["offsets"][0], [0, 0, -0.2, 0], atol=1e-6)
    np.testing.assert_allclose(records["offsets"][1], [-0.3, 0, -0.5, 0], atol=1e-6)
    assert np.isnan(records["offsets"][2:]).all()
    assert np.isnan(records["points"]).all()


def test_sets_that_are_not_complete_give_landmark_samples_alone() -> None:
    boxes = [[0, 0, 100, 100], [100, 100, 200, 200]]
    points = np.array([POINTS, np.full((5, 2), np.nan)])
    windows = [[0, 0, 100, 100], [30, 0, 130, 100], [0, 150, 50, 200], [100, 100, 200, 200]]
    view = view_of(windows, boxes, points)
    records = cut_samples(with_dots(POINTS), view, 12, complete=False)
    assert records["kind"].tolist() == [Kind.LANDMARK]
    np.testing.assert_allclose(records["points"][0], (POINTS / 100).T.ravel(), atol=1e-6)
    nothing = cut_samples(with_dots(POINTS), view_of(windows), 12, complete=False)
    assert len(nothing) == 0


def test_windows_outside_the_photograph_are_left_out() -> None:
    windows = [[-60, -60, -1, -1], [-60, -60, 1, 1], [240, 0, 300, 60], [239, 0, 299, 60]]
    records: Records = cut_samples(np.full((200, 240, 3), 9, np.uint8), view_of(windows), 12)
    assert len(records) == 2
