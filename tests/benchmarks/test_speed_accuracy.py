"""benchmarks/speed_accuracy.py: its figures, beside the package's own evaluation and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from benchmarks import speed_accuracy
from benchmarks.speed_accuracy_picture import front
from fastmtcnn import MTCNN, Detections
from fastmtcnn.evaluation import GroundTruth, average_precision, match, voc_curve
from tests.support.helpers import golden_image


def some_images(seed: int, count: int) -> tuple[list[GroundTruth], list[Detections]]:
    """Faces on a grid; boxes near some of them, at others, and twice on some."""
    random = np.random.default_rng(seed)
    truth, found = [], []
    for _ in range(count):
        corners = 60.0 * random.permutation(16)[: random.integers(0, 9), None] + [0, 0]
        boxes = np.hstack([corners, corners + 40])
        truth.append(GroundTruth(boxes, random.random(len(boxes)) < 0.8))
        moved = [boxes + random.normal(0, 6, boxes.shape) for _ in range(2)]
        wrong = random.uniform(0, 2000, (3, 2))
        all_ = np.vstack([*moved, np.hstack([wrong, wrong + 30])]).astype(np.float32)
        scores = random.choice(np.linspace(0.1, 1, 20), len(all_)).astype(np.float32)
        found.append(Detections(all_, scores, np.zeros((len(all_), 5, 2), np.float32)))
    return truth, found


def test_figures_of_settings() -> None:
    """Those of `voc_curve`; the second setting finds what the first does, and nothing wrong."""
    truth, found = some_images(3, 12)
    matches = [match(one, faces) for one, faces in zip(found, truth, strict=True)]
    better = [one.select(each.true_positives) for one, each in zip(found, matches, strict=True)]
    settings = [speed_accuracy.Setting("plain", {}), speed_accuracy.Setting("better", {"a": 1})]
    runs = [
        speed_accuracy.Run(found, [0.1, 0.3] * 6, None),
        speed_accuracy.Run(better, [0.4] * 12, 7),
    ]
    ranges = dict.fromkeys(("30", "10-30", "20", "all"), truth)
    plain, other = speed_accuracy.summarise(settings, runs, ranges)
    assert plain["milliseconds"] == pytest.approx(200)
    assert other["time"] == pytest.approx(2)
    assert (plain["false_positives"], other["false_positives"]) == (None, 7)
    assert other["options"] == {"a": 1}
    for row, one in ((plain, found), (other, better)):
        figures = row["precision"]["30"]
        for images, name in (
            (slice(None), "all_images"),
            (slice(0, None, 2), "even_images"),
            (slice(1, None, 2), "odd_images"),
        ):
            curve = voc_curve(truth[images], one[images])
            assert figures[name] == pytest.approx(curve.average_precision, abs=1e-12)
        curve = voc_curve(truth, one)
        assert figures["wrong"] == curve.num_false_positives[-1]
        assert figures["right"] / figures["faces"] == curve.highest_recall
        assert figures["widerface"] == average_precision(truth, one)
    same, gains = plain["precision"]["30"], other["precision"]["30"]
    assert same["gain_2.5%"] == same["gain_97.5%"] == 0
    gain = gains["all_images"] - same["all_images"]
    assert 0 < gains["gain_2.5%"] < gain < gains["gain_97.5%"] < 1


def test_ranges_of_heights() -> None:
    assert speed_accuracy.HEIGHTS["30"] == (30, float("inf"))
    assert speed_accuracy.HEIGHTS["10-30"] == (10, 30)
    assert speed_accuracy.HEIGHTS["20"] == (20, float("inf"))


def test_false_boxes_are_those_of_all_photographs(tmp_path: Path) -> None:
    paths = [tmp_path / f"{k}.png" for k in range(2)]
    for path in paths:
        PIL.Image.fromarray(golden_image("crowd.png")).save(path)
    number = MTCNN(40).detect(golden_image("crowd.png")).num_faces
    run = speed_accuracy.measure(
        paths[:1], paths, [speed_accuracy.Setting("", {"min_face_size": 40})]
    )[0]
    assert (len(run.found), len(run.seconds), run.num_false) == (1, 1, 2 * number)


def row(milliseconds: float, precision: float) -> dict[str, object]:
    return {"milliseconds": milliseconds, "precision": {"30": {"all_images": precision}}}


def test_the_front_by_hand() -> None:
    times = [(50, 0.6), (20, 0.5), (20, 0.4), (30, 0.5), (40, 0.7), (90, 0.7), (99, 0.8)]
    assert front([row(*each) for each in times], "30") == [1, 4, 6]


@pytest.mark.parametrize("group", ["one_by_one", "looks", "grid"])
def test_settings_are_ones(group: str) -> None:
    settings = getattr(speed_accuracy, group)()
    names = [each.name for each in settings]
    assert len(set(names)) == len(names)
    for each in settings:
        MTCNN(**each.options, num_threads=1)
