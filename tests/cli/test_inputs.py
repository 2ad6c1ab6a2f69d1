"""Which photos the arguments of a command mean."""

from __future__ import annotations

import io
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")

from typer.testing import CliRunner, Result

from fastmtcnn import cli
from fastmtcnn.cli.inputs import Selection
from fastmtcnn.files import decoding
from fastmtcnn.files.kinds import is_video
from tests.support.helpers import GOLDEN

SMALL = GOLDEN / "hopper_61x73.png"
IN_PHOTOS = ["photos/a.PNG", "photos/b.jpg", "photos/2024/c.webp", "photos/2024/05/d.jpeg"]
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


def meant(*arguments: str, **options: Any) -> list[str]:
    return [path.replace(os.sep, "/") for path, _ in Selection(arguments, **options)]


def listed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), "ascii"))


def detect(*arguments: str | Path) -> Result:
    return CliRunner().invoke(
        cli.program(), ["detect", *map(str, arguments)], prog_name="fastmtcnn"
    )


@pytest.mark.usefixtures("folder")
def test_files_are_taken_as_they_are_named() -> None:
    names = ["photos/notes.txt", "missing.jpg", "./photos/b.jpg", "photos/.hidden.jpg", ""]
    assert meant(*names) == names


@pytest.mark.usefixtures("folder")
def test_folders() -> None:
    assert meant("photos") == IN_PHOTOS
    assert meant("photos/2024/") == IN_PHOTOS[2:]
    assert meant("photos/2024", "photos/b.jpg") == [*IN_PHOTOS[2:], "photos/b.jpg"]


def test_videos_in_folders(folder: Path) -> None:
    (folder / "photos" / "c.MOV").touch()
    (folder / "photos" / "d.ts").touch()
    (folder / "photos" / ".d.mov").touch()
    assert meant("photos") == IN_PHOTOS
    videos = ["photos/c.MOV", "photos/d.ts"]
    assert meant("photos", videos=True) == [*IN_PHOTOS[:2], *videos, *IN_PHOTOS[2:]]


NO_VIDEOS = {"m4a", "m4b", "isma", "mka", "mks", "ogg", "wma"} | {"avif", "heif", "heic", "gif"}
NO_VIDEOS |= {"ism", "psp", "h26l"}  # a list of files, also the suffix of a picture, out of use


@pytest.mark.optional
def test_what_is_read_as_a_video_is_named_as_one() -> None:
    """All suffixes that FFmpeg knows for the formats that are read."""
    av = pytest.importorskip("av")
    from fastmtcnn.video import container

    suffixes: set[str] = set()
    for name in container._FORMATS.split(","):
        suffixes |= av.ContainerFormat(name).extensions
    assert {"mp4", "ts", "vob", "asf"} & suffixes
    assert {each for each in suffixes if not is_video(f"a.{each}")} <= NO_VIDEOS
    assert not any(is_video(f"a.{each}") for each in NO_VIDEOS)
    for name in ("a.mts", "a.m2ts", "a.ts", "A.VOB", "a.h264", "a.asf", "a.f4v", "a.3g2", "a.m2t"):
        assert is_video(name)


def test_hidden_folders_and_those_of_programs_are_left_out(folder: Path) -> None:
    names = [".dtrash/files", ".thumbnails", ".@__thumb", "2024/@eaDir", "#recycle", "__MACOSX"]
    for name in [*names, "$RECYCLE.BIN", "System Volume Information", "lost+found"]:
        (folder / "photos" / name).mkdir(parents=True)
        (folder / "photos" / name / "z.jpg").touch()
    assert meant("photos") == IN_PHOTOS
    assert meant("photos/**/*.jpg") == ["photos/b.jpg"]
    # Who names one wants it.
    assert meant("photos/.dtrash") == ["photos/.dtrash/files/z.jpg"]
    assert meant("photos/2024/@eaDir/*.jpg") == ["photos/2024/@eaDir/z.jpg"]


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        (["*.JPG"], ["photos/a.PNG", *IN_PHOTOS[2:]]),
        (["*.png", "c.*"], ["photos/b.jpg", "photos/2024/05/d.jpeg"]),
        (["2024"], IN_PHOTOS[:2]),
        (["2024/"], IN_PHOTOS[:2]),
        (["2024/05"], IN_PHOTOS[:3]),
        (["/2024/*"], IN_PHOTOS[:2]),
        (["05"], IN_PHOTOS[:3]),
        (["4", "*/b.jpg"], IN_PHOTOS),
    ],
)
@pytest.mark.usefixtures("folder")
def test_exclude(exclude: list[str], left: list[str]) -> None:
    assert meant("photos", exclude=exclude) == left
    for pattern in ("photos/*", "photos/**/*.*", "photos/**"):
        assert set(meant(pattern, exclude=exclude)) - {"photos/notes.txt"} == set(left)
    # Who names a photo wants it.
    assert meant("photos/b.jpg", exclude=exclude) == ["photos/b.jpg"]


