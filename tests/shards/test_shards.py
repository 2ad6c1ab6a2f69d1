"""``fastmtcnn detect --output-dir``: shards, their parts, and the sources of photos."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")
pytest.importorskip("pyarrow")

import pyarrow as pa
from pyarrow import fs, parquet
from typer.testing import CliRunner, Result

import fastmtcnn
from fastmtcnn import cli
from fastmtcnn.arrow import DetectFaces
from fastmtcnn.files import remote
from fastmtcnn.shards import containers
from tests.support.helpers import GOLDEN, ROOT

pytestmark = pytest.mark.optional

NAMES = ("hopper_61x73.png", "astronaut_333x277.png", "coffee_noface.png")
SIZES = {"hopper": (61, 73), "astronaut": (333, 277), "coffee": (600, 400)}
HEIF = "HEIF, " if importlib.util.find_spec("pillow_heif") else ""
FORMATS = f"AVIF, BMP, GIF, {HEIF}JPEG, JPEG2000, PNG, PPM, TIFF, WEBP"
ADDED = ["width", "height", "faces", "error"]
OPTIONS = ["--min-face-size", "40"]
MISSING = {"kind": "missing", "message": "No such file or directory"}


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths of ten photos in the current folder, of which one is damaged and one no photo."""
    (tmp_path / "photos" / "below").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    paths = []
    for number in range(8):
        name = NAMES[number % 3]
        folder = "photos/below" if number % 2 else "photos"
        paths.append(f"{folder}/{number}-{name}")
        shutil.copy(GOLDEN / name, paths[-1])
    paths += ["photos/torn.png", "photos/text.jpg"]
    Path(paths[-2]).write_bytes((GOLDEN / NAMES[1]).read_bytes()[:5000])
    Path(paths[-1]).write_text("no photo")
    return sorted(paths, key=lambda path: (path.count("/"), path))


@pytest.fixture(scope="module")
def expected() -> Callable[[str], dict[str, Any]]:
    """What a row must have for a path, by the detector alone and by messages written here."""
    detector = fastmtcnn.MTCNN(min_face_size=40, num_threads=1)

    def row(path: str) -> dict[str, Any]:
        name = Path(path).name
        if name.startswith("text"):
            message = f"not an image in a format that is read ({FORMATS})"
            return failed({"kind": "format", "message": message})
        if name.startswith("torn"):
            return failed({"kind": "damaged", "message": ANY})
        _, name = name.split("-", 1)
        width, height = SIZES[name.split("_")[0].split(".")[0]]
        faces = [
            {
                "box": list(face["box"]),
                "score": face["score"],
                "landmarks": [list(point) for point in face["landmarks"]],
            }
            for face in detector.detect(GOLDEN / name).to_dicts()
        ]
        return {"width": width, "height": height, "faces": faces, "error": None}

    return row


class _Any:
    """Equal to every text."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str)

    __hash__ = None  # type: ignore[assignment]


ANY = _Any()


def failed(error: dict[str, Any]) -> dict[str, Any]:
    return {"width": None, "height": None, "faces": None, "error": error}


def invoke(*arguments: str, to: str = "out") -> Result:
    command = ["detect", *arguments, "--output-dir", to, *OPTIONS, "--quiet"]
    return CliRunner().invoke(cli.program(), command, prog_name="fastmtcnn")


def run(*arguments: str, to: str = "out") -> list[dict[str, Any]]:
    """Run a command that succeeds, and return all rows in its folder."""
    done = invoke(*arguments, to=to)
    assert (done.exit_code, done.output) == (0, "")
    return rows_in(to)


def rows_in(folder: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(folder).to_pylist()
    return rows


def names_in(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def parts_in(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(Path(folder).glob("part-*"))}


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that gets an element for each photo that is searched from now on."""
    calls: list[int] = []
    detect = fastmtcnn.MTCNN.detect

    def counting(self: fastmtcnn.MTCNN, image: Any, **options: Any) -> Any:
        calls.append(1)
        return detect(self, image, **options)

    monkeypatch.setattr(fastmtcnn.MTCNN, "detect", counting)
    return calls


