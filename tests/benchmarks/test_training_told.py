"""benchmarks/training/told.py and discs.py: what is told, and how it is measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch")

from benchmarks.training import told
from benchmarks.training.discs import DOTS, disc_images, draw_discs
from fastmtcnn import Detections
from fastmtcnn.training import AnnotatedImage, ImageFile
from tests.training.generated import photo

pytestmark = pytest.mark.optional

NONE = np.empty((0, 5, 2))


def image(name: str, *boxes: tuple[float, ...], ignored: tuple[bool, ...] = ()) -> AnnotatedImage:
    corners = np.array(boxes, float).reshape(-1, 4)
    flags = np.array(ignored or [False] * len(boxes), bool)
    points = np.tile(corners[:, None, :2], (1, 5, 1)) if len(corners) else NONE
    return AnnotatedImage(name, ImageFile(Path(name)), corners, flags, points)


def detections(boxes: NDArray[np.float64]) -> Detections:
    number = len(boxes)
    return Detections(
        boxes.astype(np.float32), np.ones(number, np.float32), np.zeros((number, 5, 2), np.float32)
    )


def test_boxes_are_shifted_by_a_third_of_their_width() -> None:
    (moved,) = told.shifted([image("a", (10, 20, 40, 80), (0, 0, 3, 9))])
    np.testing.assert_allclose(moved.boxes, [[20, 20, 50, 80], [1, 0, 4, 9]])
    np.testing.assert_allclose(moved.points[:, 2], [[20, 20], [1, 0]])


def test_shuffled_boxes_are_those_of_another_photograph() -> None:
    images = [image(str(k), (k, 2 * k, 10 + k, 20), ignored=(k == 3,)) for k in range(7)]
    changed = told.shuffled(images, [(100, 50)] * 7, seed=1)
    givers = [int(each.boxes[0, 0]) for each in changed]
    assert sorted(givers) == list(range(7))
    assert all(giver != k for k, giver in enumerate(givers))
    for name, each, giver in zip("0123456", changed, givers, strict=True):
        assert each.name == name
        np.testing.assert_array_equal(each.boxes, images[giver].boxes)
        assert each.ignored.tolist() == [giver == 3]
        assert np.isnan(each.points).all()


def test_shuffled_boxes_fit_the_photograph() -> None:
    images = [image("a", (10, 10, 20, 20)), image("b", (0, 0, 200, 50))]
    one, other = told.shuffled(images, [(100, 100), (200, 50)], seed=0)
    np.testing.assert_allclose(one.boxes, [[0, 0, 100, 100]])
    np.testing.assert_allclose(other.boxes, [[20, 5, 40, 10]])


def test_shifts_by_hand() -> None:
    """The third box overlaps no face; the last one is nearer to the wide face."""
    faces = np.array([[0.0, 0, 30, 30], [100, 0, 160, 40]])
    boxes = np.array([[10.0, 0, 40, 30], [0, 0, 30, 30], [60, 0, 80, 20], [85, 0, 145, 40]])
    found = told.shifts(detections(boxes), faces)
    np.testing.assert_allclose(found, [1 / 3, 0, -1 / 4], atol=1e-6)


@pytest.mark.parametrize("count", [0, 2])
def test_no_faces_have_no_shifts(count: int) -> None:
    boxes = np.array([[0.0, 0, 9, 9]] * count).reshape(-1, 4)
    assert len(told.shifts(detections(boxes), np.empty((0, 4)))) == 0
    assert len(told.shifts(detections(boxes[:0]), np.array([[0.0, 0, 9, 9]]))) == 0


def test_discs_are_where_they_are_said_to_be() -> None:
    grey = np.full((200, 300, 3), 90, np.uint8)
    drawn = draw_discs(grey, np.random.default_rng(3))
    changed = (drawn.pixels != grey).any(axis=2)
    assert grey.min() == grey.max() == 90
    assert 1 <= len(drawn.boxes) <= 4
    inside = np.zeros_like(changed)
    for x1, y1, x2, y2 in drawn.boxes:
        inside[int(y1) : int(y2) + 2, int(x1) : int(x2) + 2] = True
        middle = drawn.pixels[round((y1 + 2 * y2) / 3), round((x1 + x2) / 2)]
        assert (middle != 90).any()
    assert not (changed & ~inside).any()
    share = changed[inside].mean()
    assert np.pi / 4 - 0.1 < share < np.pi / 4 + 0.1
    sides = drawn.boxes[:, 2] - drawn.boxes[:, 0]
    for box, side, points in zip(drawn.boxes, sides, drawn.points, strict=True):
        expected = [[box[0] + side * u, box[1] + side * v] for u, v in DOTS]
        np.testing.assert_allclose(points, expected)


def test_discs_of_one_photograph_are_of_one_group(tmp_path: Path) -> None:
    sources = [photo(tmp_path / f"{name}.png") for name in "ab"]
    images = disc_images(sources, tmp_path / "out", 5, seed=0)
    assert [each.group for each in images] == ["a", "b", "a", "b", "a"]
    assert len({each.file.path.read_bytes() for each in images}) == 5
    again = disc_images(sources, tmp_path / "again", 5, seed=0)
    assert [each.file.read() for each in again] == [each.file.read() for each in images]
