"""The rules that choose among faces, on boxes whose areas and distances are worked out by hand."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import fastmtcnn
from fastmtcnn import Detections
from fastmtcnn.faces.selection import SELECTION_METHODS, SelectionMethod, select_faces
from tests.support.helpers import assert_no_faces, assert_same, golden_image

# In an image of 200x100, whose middle is at (100, 50).
BOXES = [
    # area, centre, squared distance to the middle
    [90, 40, 110, 60],  # 400, (100, 50), 0
    [0, 0, 40, 40],  # 1600, (20, 20), 80**2 + 30**2 = 7300
    [150, 20, 180, 50],  # 900, (165, 35), 65**2 + 15**2 = 4450
    [100, 45, 120, 65],  # 400, (110, 55), 10**2 + 5**2 = 125
]
SCORES = [0.91, 0.75, 0.95, 0.99]


def faces(boxes: Any = BOXES, scores: Any = SCORES) -> Detections:
    landmarks = np.arange(len(boxes) * 10).reshape(-1, 5, 2)
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(scores, np.float32),
        landmarks.astype(np.float32),
    )


def chosen(method: SelectionMethod, found: Detections | None = None, **options: Any) -> int | None:
    """The index of the face chosen, by its landmarks; its box and score must go with them."""
    found = faces() if found is None else found
    best = select_faces(found, method, **options)
    if best.num_faces == 0:
        assert_no_faces(best)
        return None
    index = int(best.landmarks[0, 0, 0]) // 10
    for part, expected in zip(best, found.select([index]), strict=True):
        assert_same(part, expected)
    return index


class TestRules:
    def test_largest(self) -> None:
        assert chosen("largest") == 1

    def test_probability(self) -> None:
        assert chosen("probability") == 3

    @pytest.mark.parametrize(
        ("weight", "index"),
        [
            (2.0, 0),  # 400, -13000, -8000, 150
            (0.0, 1),  # the areas alone
            (0.1, 1),  # 400, 870, 455, 387.5
            (0.17, 0),  # 400, 359, 143.5, 378.75
            (-1.0, 1),  # 400, 8900, 5350, 525
        ],
    )
    def test_center_weighted_size(self, weight: float, index: int) -> None:
        found = chosen("center_weighted_size", image_shape=(100, 200), center_weight=weight)
        assert found == index

    def test_the_weight_is_2_by_default(self) -> None:
        # 400 - 2 * 125 = 150 beside 150 + 1 at the middle, and 150 - 1.
        more = [[100, 45, 120, 65], [92.45, 45, 107.55, 55]]  # areas 400, 151
        assert chosen("center_weighted_size", faces(more, [1, 1]), image_shape=(100, 200)) == 1
        less = [[100, 45, 120, 65], [92.55, 45, 107.45, 55]]  # areas 400, 149
        assert chosen("center_weighted_size", faces(less, [1, 1]), image_shape=(100, 200)) == 0

    def test_the_middle_is_half_the_sides(self) -> None:
        # Of two boxes of one size, around (51, 26) and (50, 25), the first is at the middle.
        found = faces([[46, 21, 56, 31], [45, 20, 55, 30]], [1, 1])
        assert chosen("center_weighted_size", found, image_shape=(52, 102)) == 0

    @pytest.mark.parametrize(
        ("threshold", "index"), [(0.9, 2), (0.7, 1), (0.0, 1), (0.96, 3), (0.99, None), (1.0, None)]
    )
    def test_largest_over_threshold(self, threshold: float, index: int | None) -> None:
        scores = [0.91, 0.75, 0.95, np.nextafter(np.float32(0.99), np.float32(0))]
        found = faces(scores=scores)
        assert chosen("largest_over_threshold", found, threshold=threshold) == index

    def test_the_threshold_is_09_by_default(self) -> None:
        assert chosen("largest_over_threshold", faces(scores=[0.89, 0.89, 0.89, 0.901])) == 3
        assert chosen("largest_over_threshold", faces(scores=[0.89] * 4)) is None

    def test_a_score_must_exceed_the_threshold(self) -> None:
        found = faces(scores=[0.5, 0.5, 0.5, 0.75])
        assert chosen("largest_over_threshold", found, threshold=0.5) == 3

    @pytest.mark.parametrize("method", SELECTION_METHODS)
    def test_of_equal_faces_the_last(self, method: SelectionMethod) -> None:
        found = faces([BOXES[0]] * 3 + [[0, 0, 1, 1]], [0.95] * 3 + [0.94])
        assert chosen(method, found, image_shape=(100, 200)) == 2

    @pytest.mark.parametrize("method", SELECTION_METHODS)
    def test_of_many_equal_faces_the_last(self, method: SelectionMethod) -> None:
        found = faces([BOXES[0]] * 500, [0.95] * 500)
        assert chosen(method, found, image_shape=(100, 200)) == 499

    @pytest.mark.parametrize("method", SELECTION_METHODS)
    def test_no_faces(self, method: SelectionMethod) -> None:
        assert chosen(method, faces([], []), image_shape=(100, 200)) is None

    @pytest.mark.parametrize("method", SELECTION_METHODS)
    def test_one_face(self, method: SelectionMethod) -> None:
        assert chosen(method, faces(BOXES[:1], [0.91]), image_shape=(100, 200)) == 0


class TestCount:
    @pytest.mark.parametrize(
        ("method", "order"),
        [
            ("largest", [1, 2, 3, 0]),  # 1600, 900, 400, 400: of equal ones the last
            ("probability", [3, 2, 0, 1]),
            ("center_weighted_size", [0, 3, 2, 1]),  # 400, 150, -8000, -13000
            ("largest_over_threshold", [2, 3, 0]),  # the other scores 0.75
        ],
    )
    @pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 10**9])
    def test_the_best_in_their_order(
        self, method: SelectionMethod, order: list[int], count: int
    ) -> None:
        best = select_faces(faces(), method, count=count, image_shape=(100, 200))
        for part, expected in zip(best, faces().select(sorted(order[:count])), strict=True):
            assert_same(part, expected)

    @pytest.mark.parametrize("count", [0, -1, 1.5, True, None])
    def test_wrong_count(self, count: Any) -> None:
        with pytest.raises((ValueError, TypeError), match="count must be a whole number of at"):
            select_faces(faces(), "largest", count=count)

    def test_none_of_several(self) -> None:
        assert_no_faces(select_faces(faces([], []), "largest", count=3))


class TestShapes:
    def test_of_an_array(self) -> None:
        assert chosen("center_weighted_size", image_shape=np.zeros((100, 200, 3)).shape) == 0

    def test_a_list_of_numpy_numbers(self) -> None:
        assert chosen("center_weighted_size", image_shape=list(np.array([100, 200]))) == 0

    def test_height_comes_first(self) -> None:
        # The middle of 40x330 is at (165, 20), where the third box is nearest.
        assert chosen("center_weighted_size", image_shape=(40, 330)) == 2

    def test_of_a_photograph(self) -> None:
        found = fastmtcnn.MTCNN(40, num_threads=1).detect(golden_image("crowd.png"))
        best = select_faces(found, "largest")
        sides = found.boxes[:, 2:] - found.boxes[:, :2]
        assert best.num_faces == 1
        assert (best.boxes == found.boxes[sides.prod(axis=1).argmax()]).all()


class TestErrors:
    def test_unknown_method(self) -> None:
        with pytest.raises(ValueError, match=re.escape("did you mean 'largest'?")):
            select_faces(faces(), "larges")  # type: ignore[arg-type]

    def test_the_method_is_checked_without_faces(self) -> None:
        with pytest.raises(ValueError, match="method must be one of 'largest', 'probability'"):
            select_faces(faces([], []), "best")  # type: ignore[arg-type]

    def test_no_shape(self) -> None:
        with pytest.raises(ValueError, match=r"height and width of the image for .* got None"):
            select_faces(faces(), "center_weighted_size")

    @pytest.mark.parametrize("shape", [(100,), [], (0, 10), (10, -1)])
    def test_wrong_shape(self, shape: Any) -> None:
        with pytest.raises(ValueError, match=r"height|width"):
            select_faces(faces(), "center_weighted_size", image_shape=shape)

    @pytest.mark.parametrize("shape", ["12", 7, (10.5, 20), np.zeros((4, 4))])
    def test_no_shape_at_all(self, shape: Any) -> None:
        with pytest.raises(TypeError, match=r"height|width"):
            select_faces(faces(), "center_weighted_size", image_shape=shape)

    def test_wrong_threshold(self) -> None:
        with pytest.raises(ValueError, match="threshold must be a number from 0 to 1, got 90"):
            select_faces(faces(), "largest_over_threshold", threshold=90)

    def test_wrong_weight(self) -> None:
        with pytest.raises(ValueError, match="center_weight must be a finite number, got nan"):
            select_faces(faces(), "center_weighted_size", center_weight=float("nan"))

    @pytest.mark.parametrize("found", [None, [faces()], np.zeros((3, 4)), (1, 2)])
    def test_no_detections(self, found: Any) -> None:
        with pytest.raises(TypeError, match="detections must be the Detections of one image, got"):
            select_faces(found, "largest")
