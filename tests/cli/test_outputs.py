"""The forms of results, and what is done with several photos at a time."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import weakref
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
from fastmtcnn.detections import COLUMNS
from fastmtcnn.files import originals
from fastmtcnn.files import photos as read_photos
from tests.support.helpers import GOLDEN

NAMES = ["astronaut.png", "coffee_noface.png", "grace_hopper.png"]
FACES = [1, 0, 2]
LARGE = ["--min-face-size", "60"]  # which takes less time


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(
        cli.program(), ["detect", *map(str, arguments)], prog_name="fastmtcnn"
    )


def stdout_of(*arguments: str) -> str:
    """Return what a command writes to standard output, if it succeeds."""
    command = [sys.executable, "-m", "fastmtcnn", "detect", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout


def expected() -> list[fastmtcnn.Detections]:
    return [fastmtcnn.MTCNN().detect(name) for name in NAMES]


def assert_are_the_faces(rows: list[dict[str, Any]]) -> None:
    """One row for each face: the photo's path and size, then the columns of a table."""
    found = expected()
    paths = [name for name, faces in zip(NAMES, found, strict=True) for _ in faces.boxes]
    assert [row["path"] for row in rows] == paths
    assert [list(row) for row in rows] == [["path", "width", "height", *COLUMNS]] * 3
    sizes = {"astronaut.png": (512, 512), "grace_hopper.png": (512, 600)}
    assert [(int(row["width"]), int(row["height"])) for row in rows] == [
        sizes[path] for path in paths
    ]
    for name in COLUMNS:
        column = np.concatenate([faces.to_columns()[name] for faces in found])
        np.testing.assert_array_equal(np.array([float(row[name]) for row in rows], "f"), column)


# Files


@pytest.mark.usefixtures("folder")
def test_csv() -> None:
    assert invoke(*NAMES, "--output", "faces.csv").exit_code == 0
    with Path("faces.csv").open(newline="", encoding="utf-8") as file:
        assert_are_the_faces(list(csv.DictReader(file)))


@pytest.mark.optional
@pytest.mark.usefixtures("folder")
def test_parquet() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert invoke(*NAMES, "-o", "faces.parquet").exit_code == 0
    table = parquet.read_table("faces.parquet")
    types = ["string", "int64", "int64", *["float"] * len(COLUMNS)]
    assert [str(field.type) for field in table.schema] == types
    assert_are_the_faces(table.to_pylist())


@pytest.mark.usefixtures("folder")
def test_json_lines() -> None:
    """A line for each photo, those without a face too."""
    assert invoke(*NAMES, "--output", "faces.JSONL").exit_code == 0
    photos = [json.loads(line) for line in Path("faces.JSONL").read_text().splitlines()]
    assert [list(photo) for photo in photos] == [["path", "width", "height", "faces"]] * 3
    assert [photo["path"] for photo in photos] == NAMES
    assert [photo["faces"] for photo in photos] == [faces.to_dicts() for faces in expected()]


@pytest.mark.usefixtures("folder")
def test_several_files_at_once() -> None:
    result = invoke(
        *(*NAMES, "--json", "a.json", "-o", "b.json", "-o", "c.jsonl"),
        *("-o", "d.csv", "--json", "e.out"),
    )
    assert result.exit_code == 0
    assert "3 faces in 3 photos" in result.output
    assert not Path("a.json").exists()  # the later of two equal options counts
    photos = json.loads(Path("b.json").read_text())
    assert [len(photo["faces"]) for photo in photos] == FACES
    assert Path("e.out").read_bytes() == Path("b.json").read_bytes()
    assert [json.loads(line) for line in Path("c.jsonl").read_text().splitlines()] == photos
    assert len(Path("d.csv").read_text().splitlines()) == 1 + 3
    assert not list(Path().glob("*.unfinished"))


@pytest.mark.optional
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("suffix", ["csv", "jsonl", "json", "parquet"])
def test_no_face_at_all(suffix: str) -> None:
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    target = Path(f"faces.{suffix}")
    assert invoke("coffee_noface.png", "--output", target).exit_code == 0
    photo = {"path": "coffee_noface.png", "width": 600, "height": 400, "faces": []}
    if suffix == "csv":
        assert target.read_text() == ",".join(["path", "width", "height", *COLUMNS]) + "\n"
    elif suffix == "parquet":
        from pyarrow import parquet

        assert parquet.read_table(target).num_rows == 0
    else:
        assert json.loads(target.read_text()) == ([photo] if suffix == "json" else photo)


