"""Every kind of input, and every refusal."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import re
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageFile
import PIL.ImageOps
import pytest
from numpy.typing import NDArray

import fastmtcnn
from fastmtcnn import MTCNN, ImageError
from fastmtcnn.images import as_rgb
from helpers import assert_same, assert_same_detections, encoded, golden_image, random_image

MOST = 200_000_000
ORIENTATION = 0x0112


def rgb(image: Any, channel_order: Any = "rgb", max_pixels: int = MOST) -> NDArray[np.uint8]:
    pixels = as_rgb(image, channel_order, max_pixels)
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.strides[1:] == (3, 1) or pixels.shape[1] == 1
    return pixels


# ---- arrays

VIEWS: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "as it lies": lambda a: a,
    "upside down": lambda a: a[::-1],
    "mirrored": lambda a: a[:, ::-1],
    "transposed": lambda a: a.swapaxes(0, 1),
    "cropped": lambda a: a[2:9, 3:11],
    "every second": lambda a: a[::2, 1::2],
    "one column": lambda a: a[:, 4:5],
    "one row": lambda a: a[4:5],
    "one pixel": lambda a: a[-1:, -1:],
    "Fortran": np.asfortranarray,
    "repeated": lambda a: np.broadcast_to(a[:1, :1], (5, 6, *a.shape[2:])),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("channels", [None, 1, 3, 4])
@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_arrays(view: str, channels: int | None, order: str) -> None:
    shape = (12, 15) if channels is None else (12, 15, channels)
    array = VIEWS[view](np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8))
    array.flags.writeable = False
    before = array.copy()
    if channels in (None, 1):
        expected = np.stack([array.reshape(array.shape[:2])] * 3, axis=-1)
    else:
        red, green, blue = (array[:, :, k] for k in ([0, 1, 2] if order == "rgb" else [2, 1, 0]))
        expected = np.stack([red, green, blue], axis=-1)
    assert_same(rgb(array, order), expected)
    assert_same(array, before)


@pytest.mark.parametrize("view", ["as it lies", "upside down", "cropped", "one column", "one row"])
def test_arrays_are_not_copied_without_need(view: str) -> None:
    array = VIEWS[view](random_image(12, 15))
    assert np.shares_memory(rgb(array), array)
    assert not np.shares_memory(rgb(array, "bgr"), array)


def test_views_give_the_same_faces(detector: MTCNN) -> None:
    image = golden_image("astronaut_333x277.png")
    expected = detector.detect(image)
    assert expected.num_faces == 1
    height, width = image.shape[:2]
    wide = np.zeros((height + 3, width + 5, 3), np.uint8)
    wide[1:-2, 4:-1] = image
    alpha = np.dstack([image, random_image(height, width)[:, :, :1]])
    for same in (
        wide[1:-2, 4:-1],
        np.asfortranarray(image),
        image[::-1].copy()[::-1],
        image[:, ::-1].copy()[:, ::-1],
        alpha,
        image.tobytes() and np.frombuffer(image.tobytes(), np.uint8).reshape(image.shape),
    ):
        assert_same_detections(detector.detect(same), expected)
    bgr = MTCNN(channel_order="bgr", num_threads=1)
    assert_same_detections(bgr.detect(image[:, :, ::-1]), expected)
    assert_same_detections(bgr.detect(alpha[:, :, [2, 1, 0, 3]]), expected)
    assert not np.array_equal(bgr.detect(image).boxes, expected.boxes)


def test_gray_array_is_gray_image(detector: MTCNN) -> None:
    gray = golden_image("astronaut_333x277.png")[:, :, 1]
    expected = detector.detect(np.dstack([gray] * 3))
    assert expected.num_faces == 1
    for same in (gray, gray[:, :, None], PIL.Image.fromarray(gray)):
        assert_same_detections(detector.detect(same), expected)


@pytest.mark.parametrize(
    "dtype", [bool, np.int8, np.uint16, np.int64, np.float16, np.float32, np.float64, complex, "S1"]
)
def test_other_dtypes(dtype: Any) -> None:
    array = np.ones((5, 6, 3), dtype)
    message = f"an image array must be uint8 with values 0 to 255, got {array.dtype}; convert it"
    with pytest.raises(TypeError, match=re.escape(message)):
        rgb(array)


def test_other_dtypes_before_other_shapes() -> None:
    with pytest.raises(TypeError, match=r"must be uint8 .* got object"):
        rgb(np.array(None))


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        ((3, 20, 30), "; if channels come first, use image.transpose(1, 2, 0)"),
        ((1, 20, 30), "; if channels come first, use image.transpose(1, 2, 0)"),
        ((4, 20, 30), "; if channels come first, use image.transpose(1, 2, 0)"),
        ((20, 30, 2), ""),
        ((20, 30, 5), ""),
        ((20, 30, 0), ""),
        ((2, 20, 30, 3), "; pass one image at a time"),
        ((1, 3, 20, 30), "; pass one image at a time"),
        ((20,), ""),
        ((), ""),
        ((1, 1, 1, 1, 3), ""),
    ],
)
def test_other_shapes(shape: tuple[int, ...], hint: str) -> None:
    message = (
        "an image array must have shape (height, width), (height, width, 1), (height, width, 3) "
        f"or (height, width, 4), got {shape}{hint}"
    )
    with pytest.raises(ImageError, match=f"^{re.escape(message)}$"):
        rgb(np.zeros(shape, np.uint8))


def test_an_empty_list_as_an_array() -> None:
    with pytest.raises(ImageError, match=r"must have at least one pixel, got an array \(0,\)$"):
        rgb(np.array([]))


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0, 3), (0, 0, 3), (0, 5), (5, 0, 1), (0, 7, 4)])
def test_arrays_without_a_pixel(shape: tuple[int, ...]) -> None:
    message = f"an image must have at least one pixel, got {shape[1]}x{shape[0]}"
    with pytest.raises(ImageError, match=message):
        rgb(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(
    ("image", "came"),
    [
        (None, "NoneType"),
        (3, "int"),
        (3.5, "float"),
        ([1, 2], "a list; pass one image at a time"),
        ([np.zeros((5, 5, 3), np.uint8)], "a list; pass one image at a time"),
        ((), "a tuple; pass one image at a time"),
        ({}, "dict"),
        (io.BytesIO(b""), "BytesIO"),
        (np.uint8(3), "uint8"),
    ],
)
def test_other_types(detector: MTCNN, image: Any, came: str) -> None:
    message = (
        "an image must be a uint8 array, a PIL image, a path or the bytes of an image file, got "
        + came
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        rgb(image)
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        detector.detect(image)


# ---- PIL images


def one_pixel(mode: str, colour: Any) -> PIL.Image.Image:
    return PIL.Image.new(mode, (2, 3), colour)


def with_palette(mode: str, colour: Any, transparency: Any = None) -> PIL.Image.Image:
    image = one_pixel(mode, colour)
    image.putpalette([0, 0, 0, 10, 20, 30, 40, 50, 60])
    if transparency is not None:
        image.info["transparency"] = transparency
    return image


PIL_IMAGES: list[tuple[str, PIL.Image.Image, tuple[int, int, int]]] = [
    ("1 black", one_pixel("1", 0), (0, 0, 0)),
    ("1 white", one_pixel("1", 1), (255, 255, 255)),
    ("L", one_pixel("L", 77), (77, 77, 77)),
    ("LA", one_pixel("LA", (77, 10)), (77, 77, 77)),
    ("LA transparent", one_pixel("LA", (77, 0)), (77, 77, 77)),
    ("La", one_pixel("LA", (153, 85)).convert("La"), (153, 153, 153)),
    ("P", with_palette("P", 2), (40, 50, 60)),
    ("P, transparent index", with_palette("P", 2, 2), (40, 50, 60)),
    ("P, other index transparent", with_palette("P", 2, 1), (40, 50, 60)),
    ("P, half transparent", with_palette("P", 1, b"\xff\x80\x00"), (10, 20, 30)),
    ("PA", with_palette("PA", (1, 99)), (10, 20, 30)),
    ("RGB", one_pixel("RGB", (10, 20, 30)), (10, 20, 30)),
    ("RGBA", one_pixel("RGBA", (10, 20, 30, 255)), (10, 20, 30)),
    ("RGBA transparent", one_pixel("RGBA", (10, 20, 30, 0)), (10, 20, 30)),
    ("RGBX", one_pixel("RGBX", (10, 20, 30, 0)), (10, 20, 30)),
    ("RGBa", one_pixel("RGBA", (153, 51, 102, 85)).convert("RGBa"), (153, 51, 102)),
    ("CMYK red", one_pixel("CMYK", (0, 255, 255, 0)), (255, 0, 0)),
    ("CMYK black", one_pixel("CMYK", (0, 0, 0, 255)), (0, 0, 0)),
    ("CMYK", one_pixel("CMYK", (51, 0, 102, 0)), (204, 255, 153)),
    ("YCbCr gray", one_pixel("YCbCr", (100, 128, 128)), (100, 100, 100)),
    ("YCbCr", one_pixel("YCbCr", (100, 128, 178)), (170, 64, 100)),  # +1.402, -0.714 of 50
    ("HSV red", one_pixel("HSV", (0, 255, 255)), (255, 0, 0)),
    ("HSV gray", one_pixel("HSV", (123, 0, 90)), (90, 90, 90)),
]


@pytest.mark.parametrize(
    ("image", "expected"),
    [pytest.param(image, pixel, id=name) for name, image, pixel in PIL_IMAGES],
)
def test_pil_modes(image: PIL.Image.Image, expected: tuple[int, int, int]) -> None:
    before = image.mode, image.tobytes()
    assert_same(rgb(image), np.full((3, 2, 3), expected, np.uint8))
    assert (image.mode, image.tobytes()) == before


def test_pil_mode_lab() -> None:
    # Pillow converts it if it has LittleCMS and is not too old.
    for colour, expected in [((255, 128, 128), 255), ((0, 128, 128), 0)]:
        image = PIL.Image.new("LAB", (2, 3), colour)
        try:
            pixels = rgb(image)
        except ImageError as error:
            assert re.search("PIL image must be convertible to RGB, got mode 'LAB'", str(error))  # noqa: PT017
        else:
            assert abs(pixels.astype(int) - expected).max() <= 2


@pytest.mark.parametrize("mode", ["I", "F", "I;16", "I;16B"])
def test_pil_modes_of_more_bits(mode: str, detector: MTCNN) -> None:
    image = PIL.Image.new(mode, (30, 30))
    message = f"a PIL image must have 8 bits a channel, got mode '{mode}'; scale it to 0 to 255"
    with pytest.raises(ImageError, match=message):
        rgb(image)
    with pytest.raises(ImageError, match=message):
        detector.detect(image)


def test_pil_images_are_rgb_whatever_the_order_of_arrays() -> None:
    assert rgb(one_pixel("RGB", (10, 20, 30)), "bgr")[0, 0].tolist() == [10, 20, 30]
    content = encoded(one_pixel("RGB", (10, 20, 30)))
    assert rgb(content, "bgr")[0, 0].tolist() == [10, 20, 30]


def test_pil_image_without_a_pixel() -> None:
    with pytest.raises(ImageError, match="at least one pixel, got 0x5"):
        rgb(PIL.Image.new("RGB", (0, 5)))


# ---- files


@pytest.fixture
def photo() -> NDArray[np.uint8]:
    return random_image(9, 14)


def test_paths_and_bytes(tmp_path: Path, photo: NDArray[np.uint8]) -> None:
    content = encoded(photo)
    path = tmp_path / "photo of a crowd.png"
    path.write_bytes(content)

    class Somewhere:
        def __fspath__(self) -> str:
            return str(path)

    for image in (
        path,
        str(path),
        Somewhere(),
        content,
        bytearray(content),
        memoryview(content),
        PIL.Image.open(io.BytesIO(content)),
    ):
        assert_same(rgb(image), photo)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "GIF", "JPEG", "WEBP"])
def test_formats(kind: str, photo: NDArray[np.uint8]) -> None:
    content = encoded(photo, kind)
    with PIL.Image.open(io.BytesIO(content)) as image:
        expected = np.asarray(image.convert("RGB"))
    assert_same(rgb(content), expected)


def test_file_of_16_bits_is_refused() -> None:
    with pytest.raises(ImageError, match="must have 8 bits a channel, got mode 'I"):
        rgb(encoded(np.zeros((4, 5), np.uint16)))


def test_first_frame() -> None:
    frames = [PIL.Image.new("L", (6, 5), value) for value in (10, 200)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert_same(rgb(content), np.full((5, 6, 3), 10, np.uint8))


def test_detect_takes_all_kinds(detector: MTCNN, tmp_path: Path) -> None:
    image = golden_image("hopper_61x73.png")
    content = encoded(image)
    path = tmp_path / "hopper.png"
    path.write_bytes(content)
    expected = detector.detect(image)
    assert expected.num_faces == 1
    kinds: list[Any] = [path, str(path), content, bytearray(content), PIL.Image.fromarray(image)]
    for kind in kinds:
        assert_same_detections(detector.detect(kind), expected)


UPRIGHT: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
    8: lambda a: np.rot90(a),
}


PILLOW = tuple(int(part) for part in PIL.__version__.split(".")[:2])
TIFF = pytest.param(
    "TIFF", marks=pytest.mark.skipif(PILLOW < (10, 1), reason="older Pillow turns a TIFF twice")
)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", TIFF])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_exif_orientation(
    orientation: int, kind: str, photo: NDArray[np.uint8], tmp_path: Path
) -> None:
    exif = PIL.Image.Exif()
    exif[ORIENTATION] = orientation
    content = encoded(photo, kind, exif=exif)
    path = tmp_path / "photo"
    path.write_bytes(content)
    with PIL.Image.open(io.BytesIO(encoded(photo, kind))) as image:
        lying = np.asarray(image)
    with PIL.Image.open(path) as image:
        assert image.getexif()[ORIENTATION] == orientation
        expected = np.asarray(PIL.ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(expected, UPRIGHT[orientation](lying))
    assert_same(rgb(content), expected)
    assert_same(rgb(path), expected)
    if kind != "TIFF":  # which Pillow turns by itself
        with PIL.Image.open(path) as image:
            assert_same(rgb(image), lying)  # whoever opened it may have turned it already


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_unknown_orientation(orientation: int, photo: NDArray[np.uint8]) -> None:
    exif = PIL.Image.Exif()
    exif[ORIENTATION] = orientation
    assert_same(rgb(encoded(photo, exif=exif)), photo)


def exif_data(*entries: tuple[int, int, int, bytes]) -> bytes:
    """Exif data of (tag, type, count, value or offset), little endian."""
    packed = (
        struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")
        for tag, kind, count, value in entries
    )
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(entries)) + b"".join(packed) + bytes(4)


TURNED = (ORIENTATION, 3, 1, b"\6")


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0nothing of the kind",
        b"Exif\0\0II*\0",
        b"Exif\0\0II*\0\xff\xff\xff\x7f",
        b"Exif\0\0",
        exif_data((ORIENTATION, 2, 2, b"6\0")),
        exif_data((ORIENTATION, 5, 1, b"\xff\xff\xff\x7f")),
        exif_data((ORIENTATION, 99, 1, b"\6")),
    ],
    ids=[
        "text",
        "cut off",
        "far offset",
        "nothing",
        "orientation as text",
        "as far ratio",
        "as 99",
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # of Pillow, about the data
def test_corrupt_exif(exif: bytes, kind: str, photo: NDArray[np.uint8]) -> None:
    content = encoded(photo, kind, exif=exif)
    try:
        image = PIL.Image.open(io.BytesIO(content))
    except PIL.UnidentifiedImageError:
        pytest.skip("this Pillow does not open it at all")
    assert_same(rgb(content), np.asarray(image))


@pytest.mark.parametrize(
    "entry",
    [(0x011A, 2, 4, b"abc"), (0x0100, 2, 4, b"abc"), (0x0102, 2, 4, b"\xff\xfe\xfd")],
    ids=["resolution", "width", "bits"],
)
def test_corrupt_exif_beside_the_orientation(
    entry: tuple[int, int, int, bytes], photo: NDArray[np.uint8]
) -> None:
    exif = exif_data(*sorted([TURNED, entry]))
    assert rgb(encoded(photo, exif=exif)).shape == (14, 9, 3)


# ---- damaged files


def flipped(content: bytes, at: int) -> bytes:
    """The content with one byte turned over."""
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


NOISE = random_image(200, 300)
PNG = encoded(NOISE)
JPEG = encoded(NOISE, "JPEG")
SECOND_CHUNK = PNG.index(b"IDAT", PNG.index(b"IDAT") + 4)

DAMAGED = {
    "no bytes": b"",
    "text": b"this is not an image, but a sentence",
    "zeros": bytes(1000),
    "HTML": b"<!DOCTYPE html><html><body>404</body></html>",
    "JPEG, 2 bytes": JPEG[:2],
    "JPEG, 100 bytes": JPEG[:100],
    "JPEG, half": JPEG[: len(JPEG) // 2],
    "PNG, 8 bytes": PNG[:8],
    "PNG, 30 bytes": PNG[:30],
    "PNG, half": PNG[: len(PNG) // 2],
    "PNG, no such chunk": PNG.replace(b"IDAT", b"\0\1\2\3", 2),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files(name: str, tmp_path: Path, detector: MTCNN) -> None:
    content = DAMAGED[name]
    path = tmp_path / "damaged"
    path.write_bytes(content)
    for image in (content, bytearray(content), memoryview(content), path, str(path)):
        with pytest.raises(ImageError) as caught:
            rgb(image)
        assert str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(ImageError):
        detector.detect(content)


@pytest.mark.parametrize("name", ["no bytes", "text", "zeros", "HTML"])
def test_no_image_at_all(name: str, tmp_path: Path) -> None:
    content = DAMAGED[name]
    path = tmp_path / "something.jpg"
    path.write_bytes(content)
    with pytest.raises(
        ImageError, match=f"^these {len(content)} bytes: not an image in a format that Pillow reads"
    ):
        rgb(content)
    with pytest.raises(ImageError, match=r"something\.jpg'?: not an image in a format that Pillow"):
        rgb(path)


@pytest.mark.parametrize(
    "content",
    [flipped(PNG, len(PNG) // 2), flipped(PNG, SECOND_CHUNK - 9)],
    ids=["in the data", "in a checksum"],
)
def test_png_with_a_byte_turned_over(content: bytes) -> None:
    with pytest.raises(ImageError):
        rgb(PIL.Image.open(io.BytesIO(content)))  # this does fail
    with pytest.raises(ImageError):
        rgb(content)


@pytest.mark.parametrize("content", [PNG[: len(PNG) // 2], JPEG[: len(JPEG) // 2]])
def test_damaged_pil_image(content: bytes) -> None:
    with pytest.raises(ImageError, match=r"^the PIL image cannot be loaded: .*truncated"):
        rgb(PIL.Image.open(io.BytesIO(content)))


def test_pil_image_with_a_broken_chunk() -> None:
    broken = PNG[:SECOND_CHUNK] + b"\0\1\2\3" + PNG[SECOND_CHUNK + 4 :]
    with pytest.raises(ImageError):
        rgb(PIL.Image.open(io.BytesIO(broken)))


def test_missing_file(tmp_path: Path, detector: MTCNN) -> None:
    for path in (tmp_path / "nobody.jpg", str(tmp_path / "no folder" / "nobody.jpg")):
        with pytest.raises(FileNotFoundError, match=r"nobody\.jpg"):
            detector.detect(path)
    with pytest.raises(FileNotFoundError):
        rgb("")


def test_url_is_no_path(detector: MTCNN) -> None:
    with pytest.raises(OSError, match=r"example\.com/photo\.jpg"):
        detector.detect("https://example.com/photo.jpg")


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=re.escape(repr(str(tmp_path)))):
        rgb(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(PNG)
    path.chmod(0)
    with pytest.raises(PermissionError):
        rgb(path)


def test_files_are_closed(tmp_path: Path) -> None:
    path = tmp_path / "photo"
    for content in (PNG, JPEG, PNG[: len(PNG) // 2], b"text"):
        path.write_bytes(content)
        with contextlib.suppress(ImageError):
            rgb(path)  # a file left open would warn, and warnings are errors
    path.unlink()


def test_memoryview_with_gaps() -> None:
    with pytest.raises((TypeError, ImageError)):
        rgb(memoryview(PNG)[::2])


# ---- max_pixels


def broken_after_its_header() -> bytes:
    """A PNG of 1000 x 1000 pixels, as far as one can tell before decoding it."""
    return encoded(PIL.Image.new("L", (1000, 1000)))[:60]


def all_kinds(tmp_path: Path, content: bytes) -> list[Any]:
    path = tmp_path / "large.png"
    path.write_bytes(content)
    return [content, bytearray(content), path, str(path), PIL.Image.open(io.BytesIO(content))]


def test_max_pixels(tmp_path: Path) -> None:
    message = r"at most 999999 pixels \(max_pixels\), got 1000x1000 = 1000000"
    content = encoded(PIL.Image.new("L", (1000, 1000)))
    arrays = [np.zeros((1000, 1000, *channels), np.uint8) for channels in ((), (1,), (3,), (4,))]
    for image in itertools.chain(all_kinds(tmp_path, content), arrays):
        with pytest.raises(ImageError, match=message):
            rgb(image, max_pixels=999_999)
        assert rgb(image, max_pixels=1_000_000).shape == (1000, 1000, 3)


def test_max_pixels_is_checked_before_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for image in all_kinds(tmp_path, broken_after_its_header()):
        with pytest.raises(ImageError, match="max_pixels"):
            rgb(image, max_pixels=999_999)
        with pytest.raises(ImageError, match=r"cannot be (decoded|loaded)"):
            rgb(image)

    def load(_: PIL.ImageFile.ImageFile) -> None:
        pytest.fail("must not be decoded")

    monkeypatch.setattr(PIL.ImageFile.ImageFile, "load", load)
    for image in all_kinds(tmp_path, PNG):
        with pytest.raises(ImageError, match="got 300x200 = 60000"):
            rgb(image, max_pixels=59_999)


def test_max_pixels_of_the_detector() -> None:
    detector = MTCNN(max_pixels=4_000, num_threads=1)
    with pytest.raises(ImageError, match=r"at most 4000 pixels .* got 61x73 = 4453"):
        detector.detect(golden_image("hopper_61x73.png"))
    assert detector.detect(golden_image("hopper_61x73.png")[:60]).boxes.shape[1] == 4


@pytest.mark.parametrize("warn", [False, True])
def test_limit_of_pillow(warn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # Above its limit Pillow warns, above twice its limit it raises; here warnings are errors.
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 40_000 if warn else 20_000)
    with pytest.raises(ImageError, match=r"too large for Pillow, .*: Image size \(60000 pixels"):
        rgb(PNG)


def test_sample_photo_is_read() -> None:
    assert rgb(fastmtcnn.sample_photo()).shape == (512, 512, 3)


def test_matrix() -> None:
    gray = golden_image("hopper_61x73.png")[:, :, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        matrix = np.asmatrix(gray)
    assert_same(as_rgb(matrix, "rgb", 10**6), np.stack([gray] * 3, axis=2))