def test_a_folder(photos: list[str], expected: Callable[[str], dict[str, Any]]) -> None:
    found = run("photos", "--rows-per-file", "4")
    assert found == [{"path": path, **expected(path)} for path in photos]
    assert names_in("out") == [
        "_shard-00000-of-00001.json",
        *(f"part-00000-of-00001-00000{number}.parquet" for number in range(3)),
    ]
    sizes = [parquet.read_metadata(path).num_rows for path in sorted(Path("out").glob("part-*"))]
    assert sizes == [4, 4, 2]
    operator = DetectFaces(min_face_size=40)
    assert parquet.read_table("out").equals(operator(pa.table({"path": photos})))
    manifest = json.loads(Path("out/_shard-00000-of-00001.json").read_text())
    settings = manifest.pop("settings")
    assert manifest == {
        "format": 1,
        "shard": 0,
        "complete": True,
        "parts": sorted(parts_in("out")),
        "photos": 10,
        "faces": sum(len(row["faces"] or []) for row in found),
        "problems": {"damaged": 1, "format": 1},
    }
    subset = {name: settings[name] for name in ("fastmtcnn", "source", "shards", "min_face_size")}
    assert subset == {
        "fastmtcnn": fastmtcnn.__version__,
        "source": ["photos"],
        "shards": 1,
        "min_face_size": 40.0,
    }


@pytest.mark.parametrize("workers", ["1", "3"])
def test_shards_share_the_photos(photos: list[str], workers: str) -> None:
    whole = run("photos", to="whole")
    for index in range(3):
        run("photos", "--shard", f"{index}/3", "--workers", workers, to="out")
    apart = sorted(rows_in("out"), key=lambda row: photos.index(row["path"]))
    assert apart == whole
    manifests = sorted(Path("out").glob("_shard-*-of-00003.json"))
    assert [json.loads(path.read_text())["complete"] for path in manifests] == [True] * 3
    counts = [json.loads(path.read_text())["photos"] for path in manifests]
    assert sum(counts) == 10


def test_patterns_and_lists(photos: list[str]) -> None:
    whole = run("photos", to="whole")
    matched = run("photos/**/*.*", to="matched")
    assert sorted(matched, key=lambda row: photos.index(row["path"])) == whole
    listed = CliRunner().invoke(
        cli.program(),
        ["detect", "-", "--output-dir", "listed", *OPTIONS],
        input="\n".join([*photos, "missing.jpg"]),
        prog_name="fastmtcnn",
    )
    assert listed.exit_code == 0
    assert listed.stdout.endswith(
        "in 11 photos, 3 not usable (1 damaged, 1 format, 1 missing), 1 part in listed\n"
    )
    assert rows_in("listed") == [*whole, {"path": "missing.jpg", **failed(MISSING)}]


def table_of(photos: list[str], column: str, kind: str) -> dict[str, list[Any]]:
    values: list[Any] = list(photos)
    if kind == "contents":
        values = [Path(path).read_bytes() for path in photos]
    if kind == "structs":
        values = [{"bytes": Path(path).read_bytes(), "path": "a name"} for path in photos]
    return {"id": [f"{number:03}" for number in range(len(photos))], column: values}


@pytest.mark.parametrize("kind", ["paths", "contents", "structs", "csv"])
def test_tables(photos: list[str], expected: Callable[[str], dict[str, Any]], kind: str) -> None:
    halves = photos[:6], photos[6:]
    suffix = "csv" if kind == "csv" else "parquet"
    for number, half in enumerate(halves):
        table = table_of(half, "image", kind)
        if kind == "csv":
            with Path(f"{number}.csv").open("w", newline="", encoding="utf-8-sig") as file:
                writer = csv.writer(file)
                writer.writerows([list(table), *zip(*table.values(), strict=True)])
        else:
            parquet.write_table(pa.table(table), f"{number}.parquet", row_group_size=2)
    for index in range(2):
        run(f"?.{suffix}", "--column", "image", "--shard", f"{index}/2", "--rows-per-file", "3")
    places = [
        (f"{number}.{suffix}", at) for number, half in enumerate(halves) for at in range(len(half))
    ]
    has_contents = kind in ("contents", "structs")
    kept = ["id"] if has_contents else ["id", "image"]
    wanted = []
    for path, (name, at) in zip(photos, places, strict=True):
        row = {"id": f"{at:03}", "image": path, "source_file": name, "source_row": at}
        found = expected(path)
        if has_contents:
            del row["image"]
            found["error"] = found["error"] and {**found["error"], "message": ANY}
        wanted.append({**row, **found})
    got = sorted(rows_in("out"), key=lambda row: (row["source_file"], row["source_row"]))
    assert got == wanted
    assert list(got[0]) == [*kept, "source_file", "source_row", *ADDED]


