"""Figures of benchmarks that compare searches, against numbers computed by hand."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from benchmarks import operating_points
from benchmarks.judge import Judge
from benchmarks.kept import Image, at_random, half_of, halves, keep, read_kept
from fastmtcnn import Detections
from fastmtcnn.evaluation import GroundTruth

FACE = [10.0, 10.0, 50.0, 50.0]
OTHER = [60.0, 10.0, 100.0, 50.0]
NOWHERE = [10.0, 60.0, 50.0, 100.0]


def detections(*rows: tuple[list[float], float]) -> Detections:
    boxes, scores = [box for box, _ in rows], [score for _, score in rows]
    points = np.zeros((len(rows), 5, 2), np.float32)
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32), points
    )


@pytest.fixture
def judge() -> Judge:
    """Two photographs with two faces and one, of which the plain search finds one."""
    truth = [GroundTruth.of([FACE, OTHER]), GroundTruth.of([FACE])]
    none = [GroundTruth.of(np.zeros((0, 4)))] * 2
    plain = [detections((FACE, 0.9)), detections()]
    return Judge(
        {"all": truth, "large": truth, "small": none}, plain, {"tune": [0], "confirm": [1]}
    )


def test_figures(judge: Judge) -> None:
    found = [
        detections((FACE, 0.9), (NOWHERE, 0.7), (OTHER, 0.6)),
        detections((NOWHERE, 0.8), (FACE, 0.5)),
    ]
    figures = judge.figures(found)
    # By falling score: right, wrong, wrong, right, right; precision 1, 2/4, 3/5.
    assert figures.precision["all"] == pytest.approx(100 * (1 + 0.6 + 0.6) / 3)
    assert figures.gain == pytest.approx(100 * (1 + 0.6 + 0.6) / 3 - 100 / 3)
    # First photograph: right, wrong, right of two faces, beside one of two; second: half of none.
    assert figures.gain_of_half["tune"] == pytest.approx(100 * (1 + 2 / 3) / 2 - 50)
    assert figures.gain_of_half["confirm"] == pytest.approx(50)
    assert np.isnan(figures.precision["small"])
    assert figures.interval[0] <= figures.gain <= figures.interval[1]
    assert [figures.false_positives_at(recall) for recall in (1 / 3, 0.5, 1)] == ["0", "2", "2"]
    assert judge.figures([detections(), detections()]).false_positives_at(0.1) == "not reached"


def test_scores(judge: Judge) -> None:
    found = [
        detections((FACE, 0.9), (NOWHERE, 0.7), (OTHER, 0.6)),
        detections((NOWHERE, 0.8), (FACE, 0.5)),
    ]
    figures = judge.figures(found)
    at = {score: operating_points.at_score(figures, score) for score in (None, 0.65, 0.85, 0.95)}
    assert at == {None: (3, 2), 0.65: (1, 2), 0.85: (1, 0), 0.95: (0, 0)}
    lowest = {allowed: operating_points.score_for(figures, allowed) for allowed in (0, 1, 2)}
    assert lowest == {0: 0.825, 1: 0.725, 2: 0.0}
    every = [operating_points.threshold_for(figures, allowed) for allowed in (0, 1, 2, 5)]
    assert every == pytest.approx([0.9, 0.8, 0.5, 0.5])


def test_what_was_searched_is_not_searched_again(tmp_path: Path) -> None:
    photos = {}
    for name in ("one", "folder/two"):
        photos[name] = tmp_path / f"{name.replace('/', '-')}.png"
        PIL.Image.new("RGB", (8, 6), "red").save(photos[name])
    seen: list[tuple[int, ...]] = []

    def search(image: Image) -> Detections:
        seen.append(image.shape)
        return detections((FACE, 0.5))

    keep({"one": photos["one"]}, tmp_path / "kept", {"a/b": search})
    keep(photos, tmp_path / "kept", {"a/b": search})
    assert seen == [(6, 8, 3)] * 2
    keep(photos, tmp_path / "kept", {"other": lambda _: detections()})
    kept = read_kept(tmp_path / "kept", ["a/b", "other"], [*photos, "missing"])
    assert kept.names == [*photos]
    assert [each.num_faces for each in kept.found["a/b"]] == [1, 1]
    assert [each.num_faces for each in kept.found["other"]] == [0, 0]
    assert kept.found["a/b"][1].boxes.tolist() == [FACE]
    assert min(kept.milliseconds.values()) >= 0


def test_halves() -> None:
    names = [f"photo {k}" for k in range(100)]
    parts = halves(names)
    assert sorted(parts["tune"] + parts["confirm"]) == list(range(100))
    assert 30 < len(parts["tune"]) < 70
    assert all(half_of(names[k]) == "tune" for k in parts["tune"])
    assert at_random(names) == at_random(reversed(names)) != names
    assert sorted(at_random(names)) == sorted(names)


def test_only_bare_faces_count(tmp_path: Path) -> None:
    box = "<bndbox><xmin>{}</xmin><ymin>1</ymin><xmax>{}</xmax><ymax>41</ymax></bndbox>"
    objects = "".join(
        f"<object><name>{name}</name>{box.format(x, x + 40)}</object>"
        for name, x in (("with_mask", 1), ("without_mask", 51))
    )
    (tmp_path / "photo.xml").write_text(
        f"<annotation><filename>photo.png</filename>{objects}</annotation>"
    )
    photo = tmp_path / "photo.png"
    PIL.Image.new("RGB", (100, 50)).save(photo)
    photos = operating_points.bare_faces(tmp_path)
    assert photos.paths == {"photo": photo}
    (truth,) = photos.truth(["photo"])["all"]
    assert truth.boxes.tolist() == [[0, 0, 40, 40], [50, 0, 90, 40]]
    assert truth.valid.tolist() == [False, True]


@pytest.mark.optional
def test_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On white photographs: both tables and the plot come about."""
    pytest.importorskip("matplotlib")
    (tmp_path / "images").mkdir()
    rows = []
    for k in range(8):
        PIL.Image.new("RGB", (60, 50), "white").save(tmp_path / "images" / f"{k}.png")
        rows.append(f"{k}.png\n1\n5 5 30 30 0 0 0 0 0 0\n")
    (tmp_path / "bbx_gt.txt").write_text("".join(rows))
    photos = operating_points.wider(tmp_path, None)
    arguments = argparse.Namespace(
        folder=tmp_path / "kept", timed=1, yunet=None, picture=tmp_path / "plot.svg"
    )
    operating_points.compare_candidates(photos, arguments.folder)
    operating_points.compare_presets(photos, {"again": photos}, None, arguments)
    out = capsys.readouterr().out
    assert out.count("| no preset |") == 3
    assert "8 photographs, 8 faces" in out
