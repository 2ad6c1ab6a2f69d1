"""``fastmtcnn video``: what it prints, writes and returns."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("av")
pytest.importorskip("scipy")
pytest.importorskip("typer")
pytest.importorskip("rich")

from typer.testing import CliRunner, Result

import fastmtcnn
from fastmtcnn import cli
from fastmtcnn.detections import COLUMNS
from fastmtcnn.video import Video, detect_video
from tests.support.helpers import difference
from tests.support.make_video import make_video, regular
from tests.support.terminal import COMMAND, on_terminal, to_be_interrupted

pytestmark = pytest.mark.optional

SIZE = (320, 240)
NUMBER = 12
OPTIONS = ("--min-face-size=30", "--num-threads=2")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    make_video(path, regular(NUMBER), SIZE)
    return path


@pytest.fixture(scope="module")
def found(clip: Path) -> list[fastmtcnn.Detections]:
    detector = fastmtcnn.MTCNN(30)
    return [faces.detections for faces in detect_video(Video(clip), detector)]


def invoke(*arguments: str | Path) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(
        cli.program(), ["video", *map(str, arguments), *OPTIONS], prog_name="fastmtcnn"
    )


def command(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does."""
    return subprocess.run(
        [*COMMAND, "video", *map(str, arguments), *OPTIONS],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        **options,
    )


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_summary(clip: Path) -> None:
    result = command(clip)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "36 faces in 12 frames\n"
    assert command(clip, "--every=5").stdout == "9 faces in 3 frames of 12\n"
    assert names(clip.parent) == {clip.name}


@pytest.mark.parametrize("roi", [(0, 0, 10_000, 10_000), (0, 0, 30, 30)])
def test_roi(clip: Path, found: list[fastmtcnn.Detections], roi: tuple[int, ...]) -> None:
    number = sum(each.num_faces for each in found) if roi[2] > 30 else 0
    result = invoke(clip, "--roi", ",".join(map(str, roi)))
    assert result.stdout == f"{number} faces in {len(found)} frames\n"


def test_quiet(clip: Path, tmp_path: Path) -> None:
    result = command(clip, "--quiet", "-o", tmp_path / "faces.csv")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert len((tmp_path / "faces.csv").read_text().splitlines()) == 37


def test_tracks(clip: Path, found: list[fastmtcnn.Detections]) -> None:
    lines = invoke(clip, "--track").stdout.splitlines()
    assert lines[0].split() == ["track", "frames", "first", "last", "score"]
    assert lines[4:] == ["", "36 faces on 3 tracks in 12 frames"]
    # Nothing moves far in half a second: the same order from left to right in all frames.
    ordered = [frame.select(np.argsort(frame.boxes[:, 0])) for frame in found]
    first = found[0].boxes[:, 0].argsort().argsort()  # of each track, its place in that order
    for number, (line, place) in enumerate(zip(lines[1:4], first, strict=True), start=1):
        best = max(frame.scores[place] for frame in ordered)
        assert line.split() == [str(number), "12", "0.00", "0.44", f"{best:.4f}"]


