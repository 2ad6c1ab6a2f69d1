"""Which photos the arguments of a command mean."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")

from typer.testing import CliRunner, Result

from fastmtcnn import cli
from fastmtcnn.cli.inputs import photos_in
from tests.support.helpers import GOLDEN

SMALL = GOLDEN / "hopper_61x73.png"
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX links and names")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with photos in folders."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.jpg", "a.PNG", "notes.txt", ".hidden.jpg", "2024/c.webp", "2024/05/d.jpeg"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def meant(*arguments: str, leave_out: Iterable[str] = (), also: Iterable[str] = ()) -> list[str]:
    found = photos_in(arguments, leave_out, list(also))
    return [path.replace(os.sep, "/") for path in found]


def listed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), "ascii"))


def detect(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.app, ["detect", *map(str, arguments)], prog_name="fastmtcnn")


IN_PHOTOS = ["photos/a.PNG", "photos/b.jpg", "photos/2024/c.webp", "photos/2024/05/d.jpeg"]


@pytest.mark.usefixtures("folder")
def test_files_are_taken_as_they_are_named() -> None:
    names = ["photos/notes.txt", "missing.jpg", "./photos/b.jpg", "photos/.hidden.jpg", ""]
    assert meant(*names) == names


@pytest.mark.usefixtures("folder")
def test_folders() -> None:
    assert meant("photos") == IN_PHOTOS
    assert meant("photos/2024/") == IN_PHOTOS[2:]
    assert meant("photos/2024", "photos/b.jpg") == [*IN_PHOTOS[2:], "photos/b.jpg"]


@pytest.mark.usefixtures("folder")
def test_other_suffixes_in_folders() -> None:
    assert meant("photos", also=[".txt"]) == [
        *("photos/a.PNG", "photos/b.jpg", "photos/notes.txt"),
        *IN_PHOTOS[2:],
    ]


def test_a_folder_without_photos(folder: Path) -> None:
    (folder / "empty" / "deeper").mkdir(parents=True)
    (folder / "empty" / "notes.txt").touch()
    assert meant("empty") == ["empty"]
    shutil.copy(SMALL, folder)
    result = detect("empty", SMALL.name)
    assert result.exit_code == 1
    assert "error: empty: is a folder without a photo in it\n" in result.output
    assert "1 face in 1 photo, 1 not usable (1 no photo)" in result.output


def test_a_folder_that_cannot_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, and the rest is read; root may read all, so the system is stood in for."""
    plain_scandir, plain_listdir = os.scandir, os.listdir
    secret = str(Path("photos", "2024"))

    def scandir(path: str) -> object:
        if str(path) == secret:
            raise PermissionError(13, "Permission denied", secret)
        return plain_scandir(path)

    def listdir(path: str) -> list[str]:
        if str(path) == secret:
            raise PermissionError(13, "Permission denied", secret)
        return plain_listdir(path)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(os, "listdir", listdir)
    assert meant("photos") == [*IN_PHOTOS[:2], "photos/2024"]
    (folder / "photos" / "a.PNG").unlink()
    shutil.copy(SMALL, folder / "photos" / "b.jpg")
    result = detect("photos")
    assert f"error: {secret}: Permission denied\n" in result.output
    assert "1 face in 1 photo, 1 not usable (1 unreadable)" in result.output


@pytest.mark.usefixtures("folder")
def test_patterns() -> None:
    assert meant("photos/*.jpg") == ["photos/b.jpg"]
    assert meant("photos/**/*.jp*g") == ["photos/2024/05/d.jpeg", "photos/b.jpg"]
    assert meant("photos/[ab].*") == IN_PHOTOS[:2]
    assert meant("photos/*.gif") == ["photos/*.gif"]


@POSIX
def test_a_file_that_looks_like_a_pattern(folder: Path) -> None:
    (folder / "[b].jpg").touch()
    (folder / "b.jpg").touch()
    assert meant("[b].jpg") == ["[b].jpg"]


@pytest.mark.usefixtures("folder")
def test_what_a_folder_or_a_pattern_brings_again_is_left_out() -> None:
    assert meant("photos/b.jpg", "photos") == ["photos/b.jpg", "photos/a.PNG", *IN_PHOTOS[2:]]
    assert meant("photos", "photos/../photos", "photos/*.jpg") == IN_PHOTOS
    # But whoever names a photo twice wants it twice.
    assert meant("photos/b.jpg", "photos/b.jpg") == ["photos/b.jpg"] * 2
    assert meant("photos", "photos/b.jpg") == [*IN_PHOTOS, "photos/b.jpg"]


