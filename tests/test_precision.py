"""benchmarks/precision.py, on boxes that are matched by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import precision
from fastmtcnn import Detections

# Three faces of 40x40, and one of 10x10 that is too small to count.
TRUTH = np.array([[0, 0, 40, 40], [100, 0, 140, 40], [200, 0, 240, 40], [0, 100, 10, 110]], float)
FOUND = [
    # box, score, and what it is; the shares with the truth are worked out beside
    ([0, 0, 40, 40], 0.9995, "right"),
    ([100, 10, 140, 50], 0.992, "right"),  # 30 * 40 / (2 * 1600 - 1200) = 0.6
    ([100, 0, 140, 40], 0.96, "wrong"),  # that face has been found
    ([220, 0, 260, 40], 0.97, "wrong"),  # 20 * 40 / (3200 - 800) = 0.33
    ([0, 100, 10, 110], 0.91, "ignored"),
    ([500, 500, 540, 540], 0.85, "wrong"),
]


def found() -> Detections:
    order = sorted(FOUND, key=lambda each: -each[1])
    return Detections(
        np.array([box for box, *_ in order], np.float32),
        np.array([score for _, score, _ in order], np.float32),
        np.zeros((len(order), 5, 2), np.float32),
    )


def test_what_each_face_is() -> None:
    order = sorted(FOUND, key=lambda each: -each[1])
    counts = np.array([True, True, True, False])
    assert precision.judge(found(), TRUTH, counts) == [said for *_, said in order]


def test_without_faces_all_is_wrong() -> None:
    assert precision.judge(found(), np.zeros((0, 4)), np.zeros(0, bool)) == ["wrong"] * 6


def test_the_table() -> None:
    assert precision.table([(found(), TRUTH), (Detections.empty(), TRUTH[:1])], 20) == [
        # min_score, right, wrong, faces
        (0.8, 2, 3, 4),
        (0.9, 2, 2, 4),
        (0.95, 2, 2, 4),
        (0.99, 2, 0, 4),
        (0.995, 1, 0, 4),
        (0.999, 1, 0, 4),
    ]


def test_reading_the_truth(tmp_path: Path) -> None:
    path = tmp_path / "bbx_gt.txt"
    lines = ["a/one.jpg", "2", "10 20 30 40", "1 2 3 4 0 0 1 0 0 0"]
    lines += ["b/none.jpg", "0", "0 0 0 0", "c.jpg", "1", "5 6 7 8"]
    path.write_text("\n".join(lines) + "\n")
    truth = precision.read_truth(path)
    assert list(truth) == ["a/one.jpg", "b/none.jpg", "c.jpg"]
    assert truth["a/one.jpg"].tolist() == [[10, 20, 40, 60], [1, 2, 4, 6]]
    assert truth["b/none.jpg"].tolist() == [[0, 0, 0, 0]]
    assert truth["c.jpg"].tolist() == [[5, 6, 12, 14]]