def test_nulls_in_tables(photos: list[str]) -> None:
    null = {"kind": "null", "message": "there is no image: the value is null"}
    content = Path(photos[0]).read_bytes()
    for name, values in (("path", [None, photos[0]]), ("content", [content, None])):
        kind = pa.string() if name == "path" else pa.binary()
        parquet.write_table(pa.table({name: pa.array(values, kind)}), f"{name}.parquet")
        found = run(f"{name}.parquet", "--column", name, to=name)
        assert [row["error"] for row in found] == [
            null if each is None else None for each in values
        ]


def test_row_groups_are_read_once_by_one_shard(photos: list[str]) -> None:
    table = pa.table(table_of(photos, "image", "contents"))
    parquet.write_table(table, "photos.parquet", row_group_size=3)
    groups = []
    for index in range(4):
        run("photos.parquet", "--column", "image", "--shard", f"{index}/4", to=f"out{index}")
        found = rows_in(f"out{index}") if parts_in(f"out{index}") else []
        groups.append([row["source_row"] for row in found])
    assert sorted(row for group in groups for row in group) == list(range(10))
    for group in groups:
        starts = {row - row % 3 for row in group}
        assert group == [row for row in range(10) if row - row % 3 in starts]


def write_tar(path: str, photos: list[str]) -> None:
    with tarfile.open(path, "w") as tar:
        for photo in photos:
            tar.add(photo, Path(photo).name)
            note = tarfile.TarInfo(f"{Path(photo).stem}.json")
            note.size = 2
            tar.addfile(note, io.BytesIO(b"{}"))


def test_tar_files(photos: list[str], expected: Callable[[str], dict[str, Any]]) -> None:
    for number in range(5):
        write_tar(f"{number}.tar", photos[number::5])
    for index in range(2):
        run("*.tar", "--shard", f"{index}/2", "--rows-per-file", "3")
    got = sorted(rows_in("out"), key=lambda row: row["source_file"])
    wanted = []
    for number in range(5):
        for path in photos[number::5]:
            found = expected(path)
            if found["error"]:
                found["error"] = {**found["error"], "message": ANY}
            wanted.append({"source_file": f"{number}.tar", "path": Path(path).name, **found})
    assert got == wanted


@pytest.mark.parametrize("damage", ["cut in a photo", "cut between photos", "a broken header"])
def test_damaged_tar_files(photos: list[str], damage: str) -> None:
    write_tar("0.tar", photos[:4])
    write_tar("1.tar", photos[4:6])
    content = bytearray(Path("0.tar").read_bytes())
    with tarfile.open("0.tar") as tar:
        third = tar.getmembers()[4]
    end = third.offset + (1000 if damage == "cut in a photo" else 0)
    if damage == "a broken header":
        content[end : end + 100] = b"x" * 100
    else:
        del content[end:]
    Path("0.tar").write_bytes(content)
    found = run("0.tar", "1.tar")
    names = [Path(path).name for path in photos]
    paths = [row["path"] for row in found]
    in_first = paths[: paths.index(names[4])]
    assert paths[len(in_first) :] == names[4:6]
    assert in_first[:2] == names[:2]
    assert found[len(in_first) - 1]["error"]["kind"] == "damaged"
    assert in_first[-1] is None or damage == "cut in a photo"


def test_tar_files_without_photos(photos: list[str]) -> None:
    write_tar("0.tar", [])
    (row,) = run("0.tar")
    assert row["error"] == {"kind": "file", "message": "is a tar file without a photo in it"}


