from __future__ import annotations

import numpy as np

from fastmtcnn import Detections
from fastmtcnn.training.judging.worst import WorstErrors
from tests.support.annotated import annotated


def found(*boxes: tuple[list[float], float]) -> Detections:
    count = len(boxes)
    return Detections(
        np.array([box for box, _ in boxes], np.float32).reshape(-1, 4),
        np.array([score for _, score in boxes], np.float32),
        np.zeros((count, 5, 2), np.float32),
    )


def square(x: float, side: float) -> list[float]:
    return [x, 0, x + side, side]


def test_worst_errors_by_hand() -> None:
    worst = WorstErrors(2)
    faces = [square(0, 30), square(100, 50), square(200, 40), square(300, 20), square(400, 90)]
    image = annotated(faces, [False, False, False, False, True], name="one")
    worst.add(
        image,
        found(
            (square(0, 30), 0.9),
            (square(1, 30), 0.95),  # found twice: not an error of its own here
            *((square(600, 30), 0.7), (square(700, 30), 0.99), (square(800, 30), 0.8)),
            (square(401, 90), 0.999),  # on an ignored face
        ),
    )
    errors = worst.worst()
    assert [(each.kind, each.box.tolist()) for each in errors] == [
        ("missed", square(100, 50)),
        ("missed", square(200, 40)),
        ("false_positive", square(700, 30)),
        ("false_positive", square(800, 30)),
    ]
    assert [round(each.score, 3) for each in errors] == [0, 0, 0.99, 0.8]
    assert errors[0].image == "one"
    assert len(errors[0].annotated) == 5
    assert len(errors[0].found) == 6


def test_of_equally_bad_errors_the_first_are_kept() -> None:
    worst = WorstErrors(2)
    for name in ("one", "two", "three"):
        worst.add(annotated([square(0, 30)], name=name), found((square(100, 30), 0.5)))
    assert [each.image for each in worst.worst()] == ["one", "two", "one", "two"]


def test_no_errors() -> None:
    worst = WorstErrors()
    worst.add(annotated([]), found())
    worst.add(annotated([square(0, 30)]), found((square(0, 30), 0.9)))
    assert worst.worst() == []
