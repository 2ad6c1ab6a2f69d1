"""fuse_views beside plain loops, and by numbers computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.baseline import views as baseline
from fastmtcnn import Detections
from fastmtcnn.faces.fusion import fuse_views
from tests.support.helpers import assert_no_faces, assert_same


def faces(*rows: tuple[tuple[float, ...], float]) -> Detections:
    """Faces of boxes and scores; all five landmarks lie at the first corner of the box."""
    boxes = np.array([box for box, _ in rows], np.float32).reshape(-1, 4)
    scores = np.array([score for _, score in rows], np.float32)
    return Detections(boxes, scores, np.repeat(boxes[:, None, :2], 5, axis=1))


def random_faces(random: np.random.Generator, num_faces: int) -> Detections:
    """Faces around few places, so that many overlap, with equal scores among them."""
    corners = random.choice([10.0, 30.0, 50.0], (num_faces, 2)) + random.normal(
        0, 4, (num_faces, 2)
    )
    boxes = np.hstack([corners, corners + random.uniform(20, 40, (num_faces, 2))])
    scores = np.sort(random.integers(0, 9, num_faces))[::-1] / 8
    landmarks = random.uniform(0, 90, (num_faces, 5, 2))
    return Detections(*(part.astype(np.float32) for part in (boxes, scores, landmarks)))


def test_a_face_of_two_views_and_one_of_a_single_view() -> None:
    one = faces(((0, 0, 9, 9), 0.9), ((100, 0, 109, 9), 0.95))
    other = faces(((2, 0, 11, 9), 0.3))
    found = fuse_views([one, other])
    # The weights are 0.75 and 0.25, and intersection over union is 80 / 120.
    np.testing.assert_allclose(
        found.boxes, [[100.0, 0.0, 109.0, 9.0], [0.5, 0.0, 9.5, 9.0]], rtol=1e-6
    )
    np.testing.assert_allclose(found.scores, [0.95, 1 - 0.1 * 0.7], rtol=1e-6)
    np.testing.assert_allclose(found.landmarks[1, :, 0], 0.5, rtol=1e-6)
    np.testing.assert_array_equal(found.landmarks[1, :, 1], 0)


@pytest.mark.parametrize(("shift", "num_faces"), [(3, 1), (4, 2)])
def test_which_boxes_are_one_face(shift: int, num_faces: int) -> None:
    # Squares of 10 pixels: 70 / 130 = 0.54 and 60 / 140 = 0.43.
    one, other = faces(((0, 0, 9, 9), 0.8)), faces(((shift, 0, 9 + shift, 9), 0.8))
    assert fuse_views([one, other]).num_faces == num_faces


def test_an_intersection_over_union_of_one_half_is_not_enough() -> None:
    one, other = faces(((0, 0, 9, 9), 0.8)), faces(((0, 0, 4, 9), 0.6))
    assert fuse_views([one, other]).num_faces == 2


def test_a_view_counts_once() -> None:
    """Its second box on a face moves the face, but does not raise the score."""
    one = faces(((0, 0, 9, 9), 0.8), ((1, 0, 10, 9), 0.8))
    found = fuse_views([one, faces()])
    assert found.num_faces == 1
    np.testing.assert_allclose(found.scores, [0.8])
    np.testing.assert_allclose(found.boxes, [[0.5, 0, 9.5, 9]])


def test_a_single_view_keeps_faces_apart() -> None:
    one = faces(((0, 0, 9, 9), 0.875), ((50, 0, 59, 9), 0.5))
    found = fuse_views([one])
    for part, expected in zip(found, one, strict=True):
        assert_same(part, expected)


def test_scores_of_0_and_boxes_without_area() -> None:
    one, other = faces(((0, 0, 9, 9), 0), ((5, 5, 4, 4), 0)), faces(((2, 0, 11, 9), 0))
    found = fuse_views([one, other])
    np.testing.assert_array_equal(found.boxes, [[1, 0, 10, 9], [5, 5, 4, 4]])
    np.testing.assert_array_equal(found.scores, [0, 0])


def test_no_faces() -> None:
    assert_no_faces(fuse_views([faces(), faces()]))


@pytest.mark.parametrize("seed", range(40))
def test_random_faces_beside_the_baseline(seed: int) -> None:
    random = np.random.default_rng(seed)
    found = [random_faces(random, int(number)) for number in random.integers(0, 30, 1 + seed % 4)]
    expected = baseline.fuse(found)
    fused = fuse_views(found)
    assert fused.num_faces == len(expected[1])
    for part, wanted in zip(fused, expected, strict=True):
        np.testing.assert_allclose(part, wanted, rtol=0, atol=1e-4)
