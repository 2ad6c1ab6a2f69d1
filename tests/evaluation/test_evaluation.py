"""Average precision: by hand, by loops written from the protocol, and what does not move it."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from fastmtcnn.evaluation import (
    Bin,
    Curve,
    GroundTruth,
    Predictions,
    average_precision,
    coco_summary,
    match,
    overlaps,
    recall_by_height,
    voc_curve,
    widerface_curve,
)

FACE, OTHER, THIRD = [10, 10, 50, 60], [100, 10, 150, 60], [200, 10, 240, 60]
NOWHERE = [300, 300, 340, 350]
BOTH = pytest.mark.parametrize("protocol", [widerface_curve, voc_curve])


def found(*boxes: tuple[Sequence[float], float]) -> Predictions:
    """Boxes with scores."""
    corners = np.array([box for box, _ in boxes], float).reshape(-1, 4)
    return Predictions(corners, np.array([score for _, score in boxes], float))


def truth(*boxes: Sequence[float], ignored: Sequence[int] = ()) -> GroundTruth:
    valid = [k not in ignored for k in range(len(boxes))]
    return GroundTruth(np.array(boxes, float).reshape(-1, 4), np.array(valid, bool))


def by_loops(
    faces: Sequence[GroundTruth], boxes: Sequence[Predictions]
) -> tuple[float, list[float]]:
    """Average precision and recall at each threshold, as the protocol of WIDER FACE says it."""
    scores = [float(score) for one in boxes for score in one.scores]
    num_faces = sum(int(counts) for image in faces for counts in image.valid)
    proposals, recalled = [0] * 1000, [0] * 1000
    for image, one in zip(faces, boxes, strict=True):
        if len(image.boxes) == 0 or len(one.boxes) == 0:
            continue
        state = ["free" if counts else "ignored" for counts in image.valid]
        judged = []  # score, is a proposal, faces recalled so far
        for k in sorted(range(len(one.scores)), key=lambda k: -one.scores[k]):
            best, which = 0.0, 0
            for j in range(len(image.boxes)):
                share = overlap_by_hand(one.boxes[k].tolist(), image.boxes[j].tolist())
                if share > best:
                    best, which = share, j
            is_proposal = True
            if best >= 0.5:
                if state[which] == "ignored":
                    is_proposal = False
                else:
                    state[which] = "recalled"
            spread = max(scores) - min(scores)
            scaled = (float(one.scores[k]) - min(scores)) / spread if spread > 0 else 1.0
            judged.append((scaled, is_proposal, state.count("recalled")))
        for t in range(1000):
            reached = [each for each in judged if each[0] >= 1 - (t + 1) / 1000]
            if reached:
                proposals[t] += sum(each[1] for each in reached)
                recalled[t] += reached[-1][2]
    area, last = 0.0, 0.0
    recall = [number / num_faces for number in recalled]
    precision = [recalled[t] / proposals[t] if proposals[t] else 0.0 for t in range(1000)]
    for t in range(1000):
        if recall[t] != last:
            area += (recall[t] - last) * max(precision[t:])
            last = recall[t]
    return area, recall


def overlap_by_hand(a: list[float], b: list[float]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0]) + 1
    height = min(a[3], b[3]) - max(a[1], b[1]) + 1
    if width <= 0 or height <= 0:
        return 0.0
    area_a = (a[2] - a[0] + 1) * (a[3] - a[1] + 1)
    area_b = (b[2] - b[0] + 1) * (b[3] - b[1] + 1)
    return width * height / (area_a + area_b - width * height)


@BOTH
@pytest.mark.parametrize(
    ("faces", "boxes", "expected"),
    [
        pytest.param([truth(FACE)], [found((FACE, 0.9))], 1.0, id="one face, found"),
        pytest.param([truth(FACE)], [found((NOWHERE, 0.9))], 0.0, id="one face, missed"),
        pytest.param([truth(FACE)], [found()], 0.0, id="nothing found"),
        pytest.param(
            [truth(FACE, OTHER)],
            [found((FACE, 0.9), (NOWHERE, 0.8), (OTHER, 0.7))],
            0.5 * 1 + 0.5 * 2 / 3,
            id="right, wrong, right",
        ),
        pytest.param(
            [truth(FACE, OTHER)],
            [found((NOWHERE, 0.9), (FACE, 0.8), (OTHER, 0.7))],
            2 / 3,  # the better precision is that at full recall
            id="wrong, right, right",
        ),
        pytest.param([truth(FACE, OTHER)], [found((FACE, 0.9))], 0.5, id="one of two"),
        pytest.param(
            [truth(FACE)], [found((FACE, 0.9), (FACE, 0.8))], 1.0, id="a duplicate at the end"
        ),
        pytest.param(
            [truth(FACE, OTHER)],
            [found((FACE, 0.9), (FACE, 0.8), (OTHER, 0.7))],
            0.5 * 1 + 0.5 * 2 / 3,
            id="a duplicate is wrong",
        ),
        pytest.param(
            [truth(FACE, OTHER, ignored=[0])],
            [found((FACE, 0.9), (OTHER, 0.7))],
            1.0,
            id="an ignored face is not wrong",
        ),
        pytest.param(
            [truth(FACE, OTHER, ignored=[0])],
            [found((FACE, 0.9), (FACE, 0.8), (OTHER, 0.7))],
            1.0,
            id="nor is it twice",
        ),
        pytest.param(
            [truth(FACE, OTHER, ignored=[0])],
            [found((FACE, 0.9))],
            0.0,
            id="nor right",
        ),
        pytest.param(
            [truth(FACE)], [found((FACE, 0.9), (NOWHERE, 0.9))], 0.5, id="a tie, right first"
        ),
        pytest.param(
            [truth(FACE)], [found((NOWHERE, 0.9), (FACE, 0.9))], 0.5, id="a tie, wrong first"
        ),
        pytest.param(
            [truth(FACE, OTHER), truth(THIRD)],
            [found((FACE, 0.9)), found((THIRD, 0.5), (FACE, 0.6))],
            1 / 3 * 1 + 1 / 3 * 2 / 3,
            id="a face of another image is wrong",
        ),
        pytest.param(
            [truth(FACE), truth(OTHER, THIRD)],
            [found((FACE, 3.0)), found()],
            1 / 3,
            id="nothing found in one image",
        ),
        pytest.param(
            [truth(FACE, ignored=[0]), truth(OTHER)],
            [found((NOWHERE, 2.0)), found((OTHER, -7.0))],
            0.5,
            id="an image with ignored faces only",
        ),
    ],
)
def test_average_precision_by_hand(
    protocol: Callable[..., Curve],
    faces: list[GroundTruth],
    boxes: list[Predictions],
    expected: float,
) -> None:
    assert average_precision(faces, boxes, protocol=protocol) == pytest.approx(expected, abs=1e-12)


def test_images_without_faces_are_left_out_by_widerface_only() -> None:
    faces = [truth(), truth(FACE)]
    boxes = [found((NOWHERE, 0.9)), found((FACE, 0.8))]
    assert average_precision(faces, boxes) == 1.0
    assert average_precision(faces, boxes, protocol=voc_curve) == 0.5


def test_scores_of_images_without_faces_still_scale_the_others() -> None:
    # Alone, the two scores become 1 and 0; beside 0 and 1, both are within a thousandth.
    faces = [truth(), truth(FACE)]
    boxes = [found((NOWHERE, 0.0), (NOWHERE, 1.0)), found((FACE, 0.5006), (NOWHERE, 0.5002))]
    assert average_precision(faces[1:], boxes[1:]) == 1.0
    assert average_precision(faces, boxes) == 0.5


def test_no_face_that_counts_has_no_average_precision() -> None:
    curve = widerface_curve([truth(FACE, ignored=[0])], [found((FACE, 1.0))])
    assert math.isnan(curve.average_precision)
    assert math.isnan(curve.average_precision_11_point)
    assert curve.num_faces == 0


def test_nothing_at_all() -> None:
    assert math.isnan(average_precision([], []))
    assert voc_curve([truth(FACE)], [found()]).average_precision == 0.0


def test_as_many_images_on_both_sides() -> None:
    for call in (average_precision, voc_curve, recall_by_height):
        with pytest.raises(ValueError, match="which has 1, got 0"):
            call([truth(FACE)], [])
    with pytest.raises(ValueError, match="min_overlap must be a number from 0 to 1, got 50"):
        average_precision([truth(FACE)], [found((FACE, 1.0))], min_overlap=50)


def test_sides_are_one_longer_than_differences() -> None:
    # 10 x 5 in 10 x 10 pixels is just a half; of 9 x 4 in 9 x 9 it would be less.
    whole, half = [0, 0, 9, 9], [0, 0, 9, 4]
    assert average_precision([truth(whole)], [found((half, 1.0))]) == 1.0
    assert overlaps([half], [whole], extra=1)[0, 0] == 0.5
    assert overlaps([half], [whole])[0, 0] == pytest.approx(4 / 9)
    assert average_precision([truth(whole)], [found((half, 1.0))], min_overlap=0.51) == 0.0


def test_a_box_belongs_to_the_face_that_it_overlaps_most() -> None:
    near, far = [0, 0, 99, 99], [0, 20, 99, 119]
    box = [0, 2, 99, 101]
    assert average_precision([truth(near, far, ignored=[0])], [found((box, 1.0))]) == 0.0
    assert average_precision([truth(near, far, ignored=[1])], [found((box, 1.0))]) == 1.0
    matches = match(found((box, 0.5), (box, 0.9), (NOWHERE, 1.0)), truth(near, far))
    assert matches.true_positives.tolist() == [False, True, False]
    assert matches.ignored.tolist() == [False, False, False]
    assert matches.faces.tolist() == [0, 0, -1]


def test_a_crowd_takes_little_memory() -> None:
    """The overlaps of all boxes with all faces would take 80 MB, and as much several times more."""
    y, x = (20.0 * np.indices((50, 20))).reshape(2, -1)
    faces = np.column_stack([x, y, x + 15, y + 15])
    scores = np.random.default_rng(0).permutation(10 * len(faces)).astype(float)
    boxes = Predictions(np.tile(faces, (10, 1)) + np.array([0, 0, 1, 1]), scores)
    tracemalloc.start()
    try:
        matches = match(boxes, GroundTruth.of(faces))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert matches.faces.tolist() == 10 * list(range(len(faces)))
    surest = scores.reshape(10, -1).argmax(axis=0) * len(faces) + np.arange(len(faces))
    assert np.flatnonzero(matches.true_positives).tolist() == sorted(surest)
    assert most < 60e6


def test_curve_by_hand() -> None:
    boxes = found((FACE, 0.9), (NOWHERE, 0.6), (OTHER, 0.6), (OTHER, 0.4))
    curve = voc_curve([truth(FACE, OTHER, THIRD)], [boxes])
    assert curve.thresholds.tolist() == [0.9, 0.6, 0.4]
    assert curve.precision.tolist() == [1.0, 2 / 3, 0.5]
    assert curve.recall.tolist() == [1 / 3, 2 / 3, 2 / 3]
    assert curve.num_false_positives.tolist() == [0, 1, 2]
    assert curve.average_precision == pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 3)
    # Recall 0 to 0.3 at precision 1, 0.4 to 0.6 at 2/3, above at none.
    assert curve.average_precision_11_point == pytest.approx((4 * 1 + 3 * 2 / 3) / 11)


def test_widerface_has_1000_thresholds() -> None:
    curve = widerface_curve([truth(FACE, OTHER)], [found((FACE, 1.0), (OTHER, 0.0))])
    assert len(curve.thresholds) == 1000
    assert curve.thresholds[[0, 1, -1]].tolist() == [0.999, 0.998, 0.0]
    assert curve.recall[[0, -2, -1]].tolist() == [0.5, 0.5, 1.0]


Image = tuple[GroundTruth, Predictions]
_SIDES = st.integers(1, 12)
_CORNERS = st.integers(0, 12)


@st.composite
def boxes_of(draw: st.DrawFn, most: int) -> list[list[int]]:
    boxes = draw(st.lists(st.tuples(_CORNERS, _CORNERS, _SIDES, _SIDES), max_size=most))
    return [[x, y, x + width, y + height] for x, y, width, height in boxes]


@st.composite
def images(draw: st.DrawFn, scores: st.SearchStrategy[float]) -> Image:
    faces, boxes = draw(boxes_of(4)), draw(boxes_of(8))
    valid = draw(st.lists(st.booleans(), min_size=len(faces), max_size=len(faces)))
    sure = draw(st.lists(scores, min_size=len(boxes), max_size=len(boxes)))
    return (
        GroundTruth(np.array(faces, float).reshape(-1, 4), np.array(valid, bool)),
        Predictions(np.array(boxes, float).reshape(-1, 4), np.array(sure, float)),
    )


# Few different ones, so that some are equal; and any.
SCORES = st.one_of(
    st.integers(0, 3).map(float), st.floats(0, 1, width=32), st.floats(-5, 20, width=32)
)
SETS = st.lists(images(SCORES), min_size=1, max_size=4)


@given(SETS)
def test_as_loops_from_the_protocol(images: list[Image]) -> None:
    faces, boxes = [face for face, _ in images], [box for _, box in images]
    curve = widerface_curve(faces, boxes)
    if not any(face.valid.any() for face in faces):
        assert math.isnan(curve.average_precision)
        return
    expected, recall = by_loops(faces, boxes)
    assert curve.average_precision == pytest.approx(expected, abs=1e-12)
    assert curve.recall.tolist() == recall


def crowd(seed: int, num_images: int = 12) -> tuple[list[GroundTruth], list[Predictions]]:
    """Faces on a lattice, with boxes that are shifted, missing, doubled or of nothing."""
    random = np.random.default_rng(seed)
    faces, boxes = [], []
    for _ in range(num_images):
        sides = random.uniform(8, 60, (20, 1))
        corners = 100 * np.stack(np.divmod(np.arange(20), 5), axis=1) + random.uniform(
            0, 9, (20, 2)
        )
        real = np.concatenate([corners, corners + sides], axis=1)
        faces.append(GroundTruth(real, random.random(20) < 0.7))
        tried = real[random.integers(0, 20, 40)]
        shifted = tried + random.normal(0, 0.12, (40, 4)) * (tried[:, 2:3] - tried[:, :1])
        quality = np.diag(overlaps(shifted, tried))
        boxes.append(Predictions(shifted, quality + random.normal(0, 0.2, 40)))
    return faces, boxes


def rescored(boxes: Sequence[Predictions], scores: ArrayLike) -> list[Predictions]:
    """The same boxes with other scores, those of all images in one array."""
    counts = np.cumsum([len(one.scores) for one in boxes])[:-1]
    parts = np.split(np.asarray(scores, float), counts)
    return [one._replace(scores=part) for one, part in zip(boxes, parts, strict=True)]


def all_scores(boxes: Sequence[Predictions]) -> NDArray[np.float64]:
    return np.concatenate([one.scores for one in boxes])


@pytest.mark.parametrize("seed", range(5))
def test_order_does_not_matter(seed: int) -> None:
    faces, boxes = crowd(seed)
    random = np.random.default_rng(seed)
    shuffled = []
    for one in boxes:
        order = random.permutation(len(one.scores))
        shuffled.append(Predictions(one.boxes[order], one.scores[order]))
    images = random.permutation(len(faces))
    expected = average_precision(faces, boxes)
    assert 0.2 < expected < 0.95
    assert average_precision(faces, shuffled) == expected
    assert average_precision([faces[k] for k in images], [boxes[k] for k in images]) == expected
    turned = [
        (GroundTruth(face.boxes[::-1], face.valid[::-1]), box)
        for face, box in zip(faces, boxes, strict=True)
    ]
    assert average_precision([face for face, _ in turned], boxes) == expected


@pytest.mark.parametrize(
    ("scale", "shift"), [(4.0, 0.0), (0.37, -2.5), (1e-4, 0.2), (1e5, 17.0), (1.0, 5.0)]
)
def test_scaling_and_shifting_scores_does_not_matter(scale: float, shift: float) -> None:
    faces, boxes = crowd(1)
    moved = rescored(boxes, scale * all_scores(boxes) + shift)
    assert average_precision(faces, moved) == pytest.approx(
        average_precision(faces, boxes), abs=1e-12
    )


MONOTONE: dict[str, Callable[[Any], Any]] = {
    "cube": lambda scores: scores**3,
    "exponential": np.exp,
    "sigmoid": lambda scores: 1 / (1 + np.exp(-20 * scores)),
    "almost all the same": lambda scores: np.exp(60 * scores),
    "rank": lambda scores: np.argsort(np.argsort(scores)).astype(float),
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", MONOTONE)
def test_another_monotone_scaling_moves_it_within_bounds(name: str, seed: int) -> None:
    faces, boxes = crowd(seed)
    exact = voc_curve(faces, boxes)
    scores = MONOTONE[name](all_scores(boxes))
    curve = widerface_curve(faces, rescored(boxes, scores))
    # The 1000 points are some of the exact curve's, and its last one is always among them.
    assert curve.average_precision <= exact.average_precision + 1e-12
    assert curve.average_precision >= exact.precision[-1] * exact.recall[-1] - 1e-12
    assert average_precision(faces, rescored(boxes, scores), protocol=voc_curve) == pytest.approx(
        exact.average_precision, abs=1e-12
    )


@pytest.mark.parametrize("seed", range(5))
def test_scores_that_are_all_a_thousandth_apart_lose_nothing(seed: int) -> None:
    faces, boxes = crowd(seed)
    ranks = MONOTONE["rank"](all_scores(boxes))
    assert len(ranks) == 480
    assert average_precision(faces, rescored(boxes, ranks)) == pytest.approx(
        voc_curve(faces, boxes).average_precision, abs=1e-12
    )


def test_scores_in_one_thousandth_are_one() -> None:
    faces = [truth(FACE, OTHER)]
    apart = found((FACE, 0.9), (NOWHERE, 0.5), (OTHER, 0.0))
    close = found((FACE, 0.9), (NOWHERE, 0.8999), (OTHER, 0.0))
    assert average_precision(faces, [apart]) == pytest.approx(0.5 + 0.5 * 2 / 3)
    assert average_precision(faces, [close]) == pytest.approx(2 / 3)


def test_recall_by_height() -> None:
    heights = [5, 10, 19, 20, 320, 1000]
    faces = [truth(*([200 * k, 0, 200 * k + 100, height] for k, height in enumerate(heights)))]
    faces.append(truth([0, 0, 50, 15], [100, 0, 150, 15], ignored=[1]))
    boxes = [
        found(*((faces[0].boxes[k].tolist(), 0.5) for k in (1, 3, 4)), (NOWHERE, 0.9)),
        found(([0, 0, 50, 15], 0.9), ([100, 0, 150, 15], 0.9)),
    ]
    assert recall_by_height(faces, boxes) == [
        Bin(0, 10, 1, 0),
        Bin(10, 20, 3, 2),
        Bin(20, 40, 1, 1),
        Bin(40, 80, 0, 0),
        Bin(80, 160, 0, 0),
        Bin(160, 320, 0, 0),
        Bin(320, math.inf, 2, 1),
    ]


def test_recall_by_height_at_another_overlap() -> None:
    faces, boxes = [truth([0, 0, 99, 99])], [found(([0, 0, 99, 44], 0.9))]  # overlap 0.45
    assert recall_by_height(faces, boxes)[4] == Bin(80, 160, 1, 0)
    assert recall_by_height(faces, boxes, min_overlap=0.4)[4] == Bin(80, 160, 1, 1)


@pytest.mark.parametrize("edges", [(20, 10), (10, 10), (math.nan, 3), (3, math.inf)])
def test_edges_must_rise(edges: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="edges must be increasing numbers, got"):
        recall_by_height([], [], edges=edges)


def test_overlap_of_the_curves() -> None:
    faces, boxes = [truth([0, 0, 99, 99])], [found(([0, 0, 99, 44], 0.9))]
    for protocol in (voc_curve, widerface_curve):
        assert protocol(faces, boxes).average_precision == 0
        assert protocol(faces, boxes, min_overlap=0.45).average_precision == 1


def test_recall_at_a_number_of_wrong_boxes() -> None:
    faces = [truth(FACE, OTHER)]
    boxes = [found((NOWHERE, 0.9), (FACE, 0.8), (NOWHERE, 0.7), (OTHER, 0.6))]
    curve = voc_curve(faces, boxes)
    assert [curve.recall_at(number) for number in range(4)] == [0, 0.5, 1, 1]
    assert curve.highest_recall == 1


def test_of_equal_scores_the_first_is_the_surest() -> None:
    matches = match(found((FACE, 0.5), (FACE, 0.5)), truth(FACE))
    assert matches.true_positives.tolist() == [True, False]


def test_a_curve_of_nothing_has_a_point() -> None:
    curve = voc_curve([truth(FACE)], [found()])
    assert (curve.recall[-1], curve.num_false_positives[-1], curve.average_precision) == (0, 0, 0)


def test_marks_of_faces_that_count_may_be_numbers() -> None:
    faces = truth(FACE, OTHER, THIRD)._replace(valid=np.array([1, 0, 1]))
    boxes = [found((OTHER, 0.9), (FACE, 0.8), (THIRD, 0.7), (NOWHERE, 0.75))]
    assert average_precision([faces], boxes, protocol=voc_curve) == pytest.approx(0.5 + 0.5 * 2 / 3)


def coco(faces: list[GroundTruth], boxes: list[Predictions]) -> object:
    pytest.importorskip("pycocotools")
    return coco_summary(faces, boxes)


@pytest.mark.parametrize(
    "function",
    [
        average_precision,
        voc_curve,
        recall_by_height,
        pytest.param(coco, marks=pytest.mark.optional),
        lambda faces, boxes: match(boxes[0], faces[0]),
    ],
    ids=["average_precision", "voc_curve", "recall_by_height", "coco_summary", "match"],
)
@pytest.mark.parametrize(
    ("faces", "boxes", "words"),
    [
        (np.zeros((2, 5)), np.zeros((1, 4)), r"shape \(n, 4\), got shape \(2, 5\)"),
        (np.zeros(4), np.zeros((1, 4)), r"got shape \(4,\)"),
        (np.zeros((1, 4)), np.zeros((4, 1)), r"got shape \(4, 1\)"),
        (np.zeros((1, 4)), np.zeros((2, 4)), r"a score for each of 2 boxes, got shape \(1,\)"),
        (np.full((1, 4), np.inf), np.zeros((1, 4)), "boxes of faces must be finite"),
        (np.zeros((1, 4)), np.full((1, 4), np.nan), "boxes and scores must be finite"),
    ],
)
def test_boxes_of_other_shapes(
    function: Callable[..., object], faces: Any, boxes: Any, words: str
) -> None:
    found_boxes = Predictions(boxes, np.ones(1))
    with pytest.raises(ValueError, match=words):
        function([GroundTruth(faces, np.ones(1, bool))], [found_boxes])


@pytest.mark.parametrize("score", [math.nan, math.inf])
def test_scores_must_be_finite(score: float) -> None:
    for protocol in (voc_curve, widerface_curve):
        with pytest.raises(ValueError, match="boxes and scores must be finite"):
            protocol([truth()], [found((FACE, score))])


def test_faces_of_which_it_is_not_known_whether_they_count() -> None:
    with pytest.raises(
        ValueError, match=r"valid must have a value for each of 1 faces, got shape \(2,\)"
    ):
        voc_curve([truth(FACE)._replace(valid=np.ones(2, bool))], [found()])


@pytest.mark.parametrize("rows", [[[0, 0, 10, 10]] * 5, [1, 2, 3, 4, 5], [[[1, 2, 3, 4, 5]]]])
def test_rows_of_other_shapes(rows: Any) -> None:
    with pytest.raises(ValueError, match=r"of shape \(n, 5\), got shape"):
        Predictions.from_rows(rows)


@pytest.mark.parametrize("boxes", [[[0, 0, 10, 10, 0.9]] * 4, [1, 2, 3, 4], [[[1, 2, 3, 4]]]])
def test_faces_of_other_shapes(boxes: Any) -> None:
    with pytest.raises(ValueError, match=r"of shape \(n, 4\), got shape"):
        GroundTruth.of(boxes)


def test_heights_that_count() -> None:
    faces = truth([0, 0, 9, 10], [100, 0, 109, 20], [200, 0, 209, 30])
    assert faces.within_heights(10, 30).valid.tolist() == [True, True, False]
    assert faces.within_heights(11, math.inf).valid.tolist() == [False, True, True]
    small = found(([0, 0, 9, 10], 0.9), ([200, 0, 209, 30], 0.8), (NOWHERE, 1.0))
    assert average_precision([faces.within_heights(0, 15)], [small]) == 0.5
