"""benchmarks/training: adapt.py, against_shipped.py and speed.py, their figures by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

import fastmtcnn
from benchmarks.training import adapt, against_shipped, speed
from benchmarks.training.against_shipped import Setting
from fastmtcnn import Detections
from fastmtcnn.evaluation import GroundTruth, LandmarkErrors
from fastmtcnn.training import AnnotatedImage, ImageFile
from tests.support.annotated import golden_photographs

pytestmark = pytest.mark.optional


def setting(milliseconds: float, precision: float) -> Setting:
    return Setting(20, 0.01, (0.5, 0.5, 0.5), milliseconds, {"all": precision})


def test_landmark_errors_of_the_faces_found_both_times() -> None:
    before = LandmarkErrors(np.array([[0.1] * 5, [0.2] * 5, [math.inf] * 5]))
    after = LandmarkErrors(np.array([[math.inf] * 5, [0.3] * 5, [0.5] * 5]))
    found = adapt.landmark_figures(before, after)
    assert (found["faces"], found["found_before"], found["found_after"]) == (3, 2, 2)
    assert (found["before"], found["after"]) == pytest.approx((0.15, 0.4))
    assert (found["before_of_both"], found["after_of_both"]) == pytest.approx((0.2, 0.3))


def test_the_front_by_hand() -> None:
    times = [(50, 0.6), (20, 0.5), (20, 0.4), (30, 0.5), (40, 0.7), (90, 0.7), (99, 0.8)]
    found = against_shipped.front([setting(*each) for each in times])
    assert [(each.milliseconds, each.precision["all"]) for each in found] == [
        (20, 0.5),
        (40, 0.7),
        (99, 0.8),
    ]


def test_gains_at_equal_time() -> None:
    shipped = [setting(10, 0.5), setting(20, 0.6), setting(40, 0.7)]
    trained = [setting(15, 0.65), setting(20.5, 0.62), setting(42, 0.9)]
    found = against_shipped.gains(shipped, trained, "all")
    assert found[0][1] is None
    assert math.isnan(found[0][2])
    assert [each[1] for each in found[1:]] == [trained[0], trained[0]]
    assert [each[2] for each in found[1:]] == pytest.approx([0.05, -0.05])


def test_precision_by_height() -> None:
    """Of two faces the small one is found with the higher score, and there is a false positive."""
    truth = GroundTruth.of([[0, 0, 15, 15], [100, 100, 200, 200]])
    boxes = np.array([[0, 0, 15, 15], [300, 300, 400, 400], [100, 100, 200, 200]], np.float32)
    scores = np.array([0.9, 0.8, 0.7], np.float32)
    found = Detections(boxes, scores, np.zeros((3, 5, 2), np.float32))
    precision = against_shipped.precision_by_height([truth], [found])
    assert precision["10-20"] == precision["below 40"] == pytest.approx(1)
    assert precision["from 80"] == pytest.approx(1 / 2)
    assert precision["all"] == pytest.approx(1 / 2 + 2 / 3 / 2)
    assert math.isnan(precision["20-40"])


def test_a_time_that_is_hardly_longer_counts_as_equal() -> None:
    settings = [setting(9, 0.5), setting(10.2, 0.6), setting(10.4, 0.7)]
    assert against_shipped.within(settings, 10, "all") == settings[1]
    assert against_shipped.within(settings, 8, "all") is None


def test_cascades_find_what_they_find_alone() -> None:
    images = golden_photographs(fastmtcnn.MTCNN(num_threads=1, min_face_size=40))[:2]
    cascades = [fastmtcnn.MTCNN(num_threads=1, min_face_size=size).cascade for size in (40, 80)]
    runs = against_shipped.searched(cascades, images, times=2)
    assert runs[0].milliseconds > runs[1].milliseconds > 0
    for size, run in zip((40, 80), runs, strict=True):
        detector = fastmtcnn.MTCNN(num_threads=1, min_face_size=size)
        for image, found in zip(images, run.found, strict=True):
            np.testing.assert_array_equal(found.boxes, detector.detect(image.file.path).boxes)


def test_photographs_that_all_runs_held_back(tmp_path: Path) -> None:
    for run, names in (("one", "s/a\ns/b\n"), ("other", "s/b\ns/c\n")):
        (tmp_path / run).mkdir()
        (tmp_path / run / "held_back.txt").write_text(names)
    none = np.empty((0, 4)), np.empty(0, bool), np.empty((0, 5, 2))
    images = [AnnotatedImage(f"s/{name}", ImageFile(Path(name)), *none) for name in "abc"]
    runs = [tmp_path / "one", tmp_path / "other"]
    assert [each.name for each in against_shipped.held_back_of(runs, images)] == ["s/b"]


def test_the_tables_of_speeds() -> None:
    own = {"samples": 12345.6, "random": 0.02}
    own |= {"native": 0.04, "fast twins": 0.1, "plain files": 0.15}
    figures = {"pnet": own, "rnet": own, "onet": own}
    (table,) = speed.tables_of(figures)
    assert table.rows[0] == ["pnet", "12,346", "20", "40", "100", "150", "2.50", "1.50"]
    figures["memory"] = {"own": 1000.4, "worker": 500, "sum": 2000.4}
    assert speed.tables_of(figures)[1].rows == [["run", "1,000", "500", "2,000"]]
