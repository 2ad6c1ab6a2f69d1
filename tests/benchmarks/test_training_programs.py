"""benchmarks/training: what its programs share."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from benchmarks.training import programs
from benchmarks.training.sets import some, write_table
from fastmtcnn.training import AnnotatedImage, ImageFile
from fastmtcnn.training.data.reading import read_sets
from tests.training.generated import photo

pytestmark = pytest.mark.optional


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("1.5m", 90), ("2h", 7200), ("0s", 0), ("600s", 600)]
)
def test_times(text: str, seconds: float) -> None:
    assert programs.seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["90", "m", "-1m", "1d", "1m30s", ""])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="must be such as"):
        programs.seconds_of(text)


def test_lengths_of_trainings() -> None:
    made = programs.parser("Trains.")
    programs.add_length(made, "10m")
    assert programs.settings_of(made.parse_args([])).seconds == 600
    settings = programs.settings_of(made.parse_args(["--steps", "7"]), stages=("rnet", "onet"))
    assert (settings.seconds, settings.steps) == (None, (7, 7))
    settings = programs.settings_of(made.parse_args(["--steps", "1", "2", "3", "--seed", "4"]))
    assert (settings.steps, settings.seed) == ((1, 2, 3), 4)


def test_a_table_is_aligned() -> None:
    table = programs.Table("title", ["name", "AP"], [["a", "1.5"], ["longer", "12.25"]])
    assert str(table).splitlines() == ["title", "name       AP", "a         1.5", "longer  12.25"]


def test_figures_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = programs.parser("Measures.")
    arguments = made.parse_args(["--out", str(tmp_path / "new" / "figures.json")])
    table = programs.Table("title", ["name"], [["row"]])
    figures = {"nan": math.nan, "nested": [(1, math.inf)], "path": tmp_path}
    programs.publish(arguments, [table], figures, programs.Clock())
    found = json.loads(arguments.out.read_text())
    assert (found["nan"], found["nested"], found["path"]) == (None, [[1, None]], str(tmp_path))
    assert found["settings"] == {"threads": 1, "seed": 0}
    assert "row" in capsys.readouterr().out


def test_a_time_without_effect_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    made = programs.parser("Trains.")
    programs.add_length(made, "10m")
    for options, told in (([], "time 600.0"), (["--steps", "7"], "steps 7")):
        programs.publish(made.parse_args(options), [], {}, programs.Clock())
        line = capsys.readouterr().out.splitlines()[2]
        assert line.startswith("settings:")
        assert told in line
        assert ("time" in line) == (not options)


def test_some_of_the_items() -> None:
    assert some(range(10), 4) == [0, 2, 5, 7]
    assert some(range(3), 4) == some(range(3), None) == [0, 1, 2]


def test_a_table_holds_what_was_written(tmp_path: Path) -> None:
    boxes = np.array([[1.0, 2, 20, 30], [5, 5, 25, 25], [1, 2, 20, 30]])
    points = np.full((3, 5, 2), np.nan)
    points[1] = [[10, 10], [20, 10], [15, 15], [11, 20], [19, 20]]
    first = ImageFile(photo(tmp_path / "a.png"))
    second = ImageFile(photo(tmp_path / "b.png", seed=1))
    written = [
        AnnotatedImage("s/a", first, boxes, np.array([False, True, False]), points, "video"),
        AnnotatedImage("s/b", second, np.empty((0, 4)), np.empty(0, bool), np.empty((0, 5, 2))),
    ]
    one, other = read_sets([write_table(tmp_path / "faces.csv", written)])[0].images
    np.testing.assert_array_equal(one.boxes, boxes[:2])
    np.testing.assert_array_equal(one.ignored, [False, True])
    np.testing.assert_array_equal(one.points, points[:2])
    assert (one.group, other.group, len(other.boxes)) == ("video", "", 0)
    assert other.file.path.samefile(second.path)
