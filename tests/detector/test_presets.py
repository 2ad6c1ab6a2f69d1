"""Presets: options by name, in Python and on the command line."""

from __future__ import annotations

import json
import pickle
import re
from typing import Any

import pytest

import fastmtcnn
from fastmtcnn import MTCNN, PRESETS
from tests.support.helpers import GOLDEN, ROOT, assert_same_detections, golden_image


def test_there_are_five() -> None:
    assert list(PRESETS) == ["fast", "balanced", "accurate", "best", "paper"]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_its_options(name: str) -> None:
    detector = MTCNN.preset(name, num_threads=1)
    assert repr(detector) == repr(MTCNN(**PRESETS[name], num_threads=1))
    for option, value in PRESETS[name].items():
        assert detector.options[option] == value
    image = golden_image("crowd.png")
    assert_same_detections(
        detector.detect(image), pickle.loads(pickle.dumps(detector)).detect(image)
    )


def test_the_setting_of_the_authors() -> None:
    """Their README: minsize 10, factor 0.79, threshold [0.5 0.5 0.3]."""
    options = MTCNN.preset("paper").options
    assert options["min_face_size"] == 10
    assert options["factor"] == 0.79
    assert options["thresholds"] == (0.5, 0.5, 0.3)
    assert options["variant"] == "original"
    assert options["min_score"] is None
    assert not options["mirror"]
    assert not options["joint_scores"]


def test_own_options_win() -> None:
    detector = MTCNN.preset("accurate", min_face_size=50, mirror=(), max_faces=3)
    assert detector.options["min_face_size"] == 50
    assert detector.options["mirror"] == ()
    assert detector.options["max_faces"] == 3
    assert detector.options["joint_scores"]


def test_presets_cannot_be_changed() -> None:
    presets: Any = PRESETS
    with pytest.raises(TypeError):
        presets["fast"] = {}
    with pytest.raises(TypeError):
        presets["fast"]["min_face_size"] = 1


def test_a_subclass_gets_its_own_kind() -> None:
    class Own(MTCNN):
        pass

    assert type(Own.preset("fast")) is Own


@pytest.mark.parametrize("name", ["quick", "", None, 1, ["fast"]])
def test_no_such_preset(name: Any) -> None:
    with pytest.raises(
        ValueError,
        match="preset must be one of 'fast', 'balanced', 'accurate', 'best', 'paper', got",
    ):
        MTCNN.preset(name)


def test_no_such_option() -> None:
    with pytest.raises(TypeError, match="min_size"):
        MTCNN.preset("fast", min_size=3)


@pytest.mark.parametrize(
    ("arguments", "overrides"),
    [
        ([], {}),
        (["--min-face-size", "20"], {"min_face_size": 20}),
        (["--mirror", "", "--no-joint-scores"], {"mirror": (), "joint_scores": False}),
        (["--mirror", "none"], {"mirror": ()}),
        (["--variant", "original", "--max-faces", "2"], {"variant": "original", "max_faces": 2}),
    ],
)
@pytest.mark.parametrize("name", ["fast", pytest.param("accurate", marks=pytest.mark.slow)])
def test_on_the_command_line(
    name: str,
    arguments: list[str],
    overrides: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("typer")
    from fastmtcnn.cli import program

    photo = GOLDEN / "crowd.png"
    command = ["detect", str(photo), "--json", "-", "--preset", name, *arguments]
    program()(command, standalone_mode=False)
    (result,) = json.loads(capsys.readouterr().out)
    expected = MTCNN.preset(name, **overrides).detect(photo)
    assert expected.num_faces > 0
    assert result["faces"] == expected.to_dicts()


def test_they_are_exported() -> None:
    assert fastmtcnn.PRESETS is PRESETS
    assert "PRESETS" in fastmtcnn.__all__


def test_the_table_of_the_documentation() -> None:
    page = (ROOT / "docs" / "presets.md").read_text(encoding="utf-8")
    _, table = page.split("| | `variant` |")
    columns = ["variant", *re.findall(r"`(\w+)`", table.partition("\n")[0])]
    rows = table.partition("\n\n")[0].splitlines()[2:]
    networks = {"none": (), "O-Net": ("onet",), "R-Net and O-Net": ("rnet", "onet")}
    documented = {}
    for row in rows:
        name, *cells = (cell.strip().replace("`", "") for cell in row.strip("|").split("|"))
        values = dict(zip(columns, cells, strict=True))
        documented[name.strip('"')] = {
            "variant": values["variant"],
            "min_face_size": float(values["min_face_size"]),
            "thresholds": tuple(float(each) for each in values["thresholds"].split(", ")),
            "factor": float(values["factor"]),
            "mirror": networks[values["mirror"]],
            "views": () if values["views"] == "none" else tuple(values["views"].split(", ")),
            "joint_scores": values["joint_scores"] == "yes",
            "second_look": values["second_look"] == "yes",
            "min_score": None if values["min_score"] == "none" else float(values["min_score"]),
        }
    actual = {"no preset": MTCNN().options}
    actual.update((name, MTCNN.preset(name).options) for name in PRESETS)
    assert {
        name: {option: options[option] for option in documented["fast"]}
        for name, options in actual.items()
    } == documented
