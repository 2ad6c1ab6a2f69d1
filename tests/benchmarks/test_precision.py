"""benchmarks/precision.py: a value of min_score on a curve."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import precision
from fastmtcnn import Detections
from fastmtcnn.evaluation import GroundTruth, voc_curve

TRUTH = GroundTruth.of([[0, 0, 40, 40], [100, 0, 140, 40], [200, 0, 240, 40], [300, 0, 340, 40]])
FOUND = Detections(
    np.array([[0, 0, 40, 40], [500, 0, 540, 40], [100, 0, 140, 40], [600, 0, 640, 40]], np.float32),
    np.array([0.9995, 0.97, 0.96, 0.85], np.float32),
    np.zeros((4, 5, 2), np.float32),
)


@pytest.mark.parametrize(
    ("min_score", "expected"),
    [
        (0.8, (2 / 4, 2 / 4, 2)),
        (0.9, (2 / 3, 2 / 4, 1)),
        (0.965, (1 / 2, 1 / 4, 1)),
        (0.999, (1 / 1, 1 / 4, 0)),
        (1.0, (0, 0, 0)),
    ],
)
def test_right_and_wrong_ones(min_score: float, expected: tuple[float, float, int]) -> None:
    found = precision.at_least(voc_curve([TRUTH], [FOUND]), min_score)
    assert found == pytest.approx(expected)


def test_nothing_found() -> None:
    curve = voc_curve([TRUTH], [Detections.empty()])
    assert precision.at_least(curve, 0.8) == (0.0, 0.0, 0)
