"""``fastmtcnn train``: its check, wrong options, and signals."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import PIL.Image
import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")

from typer.testing import CliRunner, Result

from fastmtcnn import cli
from fastmtcnn.cli.training import ProgressObserver, Stopped, StopRequest
from fastmtcnn.training import Data, Settings
from fastmtcnn.training.folder import RunFolder
from tests.training.generated import csv_file, photo

HEADER = "path,x1,y1,x2,y2"


def check(*arguments: str | Path) -> Result:
    return CliRunner().invoke(
        *(cli.program(), ["train", *map(str, arguments), "--check"]),
        prog_name="fastmtcnn",
        env={"COLUMNS": "120"},
    )


def numbers_of_uses(result: Result) -> list[int]:
    """The numbers of photographs in the last lines."""
    lines = result.output.splitlines()
    return [int(line.split()[-4]) for line in lines if "photographs, " in line]


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """Ten photographs with a face of 30 x 40 each, beside a damaged and a missing one."""
    folder = tmp_path / "faces"
    for k in range(10):
        photo(folder / f"{k}.png", seed=k)
    damaged = photo(folder / "damaged.png", seed=20)
    damaged.write_bytes(damaged.read_bytes()[:5000])
    names = [*map(str, range(10)), "damaged", "missing"]
    csv_file(folder / "faces.csv", HEADER, *(f"{name}.png,10,10,40,50" for name in names))
    return folder


def test_findings(faces: Path) -> None:
    result = check(faces)
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.output.splitlines()]
    assert ["faces", "table", "1", "10", "0", "10", "0"] in lines
    assert ["40-79", "px", "10"] in lines
    assert ["faces", "100.0%", "100.0%", "0", "0", "0"] in lines
    assert "photographs that cannot be used:\n" in result.output
    assert f"{faces}/missing.png: No such file or directory\n" in result.output
    assert f"{faces}/damaged.png: cannot be decoded" in result.output
    assert "warning: faces: 1 photograph is missing: " in result.output
    assert "warning: faces: 1 photograph cannot be read: " in result.output
    trained, held_back = numbers_of_uses(result)
    assert trained + held_back == 10  # as in the table
    assert "guard" not in result.output


def test_a_guard_and_a_set_to_measure_with(faces: Path, tmp_path: Path) -> None:
    for name in ("guard", "own"):
        photo(tmp_path / name / "a.png", seed=len(name) + 50)
        csv_file(tmp_path / name / "t.csv", HEADER, "a.png,10,10,40,50", "a.png,50,10,70,30")
    result = check(
        *(faces, "--guard", tmp_path / "guard", "--guard", faces, "--validation", tmp_path / "own")
    )
    assert result.exit_code == 0, result.output
    names = [line.split()[0] for line in result.output.splitlines() if " table " in line]
    assert names == ["faces", "own", "guard"]
    assert "\nto train with: 10 photographs, 10 faces\n" in result.output
    assert "\nheld back: 1 photograph, 2 faces\n" in result.output
    assert "\nguard: 1 photograph, 2 faces\n" in result.output


def test_half_of_a_guard_is_learned_from_when_networks_are_fine_tuned(
    faces: Path, tmp_path: Path
) -> None:
    lines = []
    for k in range(20):
        photo(tmp_path / "guard" / f"{k}.png", seed=k + 50)
        lines.append(f"{k}.png,10,10,40,50")
    csv_file(tmp_path / "guard" / "t.csv", HEADER, *lines)
    alone = check(faces, "--guard", tmp_path / "guard")
    tuned = check(faces, "--guard", tmp_path / "guard", "--from", "shipped")
    trained, held_back, guarding = numbers_of_uses(alone)
    assert guarding == 20
    learned, also_held_back, measured = numbers_of_uses(tuned)
    assert also_held_back == held_back
    assert learned + measured == trained + guarding
    assert measured < guarding
    assert "no face has points" in alone.output
    assert "no face has points" not in tuned.output


def test_crops_alone_are_refused(tmp_path: Path) -> None:
    points = "eye_left_x,eye_left_y,eye_right_x,eye_right_y,nose_x,nose_y,"
    points += "mouth_left_x,mouth_left_y,mouth_right_x,mouth_right_y"
    rows = []
    for k in range(10):
        photo(tmp_path / f"{k}.png", seed=k)
        rows.append(f"{k}.png,10,20,50,58,20,30,40,30,30,40,22,52,38,52")
    table = csv_file(tmp_path / "faces.csv", f"{HEADER},{points}", *rows)
    result = check(table)
    assert result.exit_code == 1
    message = "error: photographs of which all faces are annotated are needed"
    assert message in result.output
    guard = photo(tmp_path / "guard" / "a.png", seed=50).parent
    csv_file(guard / "t.csv", HEADER, "a.png,10,10,40,50")
    assert message in check(table, "--guard", guard).output  # which is not learned from


def test_a_picture_of_samples_and_the_findings_as_json(faces: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert check(faces, "--output", run).exit_code == 0
    with PIL.Image.open(run / "check" / "samples.png") as picture:
        assert picture.width > 1000
    values = json.loads((run / "check" / "check.json").read_text())
    assert values["sets"][0]["num_faces"] == 10
    assert RunFolder(run).begin({"a": 1}) is False  # a run may begin in this folder


def test_the_findings_come_before_the_reason_why_training_cannot_begin(tmp_path: Path) -> None:
    photo(tmp_path / "a.png")
    table = csv_file(tmp_path / "faces.csv", HEADER, "a.png,10,10,40,50")
    result = check(table)
    assert result.exit_code == 1
    assert "faces" in result.output
    assert "error: there must be at least one face" in result.output


def test_what_is_refused(tmp_path: Path) -> None:
    for arguments, status, message in (
        (["nothing"], 1, "error: 'nothing': there is no such file or folder"),
        ([tmp_path], 1, "not recognised as annotated photographs"),
    ):
        result = check(*arguments)
        assert result.exit_code == status
        assert message in result.output
        assert "Traceback" not in result.output


def test_an_unknown_preset(faces: Path) -> None:
    result = check(faces, "--preset", "x")
    assert result.exit_code == 2
    assert "preset must be one of" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--time", "0s"], "--time must be a finite number above 0, got 0.0"),
        (["--time", "0"], "--time must be a finite number above 0, got 0.0"),
        (["--epochs", "nan"], "--epochs must be a finite number above 0, got nan"),
        (["--num-threads", "0"], "--num-threads must be a whole number of at least 1, got 0"),
        (["--workers", "0"], "--workers must be a whole number of at least 1, got 0"),
        (["--held-back", "1"], "--held-back must be a number above 0 and below 1, got 1.0"),
        (["--precision", "2"], "--precision must be a number from 0 to 1, got 2.0"),
        (["--recall", "-1"], "--recall must be a number from 0 to 1, got -1.0"),
        (["--hard-fraction", "7"], "--hard-fraction must be a number from 0 to 1, got 7.0"),
        (["--min-face-size", "0"], "--min-face-size must be a finite number of pixels above 0"),
        (["--steps", "x"], "--steps must be whole numbers such as 5000,3000, got 'x'"),
        (["--steps", "0"], "--steps must be whole numbers such as 5000,3000, got '0'"),
        (
            ["--seed", "1" + "0" * 25],
            "seed must be at least 0 and below 2305843009213693952, got 1",
        ),
        (["--licence", "faces"], "--licence must be NAME=TEXT, got 'faces'"),
        (
            ["--licence", "faces=MIT", "--licence", "faces=CC0"],
            "--licence must be there once for each name, got faces=MIT and faces=CC0",
        ),
        (
            ["--architecture", "onet=wide", "--architecture", "onet=context"],
            "--architecture must be there once for each name, got onet=wide and onet=context",
        ),
        (["--architecture", "snet=wide"], "the network of --architecture must be one of 'pnet'"),
        (["--output", ""], "--output must be the path of a folder, got ''"),
        (["--samples", ""], "--samples must be the path of a folder, got ''"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_read(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    result = CliRunner().invoke(
        *(cli.program(), ["train", "nothing", "--output", str(tmp_path / "run"), *arguments]),
        prog_name="fastmtcnn",
        env={"COLUMNS": "120"},
    )
    assert result.exit_code == 2
    assert message in result.output
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("options", [(), ("--no-mirror",)])
def test_samples_are_mirrored_unless_that_is_refused(
    options: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[bool] = []

    def train(_: Data, __: Path, settings: Settings, **___: object) -> None:
        trained.append(settings.mirror)

    monkeypatch.setattr("fastmtcnn.cli.commands.train.train", train)
    result = CliRunner().invoke(
        cli.program(), ["train", "x", "--output", str(tmp_path / "run"), *options]
    )
    assert result.exit_code == 0
    assert trained == [not options]


def test_help_shows_how_a_set_is_named() -> None:
    result = CliRunner().invoke(cli.program(), ["train", "--help"], env={"COLUMNS": "200"})
    assert "[FORMAT:]PATH[@WEIGHT]" in result.output


def test_a_signal_stops_the_end_of_a_run_at_once() -> None:
    stop = StopRequest()
    with stop.listening():
        signal.raise_signal(signal.SIGTERM)  # is noted while training
        with pytest.raises(Stopped):
            stop.check()
    again = StopRequest()
    ProgressObserver(True, again).finishing(10)
    with again.listening(), pytest.raises(Stopped) as raised:
        signal.raise_signal(signal.SIGTERM)
    assert raised.value.signal == signal.SIGTERM


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no such signal")
def test_nohup_keeps_a_training_running() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stop = StopRequest()
        with stop.listening():
            signal.raise_signal(signal.SIGHUP)
        stop.check()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
