"""Photos are listed while they are worked on, and nothing is held for each of them."""

from __future__ import annotations

import gc
import io
import json
import math
import os
import shutil
import sqlite3
import sys
import threading
import tracemalloc
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")

from typer.testing import CliRunner, Result

import fastmtcnn
from fastmtcnn import cli
from fastmtcnn.cli import listing, lists, progress
from fastmtcnn.cli.batch import work
from fastmtcnn.cli.inputs import PhotoPath, Selection
from fastmtcnn.cli.listing import Listing
from fastmtcnn.cli.lists import PathList
from fastmtcnn.cli.text_index import TextIndex
from tests.support.helpers import GOLDEN

SMALL = GOLDEN / "hopper_61x73.png"
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX pipes")
MANY = 8000  # photos
# Memory is measured at these: caches are full, and SQLite's module keeps a weak reference to each
# of up to 200 cursors, as many each time.
SAMPLED = range(5600, MANY + 1, 800)
SOON = 30  # seconds, after which something waits that should not


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with five photos of which three are listed later."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(listing, "_AT_ONCE", 2)
    (tmp_path / "photos").mkdir()
    for name in "abcde":
        shutil.copy(SMALL, tmp_path / "photos" / f"{name}.png")
    return tmp_path


def detect(*arguments: str, command: str = "detect") -> Result:
    options = [*arguments, "--workers", "1"]
    return CliRunner().invoke(cli.program(), [command, *options], prog_name="fastmtcnn")


