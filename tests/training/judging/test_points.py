from __future__ import annotations

import math

import numpy as np
import pytest

from fastmtcnn import Detections
from fastmtcnn.training.judging.points import landmark_error, operating_point
from tests.support.annotated import annotated

THRESHOLDS = (0.6, 0.7, 0.8)


def detections(boxes: object, scores: object = None, landmarks: object = None) -> Detections:
    corners = np.asarray(boxes, np.float32).reshape(-1, 4)
    number = len(corners)
    return Detections(
        corners,
        np.linspace(0.9, 0.8, number, dtype=np.float32)
        if scores is None
        else np.asarray(scores, np.float32),
        np.zeros((number, 5, 2), np.float32)
        if landmarks is None
        else np.asarray(landmarks, np.float32),
    )


def test_point_by_hand() -> None:
    images = [
        # A face that is found twice, one that is not, an ignored one that is, and a wrong box.
        annotated([[0, 0, 9, 9], [50, 50, 59, 59], [100, 0, 109, 9]], [False, False, True]),
        annotated([[0, 0, 9, 9]]),
        annotated([]),  # with a wrong box
    ]
    found = [
        detections([[0, 0, 9, 9], [0, 0, 9, 8], [100, 0, 109, 9], [200, 0, 209, 9]]),
        detections([[0, 0, 9, 9]]),
        detections([[0, 0, 9, 9]]),
    ]
    point = operating_point(images, found, THRESHOLDS)
    assert point.num_faces == 3
    assert point.recall == pytest.approx(2 / 3)
    assert point.precision == pytest.approx(2 / 5)
    assert point.false_positives_per_image == pytest.approx(3 / 3)
    assert point.thresholds == THRESHOLDS
    assert math.isnan(point.seconds_per_image)


def test_average_precision_by_hand() -> None:
    images = [annotated([[0, 0, 9, 9], [50, 50, 59, 59], [100, 0, 109, 9], [150, 0, 159, 9]])]
    found = [detections([[0, 0, 9, 9], [300, 0, 309, 9], [50, 50, 59, 59]], [0.9, 0.8, 0.7])]
    # Precision 1 up to recall 1/4, then 2/3 up to 2/4.
    point = operating_point(images, found, THRESHOLDS)
    assert point.average_precision == pytest.approx(1 / 4 + 1 / 4 * 2 / 3)


def test_nothing_found_and_nothing_there() -> None:
    point = operating_point([annotated([[0, 0, 9, 9]])], [detections([])], THRESHOLDS)
    assert point.recall == point.average_precision == 0
    assert math.isnan(point.precision)
    point = operating_point([annotated([])], [detections([[0, 0, 9, 9]])], THRESHOLDS)
    assert math.isnan(point.recall)
    assert point.precision == 0
    point = operating_point([], [], THRESHOLDS)
    assert math.isnan(point.false_positives_per_image)


def test_landmark_error_by_hand() -> None:
    points = np.array([[10, 10], [20, 10], [15, 15], [12, 20], [18, 20.0]])  # eyes 10 apart
    nowhere, coincide = np.full((5, 2), np.nan), np.tile([[80.0, 80]], (5, 1))
    partly = points + 200
    partly[0] = np.nan
    image = annotated(
        [[5 + left, 5 + left, 25 + left, 25 + left] for left in (0, 45, 65, 200, 300, 400)],
        [False, False, False, False, True, False],
        [points, nowhere, coincide, partly, points + 300, points + 400],
    )
    # One landmark is 1 pixel off, another 2: 0.1 and 0.2 of the distance, over five.
    moved = points.copy()
    moved[0, 0] += 1
    moved[1, 1] += 2
    error = landmark_error([image], [detections([[5, 5, 25, 25]], None, [moved])])
    assert (error.num_faces, error.num_found) == (2, 1)
    assert error.mean == pytest.approx(0.3 / 5)
    none = landmark_error([annotated([[0, 0, 9, 9]])], [detections([[0, 0, 9, 9]])])
    assert math.isnan(none.mean)
    assert (none.num_faces, none.num_found) == (0, 0)
