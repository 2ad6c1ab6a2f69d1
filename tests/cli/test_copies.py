"""Copies of photos show no more and no other than the photos, whatever their files hold."""

from __future__ import annotations

import base64
import io
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms, JpegImagePlugin, PngImagePlugin, features

pytest.importorskip("typer")
pytest.importorskip("rich")

from typer.testing import CliRunner, Result

import fastmtcnn
from fastmtcnn import ImageError, cli
from fastmtcnn.explaining import stage_pictures
from tests.support.helpers import difference, golden_image
from tests.support.profiles import cmyk_profile, grey_profile, rgb_profile

Pixels = NDArray[np.uint8]
AVIF = "avif" in features.get_supported()
SIDE = 256
SECRET = np.s_[200:]  # rows that were erased, below the face
COMMANDS = ["blur", "draw"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def invoke(*arguments: str) -> Result:
    options = ["--min-face-size", "30"]
    return CliRunner().invoke(cli.program(), [*arguments, *options], prog_name="fastmtcnn")


def copied(command: str, name: str) -> Path:
    """Return the only picture that a command makes of a photo."""
    result = invoke(command, name, "--to", "out", "-q")
    assert (result.exit_code, result.output) == (0, "")
    (made,) = Path("out").iterdir()
    return made


def names(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def photo() -> Pixels:
    whole = Image.fromarray(golden_image("astronaut.png")).crop((0, 0, 512, 512))
    return np.asarray(whole.resize((SIDE, SIDE)))


def erased() -> tuple[Pixels, Pixels]:
    """Return pixels whose lower part holds a secret, and the alpha that hides it."""
    pixels = photo().copy()
    pixels[SECRET] = np.random.default_rng(0).integers(150, 250, pixels[SECRET].shape)
    alpha = np.full((SIDE, SIDE), 255, np.uint8)
    alpha[SECRET] = 0
    return pixels, alpha


def png(depth: int, kind: int, rows: list[bytes], transparent: bytes) -> bytes:
    """Return a PNG with a transparent colour, in a depth that Pillow does not write."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    header = struct.pack(">IIBBBBB", SIDE, SIDE, depth, kind, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(name, content)
        for name, content in (
            (b"IHDR", header),
            (b"tRNS", transparent),
            (b"IDAT", pixels),
            (b"IEND", b""),
        )
    )


# Transparency


def rgba(name: str, **options: Any) -> None:
    pixels, alpha = erased()
    Image.fromarray(np.dstack([pixels, alpha])).save(name, **options)


def grey_alpha(name: str) -> None:
    pixels, alpha = erased()
    grey = Image.fromarray(pixels).convert("L")
    Image.merge("LA", (grey, Image.fromarray(alpha))).save(name)


def palette(name: str, transparency: int | bytes) -> None:
    pixels, _ = erased()
    indices = np.array(Image.fromarray(pixels).quantize(200))
    indices[SECRET] = np.random.default_rng(0).integers(250, 256, indices[SECRET].shape)
    if isinstance(transparency, int):
        indices[SECRET] = transparency
    picture = Image.fromarray(indices)
    colours = Image.fromarray(pixels).quantize(200).getpalette() or []
    picture.putpalette((colours + [0] * 768)[:750] + [200, 210, 220] * 6)
    picture.save(name, transparency=transparency)


def colour_key(name: str) -> None:
    pixels, _ = erased()
    pixels[SECRET] = (1, 2, 3)
    Image.fromarray(pixels).save(name, transparency=(1, 2, 3))


def grey_key(name: str) -> None:
    grey = np.array(Image.fromarray(erased()[0]).convert("L"))
    grey[grey == 177] = 178
    grey[SECRET] = 177
    Image.fromarray(grey).save(name, transparency=177)


def key_of_four_bits(name: str) -> None:
    grey = np.array(Image.fromarray(erased()[0]).convert("L")) >> 4
    grey[grey == 9] = 8
    grey[SECRET] = 9
    packed = grey[:, ::2] << 4 | grey[:, 1::2]
    Path(name).write_bytes(png(4, 0, [row.tobytes() for row in packed], b"\0\x09"))


def key_of_sixteen_bits(name: str) -> None:
    pixels = erased()[0].astype(">u2") * 257
    pixels[SECRET] = (40_000, 40_100, 40_200)
    rows = [row.tobytes() for row in pixels.astype(">u2")]
    Path(name).write_bytes(png(16, 2, rows, struct.pack(">3H", 40_000, 40_100, 40_200)))


ERASED: dict[str, tuple[str, Callable[[str], None]]] = {
    "PNG": ("a.png", rgba),
    "PNG in grey": ("a.png", grey_alpha),
    "PNG with a transparent index": ("a.png", lambda name: palette(name, 251)),
    "PNG with a transparent palette": (
        "a.png",
        lambda name: palette(name, bytes([255] * 250 + [0] * 6)),
    ),
    "PNG with a transparent colour": ("a.png", colour_key),
    "PNG with a transparent grey": ("a.png", grey_key),
    "PNG of 4 bits": ("a.png", key_of_four_bits),
    "PNG of 16 bits": ("a.png", key_of_sixteen_bits),
    "lossy WebP": ("a.webp", lambda name: rgba(name, exact=True)),
    "lossless WebP": ("a.webp", lambda name: rgba(name, exact=True, lossless=True)),
    "TIFF": ("a.tif", rgba),
    "TIFF in grey": ("a.tiff", grey_alpha),
    "GIF": ("a.gif", lambda name: palette(name, 251)),
    "JPEG 2000": ("a.jp2", rgba),
    "PNG that is called JPEG": ("a.jpg", lambda name: rgba(name, format="PNG")),
    "AVIF": ("a.avif", rgba),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", ERASED)
def test_what_was_erased_stays_so(kind: str, command: str) -> None:
    name, make = ERASED[kind]
    if name.endswith(".avif") and not AVIF:
        pytest.skip("Pillow was built without AVIF")
    make(name)
    copy = copied(command, name)
    assert copy.suffix == (".png" if name == "a.jpg" else Path(name).suffix)
    with Image.open(copy) as picture:
        pixels = np.asarray(picture.convert("RGBA"))
    # Nor does the file have it, but for what a lossy format adds at the edge; the secret is light.
    noise = 40 if kind in ("AVIF", "lossy WebP") else 0
    assert pixels[SECRET][..., :3].max() <= noise
    assert pixels[SECRET][..., 3].max() <= (3 if kind == "AVIF" else 0)
    assert (pixels[:100, :, 3] == 255).all()


def test_crops_are_transparent_where_the_photo_is() -> None:
    pixels, alpha = erased()
    alpha[:, :120], alpha[SECRET] = 0, 255  # now the cut goes through the face
    Image.fromarray(np.dstack([pixels, alpha])).save("a.png")
    for options in ([], ["--align", "112"], ["--size", "64", "--margin", "0.3"]):
        assert invoke("crop", "a.png", "--to", f"out{len(options)}", *options).exit_code == 0
        (made,) = Path(f"out{len(options)}").iterdir()
        with Image.open(made) as picture:
            assert picture.mode == "RGBA"
            crop = np.asarray(picture)
        hidden = crop[..., 3] == 0
        assert 0.05 < hidden.mean() < 0.9
        assert not crop[hidden].any()


def test_drawn_lines_show_on_transparent_ground() -> None:
    pixels, alpha = erased()
    found = fastmtcnn.MTCNN(min_face_size=30).detect(pixels)
    alpha[:] = 0
    picture = np.asarray(fastmtcnn.draw(np.dstack([pixels, alpha]), found))
    x1, y1, x2, _ = np.rint(found.boxes[0]).astype(int)
    assert (picture[y1, x1:x2] == (70, 255, 110, 255)).all()
    assert (picture[..., 3] == 255).mean() < 0.2
    assert not picture[picture[..., 3] == 0].any()


@pytest.mark.parametrize("function", [fastmtcnn.blur, fastmtcnn.draw])
def test_functions_keep_transparency(function: Callable[..., Image.Image]) -> None:
    pixels, alpha = erased()
    both = np.dstack([pixels, alpha])
    rgba("a.png")
    found = fastmtcnn.MTCNN(min_face_size=30).detect(pixels)
    images: list[Any] = [both, Image.fromarray(both), "a.png", Path("a.png").read_bytes()]
    results = [np.asarray(function(image, found)) for image in images]
    for result in results:
        np.testing.assert_array_equal(result, results[0])
    assert not results[0][SECRET].any()
    opaque = function(np.dstack([pixels, np.full_like(alpha, 255)]), found)
    assert opaque.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(opaque)[:100], results[0][:100, :, :3])


def test_alpha_hides_no_face() -> None:
    """A picture may lie in the alpha channel, too; and what is hidden does not colour the rest."""
    grey = np.asarray(Image.fromarray(photo()).convert("L"))
    both = np.dstack([np.full_like(photo(), 200), grey])
    found = fastmtcnn.MTCNN(min_face_size=30).detect(photo())
    blurred = fastmtcnn.blur(both, found)
    alpha = np.asarray(blurred.getchannel("A"))
    assert fastmtcnn.MTCNN(min_face_size=30).detect(grey).num_faces == 1
    assert fastmtcnn.MTCNN(min_face_size=30).detect(alpha).num_faces == 0
    filled = np.asarray(fastmtcnn.blur(both, found, method="fill"))
    x1, y1, x2, y2 = found.boxes[0]
    assert tuple(filled[int(y1 + y2) // 2, int(x1 + x2) // 2]) == (0, 0, 0, 255)
    # Half of the region is white, half of it is hidden red: no cell becomes pink.
    half = np.full((60, 60, 4), 255, np.uint8)
    half[:, 30:] = (255, 0, 0, 0)
    cells = np.asarray(fastmtcnn.blur(half, [[5, 5, 54, 54]], method="pixelate"))
    visible = cells[cells[..., 3] > 0]
    assert (visible[:, 0] == visible[:, 1]).all()


# Colour profiles


def shown(path: str | Path) -> Pixels:
    """Return the pixels of a file in sRGB."""
    with Image.open(path) as picture:
        profile = picture.info.get("icc_profile")
        if profile is None:
            return np.asarray(picture.convert("RGB"))
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        whole = picture.convert("RGB") if picture.mode in ("P", "RGBA") else picture
        if picture.mode == "LA":
            whole = picture.convert("L")
        return np.asarray(ImageCms.profileToProfile(whole, source, target, outputMode="RGB"))


PROFILES: dict[str, tuple[str, str, Callable[[], bytes], dict[str, Any]]] = {
    "PNG": ("a.png", "RGB", rgb_profile, {}),
    "JPEG": ("a.jpg", "RGB", rgb_profile, {"quality": 98, "subsampling": 0}),
    "WebP": ("a.webp", "RGB", rgb_profile, {"lossless": True}),
    "TIFF": ("a.tif", "RGB", rgb_profile, {}),
    "AVIF": ("a.avif", "RGB", rgb_profile, {"quality": 95}),
    "PNG with a palette": ("a.png", "P", rgb_profile, {}),
    "PNG with alpha": ("a.png", "RGBA", rgb_profile, {}),
    "PNG in grey": ("a.png", "L", grey_profile, {}),
    "JPEG in grey": ("a.jpg", "L", grey_profile, {"quality": 98}),
    "TIFF in grey": ("a.tif", "L", grey_profile, {}),
    "PNG in grey with alpha": ("a.png", "LA", grey_profile, {}),
    "JPEG in CMYK": ("a.jpg", "CMYK", cmyk_profile, {"quality": 98, "subsampling": 0}),
    "TIFF in CMYK": ("a.tif", "CMYK", cmyk_profile, {}),
}


def with_profile(kind: str) -> str:
    name, mode, profile, options = PROFILES[kind]
    if name.endswith(".avif") and not AVIF:
        pytest.skip("Pillow was built without AVIF")
    Image.fromarray(photo()).convert(mode).save(name, icc_profile=profile(), **options)
    return name


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", PROFILES)
def test_copies_have_the_colours_of_the_photo(kind: str, command: str) -> None:
    name = with_profile(kind)
    expected = shown(name)
    with Image.open(name) as picture:
        bare = difference(np.asarray(picture.convert("RGB")), expected)
    copy = copied(command, name)
    assert copy.name == name
    below = np.s_[SIDE // 2 :]  # no face is there
    assert difference(shown(copy)[below], expected[below]) < 4
    assert bare > 8  # of the same numbers without the profile
    if PROFILES[kind][1] != "CMYK" and not (command == "draw" and "grey" in kind):
        with Image.open(copy) as picture:
            assert picture.info["icc_profile"] == PROFILES[kind][2]()


def test_crops_have_the_colours_of_the_photo() -> None:
    name = with_profile("JPEG")
    with Image.open(copied("crop", name)) as picture:
        assert picture.info["icc_profile"] == rgb_profile()


@pytest.mark.parametrize("function", [fastmtcnn.blur, fastmtcnn.draw])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".webp"])
def test_functions_keep_the_profile(function: Callable[..., Image.Image], suffix: str) -> None:
    name = with_profile("PNG")
    picture = function(name, [[80, 20, 140, 90]])
    profile = picture.info["icc_profile"]
    options: Any = {"quality": 95, "subsampling": 0} if suffix != ".tif" else {}
    picture.save(f"copy{suffix}", icc_profile=profile, **options)
    below = np.s_[SIDE // 2 :]
    assert difference(shown(f"copy{suffix}")[below], shown(name)[below]) < 5


@pytest.mark.parametrize("command", COMMANDS)
def test_a_png_keeps_what_it_states_of_its_colours(command: str) -> None:
    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"gAMA", struct.pack(">I", 100_000))
    chunks.add(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))
    chunks.add_text("Author", "who it is")
    Image.fromarray(photo()).save("a.png", pnginfo=chunks)
    with Image.open("a.png") as before, Image.open(copied(command, "a.png")) as after:
        kept = {"gamma": 1.0, "chromaticity": before.info["chromaticity"]}
        assert after.info == kept


@pytest.mark.parametrize(
    "profile", [b"", b"no profile", rgb_profile()[:200], cmyk_profile(), b"\0" * 16 + b"RGB " * 40]
)
def test_a_profile_that_means_nothing(profile: bytes) -> None:
    """It is of another kind of pixels, or damaged: the photo is copied all the same."""
    Image.fromarray(photo()).save("a.png", icc_profile=profile)
    below = np.s_[SIDE // 2 :]
    for command in COMMANDS:
        assert invoke(command, "a.png", "--to", command, "-q").exit_code == 0
        with Image.open(f"{command}/a.png") as picture:
            np.testing.assert_array_equal(np.asarray(picture)[below], photo()[below])
    Image.fromarray(photo()).convert("CMYK").save("a.tif", icc_profile=profile)
    assert invoke("blur", "a.tif", "--to", "blur", "-q").exit_code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_half_transparent_in_a_gif(command: str) -> None:
    """A pixel of a GIF is transparent or not; what was hardly seen is not seen."""
    pixels, alpha = erased()
    alpha[SECRET], alpha[:20] = 100, 200
    Image.fromarray(np.dstack([pixels, alpha])).save("a.png")
    assert invoke(command, "a.png", "--to", "a.gif").exit_code == 0
    with Image.open("a.gif") as copy:
        opacity = np.asarray(copy.convert("RGBA"))[:, :, 3]
    assert not opacity[SECRET].any()
    assert (opacity[:200] == 255).all()


def test_the_orientation_turns_transparency_too() -> None:
    pixels, alpha = erased()
    lying = Image.fromarray(np.dstack([pixels, alpha])).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    lying.save("a.png", exif=exif, dpi=(100, 200), icc_profile=rgb_profile())
    with Image.open(copied("blur", "a.png")) as picture:
        copy = np.asarray(picture)
        np.testing.assert_array_equal(copy[SECRET], np.zeros_like(copy[SECRET]))
        assert picture.info["dpi"] == pytest.approx((200, 100), abs=0.1)
        assert picture.info["icc_profile"] == rgb_profile()
        assert dict(picture.getexif()) == {}


# Several frames or pages

FRAMES: dict[str, tuple[str, dict[str, Any]]] = {
    "GIF": ("a.gif", {"duration": 100}),
    "APNG": ("a.png", {"duration": 100}),
    "WebP": ("a.webp", {"duration": 100, "lossless": True}),
    "TIFF": ("a.tif", {}),
    "AVIF": ("a.avif", {"duration": 100}),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_of_several_frames_none_is_dropped(kind: str) -> None:
    name, options = FRAMES[kind]
    if name.endswith(".avif") and not AVIF:
        pytest.skip("Pillow was built without AVIF")
    first = Image.fromarray(photo())
    others = [first.rotate(angle) for angle in (90, 180)]
    first.save(name, save_all=True, append_images=others, **options)
    sentence = (
        "pictures are made of files with one frame or page, got several: save them one by one"
    )
    for command in ("blur", "draw", "crop"):
        result = invoke(command, name, "--to", "out", "-q")
        assert (result.exit_code, result.output) == (1, f"error: {name}: {sentence}\n")
    for function in (fastmtcnn.blur, fastmtcnn.draw):
        with pytest.raises(ImageError) as caught:
            function(name, [[1, 2, 30, 40]])
        assert (caught.value.kind, caught.value.reason) == ("frames", sentence)
    # The first frame is searched, and its faces are kept.
    result = invoke("detect", name, "--draw", "out", "-o", "faces.csv")
    assert result.exit_code == 1
    assert "1 face in 1 photo, 1 not usable (1 of several frames)" in result.output
    assert len(Path("faces.csv").read_text().splitlines()) == 2
    assert list(Path("out").iterdir()) == []


def test_a_damaged_second_page_is_a_page_too() -> None:
    first = Image.fromarray(photo())
    first.save("a.tif", save_all=True, append_images=[first])
    content = bytearray(Path("a.tif").read_bytes())
    start = int.from_bytes(content[4:8], "little")
    count = int.from_bytes(content[start : start + 2], "little")
    after = start + 2 + 12 * count
    second = int.from_bytes(content[after : after + 4], "little")
    content[second : second + 2] = b"\x01\x00"  # of its tags, one is left
    Path("a.tif").write_bytes(content)
    result = invoke("detect", "a.tif", "--draw", "out")
    assert result.exit_code == 1
    assert "error: a.tif: pictures are made of files with one frame or page" in result.output
    assert "1 face in 1 photo" in result.output


def test_a_camera_s_preview_is_no_frame() -> None:
    """An MPO is what many telephones write: a photo, and pictures for machines behind it."""
    first = Image.fromarray(photo())
    first.save("a.jpg", format="MPO", save_all=True, append_images=[first.resize((32, 32))])
    with Image.open("a.jpg") as picture:
        assert (picture.format, picture.n_frames) == ("MPO", 2)
    with Image.open(copied("blur", "a.jpg")) as picture:
        assert (picture.format, picture.size) == ("JPEG", first.size)


# Quality, resolution and grey


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("quality", "subsampling", "progressive"),
    [
        (30, 0, False),
        (30, 2, True),
        (85, 1, False),
        (85, 2, False),
        (100, 0, True),
        (100, 2, False),
    ],
)
def test_a_jpeg_keeps_its_quality(
    quality: int, subsampling: int, progressive: bool, command: str
) -> None:
    Image.fromarray(photo()).save(
        "a.jpg",
        quality=quality,
        subsampling=subsampling,
        progressive=progressive,
        dpi=(300, 150),
    )
    with Image.open("a.jpg") as before, Image.open(copied(command, "a.jpg")) as after:
        assert isinstance(before, JpegImagePlugin.JpegImageFile)
        assert isinstance(after, JpegImagePlugin.JpegImageFile)
        assert after.quantization == before.quantization
        assert JpegImagePlugin.get_sampling(after) == subsampling
        assert bool(after.info.get("progressive")) == progressive
        assert after.info["dpi"] == (300, 150)


GREY: dict[str, tuple[str, str, dict[str, Any]]] = {
    "JPEG": ("a.jpg", "L", {"quality": 60}),
    "PNG": ("a.png", "L", {}),
    "PNG with alpha": ("a.png", "LA", {}),
    "PNG of one bit": ("a.png", "1", {}),
    "TIFF": ("a.tif", "L", {"compression": "tiff_lzw"}),
}


@pytest.mark.parametrize("kind", GREY)
def test_grey_stays_grey(kind: str) -> None:
    name, mode, options = GREY[kind]
    Image.fromarray(photo()).convert(mode).save(name, dpi=(72, 72), **options)
    with Image.open(name) as before, Image.open(copied("blur", name)) as after:
        assert after.mode == "L"
        assert after.info["dpi"] == pytest.approx((72, 72), abs=0.1)
        assert after.info.get("compression") == before.info.get("compression")
        if name != "a.jpg":
            below = np.s_[SIDE // 2 :]
            expected = np.asarray(before.convert("L"))[below]
            np.testing.assert_array_equal(np.asarray(after)[below], expected)


@pytest.mark.parametrize(
    ("options", "chunk"), [({"lossless": True}, b"VP8L"), ({"quality": 80}, b"VP8 ")]
)
@pytest.mark.parametrize("profile", [None, rgb_profile()])
def test_a_webp_stays_lossless(
    options: dict[str, Any], chunk: bytes, profile: bytes | None
) -> None:
    Image.fromarray(photo()).save("a.webp", icc_profile=profile, **options)
    assert chunk in copied("blur", "a.webp").read_bytes()


def test_a_resolution_that_the_format_cannot_state() -> None:
    Image.fromarray(photo()).save("a.jpg", format="PNG", dpi=(100_000, 100_000))
    with Image.open(copied("blur", "a.jpg")) as picture:
        assert picture.format == "JPEG"
        assert "dpi" not in picture.info


# Pages and pictures for the eye


def pictures_of_page(path: str) -> list[Pixels]:
    found = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", Path(path).read_text("utf-8"))
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(each)))) for each in found]


def test_a_report_shows_no_more_and_no_other_than_the_photo() -> None:
    pytest.importorskip("jinja2")
    rgba("a.png", icc_profile=rgb_profile())
    assert invoke("report", "a.png", "-o", "page.html", "-q").exit_code == 0
    small = max(pictures_of_page("page.html"), key=np.size)
    height = len(small)
    assert (small[int(height * 210 / SIDE) :] > 245).all()  # white paper
    expected = np.asarray(Image.fromarray(shown("a.png")).resize(small.shape[1::-1]))
    above = np.s_[: height // 2]
    assert difference(small[above], expected[above]) < 8
    # The same of a table of results.
    assert invoke("detect", "a.png", "-o", "faces.csv", "-q").exit_code == 0
    result = CliRunner().invoke(cli.program(), ["report", "faces.csv", "-o", "again.html", "-q"])
    assert result.exit_code == 0
    for one, other in zip(
        pictures_of_page("again.html"), pictures_of_page("page.html"), strict=True
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_explaining_shows_no_more_than_the_photo(order: Any) -> None:
    pixels, alpha = erased()
    detector = fastmtcnn.MTCNN(min_face_size=30, channel_order=order)
    both = np.dstack([pixels[..., :: 1 if order == "rgb" else -1], alpha])
    pictures = stage_pictures(detector, both, detector.trace(both))
    assert (np.asarray(pictures["faces"])[220:250, :SIDE] == 255).all()
    assert difference(np.asarray(pictures["faces"])[:20, :60], pixels[:20, :60]) < 1
    rgba("a.png")
    assert invoke("explain", "a.png", "--output", "out").exit_code == 0
    for path in Path("out").iterdir():
        with Image.open(path) as picture:
            assert np.ptp(np.asarray(picture)[235:250, 100:200]) < 40


# What was there before


@pytest.mark.parametrize("command", COMMANDS)
def test_no_file_of_others_is_overwritten(command: str) -> None:
    Path("album").mkdir()
    Path("album/a.png").write_bytes(b"another photo")
    Path("album/a-2.png").write_bytes(b"and one more")
    Image.fromarray(photo()).save("a.png")
    assert invoke(command, "a.png", "--to", "album", "-q").exit_code == 0
    assert Path("album/a.png").read_bytes() == b"another photo"
    assert Path("album/a-2.png").read_bytes() == b"and one more"
    assert names("album") == ["a-2.png", "a-3.png", "a.png"]
    made = Path("album/a-3.png").read_bytes()
    # The same copy is not made a second time.
    assert invoke(command, "a.png", "--to", "album", "-q").exit_code == 0
    assert names("album") == ["a-2.png", "a-3.png", "a.png"]
    assert Path("album/a-3.png").read_bytes() == made