@POSIX
def test_links(folder: Path) -> None:
    """Links to files count, once; links to folders do not, so that there is an end."""
    (folder / "photos" / "2024" / "loop").symlink_to("..")
    (folder / "photos" / "z.jpg").symlink_to("b.jpg")
    (folder / "elsewhere.jpg").touch()
    (folder / "photos" / "y.jpg").symlink_to("../elsewhere.jpg")
    (folder / "link").symlink_to("photos")
    expected = [*IN_PHOTOS[:2], "photos/y.jpg", *IN_PHOTOS[2:]]
    assert meant("photos") == expected
    assert meant("link") == [path.replace("photos", "link", 1) for path in expected]
    assert len(meant("photos/**/*.jp*g")) == 3


@POSIX
def test_a_link_to_nothing(folder: Path) -> None:
    (folder / "photos" / "0.jpg").symlink_to("gone.jpg")
    assert meant("photos") == ["photos/0.jpg", *IN_PHOTOS]


# Lists


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"photos/b.jpg\nmissing.jpg\n", ["photos/b.jpg", "missing.jpg"]),
        (b"photos/b.jpg\r\n\r\nphotos/a.PNG", ["photos/b.jpg", "photos/a.PNG"]),
        (b"photos/b.jpg\0two\nlines.jpg\0", ["photos/b.jpg", "two\nlines.jpg"]),
        ("Zoë\u2028.jpg\n- \n*.jpg\n".encode(), ["Zoë\u2028.jpg", "- ", "*.jpg"]),
        (b"photos/2024\n", IN_PHOTOS[2:]),
        (b"-\n", ["-"]),
        (b"", []),
    ],
)
def test_a_list_on_standard_input(
    monkeypatch: pytest.MonkeyPatch, content: bytes, expected: list[str]
) -> None:
    listed(monkeypatch, content)
    assert meant("-") == expected
    listed(monkeypatch, content)
    assert meant("first.jpg", "-", "last.jpg") == ["first.jpg", *expected, "last.jpg"]


@POSIX
def test_names_of_any_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    listed(monkeypatch, b"\xff.jpg\n")
    assert [os.fsencode(path) for path in photos_in(["-"])] == [b"\xff.jpg"]


def test_standard_input_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    result = CliRunner().invoke(cli.app, ["detect", "-"], input="")
    assert result.exit_code == 2
    assert "name a photo" in result.output


def test_no_photo_on_standard_input() -> None:
    result = CliRunner().invoke(cli.app, ["detect", "-"], input="\n\n")
    assert result.exit_code == 2
    assert "name a photo" in result.output


# The command's own output


@pytest.mark.usefixtures("folder")
def test_the_output_is_not_read() -> None:
    assert meant("photos", leave_out=["photos/2024/05"]) == IN_PHOTOS[:3]
    assert meant("photos", leave_out=["nowhere"]) == IN_PHOTOS
    assert meant("photos/**/*.*p*g", leave_out=["photos/2024"]) == ["photos/b.jpg"]
    assert meant("photos/2024/c.webp", leave_out=["photos/2024"]) == ["photos/2024/c.webp"]


@pytest.mark.parametrize("option", ["--draw", "--crops"])
def test_the_output_lies_in_the_input(folder: Path, option: str) -> None:
    """Run twice, it finds the same photos."""
    shutil.rmtree(folder / "photos")
    (folder / "photos" / "sub").mkdir(parents=True)
    shutil.copy(SMALL, folder / "photos")
    shutil.copy(GOLDEN / "astronaut.png", folder / "photos" / "sub")
    for _ in range(2):
        result = detect("photos", option, "photos/out")
        assert result.exit_code == 0
        assert "2 faces in 2 photos, pictures in photos/out" in result.output
        assert len(list((folder / "photos" / "out").iterdir())) == 2


@pytest.mark.usefixtures("folder")
def test_the_output_is_the_input() -> None:
    result = detect("photos", "--draw", "photos/../photos")
    assert result.exit_code == 2
    assert "pictures cannot go into photos, whose photos are to be read" in result.output


@pytest.mark.usefixtures("folder")
def test_a_video_is_told_where_it_belongs() -> None:
    Path("clip.MP4").write_bytes(b"\0\0\0\x20ftypisom")
    result = detect("clip.MP4", "photos/notes.txt")
    assert result.exit_code == 1
    video, text = result.output.splitlines()[:2]
    assert video.startswith("error: clip.MP4: not an image in a format that is read (")
    assert video.endswith('); for videos there are "fastmtcnn video" and "fastmtcnn blur"')
    assert text.startswith("error: photos/notes.txt: not an image in a format that is read (")
    assert text.endswith(")")