@pytest.mark.parametrize("pattern", ["", "/"])
def test_exclude_nothing(pattern: str) -> None:
    result = detect("photos", "--exclude", pattern)
    assert result.exit_code == 2
    assert "a pattern to exclude must name something, got ''" in result.output


def test_what_is_passed_over_is_counted_and_named(folder: Path) -> None:
    for name in ("1.dng", "2.DNG", "2024/3.psd", "clip.mp4", ".4.dng", "5.txt"):
        (folder / "photos" / name).touch()
    for path in IN_PHOTOS:
        shutil.copy(SMALL, path)
    unread = "passed over 3 photos in formats that are not read (2 .dng, 1 .psd), first "
    video = "passed over 1 video (1 .mp4), first photos/clip.mp4; for videos there are "
    result = detect("photos")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0] == f"error: {unread}{Path('photos/1.dng')}"
    assert lines[1].startswith(video.replace("photos/", f"photos{os.sep}"))
    quiet = detect("photos", "-q")
    assert (quiet.exit_code, quiet.output.splitlines()) == (1, lines[:1])
    # Videos among photos are no failure; what is excluded is not asked for.
    result = detect("photos", "--exclude", "*.dng", "--exclude", "*.psd")
    assert result.exit_code == 0
    assert result.output.splitlines()[0] == lines[1]


@pytest.mark.parametrize("command", ["detect", "blur", "draw", "crop", "report", "negatives"])
def test_a_folder_of_nothing_that_is_read(folder: Path, command: str) -> None:
    (folder / "raw").mkdir()
    (folder / "raw" / "a.cr3").touch()
    arguments = [command, "raw"] if command != "negatives" else ["evaluate", "negatives", "raw"]
    to = ["--to", "out"] if command in ("blur", "draw", "crop") else []
    result = CliRunner().invoke(cli.program(), [*arguments, *to])
    assert (result.exit_code, result.output) == (
        1,
        "error: passed over 1 photo in formats that are not read (1 .cr3), first "
        f"{Path('raw/a.cr3')}\n",
    )


def test_a_folder_of_videos(folder: Path) -> None:
    (folder / "clips").mkdir()
    (folder / "clips" / "a.mp4").touch()
    shutil.copy(SMALL, folder)
    result = detect("clips", SMALL.name, "-q")
    assert result.exit_code == 1
    assert result.output.startswith("error: passed over 1 video (1 .mp4), first clips")


@pytest.mark.usefixtures("folder")
def test_heif_that_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_register_heif", lambda: None)
    for suffix in decoding.HEIF_SUFFIXES:
        monkeypatch.delitem(PIL.Image.EXTENSION, suffix, raising=False)
    Path("photos/x.HEIC").touch()
    result = detect("photos", "--exclude", "[ab2]*")
    assert result.output.startswith("error: passed over 1 photo in formats that are not read (1 .")
    assert '; HEIF needs pillow-heif, get it with: pip install "fastmtcnn[heif]"' in result.output


def test_subfolders(folder: Path) -> None:
    """Below the folder that was named, or below the part of a pattern without wildcards."""
    every = ["", "", "2024", "2024/05"]

    def subfolders(*arguments: str) -> list[str]:
        return [below.replace(os.sep, "/") for _, below in Selection(arguments)]

    assert subfolders("photos") == every
    assert subfolders(str(folder / "photos")) == every
    assert subfolders("photos/2024") == ["", "05"]
    assert subfolders("photos/2024/c.webp") == [""]
    assert subfolders("p*") == [f"photos/{each}".rstrip("/") for each in every]
    assert subfolders("photos/**/*.jp*g") == ["2024/05", ""]
    assert subfolders("photos/20*/c.*") == ["2024"]
    assert subfolders("photos/20*/../b.jpg") == [""]  # not above the folder of the output


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