@pytest.mark.parametrize("options", [[], ["--track"], ["--every=5"]])
def test_table(
    clip: Path, tmp_path: Path, found: list[fastmtcnn.Detections], options: list[str]
) -> None:
    target = tmp_path / "faces.csv"
    result = invoke(clip, "--output", target, *options)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].endswith(f", table in {target}")
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    tracked = "--track" in options
    start = ["path", "frame", "time", *(["track"] if tracked else []), "width", "height"]
    assert list(rows[0]) == [*start, *COLUMNS]
    searched = range(0, NUMBER, 5 if "--every=5" in options else 1)
    expected = [(frame, face) for frame in searched for face in found[frame].faces()]
    assert len(rows) == len(expected) == 3 * len(searched)
    for row, (frame, face) in zip(rows, expected, strict=True):
        assert (row["path"], row["width"], row["height"]) == (str(clip), "320", "240")
        assert (int(row["frame"]), float(row["time"])) == (frame, frame / 25)
        numbers = [float(row[name]) for name in COLUMNS]
        assert numbers == [*face.box.tolist(), face.score, *face.landmarks.ravel().tolist()]
    if tracked:
        assert {row["track"] for row in rows} == {"1", "2", "3"}


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".parquet"])
def test_other_tables(clip: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"faces{suffix}"
    if suffix == ".parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
    assert invoke(clip, "--output", target, "--track").exit_code == 0
    if suffix == ".jsonl":
        rows = [json.loads(line) for line in target.read_text().splitlines()]
    elif suffix == ".json":
        rows = json.loads(target.read_text())
    else:
        rows = parquet.read_table(target).to_pylist()
    assert [row["frame"] for row in rows] == sorted([*range(12)] * 3)
    assert {row["track"] for row in rows} == {1, 2, 3}


def test_annotated_video(clip: Path, tmp_path: Path, found: list[fastmtcnn.Detections]) -> None:
    target = tmp_path / "faces.mp4"
    result = invoke(clip, "--out", target, "--track")
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith(f", video in {target}\n")
    assert names(tmp_path) == {target.name}
    for k, (frame, before) in enumerate(zip(Video(target), Video(clip), strict=True)):
        drawn = fastmtcnn.draw(before.image, found[k])
        assert difference(frame.image, np.asarray(drawn)) < 6
        # The number stands left of the score, which moves to the right.
        labelled = fastmtcnn.draw(before.image, found[k], labels=["#8"] * 3)
        assert difference(frame.image, np.asarray(labelled)) < difference(
            frame.image, np.asarray(drawn)
        )


def test_progress_on_a_terminal(clip: Path) -> None:
    result = on_terminal("video", clip, *OPTIONS)
    assert (result.status, result.other) == (0, "36 faces in 12 frames\n")
    assert "frames" in result.shown
    assert "/12" in result.shown


@pytest.mark.skipif(os.name == "nt", reason="signals are different there")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_leaves_no_half_file(tmp_path: Path, name: str) -> None:
    clip = tmp_path / "clip.mp4"
    make_video(clip, regular(150), (640, 480))
    (tmp_path / "old.mp4").write_bytes(b"old")
    command = [*COMMAND, "video", "clip.mp4", "--out=old.mp4", "--track", "--output=faces.csv"]
    process = to_be_interrupted([*command, *OPTIONS], tmp_path)
    began = {"clip.mp4", "old.mp4"}
    while len(names(tmp_path)) < 4 and process.poll() is None:  # both files are being written
        time.sleep(0.02)
    process.send_signal(signal.Signals[name])
    output = process.communicate(timeout=60)
    assert (process.returncode, *output) == (128 + signal.Signals[name], "", "")
    assert names(tmp_path) == began
    assert (tmp_path / "old.mp4").read_bytes() == b"old"


def test_failures(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder").mkdir()
    no_video = "not a video in a format that is read, or damaged where it begins"
    for path, sentence in {
        "missing.mp4": "No such file or directory",
        "empty.mp4": no_video,
        str(Path(fastmtcnn.__file__).with_name("py.typed")): no_video,
        "folder": "Is a directory",
    }.items():
        result = command(path, "--out=faces.mp4", "--output=faces.csv", cwd=tmp_path)
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr == f"error: {path}: {sentence}\n"
    for option, target in (("--out", "no/faces.mp4"), ("--output", "no/faces.csv")):
        result = command(clip, option, target, cwd=tmp_path)
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr == f"error: cannot write {target}: No such file or directory\n"
    assert names(tmp_path) == {"empty.mp4", "folder"}


def test_truncated_video(clip: Path, tmp_path: Path) -> None:
    """What there is of it is done, and said to be incomplete."""
    whole, cut = tmp_path / "whole.mkv", tmp_path / "cut.mkv"
    make_video(whole, regular(60), SIZE)
    content = whole.read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    result = command("cut.mkv", "--out=faces.mp4", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith("error: cut.mkv: ends after ")
    assert result.stderr.endswith(" of 2.4 seconds\n")
    number = len(list(Video(tmp_path / "faces.mp4")))
    assert 5 < number < 55
    assert result.stdout.endswith(f" in {number} frames, video in faces.mp4\n")


def test_wrong_commands(clip: Path, tmp_path: Path) -> None:
    copy = tmp_path / "clip.mp4"
    copy.write_bytes(clip.read_bytes())
    link = tmp_path / "link.csv"
    link.symlink_to(copy)
    wrong: list[tuple[list[str | Path], str]] = [
        ([], "VIDEO"),
        ([copy, "--every=0"], "--every"),
        ([copy, "--out", tmp_path / "faces.avi"], "the suffix of a video to write must be one of"),
        ([copy, "--out", copy], "is the video that is read"),
        ([copy, "--output", tmp_path / "faces.txt"], "the suffix of a table's file must be one"),
        ([copy, "--output", link], "is the video"),
        ([copy, "--min-score=2"], "min_score must be a number from 0 to 1"),
    ]
    for arguments, sentence in wrong:
        result = invoke(*arguments)
        assert result.exit_code == 2, arguments
        assert sentence in " ".join(result.output.split())
    assert copy.read_bytes() == clip.read_bytes()
    assert names(tmp_path) == {"clip.mp4", "link.csv"}


@pytest.mark.parametrize("package", ["av", "scipy"])
def test_missing_extra(clip: Path, package: str) -> None:
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        f"sys.argv = ['fastmtcnn', 'video', {str(clip)!r}, '--track']\n"
        "from fastmtcnn.__main__ import main; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert f"needs {package}, which is not installed" in " ".join(result.stderr.split())
    assert 'pip install "fastmtcnn[video]"' in " ".join(result.stderr.split())
