"""benchmarks/speed_accuracy.py: its figures, beside the package's own evaluation and by hand."""

from __future__ import annotations

import numpy as np
import pytest

import speed_accuracy
from fastmtcnn import MTCNN, Detections
from fastmtcnn.evaluation import Truth, voc_curve
from speed_accuracy_picture import front


def some_images(seed: int, count: int) -> tuple[list[Truth], list[Detections]]:
    """Faces on a grid; boxes near some of them, at others, and twice on some."""
    random = np.random.default_rng(seed)
    truth, found = [], []
    for _ in range(count):
        corners = 60.0 * random.permutation(16)[: random.integers(0, 9), None] + [0, 0]
        boxes = np.hstack([corners, corners + 40])
        truth.append(Truth(boxes, random.random(len(boxes)) < 0.8))
        moved = [boxes + random.normal(0, 6, boxes.shape) for _ in range(2)]
        wrong = random.uniform(0, 2000, (3, 2))
        all_ = np.vstack([*moved, np.hstack([wrong, wrong + 30])]).astype(np.float32)
        scores = random.choice(np.linspace(0.1, 1, 20), len(all_)).astype(np.float32)
        found.append(Detections(all_, scores, np.zeros((len(all_), 5, 2), np.float32)))
    return truth, found


@pytest.mark.parametrize("seed", range(5))
def test_precision_is_that_of_the_package(seed: int) -> None:
    truth, found = some_images(seed, 12)
    judged = speed_accuracy.judge(truth, found)
    curve = voc_curve(truth, found)
    assert judged.precision() == pytest.approx(curve.average_precision, abs=1e-12)
    assert 0.1 < judged.precision() < 0.9
    # With some of the images, one of them twice, as a resample has it.
    chosen = [3, 1, 3, 7]
    curve = voc_curve([truth[k] for k in chosen], [found[k] for k in chosen])
    assert judged.precision(chosen) == pytest.approx(curve.average_precision, abs=1e-12)
    right, wrong, faces = judged.counts()
    assert faces == sum(int(each.counted.sum()) for each in truth)
    whole = voc_curve(truth, found)
    assert (right / faces, wrong) == (whole.recall[-1], whole.num_wrong[-1])


def row(milliseconds: float, precision: float) -> dict[str, object]:
    return {"milliseconds": milliseconds, "precision": {"30": {"all_images": precision}}}


def test_the_front_by_hand() -> None:
    times = [(50, 0.6), (20, 0.5), (20, 0.4), (30, 0.5), (40, 0.7), (90, 0.7), (99, 0.8)]
    assert front([row(*each) for each in times], "30") == [1, 4, 6]


@pytest.mark.parametrize("group", ["one_by_one", "presets", "grid"])
def test_settings_are_ones(group: str) -> None:
    settings = getattr(speed_accuracy, group)()
    names = [each.name for each in settings]
    assert len(set(names)) == len(names)
    for each in settings:
        MTCNN(**each.options, num_threads=1)