# What is held


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Return what Python holds at the sampled photos, in bytes, where no photo is read."""
    held: list[int] = []
    number = 0

    def read(*_: object) -> Any:
        nonlocal number
        number += 1
        if number in SAMPLED:
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
        return np.zeros((5, 5, 3), np.uint8)

    monkeypatch.setattr(work, "read_photo", read)
    monkeypatch.setattr(fastmtcnn.MTCNN, "detect", lambda *_, **__: fastmtcnn.Detections.empty())
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", math.inf)  # the first costs 30 kB
    tracemalloc.start()
    yield held
    tracemalloc.stop()


TABLE = ["--format", "table"]
FILES = ["--format", "json", "-o", "a.jsonl", "-o", "b.csv", "-o", "c.json"]


@pytest.mark.parametrize(
    ("way", "options"),
    [
        ("list", TABLE),
        ("list", FILES),
        pytest.param("folder", FILES, marks=pytest.mark.slow),
        pytest.param("pattern", TABLE, marks=pytest.mark.slow),
    ],
)
def test_nothing_is_held_for_a_photo(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    memory: list[int],
    way: str,
    options: list[str],
) -> None:
    """What is held does not grow; a path alone would be more than 80 bytes.

    Python renews its table of interned strings, to which `pathlib` adds names, by megabytes at
    once, at a photo that depends on all strings before. The median growth does not count that.
    """
    monkeypatch.chdir(tmp_path)
    paths = [f"photos/{number // 50:03}/{number:04}.png" for number in range(MANY)]
    if way == "list":
        monkeypatch.setattr(lists, "_BLOCK", 1024)  # otherwise many paths of a block are at hand
        content = "".join(f"{path}\n" for path in paths).encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    else:
        for path in paths:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).touch()
    argument = {"list": "-", "folder": "photos", "pattern": "photos/*/*.png"}[way]
    arguments = ["detect", argument, *options, "--workers", "1"]
    with Path(os.devnull).open("w") as nowhere:
        monkeypatch.setattr(sys, "stdout", nowhere)
        assert not cli.program()(arguments, standalone_mode=False)
    assert len(memory) == len(SAMPLED)
    assert np.median(np.diff(memory) / np.diff(SAMPLED)) < 20, memory
    if "-o" in options:
        assert [photo["path"] for photo in json.loads(Path("c.json").read_bytes())] == paths


def test_an_index_of_texts() -> None:
    index = TextIndex()
    assert index.get("a") is None
    texts = ["b", "a\udcff", "a", "\U0001f600", "a/b", "a-b", "", "\uffff"]
    assert [index.add(text, number) for number, text in enumerate(texts)] == [True] * 8
    assert not index.add("a", 7)
    assert (len(index), index.get("a"), "c" in index) == (8, (2, 0), False)
    index.put("a", 1 << 40, 9)
    index.put("c", 3)
    assert (index.get("a"), index.get("c"), len(index)) == ((1 << 40, 9), (3, 0), 9)
    assert list(index) == sorted([*texts, "c"])


# Photos that are listed later


@pytest.mark.usefixtures("folder")
def test_a_folder_of_pictures_that_the_command_makes_is_not_read() -> None:
    result = detect("photos", "--draw", "photos/out")
    assert result.output.endswith("5 faces in 5 photos, pictures in photos/out\n")
    assert len(list(Path("photos/out").iterdir())) == 5
    shutil.rmtree("photos/out")
    result = detect("photos", "--to", "photos/new/faces", command="crop")
    assert result.output.endswith("5 faces in 5 photos, pictures in photos/new/faces\n")


@pytest.mark.usefixtures("folder")
def test_what_is_passed_over_is_said_at_the_end() -> None:
    Path("photos/f.psd").touch()
    result = detect("photos", "-o", "faces.csv", "-q")
    assert result.exit_code == 1
    assert result.output.startswith("error: passed over 1 photo in formats that are not read")
    assert Path("faces.csv").read_text().count("\n") == 1 + 5


@pytest.mark.usefixtures("folder")
def test_an_output_among_later_photos() -> None:
    before = Path("photos/e.png").read_bytes()
    result = detect("photos", "--json", "photos/e.png")
    assert result.exit_code == 2
    assert "error: photos/e.png is one of the photos\n" in result.output
    assert Path("photos/e.png").read_bytes() == before
    assert Path("photos/e.png.unfinished").read_text().count("\n") == 1 + 4
    # What the user names shows before the work, wherever it is named.
    result = detect("photos", "photos/d.png", "--json", "photos/d.png")
    assert result.output.splitlines()[0] == "error: photos/d.png is one of the photos"
    Path("album").mkdir()
    result = detect("photos", "album", "--draw", "album")
    assert result.output.startswith("error: pictures cannot go into album, whose photos are to ")


@pytest.mark.usefixtures("folder")
def test_one_copy_of_one_photo() -> None:
    result = detect("photos", "--to", "copy.png", command="draw")
    assert "copy.png names a file, which holds one copy, got 2 or more photos" in result.output


@pytest.mark.usefixtures("folder")
def test_later_videos() -> None:
    """The photos are blurred first; the video that is none is named."""
    for name in ("a", "z"):
        Path(f"photos/{name}.mp4").write_bytes(b"no video")
    result = detect("photos", "--to", "out", "--quiet", command="blur")
    assert result.exit_code in (1, 2)  # without the extra "video" it is a wrong command
    assert {path.name for path in Path("out").glob("*.png")} == {f"{name}.png" for name in "abcde"}


@pytest.mark.usefixtures("folder")
def test_photos_are_counted_ahead() -> None:
    photos = Listing(Selection(["photos", "photos/*.png"]), quiet=True)
    while photos.total() is None:  # by a thread
        threading.Event().wait(0.001)
    assert photos.total() == 5
    assert len(list(photos)) == 5


@pytest.mark.usefixtures("folder")
def test_counting_ends_with_the_iteration(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    is_closed, ended = threading.Event(), threading.Event()

    def again(_: Selection) -> Iterator[None]:
        try:
            for number in range(3):
                counted.append(number)
                if number == 1:
                    assert is_closed.wait(SOON)
                yield
        finally:
            ended.set()

    monkeypatch.setattr(Selection, "again", again)
    photos = Listing(Selection(["photos"]), quiet=True)
    assert photos.total() is None
    paths = iter(photos)
    next(paths)
    assert isinstance(paths, Generator)
    paths.close()
    is_closed.set()
    assert ended.wait(SOON)
    assert counted == [0, 1]


@pytest.mark.usefixtures("folder")
def test_the_number_of_photos_is_not_known_if_some_are_left_out() -> None:
    others: list[PhotoPath] = []
    photos = Listing(Selection(["photos"]), quiet=True)
    photos = photos.without(lambda photo: photo.path.endswith(("a.png", "d.png")), others)
    threads = set(threading.enumerate())
    assert photos.total() is None
    for thread in set(threading.enumerate()) - threads:  # one that counts would be at the end
        thread.join(SOON)
    assert photos.total() is None
    assert [Path(photo.path).name for photo in photos] == ["b.png", "c.png", "e.png"]
    assert [Path(photo.path).name for photo in others] == ["a.png", "d.png"]


# Lists that are still being written


@pytest.fixture
def pipe() -> Iterator[tuple[PathList, Callable[[bytes], object], Callable[[], None]]]:
    """Return the list at one end of a pipe, and what writes to the other and closes it."""
    ours, theirs = os.pipe()
    writer = os.fdopen(theirs, "wb", 0)
    with os.fdopen(ours, "rb") as reader, writer:
        yield PathList(reader), writer.write, writer.close


Pipe = tuple[PathList, Callable[[bytes], object], Callable[[], None]]


@POSIX
@pytest.mark.parametrize(
    "parts",
    [
        [b"a.jpg\n", b"b", b".jpg\r", b"\nc.jpg"],
        [b"a.jpg\0", b"b", b".jpg\0c.j", b"pg\0"],
        [b"\xef\xbb\xbfa.jpg\n", b"b.jpg\nc.jpg\n"],
        [b"a", b".jpg\0b.jpg\0", b"c.jpg\0"],
    ],
)
def test_paths_come_as_they_are_written(pipe: Pipe, parts: list[bytes]) -> None:
    listed, write, close = pipe
    paths = iter(listed)
    first, *others = parts
    write(first)
    if not first.endswith((b"\n", b"\0")):
        write(others.pop(0))
    assert next(paths) == "a.jpg"  # which would wait for ever if the list had to end
    for part in others:
        write(part)
    close()
    assert list(paths) == ["b.jpg", "c.jpg"]


@POSIX
def test_a_list_in_utf_16_comes_as_it_is_written(pipe: Pipe) -> None:
    listed, write, close = pipe
    content = "Zoë.jpg\r\n\U0001f600.jpg\r\n".encode("utf-16-le")
    paths = iter(listed)
    write(b"\xff\xfe" + content[:18])
    assert next(paths) == "Zoë.jpg"
    assert listed.must_wait
    write(content[18:21])  # a half of a surrogate pair
    write(content[21:])
    assert next(paths) == "\U0001f600.jpg"
    close()
    assert list(paths) == []
    assert not listed.must_wait


@POSIX
@pytest.mark.parametrize(
    ("first", "later"),
    [
        (b"a.jpg\0", b"b.jpg\0\0"),
        (b"a.jpg\0", b"b.jpg"),
        (b"a.jpg\n", b"b\0c\n"),
        (b"a.jpg\n", b"x" * 40_000),
        ("\ufeffa.jpg\n".encode("utf-16-le"), b"\x00"),
    ],
)
def test_a_list_that_is_damaged_later(pipe: Pipe, first: bytes, later: bytes) -> None:
    listed, write, close = pipe
    paths = iter(listed)
    write(first)
    assert next(paths) == "a.jpg"
    write(later)
    close()
    with pytest.raises(ValueError, match="a list on standard input must have a path on each line"):
        list(paths)


@POSIX
def test_a_damaged_list_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was finished is kept, and no result is written as if it were all."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(listing, "_AT_ONCE", 1)
    shutil.copy(SMALL, "a.png")
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "wb", 0) as writer, os.fdopen(ours, "rb") as reader:
        writer.write(b"a.png\0")
        found = fastmtcnn.MTCNN.detect

        def detecting(self: fastmtcnn.MTCNN, image: Any, **options: Any) -> Any:
            if not writer.closed:
                writer.write(b"\0")
                writer.close()
            return found(self, image, **options)

        monkeypatch.setattr(fastmtcnn.MTCNN, "detect", detecting)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(reader))
        stdin = sys.stdin
        # CliRunner has a standard input of its own.
        monkeypatch.setattr("fastmtcnn.cli.inputs.sys", type("Sys", (), {"stdin": stdin}))
        result = detect("-", "-o", "faces.csv")
    assert result.exit_code == 2
    assert "error: a list on standard input must have a path on each line" in result.output
    assert not Path("faces.csv").exists()
    assert Path("faces.csv.unfinished").read_text().count("\n") == 1 + 1


def test_an_index_closes_its_database(monkeypatch: pytest.MonkeyPatch) -> None:
    connect, made = sqlite3.connect, list[sqlite3.Connection]()

    def noted(*arguments: Any, **options: Any) -> sqlite3.Connection:
        made.append(connect(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(sqlite3, "connect", noted)
    index = TextIndex()
    assert index.add("photos/a.png")
    assert made[0].execute("SELECT count(*) FROM texts").fetchone() == (1,)
    del index
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        made[0].execute("SELECT count(*) FROM texts")