def test_a_damaged_table_is_a_row(photos: list[str]) -> None:
    table = pa.table(table_of(photos[:4], "path", "paths"))
    for name in ("0.parquet", "1.parquet", "2.parquet"):
        parquet.write_table(table, name)
    Path("1.parquet").write_bytes(Path("1.parquet").read_bytes()[:200])
    found = run("0.parquet", "1.parquet", "2.parquet")
    assert [row["source_file"] for row in found].count("1.parquet") == 1
    (bad,) = (row for row in found if row["source_file"] == "1.parquet")
    assert (bad["id"], bad["path"], bad["faces"]) == (None, None, None)
    assert bad["error"]["kind"] == "damaged"
    assert bad["error"]["message"].startswith("the table cannot be read: ")
    assert len(found) == 9


def test_damaged_contents_are_rows(photos: list[str]) -> None:
    table = pa.table(table_of(photos[:4], "image", "contents"))
    parquet.write_table(table, "t.parquet", row_group_size=2, compression="none")
    metadata = parquet.read_metadata("t.parquet").row_group(1).column(1)
    content = bytearray(Path("t.parquet").read_bytes())
    begin = metadata.dictionary_page_offset or metadata.data_page_offset
    content[begin : begin + 8] = b"\xff" * 8
    Path("t.parquet").write_bytes(content)
    found = run("t.parquet", "--column", "image")
    assert [row["source_row"] for row in found] == [0, 1, 2, 3]
    assert [row["error"] and row["error"]["kind"] for row in found[2:]] == ["damaged"] * 2
    assert found[0]["error"] is None


def test_damaged_rows_of_csv(photos: list[str]) -> None:
    lines = ["path,id", f"{photos[0]},1", photos[1], f"{photos[2]},3", 'x,"4']
    Path("t.csv").write_bytes("\n".join(lines).encode() + b"\n")
    found = run("t.csv")
    assert [row["id"] for row in found] == ["1", None, "3", None]
    assert [row["source_row"] for row in found] == [0, 1, 2, None]
    assert [row["error"] for row in found] == [
        None,
        {"kind": "damaged", "message": "this row has 1 cells, the heading 2"},
        None,
        {"kind": "damaged", "message": "the table cannot be read: unexpected end of data"},
    ]


