"""What a check of annotated photographs finds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fastmtcnn.training import Problem, TrainingSet
from fastmtcnn.training.checking.check import check, without_damaged
from fastmtcnn.training.checking.estimates import Amount, estimate_samples
from fastmtcnn.training.checking.tables import check_tables
from fastmtcnn.training.data.problems import warnings_of
from fastmtcnn.training.samples.settings import WindowSettings
from fastmtcnn.training.settings import PRESETS, Round
from tests.training.generated import POINTS, annotated, photo, training_set

SWAPPED = [POINTS[1], POINTS[0], POINTS[2], POINTS[4], POINTS[3]]
NONE = np.full((5, 2), np.nan)


@pytest.fixture
def faces(tmp_path: Path) -> TrainingSet:
    """Faces of heights 9, 10, 40, 40, 40 and 320, and an ignored one."""
    small = annotated(
        "faces/small",
        [(0, 0, 9, 9), (0, 0, 9, 10), (10, 20, 50, 60), (100, 50, 120, 90), (60, 100, 100, 140)],
        path=photo(tmp_path / "small.png", 200, 150, seed=1),
        ignored=[False, False, False, False, True],
        points=np.array([NONE, NONE, POINTS, POINTS, SWAPPED]),
    )
    large = annotated(
        "faces/large",
        [(10, 0, 330, 320), (0, 0, 40, 40)],
        path=photo(tmp_path / "large.png", 400, 330, seed=2),
        points=np.array([NONE, np.array(POINTS) - [0, 13]]),
    )
    nothing = annotated("faces/nothing", (), path=photo(tmp_path / "nothing.png", seed=3))
    return training_set("faces", [small, large, nothing])


def test_counts(faces: TrainingSet) -> None:
    got = check([faces]).sets[0]
    assert (got.num_photos, got.num_without_face) == (3, 1)
    assert (got.num_faces, got.num_ignored) == (6, 1)
    assert got.by_height == [(0, 1), (10, 1), (20, 0), (40, 3), (80, 0), (160, 0), (320, 1)]
    # The one of 9 x 9 is too small for both; that of 9 x 10 for the paper, and that of 20 x 40,
    # which has an IoU of 0.55 with a square at best, too narrow for it.
    assert got.num_positive == {"modern": 5, "paper": 3}
    assert (got.num_with_points, got.num_points_outside, got.num_swapped) == (4, 2, 1)


def test_damaged_photographs_are_found_by_decoding(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.png", 90, 90, seed=1)
    path.write_bytes(path.read_bytes()[:5000])
    good = annotated("s/good", path=photo(tmp_path / "b.png", seed=2))
    both = training_set("s", [annotated("s/a", path=path), good])
    calls: list[None] = []
    assert check([both]).sets[0].num_photos == 2
    decoded = without_damaged(both, on_photo=lambda: calls.append(None))
    assert ([each.name for each in decoded.images], len(calls)) == (["s/good"], 2)
    (problem,) = check([decoded]).sets[0].problems
    assert (problem.kind, problem.where) == ("photo_unreadable", str(path))
    assert "cannot be decoded" in problem.detail


def test_equal_photographs_are_found(tmp_path: Path) -> None:
    content = photo(tmp_path / "a.png", seed=1).read_bytes()
    (tmp_path / "copy.png").write_bytes(content)
    (tmp_path / "length.png").write_bytes(content[:-1] + b"\0")
    first = training_set("s", [annotated("s/a", path=tmp_path / "a.png")])
    second = training_set(
        "t", [annotated(f"t/{n}", path=tmp_path / f"{n}.png") for n in ("copy", "length")]
    )
    report = check([first, second])
    assert report.duplicates == [["s/a", "t/copy"]]
    sentence = "photographs with the same content were found once, first s/a, t/copy"
    assert sentence in report.warnings()


def test_warnings(faces: TrainingSet, tmp_path: Path) -> None:
    path = photo(tmp_path / "swapped.png", seed=9)
    swapped = training_set(
        "crops", [annotated("crops/a", [(0, 0, 60, 60)], path=path, points=np.array([SWAPPED]))]
    )
    assert check([faces, swapped]).warnings() == [
        "faces: 2 of 4 faces have a point outside their box",
        "faces: 1 of 4 faces seem to have points swapped, left and right or eyes and mouth",
        "crops: 1 of 1 faces seem to have points swapped, left and right or eyes and mouth; left "
        "must be left in the image, not of the person, and y must grow downwards",
    ]
    without = training_set("n", [annotated("n/a", (), path=photo(tmp_path / "n.png", seed=4))])
    assert check([without]).warnings() == [
        "n: there is no face in 1 photograph",
        "no face has points: landmarks cannot be learned from these photographs",
    ]
    assert check([without]).warnings(fine_tunes=True) == ["n: there is no face in 1 photograph"]


def test_points_upside_down(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.png")
    for order, swapped in (((0, 1, 2, 3, 4), 0), ((3, 4, 2, 0, 1), 1), ((4, 3, 2, 1, 0), 0)):
        points = np.array([[POINTS[k] for k in order]])
        faces = training_set("s", [annotated("s/a", [(0, 0, 60, 60)], path=path, points=points)])
        assert check([faces]).sets[0].num_swapped == swapped


@pytest.mark.parametrize(
    ("boxes", "relative"),
    [
        ([(0.1, 0.2, 0.4, 0.5), (0, 0, 1, 1)], True),
        ([(0.1, 0.2, 0.4, 0.5), (0, 0, 1, 2)], False),
        ([], False),
    ],
)
def test_boxes_from_0_to_1(boxes: list[tuple[float, ...]], relative: bool, tmp_path: Path) -> None:
    image = annotated("s/a", boxes, path=photo(tmp_path / "a.png"))
    sentence = "s: boxes must be in pixels, got all of them within 0 and 1"
    assert (sentence in check([training_set("s", [image])]).warnings()) is relative


def test_sentences_on_problems() -> None:
    problems = [
        Problem("photo_missing", "a.jpg", "No such file"),
        Problem("box_outside", "b.jpg", "1 2 3 4"),
        Problem("photo_missing", "c\n.jpg", "No such file"),
    ]
    assert warnings_of(TrainingSet("set", [], 1.0, True, problems=problems)) == [
        "set: 2 photographs are missing: the first is a.jpg (No such file)",
        "set: 1 box lies outside its photograph and is ignored: b.jpg (1 2 3 4)",
    ]


def test_estimates() -> None:
    # 16 tries and 4 beside each face, 30 anywhere in a photograph, and mined 40 a photograph and 12
    # a face; crops have 3 tries each. A sample has 12 x 12 x 3 pixels, its kind, and 14 numbers.
    windows = WindowSettings(tries=16, crop_tries=3, beside=4, anywhere=30)
    stages = {
        key: replace(stage, windows=windows) for key, stage in PRESETS["modern"].stages.items()
    }
    amounts = [Amount(7, 20, 0.5, True), Amount(50, 60, 2.0, False)]
    number = 7 * (15 + 40) + 20 * (8 + 2 + 12) + 60 * 6
    first, *others = estimate_samples(amounts, replace(PRESETS["modern"], stages=stages))
    assert first == ("pnet", number, number * (12 * 12 * 3 + 1 + 14 * 4))
    assert [each.stage for each in others] == ["rnet", "onet"]
    unmined = replace(stages["pnet"], rounds=(Round(1, False),))
    without = replace(PRESETS["modern"], stages={**stages, "pnet": unmined})
    only = [Amount(7, 20, 1.0, True)]
    assert estimate_samples(only, without)[0].num_samples == 20 * 20 + 7 * 30
    report = check([training_set("s", [annotated("s/a", path=Path("missing"))])], preset="paper")
    assert report.estimates == estimate_samples([Amount(1, 1, 1.0, True)], PRESETS["paper"])


def test_values_have_a_json_form(faces: TrainingSet) -> None:
    values = json.loads(json.dumps(check([faces]).to_dict(), allow_nan=False))
    assert values["sets"][0]["by_height"][0] == [0, 1]
    assert values["estimates"][0]["stage"] == "pnet"
    assert values["sets"][0]["problems"] == []


def test_tables(faces: TrainingSet) -> None:
    tables = check_tables(check([faces]))
    assert all(len(row) == len(table.header) for table in tables for row in table.rows)
    sets, heights, positives, samples = (table.rows for table in tables)
    assert sets == [["faces", "", "1", "3", "1", "6", "1"]]
    assert heights[0] == ["0-9 px", "1"]
    assert heights[-1] == ["320 px or more", "1"]
    assert positives == [["faces", "50.0%", "83.3%", "4", "2", "1"]]
    assert [row[0] for row in samples] == ["pnet", "rnet", "onet"]


def test_estimates_are_of_what_is_trained_with(faces: TrainingSet) -> None:
    part = replace(faces, images=faces.images[:1])
    assert check([faces], training=[part]).estimates == check([part]).estimates


def test_an_unknown_preset() -> None:
    with pytest.raises(ValueError, match="preset must be one of 'paper', 'modern', got 'x'"):
        check([], preset="x")
