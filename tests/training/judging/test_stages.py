from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import fastmtcnn
from fastmtcnn.cascade.stepwise import StageBoxes, run_until
from fastmtcnn.training import TrainingError
from fastmtcnn.training.judging.stages import first_ranks, stage_recall
from tests.support.annotated import annotated, golden_photographs
from tests.support.helpers import golden_image


def iou(one: list[float], other: list[float]) -> float:
    """By counting sides as x2 - x1 + 1."""
    width = min(one[2], other[2]) - max(one[0], other[0]) + 1
    height = min(one[3], other[3]) - max(one[1], other[1]) + 1
    common = max(width, 0) * max(height, 0)
    sizes = [(each[2] - each[0] + 1) * (each[3] - each[1] + 1) for each in (one, other)]
    return common / (sum(sizes) - common)


def stage_boxes(boxes: object, scores: object) -> StageBoxes:
    columns = np.asarray(scores, np.float32).reshape(-1, 1)
    corners = np.asarray(boxes, np.float64).reshape(-1, 4)
    return StageBoxes(corners, columns, np.zeros((0, 5, 2), np.float32))


def test_ranks_by_hand() -> None:
    boxes = [[0, 0, 9, 9], [100, 100, 109, 109], [0, 0, 9, 9], [50, 50, 59, 59]]
    found = stage_boxes(boxes, [0.2, 0.9, 0.5, 0.5])
    faces = np.array([[0, 0, 9, 9], [100, 100, 109, 109], [50, 50, 59, 59], [200, 0, 209, 9.0]])
    # By score: 1, then 2 and 3 in their order, then 0.
    assert first_ranks(found, faces, 0.5).tolist() == [1, 0, 2, math.inf]


def test_overlap_of_just_a_half_covers() -> None:
    face = np.array([[0, 0, 9, 9.0]])
    assert first_ranks(stage_boxes([[0, 0, 9, 4]], [0.9]), face, 0.5).tolist() == [0]
    assert first_ranks(stage_boxes([[0, 0, 9, 3.9]], [0.9]), face, 0.5).tolist() == [math.inf]


def test_ranks_equal_a_loop() -> None:
    random = np.random.default_rng(0)
    for _ in range(5):
        corners = random.uniform(0, 60, (1500, 2))
        boxes = np.hstack([corners, corners + random.uniform(5, 40, (1500, 2))])
        scores = random.integers(0, 40, 1500) / 40  # many are equal
        faces = boxes[random.choice(1500, 12)] + random.uniform(-9, 9, (12, 4))
        faces[:, 2:] = np.maximum(faces[:, 2:], faces[:, :2] + 3)
        order = sorted(range(1500), key=lambda k: (-np.float32(scores[k]), k))
        expected = [
            next((rank for rank, k in enumerate(order) if iou(boxes[k], face) >= 0.5), math.inf)
            for face in faces.tolist()
        ]
        assert first_ranks(stage_boxes(boxes, scores), faces, 0.5).tolist() == expected
        assert len(set(expected)) > 5


def test_recall_of_pnet_equals_a_loop() -> None:
    detector = fastmtcnn.MTCNN(num_threads=1)
    photographs = golden_photographs(detector)
    thresholds = (0.2, 0.1, 0.02)
    recall = stage_recall(
        None, photographs, "pnet", (3, 10, 100), low_thresholds=thresholds, num_threads=2
    )

    cascade = detector.cascade.replace(thresholds=thresholds)
    hits = {3: 0, 10: 0, 100: 0}
    num_boxes = num_faces = 0
    for photograph in photographs:
        pixels = golden_image(photograph.file.path.name)
        (stages,) = run_until(cascade, [pixels], "pnet")
        boxes = stages.pnet
        num_boxes += len(boxes.boxes)
        order = sorted(range(len(boxes.boxes)), key=lambda k: (-boxes.scores[k, 0], k))
        for face in photograph.boxes.tolist():
            num_faces += 1
            for count in hits:
                some = boxes.boxes[order[:count]].tolist()
                hits[count] += any(iou(box, face) >= 0.5 for box in some)
    assert num_faces == recall.num_faces > 10
    assert recall.recall == {count: hit / num_faces for count, hit in hits.items()}
    assert 0 < recall.recall[3] < recall.recall[100]
    assert recall.boxes_per_image == num_boxes / len(photographs)
    assert recall.num_images == len(photographs)
    assert recall.seconds_per_image > 0


def test_rnet_needs_fewer_boxes_than_pnet(detector: fastmtcnn.MTCNN) -> None:
    photographs = golden_photographs(detector)
    pnet, rnet = (stage_recall(None, photographs, key, (30,)) for key in ("pnet", "rnet"))
    assert rnet.recall[30] > pnet.recall[30]
    assert rnet.boxes_per_image < pnet.boxes_per_image


def test_ignored_faces_do_not_count(detector: fastmtcnn.MTCNN) -> None:
    found = detector.detect(golden_image("astronaut.png"))
    nowhere = [[0.0, 400, 30, 440]]
    both = annotated(np.vstack([found.boxes[:1], nowhere]), [False, True])
    none_ignored = annotated(both.boxes)
    assert stage_recall(None, [both], "pnet", (300,)).recall == {300: 1.0}
    assert stage_recall(None, [none_ignored], "pnet", (300,)).recall == {300: 0.5}


def test_no_faces() -> None:
    recall = stage_recall(None, [annotated([])], "rnet", (10,))
    assert math.isnan(recall.recall[10])
    assert (recall.num_faces, recall.num_images) == (0, 1)


def test_no_photograph() -> None:
    recall = stage_recall(None, [], "pnet", (10,))
    assert math.isnan(recall.recall[10])
    assert math.isnan(recall.boxes_per_image)
    assert recall.num_images == 0


def test_unreadable_photograph_is_named_and_left_out(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"not a photograph")
    face = [[170.0, 60, 275, 195]]
    photographs = [annotated(face), annotated(face, path=bad, name="set/bad")]
    recall = stage_recall(None, photographs, "pnet", (300,))
    assert recall.num_faces == recall.num_images == 1
    assert list(recall.unreadable) == ["set/bad"]
    with pytest.raises(TrainingError, match=r"none of 1 photographs can be read, such as .*bad"):
        stage_recall(None, photographs[1:], "pnet", (300,))


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="key must be one of 'pnet', 'rnet', got 'onet'"):
        stage_recall(None, [], "onet")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="each of counts must be a whole number of at least 1"):
        stage_recall(None, [], "pnet", (0,))
    with pytest.raises(ValueError, match="networks are judged without second_look, got True"):
        stage_recall(None, [], "pnet", options={"second_look": True})