@pytest.mark.parametrize("pattern", ["photos/**/*.jpg", "photos/20*/*.jpg", "photos/2024/*"])
def test_folders_that_a_pattern_cannot_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    listdir = os.listdir

    def refusing(path: str) -> list[str]:
        if Path(path).name == "2024":  # the tests may run as root, who may read everything
            raise PermissionError(13, "Permission denied", path)
        return listdir(path)

    monkeypatch.setattr(os, "listdir", refusing)
    shutil.copy(SMALL, folder / "photos" / "b.jpg")
    for command in (["detect"], ["blur", "--to", "out"], ["evaluate", "negatives"]):
        result = CliRunner().invoke(cli.program(), [*command, "photos/b.jpg", pattern])
        assert result.exit_code == 1
        assert "error: photos/2024: Permission denied\n" in result.output
        assert "1 not usable" in result.output


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["x" * 5000, "y/" * 5000 + "*.jpg"])
@pytest.mark.parametrize(
    "command",
    [["detect"], ["blur", "--to", "out"], ["report", "-o", "x.html"], ["evaluate", "negatives"]],
)
def test_a_name_that_no_file_can_have_costs_no_other_photo(command: list[str], name: str) -> None:
    if command == ["report", "-o", "x.html"]:
        pytest.importorskip("jinja2")
    shutil.copy(SMALL, "small.jpg")
    result = CliRunner().invoke(cli.program(), [*command, name, "small.jpg"])
    assert result.exit_code == 1
    assert "1 not usable" in result.output


def test_a_name_that_no_file_can_have_is_an_error_in_one_sentence() -> None:
    result = CliRunner().invoke(cli.program(), ["explain", "x" * 5000])
    assert result.exit_code == 1
    assert result.output.startswith(f"error: {'x' * 5000}: ")
    assert result.output.count("\n") == 1


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
        (b"\xef\xbb\xbfphotos/b.jpg\r\n", ["photos/b.jpg"]),
        ("photos/b.jpg\r\nZoë.jpg\r\n".encode("utf-16"), ["photos/b.jpg", "Zoë.jpg"]),
        ("\ufeffa.jpg\n\nb.jpg".encode("utf-16-be"), ["a.jpg", "b.jpg"]),
        ("a.jpg\n".encode("utf-32"), ["a.jpg"]),
        ("\ufeff".encode("utf-16-le"), []),
        (b"a\rb.jpg\n\ta.jpg \n", ["a\rb.jpg", "\ta.jpg "]),
        (b".\0", IN_PHOTOS),
        (b"a\0b\0c\0", ["a", "b", "c"]),
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


@pytest.mark.parametrize(
    "content",
    [
        SMALL.read_bytes(),
        "photos/b.jpg\n".encode("utf-16-le"),
        "photos/b.jpg\n".encode("utf-16-be"),
        b"\xff\xfea",
        "a.jpg\0".encode("utf-16"),
        b"a.jpg\0b.jpg",
        b"a.jpg\0\0b.jpg\0",
        b"\0",
        b"x" * 40_000,
        b"\xff\xfe\x00\xd8\x41\x00",
    ],
)
@pytest.mark.parametrize("command", ["detect", "blur", "report"])
@pytest.mark.usefixtures("folder")
def test_what_is_no_list(command: str, content: bytes) -> None:
    """Nothing is searched: letter by letter, "." and "/" would be folders."""
    to = ["--to", "out"] if command == "blur" else []
    result = CliRunner().invoke(cli.program(), [command, "-", *to], input=content)
    assert result.exit_code == 2
    assert result.output.splitlines()[0].startswith(
        "error: a list on standard input must have a path on each line, or a NUL after each path, "
        "got "
    )
    assert len(result.output.splitlines()) == 2
    assert not Path("out").exists()


def test_the_last_path_has_no_nul() -> None:
    result = CliRunner().invoke(cli.program(), ["detect", "-"], input=b"a.jpg\0b.jpg")
    assert result.output.splitlines()[0].endswith(
        "a NUL after each path, got none after the last path"
    )


@POSIX
def test_names_of_any_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    listed(monkeypatch, b"\xff.jpg\n")
    assert [os.fsencode(path) for path, _ in Selection(["-"])] == [b"\xff.jpg"]


def test_standard_input_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    result = CliRunner().invoke(cli.program(), ["detect", "-"], input="")
    assert result.exit_code == 2
    assert "the list on standard input is empty" in result.output


def test_no_photo_on_standard_input() -> None:
    result = CliRunner().invoke(cli.program(), ["detect", "-"], input="\n\n")
    assert result.exit_code == 2
    assert "the list on standard input is empty" in result.output


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
    for name in ("clip.MP4", "clip.ts"):
        Path(name).write_bytes(b"\0\0\0\x20ftypisom")
    result = detect("clip.MP4", "clip.ts", "photos/notes.txt")
    assert result.exit_code == 1
    *videos, text = result.output.splitlines()[:3]
    for name, video in zip(("clip.MP4", "clip.ts"), videos, strict=True):
        assert video.startswith(f"error: {name}: not an image in a format that is read (")
        assert video.endswith('); for videos there are "fastmtcnn video" and "fastmtcnn blur"')
    assert text.startswith("error: photos/notes.txt: not an image in a format that is read (")
    assert text.endswith(")")