WRONG = [
    (["t.csv"], "'t.csv': --column must be one of 'id', 'image', got 'path'"),
    (["t.parquet", "--column", "id"], "'t.parquet': column 'id' must have paths (text), contents"),
    (["taken.csv"], "are added, so a table must not have them, got faces"),
    (["empty.csv"], "'empty.csv': no table: the file is empty"),
    (["photos/text.csv"], "cannot read photos/text.csv: No such file or directory"),
    (["photos", "t.csv"], "photos, tables and tar files cannot go together"),
    (["photos", "--column", "id"], "--column: is for tables (*.parquet, *.csv)"),
    (["x.tar.gz"], "a tar file must not be compressed: photos are already, got x.tar.gz"),
    (["x*.tar"], "no file matches 'x*.tar'"),
    (["t.csv", "--exclude", "*.png"], "--exclude: is for folders on this machine"),
    (["photos", "--shard", "2/2"], "a shard must be I/N with I from 0 to N - 1"),
    (["photos", "--rows-per-file", "0"], "--rows-per-file must be a whole number of at least 1"),
    (["photos", "--resume", "--restart"], "--resume and --restart cannot go together"),
    (["photos", "--json", "a.json"], "--json: cannot go together with --output-dir DIR"),
    (["photos", "--draw", "drawn"], "--draw: cannot go together with --output-dir DIR"),
    (["photos", "--format", "csv"], "--format: cannot go together with --output-dir DIR"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_wrong_commands(photos: list[str], arguments: list[str], message: str) -> None:
    Path("t.csv").write_text("id,image\n")
    Path("taken.csv").write_text("path,faces\n")
    Path("empty.csv").write_text("")
    parquet.write_table(pa.table({"id": [1]}), "t.parquet")
    done = invoke(*arguments)
    assert message in done.stderr
    assert done.exit_code == 2
    assert not Path("out").exists()


@pytest.mark.parametrize("option", ["--shard=0/2", "--rows-per-file=3", "--column=x"])
def test_options_of_shards_need_a_folder(photos: list[str], option: str) -> None:
    done = CliRunner().invoke(cli.program(), ["detect", "photos", option], prog_name="fastmtcnn")
    assert f"{option.partition('=')[0]}: needs --output-dir DIR" in done.stderr
    assert done.exit_code == 2


def test_other_columns_in_a_later_table(photos: list[str]) -> None:
    parquet.write_table(pa.table({"path": photos}), "0.parquet")
    parquet.write_table(pa.table({"path": photos, "id": range(10)}), "1.parquet")
    done = invoke("0.parquet", "1.parquet", "--rows-per-file", "3")
    assert done.stderr == (
        "error: '1.parquet' has other columns than '0.parquet'; with --resume, 3 parts need not "
        "be done again\n"
    )
    assert done.exit_code == 1


def test_resume_skips_finished_parts(photos: list[str], searched: list[int]) -> None:
    arguments = ["photos", "--rows-per-file", "3"]
    whole = run(*arguments)
    written = parts_in("out")
    assert len(searched) == 8  # the others cannot be decoded
    assert run(*arguments, "--resume") == whole
    assert len(searched) == 8
    names = list(written)
    Path("out", names[1]).unlink()
    Path("out", names[3]).write_bytes(written[names[3]][:100])
    assert run(*arguments, "--resume") == whole
    assert parts_in("out") == written
    assert 8 < len(searched) < 16


def test_resume_after_the_photos_have_changed(photos: list[str], searched: list[int]) -> None:
    arguments = ["photos", "--rows-per-file", "3"]
    run(*arguments)
    shutil.copy(photos[0], "photos/!-hopper_61x73.png")  # before all others
    resumed = run(*arguments, "--resume")
    assert resumed[0]["path"] == "photos/!-hopper_61x73.png"
    assert resumed == run(*arguments, to="anew")
    for name in photos[:5]:
        Path(name).unlink()
    assert run(*arguments, "--resume") == run("photos", "--rows-per-file", "3", to="fewer")
    assert list(parts_in("out")) == list(parts_in("fewer"))


def test_without_resume_nothing_is_lost(photos: list[str], searched: list[int]) -> None:
    arguments = ["photos", "--rows-per-file", "5"]
    run(*arguments)
    before = parts_in("out")
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert (
        "'out' has 2 finished parts of shard 0/1: --resume continues that run, --restart deletes "
        "them and begins again"
    ) in done.stderr
    assert parts_in("out") == before
    assert len(searched) == 8
    run(*arguments, "--restart")
    assert len(searched) == 16
    assert parts_in("out") == before


def test_parts_of_other_shards_without_their_manifest(photos: list[str]) -> None:
    run("photos")
    Path("out/_shard-00000-of-00001.json").unlink()
    done = invoke("photos", "--shard", "0/2", "--resume")
    assert (
        "'out': part-00000-of-00001-000000.parquet is of a run with 1 shards, not 2" in done.stderr
    )
    assert done.exit_code == 2


@pytest.mark.parametrize("workers", ["1", "2"])
def test_interrupted(photos: list[str], monkeypatch: pytest.MonkeyPatch, workers: str) -> None:
    arguments = ["photos", "--rows-per-file", "2", "--workers", workers]
    whole = run(*arguments, to="whole")
    detect = fastmtcnn.MTCNN.detect
    number = iter(range(5))

    def stopping(self: fastmtcnn.MTCNN, image: Any, **options: Any) -> Any:
        if next(number, None) is None:
            raise KeyboardInterrupt
        return detect(self, image, **options)

    with monkeypatch.context() as patch:
        patch.setattr(fastmtcnn.MTCNN, "detect", stopping)
        done = invoke(*arguments)
    assert done.exit_code == 130
    assert done.stderr == "interrupted; with --resume, 3 parts need not be done again\n"
    assert run(*arguments, "--resume") == whole
    assert parts_in("out") == parts_in("whole")


@pytest.mark.parametrize(
    ("change", "name", "values"),
    [
        (["--min-face-size", "30"], "min_face_size", "40.0, not 30.0"),
        (["--rows-per-file", "4"], "rows_per_file", "5, not 4"),
        (["--roi", "0,0,9,9"], "roi", "None, not [0, 0, 9, 9]"),
        (["--shard", "1/2"], "shards", "1, not 2"),
        (["--exclude", "*.gif"], "exclude", "[], not ['*.gif']"),
    ],
)
def test_other_settings_are_refused(
    photos: list[str], change: list[str], name: str, values: str
) -> None:
    run("photos", "--rows-per-file", "5")
    before = parts_in("out")
    command = ["detect", "photos", "--output-dir", "out", *OPTIONS, "--rows-per-file", "5"]
    done = CliRunner().invoke(cli.program(), [*command, *change, "--resume"], prog_name="fastmtcnn")
    assert f"_shard-00000-of-00001.json is of a run with {name} {values}" in done.stderr
    assert done.exit_code == 2
    assert parts_in("out") == before


def test_a_damaged_manifest(photos: list[str]) -> None:
    run("photos")
    Path("out/_shard-00000-of-00001.json").write_text("{")
    done = invoke("photos", "--resume")
    assert "_shard-00000-of-00001.json is damaged, and its settings cannot be read" in done.stderr
    assert done.exit_code == 2
    run("photos", "--restart")


def test_a_folder_that_cannot_be_written(photos: list[str]) -> None:
    Path("out").write_text("a file")
    done = invoke("photos")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: cannot read or write out: ")


PROGRAM = [sys.executable, "-m", "fastmtcnn"]


def wait_for(path: Path) -> None:
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end, f"{path} was not written"
        time.sleep(0.01)


@pytest.mark.slow
def test_killed_and_resumed(photos: list[str]) -> None:
    listed = "".join(f"{path}\n" for path in photos * 3)
    command = [*PROGRAM, "detect", "-", *OPTIONS, "--rows-per-file", "4", "--workers", "2"]
    command += ["--output-dir"]
    subprocess.run([*command, "whole"], input=listed, text=True, check=True)
    with subprocess.Popen([*command, "out"], stdin=subprocess.PIPE, text=True) as killed:
        assert killed.stdin is not None
        # It waits for the rest of its list, with some photos of the third part done.
        killed.stdin.write("".join(f"{path}\n" for path in (photos * 3)[:11]))
        killed.stdin.flush()
        wait_for(Path("out/part-00000-of-00001-000001.parquet"))
        killed.send_signal(signal.SIGKILL)
    assert len(parts_in("out")) == 2
    manifest = Path("out/_shard-00000-of-00001.json")
    assert json.loads(manifest.read_text())["complete"] is False
    Path(f"out/.fastmtcnn-{killed.pid}-01234567").write_text("half a part")
    subprocess.run([*command, "out", "--resume"], input=listed, text=True, check=True)
    assert parts_in("out") == parts_in("whole")
    assert manifest.read_bytes() == Path("whole", manifest.name).read_bytes()
    assert names_in("out") == names_in("whole")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, photos: list[str]) -> Any:
    """A file system in memory, at mock://bucket, with the photos."""
    system = fs._MockFileSystem()
    system.create_dir("bucket")
    for path in photos:
        system.create_dir(f"bucket/{Path(path).parent}", recursive=True)
        with system.open_output_stream(f"bucket/{path}") as file:
            file.write(Path(path).read_bytes())
    with system.open_output_stream("bucket/photos/notes.txt") as file:
        file.write(b"no photo")
    monkeypatch.setattr(remote, "_file_system", lambda start, query: (system, "bucket"))
    return system


def remote_rows(system: Any, folder: str) -> list[dict[str, Any]]:
    return parquet.read_table(folder, filesystem=system).to_pylist()  # type: ignore[no-any-return]


def test_buckets(photos: list[str], bucket: Any) -> None:
    local = run("photos")
    uris = [f"mock://bucket/{path}" for path in photos]
    for name, argument in (("f", "mock://bucket/photos"), ("p", "mock://bucket/photos/**/*.[jp]*")):
        to = f"mock://bucket/out/{name}"
        for index in range(2):
            done = invoke(argument, "--shard", f"{index}/2", "--rows-per-file", "3", to=to)
            assert (done.exit_code, done.output) == (0, "")
        found = remote_rows(bucket, f"bucket/out/{name}")
        assert sorted(row["path"] for row in found) == sorted(uris)
        for row in found:
            same = next(each for each in local if row["path"].endswith("/" + each["path"]))
            for column in ("width", "height", "faces"):
                assert row[column] == same[column]
            assert (row["error"] and row["error"]["kind"]) == (
                same["error"] and same["error"]["kind"]
            )
        names = [
            each.base_name for each in bucket.get_file_info(fs.FileSelector(f"bucket/out/{name}"))
        ]
        assert all(each.startswith(("part-", "_shard-")) for each in names)


def test_resume_in_buckets(photos: list[str], bucket: Any, searched: list[int]) -> None:
    arguments = ["mock://bucket/photos", "--rows-per-file", "3"]
    to = "mock://bucket/out"
    assert invoke(*arguments, to=to).exit_code == 0
    before = remote_rows(bucket, "bucket/out")
    bucket.delete_file("bucket/out/part-00000-of-00001-000003.parquet")
    assert invoke(*arguments, "--resume", to=to).exit_code == 0
    assert remote_rows(bucket, "bucket/out") == before
    assert 8 <= len(searched) <= 9
    assert "has 4 finished parts" in invoke(*arguments, to=to).stderr
    assert invoke(*arguments, "--restart", to=to).exit_code == 0
    assert remote_rows(bucket, "bucket/out") == before


def test_containers_in_buckets(photos: list[str], bucket: Any) -> None:
    write_tar("0.tar", photos[:3])
    parquet.write_table(pa.table({"path": [f"mock://bucket/{photos[0]}", photos[1]]}), "0.parquet")
    for name in ("0.tar", "0.parquet"):
        with bucket.open_output_stream(f"bucket/{name}") as file:
            file.write(Path(name).read_bytes())
        remote_found = run(f"mock://bucket/{name}", to=f"remote-{name}")
        local_found = run(name, to=f"local-{name}")
        for row in (*remote_found, *local_found):
            row["source_file"] = row["source_file"].rpartition("/")[2]
        assert remote_found == local_found
        assert [row["error"] for row in remote_found] == [None] * len(remote_found)


def test_large_photos(photos: list[str], bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    size = Path(photos[2]).stat().st_size
    monkeypatch.setattr(remote, "_LARGEST", size - 1)
    message = f"a photo in a bucket or a tar file may have at most {size - 1} bytes, got {size}"
    write_tar("0.tar", photos[:3])
    for source in ("0.tar", f"mock://bucket/{photos[2]}"):
        found = run(source, to=f"of-{source.rpartition('/')[2]}")
        assert found[-1]["error"] == {"kind": "too_large", "message": message}


def test_tables_set_no_options_of_file_systems(photos: list[str], bucket: Any) -> None:
    uri = f"mock://bucket/{photos[0]}"
    parquet.write_table(
        pa.table({"path": [uri, f"{uri}?endpoint_override=elsewhere"]}), "t.parquet"
    )
    found = run("t.parquet")
    message = "a URI in a table must not set options of its file system"
    assert [row["error"] for row in found] == [None, {"kind": "file", "message": message}]


def test_nothing_in_a_bucket(bucket: Any) -> None:
    bucket.create_dir("bucket/empty")
    done = invoke("mock://bucket/empty")
    assert done.stderr == "error: there is no photo in mock://bucket/empty\n"
    assert done.exit_code == 1
    (row,) = run("mock://bucket/missing.jpg", to="missing")
    assert row["error"]["kind"] == "missing"


def test_file_systems_of_fsspec(photos: list[str]) -> None:
    pytest.importorskip("fsspec")
    from fsspec.implementations.memory import MemoryFileSystem

    MemoryFileSystem.store.clear()
    system = MemoryFileSystem()
    for path in photos:
        system.pipe(f"/shelf/{path}", Path(path).read_bytes())
    done = invoke("memory://shelf/photos", to="memory://shelf/out")
    assert (done.exit_code, done.output) == (0, "")
    (part,) = system.glob("/shelf/out/part-*")
    found = parquet.read_table(io.BytesIO(system.cat(part))).to_pylist()
    assert [row["path"] for row in found] == [f"memory://shelf/{path}" for path in photos]


@pytest.fixture
def s3(photos: list[str], monkeypatch: pytest.MonkeyPatch) -> Generator[str, None, None]:
    """The options of URIs for a server of S3 on this machine, with the photos in its bucket."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in (("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b")):
        monkeypatch.setenv(f"AWS_{name}", value)
    place = f"{host}:{port}"
    system = fs.S3FileSystem(
        endpoint_override=place, scheme="http", region="us-east-1", allow_bucket_creation=True
    )
    system.create_dir("bucket")
    for path in photos:
        with system.open_output_stream(f"bucket/{path}") as file:
            file.write(Path(path).read_bytes())
    yield f"?scheme=http&endpoint_override={place}&region=us-east-1"
    remote._file_system.cache_clear()
    server.stop()


def test_s3(photos: list[str], s3: str, searched: list[int]) -> None:
    local = run("photos")
    searched.clear()
    arguments = [f"s3://bucket/photos{s3}", "--rows-per-file", "4"]
    for more in ([], ["--resume"]):
        done = invoke(*arguments, *more, to=f"s3://bucket/out{s3}")
        assert (done.exit_code, done.output) == (0, "")
        assert len(searched) == 8
    system, root = remote._file_system("s3://bucket", s3)
    assert root == "bucket"
    found = remote_rows(system, "bucket/out")
    assert [row["path"] for row in found] == [f"s3://bucket/{path}{s3}" for path in photos]
    assert [row["faces"] for row in found] == [row["faces"] for row in local]
    files = system.get_file_info(fs.FileSelector("bucket/out"))
    assert [each.base_name for each in files] == [
        "_shard-00000-of-00001.json",
        *(f"part-00000-of-00001-00000{number}.parquet" for number in range(3)),
    ]


def test_unknown_file_systems(photos: list[str]) -> None:
    done = invoke("photos", to="ftpx://host/out")
    assert "error: the file system of ftpx://host cannot be used: " in done.stderr
    assert done.exit_code == 1
    (row,) = run("https://host/photo.jpg")
    assert row["error"]["kind"] == "file"
    assert row["error"]["message"].endswith("got a URL: download it first")


def test_containers_are_closed(photos: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    open_container = containers.open_container

    def recording(name: str, what: str) -> Any:
        opened.append(open_container(name, what))
        return opened[-1]

    monkeypatch.setattr(containers, "open_container", recording)
    for number in range(5):
        write_tar(f"{number}.tar", photos[2 * number : 2 * number + 2])
    run("*.tar", "--rows-per-file", "10", "--resume")
    assert len(opened) == 5
    assert all(file.closed for file in opened)


PAGE = (ROOT / "docs" / "clusters.md").read_text()


@pytest.mark.parametrize("variable", ["SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"])
def test_commands_of_schedulers(
    photos: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """The jobs of the documentation, run by a shell in place of their scheduler."""
    (words,) = re.findall(rf'fastmtcnn (detect [^`]*?"\${variable}/16".*?--quiet)', PAGE, re.DOTALL)
    words = re.sub(r"\S+(/photos|/faces)", rf"{tmp_path}\1", words.replace("\n", " "))
    for index in range(16):
        monkeypatch.setenv(variable, str(index))
        said = subprocess.check_output(["sh", "-c", f"printf '%s\\n' {words}"], text=True)
        done = CliRunner().invoke(cli.program(), said.split(), prog_name="fastmtcnn")
        assert (done.exit_code, done.output) == (0, "")
    assert sorted(row["path"] for row in rows_in("faces")) == [
        str(tmp_path / path) for path in sorted(photos)
    ]