@pytest.mark.usefixtures("folder")
def test_results_are_taken_up_whatever_their_form(monkeypatch: pytest.MonkeyPatch) -> None:
    photos = [*NAMES, *NAMES]
    assert invoke(*photos, "-o", "whole.csv", "--workers", "1").exit_code == 0
    detect = fastmtcnn.MTCNN.detect
    left = iter(range(4))

    def stopping(self: fastmtcnn.MTCNN, image: Any, **options: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return detect(self, image, **options)

    monkeypatch.setattr(fastmtcnn.MTCNN, "detect", stopping)
    assert invoke(*photos, "-o", "faces.csv", "--workers", "1").exit_code == 130
    assert Path("faces.csv.unfinished").read_text().count("\n") == 1 + 4
    monkeypatch.setattr(fastmtcnn.MTCNN, "detect", detect)
    result = invoke(*photos, "-o", "faces.csv", "--workers", "1", "--resume")
    assert result.exit_code == 0
    assert "6 faces in 6 photos, 4 from the run before" in result.output
    assert Path("faces.csv").read_bytes() == Path("whole.csv").read_bytes()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-o", "faces.txt"], "the suffix of 'faces.txt' must be one of '.json', '.jsonl', '.csv'"),
        (["-o", "csv"], "the suffix of 'csv' must be one of '.json', '.jsonl', '.csv', '.parquet'"),
        (["-o", ""], "the suffix of '' must be one of"),
        (["-o", "-"], "--output must name a file, got -: use --format for standard output"),
        (["--json", ""], "a file must have a name, got ''"),
        (["-o", "a.csv", "-o", "a.csv"], "a.csv can be written only once"),
        (["--json", "a.json", "-o", "./a.json"], "./a.json can be written only once"),
        (["--format", "xml"], "--format must be one of 'table', 'json', 'jsonl', 'csv', got 'xml'"),
        (["--format", "csv", "--json", "-"], "--json - and --format csv cannot go together"),
        (["--draw", ""], "a folder must have a name, got ''"),
        (["--crops", ""], "a folder must have a name, got ''"),
        (["--draw", "out", "--crops", "out"], "--draw and --crops need two folders"),
        (["--align", "112"], "--align and --margin need --crops DIR"),
        (["--crops", "out", "--align", "0"], "--align must be a whole number of at least 1"),
        (["--crops", "out", "--margin", "-1"], "--margin must be a number above -0.5 and at most"),
        (["--margin", "nan"], "--margin must be a number above -0.5 and at most 100, got nan"),
        (["--margin", "1000"], "--margin must be a number above -0.5 and at most 100, got 1000"),
        (["--align", "5000"], "--align must be at most 4096 pixels, got 5000"),
        (["--workers", "0"], "workers must be a whole number of at least 1, got 0"),
        (["--workers", "9999"], "workers must be at most 1024, got 9999"),
        (["--resume"], "needs --json FILE, a regular file, or --output FILE"),
    ],
)
def test_wrong_options(arguments: list[str], sentence: str) -> None:
    Path("a.json").touch()
    result = invoke(NAMES[0], *arguments)
    assert result.exit_code == 2
    lines = result.output.splitlines()
    assert sentence in lines[0]
    assert lines[0].startswith("error: ")
    assert lines[1:] == ["See fastmtcnn detect --help."]
    assert not Path("out").exists()


@pytest.mark.usefixtures("folder")
def test_pyarrow_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    result = invoke(*NAMES, "-o", "faces.parquet")
    assert result.exit_code == 2
    assert 'get it with: pip install "fastmtcnn[parquet]"' in result.output.splitlines()[0]


def test_a_file_that_cannot_be_written_shows_before_the_work(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fastmtcnn.MTCNN, "detect", None)  # any use would fail
    (folder / "folder.csv").mkdir()
    for name in ("nowhere/faces.csv", "folder.csv"):
        result = invoke(NAMES[0], "-o", "faces.jsonl", "-o", name)
        assert result.exit_code == 1
        (line,) = result.output.splitlines()
        assert line.startswith(f"error: cannot write {name}: ")
    assert {path.name for path in folder.iterdir()} == {*NAMES, "folder.csv"}


def test_an_output_must_not_take_the_place_of_a_photo(folder: Path) -> None:
    shutil.copy(NAMES[0], "photo.csv")
    result = invoke("photo.csv", "-o", "photo.csv")
    assert result.exit_code == 2
    assert "photo.csv is one of the photos" in result.output
    assert (folder / "photo.csv").read_bytes() == (folder / NAMES[0]).read_bytes()


