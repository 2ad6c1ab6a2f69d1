"""``fastmtcnn blur`` of videos: what it covers, prints and writes."""

from __future__ import annotations

import csv
import json
import os
import signal
import time
from pathlib import Path

import pytest

pytest.importorskip("av")
pytest.importorskip("scipy")
pytest.importorskip("typer")
pytest.importorskip("rich")

from typer.testing import CliRunner, Result

import fastmtcnn
from fastmtcnn import cli
from fastmtcnn.detections import COLUMNS
from fastmtcnn.video import Video, detect_tracks
from tests.support.make_video import make_video, regular
from tests.support.missed_faces import moving_face, straight, write
from tests.support.terminal import COMMAND, to_be_interrupted

pytestmark = pytest.mark.optional

OPTIONS = ("--min-face-size=30", "--num-threads=2")
FAULTY = range(10, 16)
NUMBER = 30


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "clip.mp4"
    write(path, moving_face(NUMBER, straight, FAULTY))
    return path


@pytest.fixture
def clip(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A video in the current folder whose face is missed for six frames."""
    monkeypatch.chdir(tmp_path)
    Path("clip.mp4").write_bytes(source.read_bytes())
    return "clip.mp4"


def blur(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli.program(), ["blur", *arguments, *OPTIONS], prog_name="fastmtcnn")


def rows_of(path: str) -> list[dict[str, str]]:
    with Path(path).open(newline="") as file:
        return list(csv.DictReader(file))


def test_summary(clip: str) -> None:
    result = blur(clip, "--to", "out")
    assert result.exit_code == 0, result.output
    copy = Path("out/clip.mp4")
    assert result.output == f"24 faces and 6 guessed in 30 frames, video in {copy}\n"
    result = blur(clip, "--to", "quiet", "-q")
    assert (result.exit_code, result.output) == (0, "")


def test_table(clip: str) -> None:
    """Every face that is covered has a row, and the table is that of the same run."""
    assert blur(clip, "--to", "out", "--output", "faces.csv").output.endswith(
        "table in faces.csv\n"
    )
    rows = rows_of("faces.csv")
    assert list(rows[0]) == [
        *("path", "frame", "time", "track", "how", "width", "height"),
        *COLUMNS,
    ]
    expected = [
        (each.frame.index, face, guessed)
        for each in detect_tracks(Video(clip), fastmtcnn.MTCNN(30))
        for face, guessed in zip(each.detections.faces(), each.guessed.tolist(), strict=True)
    ]
    assert len(rows) == len(expected) == NUMBER
    for row, (frame, face, guessed) in zip(rows, expected, strict=True):
        assert (row["path"], row["width"], row["height"]) == (clip, "320", "240")
        assert (int(row["frame"]), float(row["time"]), row["track"]) == (frame, frame / 25, "1")
        assert row["how"] == ("guessed" if guessed else "detected")
        assert (row["how"] == "guessed") == (frame in FAULTY)
        if guessed:
            assert row.pop("score") == ""
        else:
            assert float(row["score"]) == face.score
        numbers = [float(row[name]) for name in COLUMNS if name in row and name != "score"]
        assert numbers == [*face.box.tolist(), *face.landmarks.ravel().tolist()]


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".parquet"])
def test_other_tables(clip: str, suffix: str) -> None:
    if suffix == ".parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
    name = f"faces{suffix}"
    assert blur(clip, "--to", "out", "-o", name).exit_code == 0
    if suffix == ".jsonl":
        rows = [json.loads(line) for line in Path(name).read_text().splitlines()]
    elif suffix == ".json":
        rows = json.loads(Path(name).read_text())
    else:
        rows = parquet.read_table(name).to_pylist()
    assert [row["frame"] for row in rows] == list(range(NUMBER))
    assert {row["frame"] for row in rows if row["score"] is None} == set(FAULTY)


def test_several_videos_have_one_table(clip: str) -> None:
    Path("b.mp4").write_bytes(Path(clip).read_bytes())
    Path("a.mp4").write_bytes(b"no video")
    result = blur("a.mp4", "b.mp4", clip, "--to", "out", "-o", "faces.csv")
    assert result.exit_code == 1
    assert "error: a.mp4: not a video in a format that is read" in result.output
    rows = rows_of("faces.csv")
    assert [row["path"] for row in rows] == ["b.mp4"] * NUMBER + [clip] * NUMBER
    assert sorted(path.name for path in Path("out").iterdir()) == ["b.mp4", clip]


def test_before_and_after(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("ends.mp4"), moving_face(30, straight, {*range(8), *range(24, 30)}))
    frames = {}
    for number, options in enumerate(([], ["--before", "3", "--after=2"], ["--before=0"])):
        assert blur("ends.mp4", "--to", "out", "-o", f"{number}.csv", *options).exit_code == 0
        rows = rows_of(f"{number}.csv")
        frames[number] = {int(row["frame"]) for row in rows if row["how"] == "guessed"}
    assert frames[0] == {*range(8), *range(24, 30)}
    assert frames[1] == {5, 6, 7, 24, 25}
    assert frames[2] == set(range(24, 30))


def test_photos_are_not_in_the_table(clip: str) -> None:
    Path("photo.jpg").write_bytes(fastmtcnn.sample_photo().read_bytes())
    instead = 'for photos there is "fastmtcnn detect --output"'
    result = blur("photo.jpg", "--to", "out", "-o", "faces.csv")
    assert result.exit_code == 2
    assert instead in " ".join(result.output.replace("│", "").split())
    result = blur("photo.jpg", clip, "--to", "out", "-o", "faces.csv")
    assert result.exit_code == 0, result.output
    assert f"the table has the faces of videos only; {instead}" in result.output
    assert {row["path"] for row in rows_of("faces.csv")} == {clip}
    assert len(list(Path("out").iterdir())) == 2


def test_wrong_commands(clip: str) -> None:
    content = Path(clip).read_bytes()
    Path("link.csv").symlink_to(clip)
    for arguments, sentence in {
        ("--output", "faces.txt"): "the suffix of a table's file must be one of",
        ("--output", "link.csv"): "link.csv is one of the videos",
        ("--output", "-"): "must name a file, got -",
        ("--before", "-1"): "must be a whole number of at least 0, got '-1'",
        ("--after", "x"): "must be a whole number of at least 0, got 'x'",
    }.items():
        result = blur(clip, "--to", "out", *arguments)
        assert result.exit_code == 2, arguments
        assert sentence in " ".join(result.output.replace("│", "").split())
    assert Path(clip).read_bytes() == content


def test_a_table_that_cannot_be_written(clip: str) -> None:
    result = blur(clip, "--to", "out", "-o", "no/faces.csv")
    assert result.exit_code == 1
    assert result.output == "error: cannot write no/faces.csv: No such file or directory\n"


@pytest.mark.parametrize("cut_off", [True, False])
def test_a_damaged_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut_off: bool) -> None:
    """What can be read is covered, with the same frames in both passes; the rest is told."""
    monkeypatch.chdir(tmp_path)
    write(Path("whole.mkv"), moving_face(40, straight))
    content = bytearray(Path("whole.mkv").read_bytes())
    if cut_off:
        content = content[: len(content) // 2]
    else:
        middle = len(content) // 2
        content[middle : middle + 2000] = bytes(range(250)) * 8
    Path("bad.mkv").write_bytes(content)
    result = blur("bad.mkv", "--to", "out")
    assert result.exit_code == 1
    damage = "ends after " if cut_off else "is damaged in "
    assert result.output.splitlines()[-1].startswith(f"error: bad.mkv: {damage}")
    number = len(list(Video("bad.mkv")))
    assert 5 < number < 40
    assert len(list(Video("out/bad.mkv"))) == number


@pytest.mark.skipif(os.name == "nt", reason="signals are different there")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_leaves_no_half_file(tmp_path: Path, name: str) -> None:
    make_video(tmp_path / "clip.mp4", regular(50), (640, 480))
    command = [*COMMAND, "blur", "clip.mp4", "--to=out", "--output=faces.csv", *OPTIONS]
    process = to_be_interrupted(command, tmp_path)
    out = tmp_path / "out"
    while process.poll() is None and not (out.exists() and [*out.iterdir()]):
        time.sleep(0.02)  # until the copy is being written
    process.send_signal(signal.Signals[name])
    output = process.communicate(timeout=60)
    assert (process.returncode, *output) == (128 + signal.Signals[name], "", "")
    assert [*out.iterdir()] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "out"]
