"""What limits a search and its result: sizes, number of faces, and which of many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.baseline import detector as plain
from fastmtcnn import MTCNN, VARIANTS, Detections
from fastmtcnn.cascade.limits import Limits
from fastmtcnn.faces.selection import RANKS, Rank
from tests.support.helpers import (
    MODELS,
    assert_no_faces,
    assert_same_detections,
    golden_image,
    random_image,
)

CROWD = "crowd.png"


def detect(**options: Any) -> Detections:
    return MTCNN(**options, num_threads=1).detect(golden_image(CROWD))


@pytest.fixture(scope="module")
def crowd() -> Detections:
    found = detect()
    assert found.num_faces == 20
    return found


def longer_sides(found: Detections) -> NDArray[np.float32]:
    x1, y1, x2, y2 = found.boxes.T
    sides: NDArray[np.float32] = np.maximum(x2 - x1, y2 - y1)
    return sides


# ---- max_face_size


@pytest.mark.parametrize(
    ("largest", "levels"),
    [(24, 1), (24.5, 2), (48, 2), (49, 3), (96, 3), (97, 4), (192, 4), (193, 4), (1e9, 4)],
)
@pytest.mark.parametrize("variant", VARIANTS)
def test_levels_whose_window_is_too_large_are_left_out(
    largest: float, levels: int, variant: str
) -> None:
    # Windows of 24, 48, 96 and 192 pixels; the last is under the shorter side.
    detector = MTCNN(24, factor=0.5, max_face_size=largest, variant=variant, num_threads=1)
    scales = detector.trace(random_image(200, 300)).scales
    assert scales == [0.5, 0.25, 0.125, 0.0625][:levels]


@pytest.mark.parametrize(("largest", "levels"), [(20, 1), (40, 3), (80, 5)])
def test_the_levels_left_are_searched_as_in_the_baseline(
    largest: float, levels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = golden_image(CROWD)[:, :640]
    scales = [12 / 20 * 0.707**k for k in range(levels)]
    monkeypatch.setattr(plain, "pyramid_scales", lambda *_: scales)
    expected = plain.BaselineMTCNN(MODELS).trace(image)
    trace = MTCNN(max_face_size=largest, models=MODELS, num_threads=1).trace(image)
    assert trace.scales == scales
    assert trace.rnet.boxes.tolist() == expected.rnet_boxes.tolist()
    assert trace.detections.num_faces == len(expected.boxes) > 0
    np.testing.assert_allclose(trace.detections.boxes, expected.boxes, rtol=0, atol=1e-3)
    np.testing.assert_allclose(trace.detections.scores, expected.scores, rtol=0, atol=1e-3)


def test_faces_up_to_the_largest_are_still_found(crowd: Detections) -> None:
    small = crowd.select(longer_sides(crowd) <= 50)
    found = detect(max_face_size=50)
    assert 0 < small.num_faces < found.num_faces < crowd.num_faces
    for box in small.boxes:
        assert abs(found.boxes - box).max(axis=1).min() < 8
    assert longer_sides(found).max() > 50  # a search scale, not a filter


def test_larger_than_the_image_changes_nothing(crowd: Detections) -> None:
    assert_same_detections(detect(max_face_size=10_000), crowd)


@pytest.mark.parametrize("largest", [19.9, 1])
def test_a_largest_below_the_smallest(largest: float) -> None:
    with pytest.raises(ValueError, match=r"max_face_size must be at least min_face_size \(20\)"):
        MTCNN(max_face_size=largest)


@pytest.mark.parametrize("largest", [0, -1, float("nan"), float("inf"), "40", True])
def test_a_largest_that_is_no_size(largest: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="max_face_size must be a finite number of"):
        MTCNN(max_face_size=largest)


# ---- drop_smaller, drop_larger


@pytest.mark.parametrize("smallest", [22, 30, 60])
def test_drop_smaller(smallest: float) -> None:
    # With thresholds that let much through that regression made smaller.
    options: dict[str, Any] = {"min_face_size": smallest, "thresholds": (0.5, 0.3, 0.1)}
    everything = detect(**options)
    sizes = longer_sides(everything)
    assert (sizes < smallest).any()
    assert (sizes >= smallest).any()
    expected = everything.select(sizes >= smallest)
    assert_same_detections(detect(**options, drop_smaller=True), expected)


def test_drop_larger() -> None:
    everything = detect(max_face_size=50)
    sizes = longer_sides(everything)
    assert (sizes > 50).any()
    expected = everything.select(sizes <= 50)
    assert_same_detections(detect(max_face_size=50, drop_larger=True), expected)


def test_the_size_counts_before_the_box_is_clipped() -> None:
    image = golden_image("astronaut.png")[20:155, 100:350]  # the chin is outside
    box = MTCNN(num_threads=1).detect(image).boxes[0]
    smallest = float(box[3] - box[1]) - 0.01
    options: dict[str, Any] = {"min_face_size": smallest, "num_threads": 1}
    found = MTCNN(smallest, drop_smaller=True, clip=True, num_threads=1).detect(image)
    unlimited = MTCNN(**options).detect(image)
    kept = unlimited.boxes[longer_sides(unlimited) >= smallest]
    assert len(found.boxes) == len(kept)
    np.testing.assert_array_equal(found.boxes, np.clip(kept, 0, [249, 134, 249, 134]))


def test_drop_larger_than_what() -> None:
    with pytest.raises(ValueError, match="drop_larger needs max_face_size, got None"):
        MTCNN(drop_larger=True)


@pytest.mark.parametrize("option", ["drop_smaller", "drop_larger"])
def test_a_switch_is_true_or_false(option: str) -> None:
    with pytest.raises(TypeError, match=f"{option} must be True or False, got 1"):
        MTCNN(max_face_size=50, **{option: 1})  # type: ignore[arg-type]


# ---- max_faces


@pytest.mark.parametrize("most", [1, 3, 19])
def test_max_faces_by_probability_is_the_first_ones(crowd: Detections, most: int) -> None:
    assert_same_detections(detect(max_faces=most), crowd.select(range(most)))


@pytest.mark.parametrize("rank", RANKS)
@pytest.mark.parametrize("most", [20, 21, 10**6])
def test_more_than_there_are(crowd: Detections, rank: Any, most: int) -> None:
    assert_same_detections(detect(max_faces=most, max_faces_by=rank), crowd)


@pytest.mark.parametrize("most", [1, 4, 12])
def test_max_faces_by_size(crowd: Detections, most: int) -> None:
    widths, heights = (crowd.boxes[:, 2:].astype(float) - crowd.boxes[:, :2]).T
    order = sorted(range(20), key=lambda k: -widths[k] * heights[k])
    expected = crowd.select(sorted(order[:most]))
    found = detect(max_faces=most, max_faces_by="largest")
    assert_same_detections(found, expected)
    assert (np.diff(found.scores) <= 0).all()


@pytest.mark.parametrize("most", [1, 4, 12])
def test_max_faces_by_size_and_place(crowd: Detections, most: int) -> None:
    height, width = golden_image(CROWD).shape[:2]

    def merit(k: int) -> float:
        x1, y1, x2, y2 = map(float, crowd.boxes[k])
        away: float = ((x1 + x2) / 2 - width / 2) ** 2 + ((y1 + y2) / 2 - height / 2) ** 2
        return (x2 - x1) * (y2 - y1) - 2.0 * away

    order = sorted(range(20), key=merit, reverse=True)
    expected = crowd.select(sorted(order[:most]))
    found = detect(max_faces=most, max_faces_by="center_weighted_size")
    assert_same_detections(found, expected)


def test_of_equal_faces_the_first() -> None:
    boxes = np.array([[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10], [60, 0, 61, 1]], np.float32)
    found = Detections(boxes, np.array([1, 1, 1, 0.5], np.float32), np.zeros((4, 5, 2), np.float32))
    ranks: tuple[Rank, ...] = ("probability", "largest")
    for rank in ranks:
        limits = Limits(None, None, None, 2, rank, clip=False)
        assert limits.apply(found, (10, 50)).boxes[:, 0].tolist() == [0, 20]
    limits = Limits(None, None, None, 1, "center_weighted_size", clip=False)
    assert limits.apply(found, (10, 50)).boxes[:, 0].tolist() == [20]
    # As far from the middle, (25, 5).
    assert limits.apply(found.select([0, 2]), (10, 50)).boxes[:, 0].tolist() == [0]


def test_scores_and_sizes_before_the_number(crowd: Detections) -> None:
    sizes = longer_sides(crowd)
    limit = float(crowd.scores[10])
    kept = np.flatnonzero((crowd.scores >= limit) & (sizes >= 20))
    largest = sorted(
        kept, key=lambda k: -float(np.prod(np.diff(crowd.boxes[k].reshape(2, 2), axis=0)))
    )
    found = detect(min_score=limit, drop_smaller=True, max_faces=5, max_faces_by="largest")
    assert_same_detections(found, crowd.select(sorted(largest[:5])))


def test_no_faces_to_choose_from() -> None:
    for rank in RANKS:
        detector = MTCNN(max_faces=2, max_faces_by=rank, drop_smaller=True, num_threads=1)
        assert_no_faces(detector.detect(random_image(1, 1)))


@pytest.mark.parametrize("most", [0, -1, 1.5, True, "3"])
def test_wrong_number(most: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="max_faces must be a whole number of at"):
        MTCNN(max_faces=most)


def test_wrong_rank() -> None:
    with pytest.raises(ValueError, match=r"max_faces_by must be one of .* did you mean 'largest'"):
        MTCNN(max_faces_by="larges")  # type: ignore[arg-type]
