"""``fastmtcnn crop``, ``draw`` and ``blur``, and the pictures of ``fastmtcnn detect``."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

pytest.importorskip("typer")
pytest.importorskip("rich")

from typer.testing import CliRunner, Result

import fastmtcnn
from fastmtcnn import cli
from tests.support.helpers import assert_same, difference, encoded, golden_image

NAMES = ["astronaut.png", "coffee_noface.png", "grace_hopper.png"]
CROPS = ["astronaut-1.png", "grace_hopper-1.png", "grace_hopper-2.png"]


pytestmark = pytest.mark.usefixtures("folder")


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.program(), [*map(str, arguments)], prog_name="fastmtcnn")


def pixels(path: str | Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))


def names(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def pictures(folder: str) -> dict[str, NDArray[np.uint8]]:
    return {name: pixels(Path(folder, name)) for name in names(folder)}


def found(name: str) -> fastmtcnn.Detections:
    return fastmtcnn.MTCNN().detect(golden_image(name))


def assert_are(folder: str, expected: dict[str, Any]) -> None:
    actual = pictures(folder)
    assert list(actual) == sorted(expected)
    for name, picture in expected.items():
        assert_same(actual[name], np.asarray(picture))


# Crops


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ([], {}),
        (["--margin", "0.25"], {"margin": 0.25}),
        (["--square", "--margin=0.1"], {"square": True, "margin": 0.1}),
        (["--size", "96"], {"size": 96}),
    ],
)
def test_crop(options: list[str], arguments: dict[str, Any]) -> None:
    result = invoke("crop", *NAMES, "--to", "new/out", *options)
    assert (result.exit_code, result.output) == (0, "3 faces in 3 photos, pictures in new/out\n")
    crops = [
        crop
        for name in NAMES
        for crop in fastmtcnn.crop(golden_image(name), found(name), **arguments)
    ]
    assert_are("new/out", dict(zip(CROPS, crops, strict=True)))


@pytest.mark.parametrize("margin", [0, 0.2])
def test_aligned_crops(margin: float) -> None:
    options = ["--align", "112", "--margin", str(margin)]
    assert invoke("crop", *NAMES, "--to", "a", *options).exit_code == 0
    crops = [
        crop
        for name in NAMES
        for crop in fastmtcnn.align(golden_image(name), found(name), 112, margin=margin)
    ]
    assert_are("a", dict(zip(CROPS, crops, strict=True)))
    # The same while detecting.
    assert invoke("detect", *NAMES, "--crops", "b", *options, "-o", "faces.csv").exit_code == 0
    assert_are("b", pictures("a"))
    assert len(Path("faces.csv").read_text().splitlines()) == 1 + len(CROPS)


def test_crops_while_detecting() -> None:
    assert invoke("detect", *NAMES, "--crops", "a", "--margin", "0.1").exit_code == 0
    assert invoke("crop", *NAMES, "--to", "b", "--margin", "0.1").exit_code == 0
    assert_are("a", pictures("b"))
    assert list(pictures("a")) == CROPS


def test_names_of_crops_never_meet() -> None:
    """Not with those of other photos of that name, nor with photos."""
    Path("b").mkdir()
    shutil.copy(NAMES[2], "b/astronaut.jpg")
    shutil.copy(NAMES[0], "astronaut-2.png")
    shutil.copy(NAMES[2], "Astronaut.png" if os.name != "nt" else "x.png")
    before = Path("astronaut-2.png").read_bytes()
    photos = ["astronaut.png", "b/astronaut.jpg", "astronaut-2.png", "Astronaut.png"]
    assert invoke("crop", *photos, "--to", ".").exit_code == 0
    assert Path("astronaut-2.png").read_bytes() == before
    made = set(names(".")) - {*NAMES, *photos, "b"}
    assert made == {
        "astronaut-1.png",
        *("astronaut-2-1.png", "astronaut-2-2.png"),  # of the second of that name
        "astronaut-2-2-1.png",  # of astronaut-2.png, since its own are taken
        *("Astronaut-3-1.png", "Astronaut-3-2.png"),
    }
    assert_same(pixels("astronaut-2-2-1.png"), pixels("astronaut-1.png"))


def test_crops_are_taken_up(monkeypatch: pytest.MonkeyPatch) -> None:
    options = ["-o", "faces.csv", "--crops", "out", "--workers", "1"]
    detect = fastmtcnn.MTCNN.detect
    done: list[tuple[int, ...]] = []

    def stopping(self: fastmtcnn.MTCNN, image: Any, **options: Any) -> Any:
        done.append(image.shape)
        if len(done) == 3:
            raise KeyboardInterrupt
        return detect(self, image, **options)

    monkeypatch.setattr(fastmtcnn.MTCNN, "detect", stopping)
    assert invoke("detect", *NAMES, *options).exit_code == 130
    assert names("out") == CROPS[:1]
    assert invoke("detect", *NAMES, *options, "--margin", "1", "--resume").exit_code == 2
    assert invoke("detect", *NAMES, *options, "--resume").exit_code == 0
    assert len(done) == 4
    assert names("out") == CROPS
    # What is gone is made again.
    done.clear()
    assert invoke("detect", *NAMES, *options).exit_code == 130
    Path("out", CROPS[0]).unlink()
    assert invoke("detect", *NAMES, *options, "--resume").exit_code == 0
    assert len(done) == 3 + 2
    assert names("out") == CROPS


# Copies


def test_draw() -> None:
    result = invoke("draw", *NAMES, "--to", "out")
    assert (result.exit_code, result.output) == (0, "3 faces in 3 photos, pictures in out\n")
    assert_are("out", {name: fastmtcnn.draw(golden_image(name), found(name)) for name in NAMES})
    assert invoke("detect", *NAMES, "--draw", "other").exit_code == 0
    assert_are("other", pictures("out"))


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (["--no-scores"], {"scores": False}),
        (["--no-landmarks"], {"landmarks": False}),
        (["--no-scores", "--no-landmarks"], {"scores": False, "landmarks": False}),
    ],
)
def test_draw_less(options: list[str], shown: dict[str, Any]) -> None:
    name = "astronaut.png"
    assert invoke("draw", name, "--to", "out", *options).exit_code == 0
    expected = fastmtcnn.draw(golden_image(name), found(name), **shown)
    assert_are("out", {name: expected})


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ([], {}),
        (
            ["--method", "pixelate", "--shape", "box", "--margin", "0.3"],
            {"method": "pixelate", "shape": "box", "margin": 0.3},
        ),
        (["--method=fill"], {"method": "fill"}),
    ],
)
def test_blur(options: list[str], arguments: dict[str, Any]) -> None:
    result = invoke("blur", *NAMES, "--to", "out", *options)
    assert (result.exit_code, result.output) == (0, "3 faces in 3 photos, pictures in out\n")
    expected = {
        name: fastmtcnn.blur(golden_image(name), found(name), **arguments) for name in NAMES
    }
    assert_are("out", expected)
    assert invoke("detect", "out", "-q", "-o", "faces.csv").exit_code == 0
    assert len(Path("faces.csv").read_text().splitlines()) == 1


def test_blur_by_the_former_name_of_a_method() -> None:
    result = invoke("blur", NAMES[0], "--to", "out", "--method", "box")
    assert result.exit_code == 0
    assert "--method box is deprecated, use --method fill\n" in result.output
    assert_are(
        "out", {NAMES[0]: fastmtcnn.blur(golden_image(NAMES[0]), found(NAMES[0]), method="fill")}
    )


def test_blurred_copies_keep_nothing_but_pixels() -> None:
    exif = Image.Exif()
    exif[0x010E] = "who it is"
    exif[0x0112] = 6
    with Image.open(NAMES[0]) as image:
        lying = image.convert("RGB").transpose(Image.Transpose.ROTATE_90)
    Path("photo.jpg").write_bytes(encoded(lying, "JPEG", quality=95, exif=exif))
    assert invoke("blur", "photo.jpg", "--to", "out", "--method", "fill").exit_code == 0
    copy = Path("out/photo.jpg").read_bytes()
    assert b"who it is" in Path("photo.jpg").read_bytes()
    assert b"who it is" not in copy
    with Image.open("out/photo.jpg") as image:
        assert dict(image.getexif()) == {}
        assert image.getpixel((225, 120)) == (0, 0, 0)  # upright, where the face is


@pytest.mark.optional
def test_blurred_videos() -> None:
    """Found in folders too, beside photos; in a format that can be written, with their sound."""
    av = pytest.importorskip("av")
    from fastmtcnn.video import Video
    from tests.support.make_video import make_video, regular

    Path("mixed").mkdir()
    make_video(Path("mixed/a.mp4"), regular(10, 25), (320, 240))
    shutil.copy("mixed/a.mp4", "mixed/b.avi")
    shutil.copy(NAMES[0], "mixed")
    Path("mixed/c.mkv").write_bytes(b"no video")
    detector = fastmtcnn.MTCNN()
    before = [detector.detect(frame.image).num_faces for frame in Video("mixed/a.mp4")]
    result = invoke("blur", "mixed", "--to", "mixed/out", "--method", "fill")
    assert result.exit_code == 1
    lines = sorted(result.output.splitlines())
    assert lines[0].startswith("1 face in 1 photo, pictures in ")
    for line, name in zip(lines[1:3], ("a.mp4", "b.mp4"), strict=True):
        assert line == f"{sum(before)} faces in 10 frames, video in {Path('mixed/out', name)}"
    assert lines[3].startswith(f"error: {Path('mixed/c.mkv')}: not a video")
    assert names("mixed/out") == ["a.mp4", "astronaut.png", "b.mp4"]
    for name in ("a.mp4", "b.mp4"):
        after = [detector.detect(frame.image).num_faces for frame in Video(f"mixed/out/{name}")]
        assert (len(after), sum(after)) == (10, 0)
        with av.open(f"mixed/out/{name}") as container:
            assert len(container.streams.audio) == 1
    assert min(before) > 0
    assert invoke("blur", "mixed/a.mp4", "--to", "quiet", "-q").output == ""


@pytest.mark.optional
def test_what_is_blurred_in_a_video() -> None:
    pytest.importorskip("av")
    from fastmtcnn.video import Video
    from tests.support.make_video import make_video, regular, scene

    size = (320, 240)
    make_video(Path("clip.mp4"), regular(12), size)
    assert invoke("blur", "clip.mp4", "--to", "out").exit_code == 0
    detector = fastmtcnn.MTCNN()
    for frame in Video("out/clip.mp4"):
        expected, boxes = scene(frame.index / 25, size)
        assert detector.detect(frame.image).num_faces == 0
        for x1, y1, x2, y2 in boxes.astype(int):
            part = np.s_[max(y1, 0) : y2, max(x1, 0) : x2]
            assert difference(frame.image[part], expected[part]) > 15
        assert difference(frame.image[:, :15], expected[:, :15]) < 8


def test_videos_need_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    Path("a.mp4").write_bytes(b"no video")
    result = invoke("blur", "a.mp4", "--to", "out")
    assert result.exit_code == 2
    assert 'get it with: pip install "fastmtcnn[video]"' in result.output.splitlines()[0]


@pytest.mark.parametrize("command", ["crop", "draw", "blur"])
def test_bad_photos_cost_no_others(command: str) -> None:
    Path("text.png").write_bytes(b"no image")
    result = invoke(command, "missing.png", NAMES[0], "text.png", NAMES[2], "--to", "out", "-q")
    assert result.exit_code == 1
    missing, text = result.output.splitlines()
    assert missing == "error: missing.png: No such file or directory"
    assert text.startswith("error: text.png: not an image in a format that is read")
    assert len(pictures("out")) == {"crop": 3}.get(command, 2)


@pytest.mark.parametrize("command", ["crop", "draw", "blur"])
def test_the_sample(command: str) -> None:
    assert invoke(command, "--sample", "--to", "out").exit_code == 0
    assert names("out") == ["astronaut-1.png" if command == "crop" else "astronaut.jpg"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["crop", "astronaut.png"], "Missing option '--to'"),
        (["draw", "astronaut.png", "--to", ""], "a folder must have a name, got ''"),
        (["draw", "--to", "out"], "name a photo, or try --sample"),
        (["draw", "-", "--to", "out"], "the list on standard input is empty"),
        (["crop", "astronaut.png", "--to", "out", "--size", "0"], "--size must be a whole"),
        (["crop", "astronaut.png", "--to", "out", "--margin", "-1"], "--margin must be"),
        (["crop", "astronaut.png", "--to", "out", "--margin", "1000"], "at most 100, got 1000.0"),
        (["crop", "astronaut.png", "--to", "out", "--align=9", "--square"], "--align has a size"),
        (["crop", "astronaut.png", "--to", "out", "--align", "5000"], "--align must be at"),
        (["blur", "astronaut.png", "--to", "out", "--method", "blurr"], "did you mean 'blur'?"),
        (["blur", "astronaut.png", "--to", "out", "--shape", "oval"], "shape must be one of"),
        (["blur", "astronaut.png", "--to", "out", "--margin", "2"], "margin must be a number from"),
    ],
)
def test_wrong_options(arguments: list[str], sentence: str) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert sentence in result.output.splitlines()[0]
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("margin", "sentence"),
    [
        ("100", "the crop of box 0 must have at most 8192 pixels a side"),
        ("-0.499", "box 0 must have pixels and overlap the image of 512x512, got "),
    ],
)
def test_crops_that_cannot_be_made(margin: str, sentence: str) -> None:
    result = invoke("crop", "astronaut.png", "--to", "out", "--margin", margin)
    assert result.exit_code == 1
    assert result.output.splitlines()[0].startswith(f"error: astronaut.png: {sentence}")
    assert "1 face in 1 photo, 1 not usable" in result.output


def test_faces_that_cannot_be_aligned(monkeypatch: pytest.MonkeyPatch) -> None:
    def detect(*_: object, **__: object) -> fastmtcnn.Detections:
        box, points = np.array([[1, 2, 9, 9]], np.float32), np.zeros((1, 5, 2), np.float32)
        return fastmtcnn.Detections(box, np.ones(1, np.float32), points)

    monkeypatch.setattr(fastmtcnn.MTCNN, "detect", detect)
    result = invoke("crop", "astronaut.png", "--to", "out", "--align", "112")
    assert result.exit_code == 1
    sentence = "the landmarks of face 0 must differ as those of the template do, got "
    assert result.output.splitlines()[0].startswith(f"error: astronaut.png: {sentence}")


# Where pictures go


def all_names(folder: str) -> list[str]:
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return [path.relative_to(folder).as_posix() for path in files]


@pytest.fixture
def tree() -> list[str]:
    """Photos of the same name in several folders."""
    paths = ["photos/x.png", "photos/a/x.png", "photos/a/b/x.png", "other/a/x.png"]
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("astronaut.png", path)
    return paths


@pytest.mark.parametrize("command", ["draw", "blur", "crop"])
def test_pictures_keep_the_tree_of_the_folder(tree: list[str], command: str) -> None:
    ending = "-1.png" if command == "crop" else ".png"
    result = invoke(command, "photos", "--to", "photos/out", "--min-face-size", "60")
    assert result.exit_code == 0
    assert all_names("photos/out") == [f"{stem}{ending}" for stem in ("a/b/x", "a/x", "x")]
    # Of several folders, those of the same name share one.
    options = ["--to", "out", "--exclude", "out", "--min-face-size", "60"]
    assert invoke(command, "photos", "other", *options).exit_code == 0
    expected = [f"{stem}{ending}" for stem in ("a/b/x", "a/x", "a/x-2", "x")]
    assert all_names("out") == sorted(expected)
    # Photos that are named go into the folder itself.
    assert invoke(command, *tree[1:3], "--to", "flat").exit_code == 0
    assert all_names("flat") == sorted([f"x{ending}", f"x-2{ending}"])


def test_pictures_of_a_tree_are_not_made_twice(
    tree: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    detect = fastmtcnn.MTCNN.detect
    left = iter(range(2))

    def stopping(self: fastmtcnn.MTCNN, image: Any, **options: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return detect(self, image, **options)

    command = ["detect", "photos", "--crops", "out", "--json", "f.json", "--workers", "1"]
    monkeypatch.setattr(fastmtcnn.MTCNN, "detect", stopping)
    assert invoke(*command).exit_code == 130
    assert all_names("out") == ["a/x-1.png", "x-1.png"]
    monkeypatch.setattr(fastmtcnn.MTCNN, "detect", detect)
    result = invoke(*command, "--resume")
    assert result.exit_code == 0
    assert "3 faces in 3 photos, pictures in out, 2 from the run before" in result.output
    assert all_names("out") == ["a/b/x-1.png", "a/x-1.png", "x-1.png"]


def test_a_subfolder_that_cannot_be_made(tree: list[str]) -> None:
    Path("out").mkdir()
    Path("out/a").touch()
    result = invoke("draw", "photos", "--to", "out", "--min-face-size", "60")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert [line.startswith("error: cannot write out") for line in lines] == [True, True, False]
    assert all_names("out") == ["a", "x.png"]


@pytest.mark.parametrize("command", ["draw", "blur"])
@pytest.mark.parametrize(("name", "form"), [("x.jpg", "JPEG"), ("new/x.WEBP", "WEBP")])
def test_one_file(command: str, name: str, form: str) -> None:
    for _ in range(2):  # the second time it is there already
        result = invoke(command, "coffee_noface.png", "--to", name)
        assert result.exit_code == 0
        assert result.output == f"0 faces in 1 photo, pictures in {name}\n"
    with Image.open(name) as image:
        assert (image.format, image.size) == (form, (600, 400))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["draw", *NAMES, "--to", "x.jpg"], "x.jpg names a file, which holds one copy, got 3"),
        (["blur", ".", "--to", "x.jpg"], "x.jpg names a file, which holds one copy, got 3"),
        (["draw", NAMES[0], "--to", "x.mp4"], "a copy of a photo must be a file ending in .png, "),
        (["draw", NAMES[0], "--to", "x.psd"], "a copy of a photo must be a file ending in .png, "),
        (["blur", "x.mp4", "--to", "x.png"], "a copy of a video must be a file ending in .mp4, "),
        (["draw", NAMES[0], "--to", NAMES[0]], f"{NAMES[0]} is the photo itself"),
        (["crop", NAMES[0], "--to", "x.jpg"], "must name a folder, since there may be several"),
        (["detect", NAMES[0], "--draw", "x.jpg"], "must name a folder, since there may be several"),
        (["detect", NAMES[0], "--crops", "x.jpg"], "must name a folder, since there may be"),
    ],
)
def test_a_file_that_cannot_be_the_target(arguments: list[str], sentence: str) -> None:
    before = Path(NAMES[0]).read_bytes()
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert sentence in result.output.splitlines()[0]
    assert len(result.output.splitlines()) == 2
    assert Path(NAMES[0]).read_bytes() == before
    assert names(".") == sorted(NAMES)


def test_a_file_whose_format_does_not_hold_the_copy() -> None:
    Image.new("RGB", (66_000, 2)).save("wide.png")
    result = invoke("draw", "wide.png", "--to", "x.jpg")
    assert result.exit_code == 1
    assert result.output.splitlines()[0] == (
        "error: cannot write x.jpg: the copy of wide.png cannot be written as .jpg"
    )
    assert not Path("x.jpg").exists()


def test_a_folder_with_a_name_like_a_file() -> None:
    Path("x.jpg").mkdir()
    assert invoke("draw", NAMES[1], "--to", "x.jpg").exit_code == 0
    assert names("x.jpg") == [NAMES[1]]