# Standard output


@pytest.mark.usefixtures("folder")
def test_forms_on_standard_output() -> None:
    assert invoke(*NAMES, "-o", "a.csv", "-o", "a.jsonl", "-o", "a.json", "-q").output == ""
    assert stdout_of(*NAMES, "--format", "csv") == Path("a.csv").read_text()
    assert stdout_of(*NAMES, "--format", "jsonl") == Path("a.jsonl").read_text()
    assert stdout_of(*NAMES, "--format", "json") == Path("a.json").read_text()
    assert stdout_of(*NAMES, "--json", "-", "--quiet") == Path("a.json").read_text()
    assert_are_the_faces(list(csv.DictReader(io.StringIO(Path("a.csv").read_text()))))


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "form", ["json", *(pytest.param(form, marks=pytest.mark.slow) for form in ("jsonl", "csv"))]
)
def test_the_summary_does_not_get_among_results(form: str) -> None:
    command = [sys.executable, "-m", "fastmtcnn", "detect", *NAMES, "missing.png"]
    for quiet in ([], ["--quiet"]):
        done = subprocess.run(
            [*command, "--format", form, *quiet],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 1
        assert "faces in" not in done.stdout
        summary = [] if quiet else ["3 faces in 3 photos, 1 not usable (1 missing)"]
        error = "error: missing.png: No such file or directory"
        assert done.stderr.splitlines() == [error, *summary]


@pytest.mark.skipif(os.name == "nt", reason="pipes break differently there")
def test_lines_come_as_soon_as_they_are_there(tmp_path: Path) -> None:
    """And whoever wants no more of them ends the work."""
    shutil.copy(GOLDEN / NAMES[0], tmp_path)
    photos = [NAMES[0]] * 200
    command = [sys.executable, "-m", "fastmtcnn", "detect", *photos, "--format", "jsonl"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["path"] == NAMES[0]
        assert process.poll() is None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.skipif(os.name == "nt", reason="pipes break differently there")
@pytest.mark.parametrize("option", ["--output", "--draw"])
def test_files_are_complete_though_standard_output_is_not_read(folder: Path, option: str) -> None:
    results = folder / ("faces.jsonl" if option == "--output" else "drawn")
    command = [sys.executable, "-m", "fastmtcnn", "detect", *NAMES, "--format", "jsonl"]
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "wb") as unread:
        done = subprocess.run(
            [*command, option, str(results)],
            cwd=folder,
            stdout=unread,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"")
    if option == "--output":
        paths = [json.loads(line)["path"] for line in results.read_text().splitlines()]
    else:
        paths = sorted(path.name for path in results.iterdir())
    assert paths == NAMES


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_standard_output_is_full(folder: Path, form: str) -> None:
    command = [sys.executable, "-m", "fastmtcnn", "detect", *NAMES, "--format", form]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "error: cannot write to standard output: No space left on device\n"


@pytest.mark.usefixtures("folder")
def test_quiet() -> None:
    assert invoke(*NAMES, "--quiet").output == ""
    result = invoke(NAMES[0], "missing.png", "--draw", "out", "-q")
    assert result.exit_code == 1
    assert result.output == "error: missing.png: No such file or directory\n"
    assert [path.name for path in Path("out").iterdir()] == [NAMES[0]]


# The summary


@pytest.mark.usefixtures("folder")
def test_failures_by_reason() -> None:
    content = Path(NAMES[0]).read_bytes()
    for number in range(3):
        Path(f"torn{number}.png").write_bytes(content[: 2000 * (number + 1)])
    Path("text.png").write_bytes(b"no image")
    Path("empty.png").touch()
    Path("folder").mkdir()
    Image.new("L", (3000, 100)).save("large.png")
    photos = ["torn0.png", "text.png", "missing.png", "torn1.png", "empty.png", "torn2.png"]
    result = invoke(NAMES[0], *photos, "folder", "large.png", "--max-pixels", "299999")
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == (
        "1 face in 1 photo, 8 not usable "
        "(3 damaged, 2 no image, 1 missing, 1 no photo, 1 too large)"
    )


@pytest.mark.usefixtures("folder")
def test_a_rate_of_many_photos() -> None:
    for number in range(12):
        shutil.copy(GOLDEN / "hopper_61x73.png", f"{number}.png")
    start = time.monotonic()
    summary = invoke("[0-9]*.png").output.splitlines()[-1]
    seconds = time.monotonic() - start
    assert summary.startswith("12 faces in 12 photos, ")
    rate = float(summary.removesuffix(" photos/s").rsplit(" ", 1)[1])
    # The command does more than search; the rate is rounded to a tenth.
    assert 12 / seconds - 0.05 <= rate


# Several at a time


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_any_number_of_workers_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results, pictures and errors, in order, though the first takes longest."""
    photos = ["crowd.png", "missing.png", *NAMES, "text.png", *NAMES]
    shutil.copy(GOLDEN / "crowd.png", "crowd.png")
    Path("text.png").write_bytes(b"no image")
    seen = []
    for workers in (1, 2, 5):
        result = invoke(
            *(*photos, "--workers", str(workers), "-o", f"{workers}.jsonl"),
            *("--draw", f"draw{workers}", "--crops", f"crops{workers}", "--align", "112"),
        )
        assert result.exit_code == 1
        files = [
            {path.name: path.read_bytes() for path in Path(f"{kind}{workers}").iterdir()}
            for kind in ("draw", "crops")
        ]
        assert [len(each) for each in files] == [7, 20 + 2 * 3]
        text = [line for line in result.output.splitlines() if " photos" not in line]
        seen.append((Path(f"{workers}.jsonl").read_bytes(), files, text))
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.usefixtures("folder")
def test_threads_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    threads: list[int] = []
    together = threading.Barrier(1)
    detector = fastmtcnn.MTCNN
    detect = fastmtcnn.MTCNN.detect

    def recording(*arguments: Any, **options: Any) -> fastmtcnn.MTCNN:
        made.append(options["num_threads"])
        return detector(*arguments, **options)

    def noting(self: fastmtcnn.MTCNN, image: Any, **options: Any) -> Any:
        threads.append(threading.get_ident())
        if len(threads) <= together.parties:  # the first ones wait for each other
            together.wait(60)
        return detect(self, image, **options)

    monkeypatch.setattr(cli_options, "MTCNN", recording)
    monkeypatch.setattr(fastmtcnn.MTCNN, "detect", noting)
    photos = NAMES * 3
    for arguments, each, at_a_time in (
        (["--num-threads", "6"], 1, 6),
        (["--num-threads", "6", "--workers", "2"], 3, 2),
        (["--num-threads", "2", "--workers", "4"], 1, 4),
        (["--num-threads", "3", "--workers", "1"], 3, 1),
        (["--num-threads", "99"], 11, 9),
    ):
        threads.clear()
        together = threading.Barrier(at_a_time)
        assert invoke(*photos, *arguments).exit_code == 0
        assert made.pop() == each
        assert len(threads) == len(photos)
        assert len(set(threads)) == at_a_time
        assert (threading.get_ident() in threads) == (at_a_time == 1)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_pixels_are_not_kept(monkeypatch: pytest.MonkeyPatch, workers: str) -> None:
    """Of all the photos done, only a few are in memory at any time."""
    alive: set[int] = set()
    most = 0

    def counting(*arguments: Any) -> Any:
        nonlocal most
        original = originals.original_of(*arguments)
        number = len(seen)
        seen.append(number)
        alive.add(number)
        weakref.finalize(original.pixels, alive.discard, number)
        most = max(most, len(alive))
        return original

    seen: list[int] = []
    monkeypatch.setattr(read_photos, "original_of", counting)
    Path("torn.png").write_bytes(Path(NAMES[0]).read_bytes()[:5000])
    photos = [*NAMES, "torn.png"] * 4
    result = invoke(*photos, "--workers", workers, "--draw", "out", *LARGE)
    assert result.exit_code == 1
    assert len(seen) == 12
    assert 1 <= most <= int(workers) + 1


@pytest.mark.usefixtures("folder")
def test_results_are_kept_on_disk_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a file of results; else a run on very many photos would fill the memory."""
    made: list[weakref.ref[Any]] = []
    detect = fastmtcnn.MTCNN.detect
    most = 0

    def tracking(self: fastmtcnn.MTCNN, image: Any, **options: Any) -> Any:
        nonlocal most
        found = detect(self, image, **options)
        made.append(weakref.ref(found.boxes))
        most = max(most, sum(each() is not None for each in made))
        return found

    monkeypatch.setattr(fastmtcnn.MTCNN, "detect", tracking)
    result = invoke(*NAMES * 10, "--workers", "2", "-o", "faces.csv", *LARGE)
    assert result.exit_code == 0
    assert len(made) == 30
    assert most <= 4 * 2 + 2
