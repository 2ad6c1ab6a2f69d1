"""Every kind of input, and what happens: a table, and what does not fit into one.

`pytest tests/files/test_inputs.py::test_input --collect-only -q` prints the table;
docs/inputs.md says the same in fewer words.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import io
import itertools
import mmap
import os
import re
import struct
import subprocess
import sys
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import PIL.features
import PIL.Image
import PIL.ImageFile
import PIL.ImageOps
import pytest
from numpy.typing import NDArray

import fastmtcnn
from fastmtcnn import MTCNN, ImageError
from fastmtcnn.files import decoding
from fastmtcnn.files.images import as_rgb
from tests.support.helpers import (
    assert_no_faces,
    assert_same,
    assert_same_detections,
    encoded,
    error_of_pipe,
    golden_image,
    random_image,
)

MOST = 200_000_000
ORIENTATION = 0x0112
PILLOW = tuple(int(part) for part in PIL.__version__.split(".")[:2])


def rgb(image: Any, channel_order: Any = "rgb", max_pixels: int = MOST) -> NDArray[np.uint8]:
    pixels = as_rgb(image, channel_order, max_pixels)
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.strides[1:] == (3, 1) or pixels.shape[1] == 1
    return pixels


@pytest.fixture(scope="module")
def pair() -> MTCNN:
    """A detector of two threads."""
    return MTCNN(num_threads=2)


# ---- the table


class Taken(NamedTuple):
    """It is taken as these pixels."""

    pixels: Callable[[], NDArray[np.uint8]]
    shared: bool = False

    def __str__(self) -> str:
        return "taken without a copy" if self.shared else "taken"


class Refused(NamedTuple):
    """It is refused by this sentence: {name} is what it is called, {...} any words."""

    error: type[Exception]
    sentence: str

    def __str__(self) -> str:
        return f"{self.error.__name__}: {self.sentence}"


class Row(NamedTuple):
    """What comes, and what happens.

    A function of a folder makes what comes. Of bytes all ways to pass a file are tried.
    """

    name: str
    comes: Callable[[Path], Any]
    happens: Taken | Refused
    warns: bool = False  # by Pillow, about the damage

    def __str__(self) -> str:
        return f"{self.name} -> {self.happens}".replace("::", ":")


WANTED = "an image must be a uint8 array, a PIL image, a path or the bytes of an image file"
SHAPES = (
    "an image array must have shape (height, width), (height, width, 1), (height, width, 3) or "
    "(height, width, 4), got "
)
DTYPE = "an image array must be uint8 with values 0 to 255, got "
UNKNOWN = "{name}: not an image in a format that is read ({...})"
BROKEN = "{name}: cannot be decoded: {...}"
TOO_MANY = "{name}: an image may have at most 200000000 pixels (max_pixels), got "

FACE: NDArray[np.uint8] = golden_image("hopper_61x73.png").copy()
GRAY: NDArray[np.uint8] = FACE[:, :, 1].copy()


def face() -> NDArray[np.uint8]:
    return FACE


def gray_face() -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = np.stack([GRAY] * 3, axis=2)
    return pixels


def of(array: Any) -> Callable[[Path], Any]:
    """Whatever the folder."""
    return lambda _: array


def filled(*pixel: int) -> Taken:
    """Three rows of two equal pixels."""
    return Taken(lambda: np.full((3, 2, 3), pixel, np.uint8))


def itself(*shape: int) -> Row:
    image = random_image(*shape)
    name = f"array: {shape[1]}x{shape[0]}"
    return Row(name, of(image), Taken(lambda: image, shared=True))


# Arrays


class Subclass(np.ndarray[Any, Any]):
    """What numpy calls a view."""


def mapped(folder: Path) -> Any:
    with (folder / "pixels").open("wb") as file:
        file.write(FACE.tobytes())
    return np.memmap(folder / "pixels", np.uint8, "r", shape=FACE.shape)


def matrix(_: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.asmatrix(GRAY)


def read_only() -> Any:
    array = FACE.copy()
    array.flags.writeable = False
    return array


def masked(count: int) -> Any:
    array = np.ma.masked_array(FACE, mask=np.zeros(FACE.shape, bool))
    array.mask.flat[:count] = True
    return array


def other_dtype(dtype: Any, example: str = "") -> Row:
    array = np.ones((20, 30, 3), dtype)
    sentence = f"{DTYPE}{array.dtype}; convert it{example}"
    return Row(f"array: {array.dtype}", of(array), Refused(TypeError, sentence))


def other_shape(shape: tuple[int, ...], hint: str = "") -> Row:
    refused = Refused(ImageError, f"{SHAPES}{shape}{hint}")
    return Row(f"array: of shape {shape}", of(np.zeros(shape, np.uint8)), refused)


def no_pixel(shape: tuple[int, ...]) -> Row:
    refused = Refused(
        ImageError, f"an image must have at least one pixel, got {shape[1]}x{shape[0]}"
    )
    return Row(f"array: of shape {shape}", of(np.zeros(shape, np.uint8)), refused)


TURN = "; if channels come first, use image.transpose(1, 2, 0)"
ONE_AT_A_TIME = "; pass one image at a time"
BY_255 = ", for example (image * 255).astype('uint8') for values 0 to 1"
BY_256 = ", for example (image >> 8).astype('uint8') for values 0 to 65535"

ARRAYS = [
    Row("array: RGB", of(FACE), Taken(face, shared=True)),
    Row("array: RGBA, alpha is dropped", of(np.dstack([FACE, GRAY])), Taken(face)),
    Row("array: gray of two dimensions", of(GRAY), Taken(gray_face)),
    Row("array: gray of three dimensions", of(GRAY[:, :, None]), Taken(gray_face)),
    Row("array: upside down", of(FACE[::-1].copy()[::-1]), Taken(face, shared=True)),
    Row("array: mirrored", of(FACE[:, ::-1].copy()[:, ::-1]), Taken(face)),
    Row("array: a cut-out", of(np.pad(FACE, ((3, 2), (1, 4), (0, 0)))[3:-2, 1:-4]), Taken(face)),
    Row("array: Fortran order", of(np.asfortranarray(FACE)), Taken(face)),
    Row("array: read-only", of(read_only()), Taken(face, shared=True)),
    Row(
        "array: of bytes", of(np.frombuffer(FACE.tobytes(), "u1").reshape(FACE.shape)), Taken(face)
    ),
    Row("array: memory-mapped", mapped, Taken(face, shared=True)),
    Row("array: subclass", of(FACE.view(Subclass)), Taken(face, shared=True)),
    Row("array: np.matrix", matrix, Taken(gray_face)),
    Row("array: masked, nothing is", of(masked(0)), Taken(face, shared=True)),
    Row("array: >u1", of(FACE.view(">u1")), Taken(face, shared=True)),
    itself(1, 1),
    itself(1, 300),
    itself(300, 1),
    itself(15, 15),
    itself(65_000, 1),
    itself(1, 65_000),
    Row(
        "array: masked",
        of(masked(5)),
        Refused(
            ImageError,
            "an image array must have a value for every pixel, got 5 masked ones; "
            "use image.filled(0)",
        ),
    ),
    Row(
        "array: of a list without items",
        of(np.array([])),
        Refused(ImageError, "an image must have at least one pixel, got an array (0,)"),
    ),
    Row(
        "array: 10^10 pixels in 3 bytes",
        of(np.broadcast_to(np.zeros(3, np.uint8), (100_000, 100_000, 3))),
        Refused(
            ImageError,
            "an image may have at most 200000000 pixels (max_pixels), "
            "got 100000x100000 = 10000000000",
        ),
    ),
    *map(no_pixel, [(0, 5, 3), (5, 0, 3), (0, 0, 3), (0, 5), (5, 0, 1), (0, 7, 4)]),
    other_dtype(bool, ", for example image.astype('uint8') * 255"),
    other_dtype(np.int8),
    other_dtype(np.uint16, BY_256),
    other_dtype(">u2", BY_256),
    other_dtype(np.int64),
    other_dtype(np.float16, BY_255),
    other_dtype(np.float32, BY_255),
    other_dtype(np.float64, BY_255),
    other_dtype(">f8", BY_255),
    other_dtype(complex),
    other_dtype(object),
    other_dtype("S1"),
    other_dtype("datetime64[s]"),
    other_dtype([("r", "u1"), ("g", "u1"), ("b", "u1")]),
    Row(
        "array: float of 0 to 255",
        of(FACE.astype(np.float32)),
        Refused(TypeError, f"{DTYPE}float32; convert it{BY_255}"),
    ),
    Row(
        "array: NaN",
        of(np.full((20, 30, 3), np.nan)),
        Refused(TypeError, f"{DTYPE}float64; convert it{BY_255}"),
    ),
    Row("array: of None", of(np.array(None)), Refused(TypeError, f"{DTYPE}object; convert it")),
    other_shape((3, 20, 30), TURN),
    other_shape((1, 20, 30), TURN),
    other_shape((4, 20, 30), TURN),
    other_shape((20, 30, 2)),
    other_shape((20, 30, 5)),
    other_shape((20, 30, 0)),
    other_shape((2, 20, 30, 3), ONE_AT_A_TIME),
    other_shape((1, 3, 20, 30), ONE_AT_A_TIME),
    other_shape((20,)),
    other_shape(()),
    other_shape((1, 1, 1, 1, 3)),
]

# What lends an array


class Interface:
    """Lends by numpy's array interface alone."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array
        self.__array_interface__ = array.__array_interface__


class Maker:
    """Lends by `__array__` alone, as torch's tensors do."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        assert dtype is None
        assert copy in (None, False)
        return self.array


class Tensor(Maker):
    """The likeness of a tensor of torch."""

    def permute(self, *axes: int) -> Tensor:
        return Tensor(self.array.transpose(*axes))


class Unwilling:
    """A tensor that lends nothing: on a GPU, or part of a graph."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        raise TypeError(self.reason)


class DLPack:
    """Lends by DLPack alone."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array

    def __dlpack__(self, **options: Any) -> Any:
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        device: tuple[int, int] = self.array.__dlpack_device__()
        return device


class OnDevice(DLPack):
    """DLPack on a GPU."""

    def __dlpack__(self, **options: Any) -> Any:
        raise BufferError("not on the CPU")


def c_array(_: Path) -> Any:
    height, width, channels = FACE.shape
    return (ctypes.c_ubyte * channels * width * height).from_buffer(FACE)


def released(_: Path) -> memoryview:
    view = memoryview(b"of a file that is closed")
    view.release()
    return view


def torch_tensor(change: Callable[[Any], Any]) -> Callable[[Path], Any]:
    def make(_: Path) -> Any:
        return change(pytest.importorskip("torch").from_numpy(FACE))

    return make


def lends_no(kind: str, reason: str) -> Refused:
    return Refused(TypeError, f"{WANTED}, got {kind} that does not convert to an array: {reason}")


CHANNELS_FIRST = FACE.transpose(2, 0, 1)
PERMUTE = "; if channels come first, use image.permute(1, 2, 0)"
AS_BYTE = ", for example (image * 255).byte() for values 0 to 1"

LENDERS = [
    Row("array interface", of(Interface(FACE)), Taken(face, shared=True)),
    Row("array interface: gray", of(Interface(GRAY)), Taken(gray_face)),
    Row(
        "array interface: int32",
        of(Interface(FACE.astype(np.int32))),
        Refused(TypeError, f"{DTYPE}int32; convert it"),
    ),
    Row("__array__", of(Maker(FACE)), Taken(face, shared=True)),
    Row(
        "__array__: fails", of(Unwilling("use .cpu()\nfirst")), lends_no("Unwilling", "use .cpu()")
    ),
    Row("__array__: of no name", of(Unwilling("")), lends_no("Unwilling", "TypeError")),
    Row("DLPack", of(DLPack(FACE)), Taken(face, shared=True)),
    Row(
        "DLPack: channels first",
        of(DLPack(CHANNELS_FIRST)),
        Refused(ImageError, f"{SHAPES}(3, 73, 61){TURN}"),
    ),
    Row("DLPack: on a GPU", of(OnDevice(FACE)), lends_no("OnDevice", "not on the CPU")),
    Row("buffer: ctypes array of three dimensions", c_array, Taken(face, shared=True)),
    Row("buffer: memoryview of three dimensions", of(FACE.data), Taken(face, shared=True)),
    Row(
        "buffer: memoryview of floats",
        of(np.ones((4, 4, 3)).data),
        Refused(TypeError, f"{DTYPE}float64; convert it{BY_255}"),
    ),
    Row("buffer: of pointers", of((ctypes.c_char_p * 3)()), lends_no("{...}", "{...}")),
    Row("buffer: released", released, lends_no("memoryview", "{...}released{...}")),
    Row("tensor", of(Tensor(FACE)), Taken(face, shared=True)),
    Row(
        "tensor: channels first",
        of(Tensor(CHANNELS_FIRST)),
        Refused(ImageError, f"{SHAPES}(3, 73, 61){PERMUTE}"),
    ),
    Row(
        "tensor: channels first, permuted", of(Tensor(CHANNELS_FIRST).permute(1, 2, 0)), Taken(face)
    ),
    Row(
        "tensor: float",
        of(Tensor(FACE / np.float32(255))),
        Refused(TypeError, f"{DTYPE}float32; convert it{AS_BYTE}"),
    ),
    Row(
        "tensor: uint16",
        of(Tensor(FACE.astype(np.uint16))),
        Refused(TypeError, f"{DTYPE}uint16; convert it"),
    ),
    Row(
        "tensor: a batch",
        of(Tensor(FACE[None])),
        Refused(ImageError, f"{SHAPES}(1, 73, 61, 3){ONE_AT_A_TIME}"),
    ),
    Row("torch", torch_tensor(lambda t: t), Taken(face, shared=True)),
    Row("torch: a view", torch_tensor(lambda t: t.permute(2, 0, 1).permute(1, 2, 0)), Taken(face)),
    Row(
        "torch: channels first",
        torch_tensor(lambda t: t.permute(2, 0, 1)),
        Refused(ImageError, f"{SHAPES}(3, 73, 61){PERMUTE}"),
    ),
    Row(
        "torch: float",
        torch_tensor(lambda t: t.float() / 255),
        Refused(TypeError, f"{DTYPE}float32; convert it{AS_BYTE}"),
    ),
    Row(
        "torch: requires_grad",
        torch_tensor(lambda t: t.float().requires_grad_()),
        lends_no("Tensor", "{...}detach(){...}"),
    ),
    Row("torch: bfloat16", torch_tensor(lambda t: t.bfloat16()), lends_no("Tensor", "{...}")),
    Row("torch: on no device", torch_tensor(lambda t: t.to("meta")), lends_no("Tensor", "{...}")),
]

# Other objects


class Upload:
    """A file as frameworks for the web hand it over."""

    filename = "photo.jpg"

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("nobody reads it")


OTHERS = [
    Row(f"object: {name}", of(image), Refused(TypeError, f"{WANTED}, got {came}"))
    for name, image, came in [
        ("None", None, "NoneType"),
        ("int", 3, "int"),
        ("float", 3.5, "float"),
        ("list", [1, 2], f"a list{ONE_AT_A_TIME}"),
        ("list of lists", FACE.tolist(), f"a list{ONE_AT_A_TIME}"),
        ("list of an array", [FACE], f"a list{ONE_AT_A_TIME}"),
        ("tuple", (), f"a tuple{ONE_AT_A_TIME}"),
        ("dict", {}, "dict"),
        ("open file", io.BytesIO(b""), "BytesIO; pass its content, .getvalue()"),
        ("upload", Upload(), "Upload; pass its content, .read()"),
        ("class of files", io.BytesIO, "type"),
        ("numpy scalar", np.uint8(3), "uint8"),
        ("class", np.ndarray, "type"),
        ("object", object(), "object"),
    ]
]

# Files


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def png(width: int, height: int, data: bytes, *more: bytes, bits: int = 8, kind: int = 2) -> bytes:
    """A PNG of these rows, each after a zero."""
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *more, chunk(b"IDAT", zlib.compress(data, 9))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def tiff(entries: dict[int, tuple[int, int, int]], data: bytes = b"") -> bytes:
    """A gray TIFF of 4x3 pixels, but for these entries: type, count, and value or offset."""
    usual = {256: 4, 257: 3, 258: 8, 259: 1, 262: 1, 277: 1, 278: 3, 279: 12}
    tags = {tag: (4, 1, value) for tag, value in usual.items()} | entries
    tags.setdefault(273, (4, 1, 8 + 2 + 12 * (len(tags) + 1) + 4))
    packed = (struct.pack("<HHII", tag, *tags[tag]) for tag in sorted(tags))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + b"".join(packed) + bytes(4) + data


def gif(screen: tuple[int, int], frame: tuple[int, int]) -> bytes:
    """A GIF of a frame without data."""
    size = struct.pack("<HHBBB", *screen, 0, 0, 0)
    return b"GIF89a" + size + b"," + struct.pack("<HHHHB", 0, 0, *frame, 0) + b"\x08\1\0\0;"


def resized(content: bytes, mark: bytes, skip: int, sides: str, width: int, height: int) -> bytes:
    """The content with other sides behind a mark in its header."""
    at = content.index(mark) + len(mark) + skip
    new = struct.pack(sides, width, height)
    return content[:at] + new + content[at + len(new) :]


def flipped(content: bytes, at: int, count: int = 1) -> bytes:
    """The content with some bytes turned over."""
    turned = bytes(byte ^ 0xFF for byte in content[at : at + count])
    return content[:at] + turned + content[at + count :]


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("photo.png", PNG)
    return file.getvalue()


@functools.cache
def available(kind: str) -> bool:
    feature = {"WEBP": "webp", "AVIF": "avif", "JPEG2000": "jpg_2000"}.get(kind)
    return feature is None or (
        feature in PIL.features.get_supported() if PILLOW >= (11, 3) or kind != "AVIF" else False
    )


def written(kind: str, image: Any, **options: Any) -> Callable[[Path], Any]:
    """A file that Pillow writes."""

    def make(_: Path) -> bytes:
        if not available(kind):
            pytest.skip(f"this Pillow has no {kind}")
        return encoded(image, kind, **options)

    return make


def part(kind: str, change: Callable[[bytes], bytes], **options: Any) -> Callable[[Path], Any]:
    """What is left of a file."""

    def make(folder: Path) -> bytes:
        return change(written(kind, NOISE, **options)(folder))

    return make


def read_by_pillow(kind: str, image: Any, **options: Any) -> Callable[[], NDArray[np.uint8]]:
    def read() -> NDArray[np.uint8]:
        with PIL.Image.open(io.BytesIO(encoded(image, kind, **options))) as opened:
            return np.asarray(opened.convert("RGB"))

    return read


def lossless(kind: str, **options: Any) -> Row:
    name = " ".join([kind, "lossless", *map(str, options.values())]).removesuffix(" True")
    return Row(f"file: {name}", written(kind, FACE, **options), Taken(face))


def lossy(kind: str) -> Row:
    return Row(f"file: {kind}", written(kind, FACE), Taken(read_by_pillow(kind, FACE)))


def ycck() -> bytes:
    """A JPEG of Y 100, Cb 128, Cr 178 and K 255 as stored, marked as such."""
    content = encoded(PIL.Image.new("CMYK", (2, 3), (155, 127, 77, 0)), "JPEG", quality=100)
    at = content.index(b"Adobe") + 11
    return content[:at] + b"\2" + content[at + 1 :]


FRAMES = [PIL.Image.new("RGB", (2, 3), colour) for colour in [(9, 9, 9), (200, 0, 0)]]
SAVE_ALL = {"save_all": True, "append_images": FRAMES[1:]}
NOISE = random_image(200, 300)
PNG = encoded(NOISE)
JPEG = encoded(NOISE, "JPEG")
SECOND_CHUNK = PNG.index(b"IDAT", PNG.index(b"IDAT") + 4)
SMALL = encoded(FACE)
EPS = encoded(FACE, "EPS")
MILLIONS = bytes(50_000_000)
SWELLING = zlib.compress(MILLIONS, 9)
HALF: Callable[[bytes], bytes] = lambda content: content[: len(content) // 2]  # noqa: E731

# PIL images


def one_pixel(mode: str, colour: Any) -> PIL.Image.Image:
    return PIL.Image.new(mode, (2, 3), colour)


def with_palette(mode: str, colour: Any, transparency: Any = None) -> PIL.Image.Image:
    image = one_pixel(mode, colour)
    image.putpalette([0, 0, 0, 10, 20, 30, 40, 50, 60])
    if transparency is not None:
        image.info["transparency"] = transparency
    return image


def closed(_: Path) -> PIL.Image.Image:
    image = PIL.Image.open(io.BytesIO(PNG))
    image.close()
    return image


PIL_IMAGES = [
    Row("PIL: 1 black", of(one_pixel("1", 0)), filled(0, 0, 0)),
    Row("PIL: 1 white", of(one_pixel("1", 1)), filled(255, 255, 255)),
    Row("PIL: L", of(one_pixel("L", 77)), filled(77, 77, 77)),
    Row("PIL: LA", of(one_pixel("LA", (77, 10))), filled(77, 77, 77)),
    Row("PIL: LA transparent", of(one_pixel("LA", (77, 0))), filled(77, 77, 77)),
    Row("PIL: La", of(one_pixel("LA", (153, 85)).convert("La")), filled(153, 153, 153)),
    Row("PIL: P", of(with_palette("P", 2)), filled(40, 50, 60)),
    Row("PIL: P, transparent index", of(with_palette("P", 2, 2)), filled(40, 50, 60)),
    Row("PIL: P, other index transparent", of(with_palette("P", 2, 1)), filled(40, 50, 60)),
    Row("PIL: P, half transparent", of(with_palette("P", 1, b"\xff\x80\x00")), filled(10, 20, 30)),
    Row("PIL: PA", of(with_palette("PA", (1, 99))), filled(10, 20, 30)),
    Row("PIL: RGB", of(one_pixel("RGB", (10, 20, 30))), filled(10, 20, 30)),
    Row("PIL: RGBA", of(one_pixel("RGBA", (10, 20, 30, 255))), filled(10, 20, 30)),
    Row("PIL: RGBA transparent", of(one_pixel("RGBA", (10, 20, 30, 0))), filled(10, 20, 30)),
    Row("PIL: RGBX", of(one_pixel("RGBX", (10, 20, 30, 0))), filled(10, 20, 30)),
    Row(
        "PIL: RGBa", of(one_pixel("RGBA", (153, 51, 102, 85)).convert("RGBa")), filled(153, 51, 102)
    ),
    Row("PIL: CMYK red", of(one_pixel("CMYK", (0, 255, 255, 0))), filled(255, 0, 0)),
    Row("PIL: CMYK black", of(one_pixel("CMYK", (0, 0, 0, 255))), filled(0, 0, 0)),
    Row("PIL: CMYK", of(one_pixel("CMYK", (51, 0, 102, 0))), filled(204, 255, 153)),
    Row("PIL: YCbCr gray", of(one_pixel("YCbCr", (100, 128, 128))), filled(100, 100, 100)),
    Row(
        "PIL: YCbCr", of(one_pixel("YCbCr", (100, 128, 178))), filled(170, 64, 100)
    ),  # +1.402, -0.714 of 50
    Row("PIL: HSV red", of(one_pixel("HSV", (0, 255, 255))), filled(255, 0, 0)),
    Row("PIL: HSV gray", of(one_pixel("HSV", (123, 0, 90))), filled(90, 90, 90)),
    *(
        Row(
            f"PIL: mode {mode}",
            of(PIL.Image.new(mode, (30, 30))),
            Refused(
                ImageError,
                f"a PIL image must have 8 bits a channel, got mode {mode!r}; scale it to 0 to 255 "
                "and convert it to 'L' or 'RGB'",
            ),
        )
        for mode in ("I", "F", "I;16", "I;16B")
    ),
    Row(
        "PIL: without a pixel",
        of(PIL.Image.new("RGB", (0, 5))),
        Refused(ImageError, "an image must have at least one pixel, got 0x5"),
    ),
    Row(
        "PIL: half a PNG",
        lambda _: PIL.Image.open(io.BytesIO(PNG[: len(PNG) // 2])),
        Refused(ImageError, "the PIL image cannot be loaded: image file is truncated"),
    ),
    Row(
        "PIL: half a JPEG",
        lambda _: PIL.Image.open(io.BytesIO(JPEG[: len(JPEG) // 2])),
        Refused(ImageError, "the PIL image cannot be loaded: {...}truncated{...}"),
    ),
    Row(
        "PIL: PNG with a byte turned over",
        lambda _: PIL.Image.open(io.BytesIO(flipped(PNG, len(PNG) // 2))),
        Refused(ImageError, "the PIL image cannot be loaded: {...}"),
    ),
    Row(
        "PIL: PNG with a chunk of no name",
        lambda _: PIL.Image.open(
            io.BytesIO(PNG[:SECOND_CHUNK] + b"\0\1\2\3" + PNG[SECOND_CHUNK + 4 :])
        ),
        Refused(ImageError, "the PIL image cannot be loaded: {...}"),
    ),
    Row("PIL: closed", closed, Refused(ImageError, "the PIL image cannot be loaded: {...}")),
]

FORMATS = [
    *map(lossless, ["PNG", "BMP", "TIFF", "PPM", "JPEG2000"]),
    lossless("WEBP", lossless=True),
    *(lossless("TIFF", compression=name) for name in ("tiff_lzw", "tiff_adobe_deflate")),
    *map(lossy, ["JPEG", "WEBP", "GIF", "AVIF"]),
    Row("file: PNG, gray", of(encoded(GRAY)), Taken(gray_face)),
    Row("file: JPEG, gray", of(encoded(GRAY, "JPEG")), Taken(read_by_pillow("JPEG", GRAY))),
    Row("file: PNG, black and white", of(encoded(one_pixel("1", 1))), filled(255, 255, 255)),
    Row("file: PNG, gray and alpha", of(encoded(one_pixel("LA", (77, 0)))), filled(77, 77, 77)),
    Row("file: PNG, alpha", of(encoded(one_pixel("RGBA", (1, 2, 3, 0)))), filled(1, 2, 3)),
    Row(
        "file: PNG, palette with transparency",
        of(encoded(with_palette("P", 2), transparency=2)),
        filled(40, 50, 60),
    ),
    Row(
        "file: PNG, palette with degrees of transparency",
        of(encoded(with_palette("P", 1), transparency=b"\xff\x80\x00")),
        filled(10, 20, 30),
    ),
    Row(
        "file: PNG, 16 bits RGB, of which the upper 8 are taken",
        of(png(2, 3, (b"\0" + b"\x0a\xff\x14\0\x1e\x80" * 2) * 3, bits=16)),
        filled(10, 20, 30),
    ),
    Row(
        "file: JPEG, CMYK",
        of(encoded(PIL.Image.new("CMYK", (2, 3), (51, 0, 102, 0)), "JPEG", quality=100)),
        filled(204, 255, 153),
    ),
    # +1.402 and -0.714 of 50, from 100; then inverted, as Adobe stores CMYK
    Row("file: JPEG, YCCK", of(ycck()), filled(255 - 170, 255 - 64, 255 - 100)),
    Row("file: GIF, animated", of(encoded(FRAMES[0], "GIF", **SAVE_ALL)), filled(9, 9, 9)),
    Row("file: PNG, animated", of(encoded(FRAMES[0], "PNG", **SAVE_ALL)), filled(9, 9, 9)),
    Row("file: TIFF, several pages", of(encoded(FRAMES[0], "TIFF", **SAVE_ALL)), filled(9, 9, 9)),
    Row(
        "file: WEBP, animated",
        written("WEBP", FRAMES[0], **SAVE_ALL, lossless=True),
        filled(9, 9, 9),
    ),
    Row(
        "file: JPEG, a byte turned over, which does not show",
        of(flipped(JPEG, len(JPEG) // 2)),
        Taken(lambda: np.asarray(PIL.Image.open(io.BytesIO(flipped(JPEG, len(JPEG) // 2))))),
    ),
    Row("file: PNG, more data than pixels", of(png(2, 3, MILLIONS)), filled(0, 0, 0)),
    *(
        Row(
            f"file: {name}",
            of(content),
            Refused(
                ImageError,
                "{name}: a PIL image must have 8 bits a channel, got mode {...}; scale it to 0 to "
                "255 and convert it to 'L' or 'RGB'",
            ),
        )
        for name, content in [
            ("PNG, 16 bits gray", encoded(np.zeros((4, 5), np.uint16))),
            ("TIFF, 16 bits gray", encoded(np.zeros((4, 5), np.uint16), "TIFF")),
            ("TIFF, float", encoded(PIL.Image.new("F", (5, 4)), "TIFF")),
            ("PPM, 16 bits gray", b"P5 2 3 65535\n" + bytes(12)),
        ]
    ),
]

DAMAGED = [
    *(
        Row(f"file: {name}", of(content), Refused(ImageError, UNKNOWN))
        for name, content in [
            ("no bytes", b""),
            ("one byte", b"\x89"),
            ("text", b"this is not an image, but a sentence"),
            ("zeros", bytes(1000)),
            ("HTML", b"<!DOCTYPE html><html><body>404</body></html>"),
            ("SVG", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
            ("PDF", encoded(FACE, "PDF")),
            ("ZIP", zipped()),
            ("EPS, for which Pillow starts a program", EPS),
            ("ICO", encoded(FACE, "ICO")),
            ("TGA", encoded(FACE, "TGA")),
            ("PCX", encoded(FACE, "PCX")),
            ("SGI", encoded(FACE, "SGI")),
            ("DDS", encoded(FACE, "DDS")),
            ("PSD", b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 9, 9, 8, 3) + bytes(400)),
            ("WMF", b"\xd7\xcd\xc6\x9a" + bytes(60)),
            ("FITS", b"SIMPLE  =                    T".ljust(2880)),
            ("JPEG, 2 bytes", JPEG[:2]),
            ("PNG, 7 bytes", PNG[:7]),
        ]
    ),
    *(
        Row(f"file: {name}", of(content), Refused(ImageError, BROKEN))
        for name, content in [
            ("JPEG, 100 bytes", JPEG[:100]),
            ("JPEG, half", HALF(JPEG)),
            ("JPEG, 200 bytes short", encoded(FACE, "JPEG")[:-200]),
            ("PNG, 8 bytes", PNG[:8]),
            ("PNG, 30 bytes", PNG[:30]),
            ("PNG, half", HALF(PNG)),
            ("PNG, no such chunk", PNG.replace(b"IDAT", b"\0\1\2\3", 2)),
            ("PNG, a byte turned over", flipped(PNG, len(PNG) // 2)),
            ("PNG, a checksum turned over", flipped(PNG, SECOND_CHUNK - 9)),
            ("GIF, bytes turned over", flipped(encoded(NOISE, "GIF"), 20_000, 4000)),
            ("PPM, header only", b"P6 100 100 255\n"),
            ("PPM, half a header", b"P6 100"),
            ("BMP, of no kind", b"BM" + bytes(100)),
            ("PNG, a text that swells", png(2, 3, bytes(21), chunk(b"zTXt", b"k\0\0" + SWELLING))),
            (
                "PNG, a profile that swells",
                png(2, 3, bytes(21), chunk(b"iCCP", b"k\0\0" + SWELLING)),
            ),
        ]
    ),
    *(
        Row(f"file: {kind}, half", part(kind, HALF), Refused(ImageError, BROKEN))
        for kind in ("GIF", "BMP", "PPM", "TIFF", "JPEG2000", "AVIF", "WEBP")
    ),
    Row(
        "file: WEBP, start turned over",
        part("WEBP", lambda content: flipped(content, 30, 30)),
        Refused(ImageError, BROKEN),
    ),
    Row(
        "file: TIFF lzw, half",
        part("TIFF", HALF, compression="tiff_lzw"),
        Refused(ImageError, BROKEN),
        warns=True,
    ),
    Row(
        "file: TIFF, 2^30 strips",
        of(tiff({273: (4, 2**30, 100), 279: (4, 2**30, 100)}, bytes(12))),
        Refused(ImageError, BROKEN),
        warns=True,
    ),
    Row(
        "file: TIFF, a text of 4 GB",
        of(tiff({270: (2, 2**32 - 1, 100)})),
        Refused(ImageError, BROKEN),
        warns=True,
    ),
]

BOMBS = [
    Row(f"file: {name} pixels", of(content), Refused(ImageError, f"{TOO_MANY}{came}"))
    for name, content, came in [
        ("PNG, 2^62", png(2**31 - 1, 2**31 - 1, b""), "2147483647x2147483647 = {...}"),
        ("PNG, 2.5e9", png(50_000, 50_000, MILLIONS), "50000x50000 = 2500000000"),
        ("GIF, 2^32", gif((65535, 65535), (1, 1)), "65535x65535 = 4294836225"),
        ("TIFF, 2^64", tiff({256: (4, 1, 2**32 - 1), 257: (4, 1, 2**32 - 1)}), "{...}"),
        (
            "TIFF, in a tile of 2^31",
            tiff(
                {259: (4, 1, 5), 322: (4, 1, 46000), 323: (4, 1, 46000)}
                | {324: (4, 1, 8), 325: (4, 1, 9)}
            ),
            "a tile of 46000x46000",
        ),
        (
            "BMP, 2^62",
            b"BM" + bytes(12) + struct.pack("<IiiHH24x", 40, 2**31 - 1, 2**31 - 1, 1, 24),
            "2147483647x2147483647 = {...}",
        ),
        ("PPM, 10^18", b"P6 1000000000 1000000000 255\n", "{...}"),
        ("JPEG, 2^32", resized(JPEG, b"\xff\xc0", 3, ">HH", 65535, 65535), "65535x65535 = {...}"),
    ]
] + [
    Row(
        "file: JPEG2000, 2^62 pixels",
        part("JPEG2000", lambda c: resized(c, b"ihdr", 0, ">II", 2**31 - 1, 2**31 - 1)),
        Refused(ImageError, f"{TOO_MANY}2147483647x2147483647 = {{...}}"),
    ),
    Row(
        "file: GIF, frame of 2^32 pixels on a screen of 1",
        of(gif((1, 1), (65535, 65535))),
        Refused(ImageError, "{name}: {...} pixels{...}"),
    ),
]

# Paths


def folder_itself(folder: Path) -> Path:
    return folder


def dangling(folder: Path) -> Path:
    link = folder / "link.png"
    if not link.is_symlink():
        link.symlink_to(folder / "nothing.png")
    return link


def device(name: str) -> Callable[[Path], Path]:
    def find(_: Path) -> Path:
        if not Path(name).exists():
            pytest.skip("no such device here")
        return Path(name)

    return find


class Somewhere:
    """A path of another library."""

    def __init__(self, path: Path | str) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)


NO_FILE = "[Errno 2] No such file or directory: {name}"
A_URL = "an image must be a file on this machine, got a URL"
NO_REGULAR = "{name}: an image must be a regular file, got a device or a pipe"

PATHS = [
    Row("path: missing", lambda folder: folder / "nobody.jpg", Refused(FileNotFoundError, NO_FILE)),
    Row(
        "path: missing, as text",
        lambda folder: str(folder / "no folder" / "nobody.jpg"),
        Refused(FileNotFoundError, NO_FILE),
    ),
    Row("path: empty", of(""), Refused(FileNotFoundError, NO_FILE)),
    Row(
        "path: URL",
        of("https://example.com/photo.jpg"),
        Refused(ImageError, f"{{name}}: {A_URL}: download it first"),
    ),
    Row(
        "path: URL of a file",
        of("file:///photo.jpg"),
        Refused(ImageError, f"{{name}}: {A_URL}: pass the path in it"),
    ),
    Row("path: link to nothing", dangling, Refused(FileNotFoundError, NO_FILE)),
    Row("path: folder", folder_itself, Refused(OSError, "[Errno {...}] {...}: {name}")),
    Row(
        "path: with NUL",
        of("a\0b"),
        Refused(ImageError, "{name}: no file can have this name: {...}"),
    ),
    Row(
        "path: with half a character",
        of("\ud800"),
        Refused(ImageError, "{name}: no file can have this name: {...}"),
    ),
    Row(
        "path: an image in base 64",
        of("data:image/png;base64," + "iVBORw0KGgo" * 100_000),
        Refused(ImageError, f"'data:image/png;base64,{{...}}...: {A_URL}: decode it first"),
    ),
    Row("path: /dev/zero", device("/dev/zero"), Refused(ImageError, NO_REGULAR)),
    Row("path: /dev/null", device("/dev/null"), Refused(ImageError, NO_REGULAR)),
]

TABLE = [*ARRAYS, *LENDERS, *OTHERS, *PIL_IMAGES, *FORMATS, *DAMAGED, *BOMBS, *PATHS]
ROWS = [
    pytest.param(
        row,
        id=str(row),
        marks=[
            *([pytest.mark.filterwarnings("ignore::UserWarning:PIL")] if row.warns else []),
            *([pytest.mark.optional] if row.name.startswith("torch") else []),
        ],
    )
    for row in TABLE
]


def ways(row: Row, folder: Path) -> list[tuple[Any, str]]:
    """What comes, and what it is called: files by their content and by their path."""
    image = row.comes(folder)
    if not isinstance(image, bytes):
        return [(image, repr(os.fspath(image)) if isinstance(image, (str, Path)) else "")]
    path = folder / "photo of a crowd"
    path.write_bytes(image)
    paths = [(form, repr(str(path))) for form in (path, str(path), Somewhere(path))]
    buffers = (image, bytearray(image), memoryview(image))
    return [*paths, *((form, f"these {len(image)} bytes") for form in buffers)]


def sentence_pattern(sentence: str, name: str) -> str:
    """An expression for a sentence of one line."""
    literal = [re.escape(piece) for piece in sentence.replace("{name}", name).split("{...}")]
    return f"^{'.+'.join(literal)}$"


@pytest.mark.parametrize("row", ROWS)
def test_input(
    row: Row, tmp_path: Path, detector: MTCNN, pair: MTCNN, capfd: pytest.CaptureFixture[str]
) -> None:
    happens = row.happens
    calls: list[Callable[[Any], Any]] = [
        detector.detect,
        lambda image: pair.detect_batch([FACE, image])[1],
        lambda image: list(pair.detect_stream([FACE, image]))[1],
    ]
    for call in calls:
        # Made anew, since Pillow does not tell a second time that it could not decode an image.
        for image, name in ways(row, tmp_path):
            if isinstance(happens, Taken):
                assert_same_detections(call(image), detector.detect(happens.pixels()))
            else:
                pattern = sentence_pattern(happens.sentence, name)
                with pytest.raises(happens.error) as caught:
                    call(image)
                assert any(re.search(pattern, said) for said in messages(caught.value, call)), (
                    caught.value
                )
                assert len(str(caught.value)) < 1000
    if isinstance(happens, Taken):
        for image, _ in ways(row, tmp_path):
            pixels = rgb(image)
            assert_same(pixels, happens.pixels())
            if happens.shared:
                assert np.shares_memory(pixels, np.asarray(getattr(image, "array", image)))
    if not row.warns:  # libtiff, within Pillow, writes of damage itself
        assert capfd.readouterr() == ("", "")


def messages(error: BaseException, call: Callable[[Any], Any]) -> list[str]:
    """Return a message without what several images put before it: which one it is, and its name."""
    message = str(error)
    if getattr(call, "__name__", "") == "detect":
        return [message]
    place = re.match(r"(\[Errno \d+\] )?image 1(, .*?)?: ", message)
    assert place, message
    start, rest = place[1] or "", message[place.end() :]
    # The name was part of the message already, or is told in addition.
    return [f"{start}{rest}", f"{start}{(place[2] or '')[2:]}: {rest}"]


def test_names_of_the_table() -> None:
    names = [row.name for row in TABLE]
    assert len(names) == len(set(names))


def test_faces_of_the_table(detector: MTCNN) -> None:
    """What the rows compare is not empty."""
    assert detector.detect(FACE).num_faces == 1
    assert detector.detect(gray_face()).num_faces == 1
    for row in ARRAYS:
        if isinstance(row.happens, Taken) and min(row.happens.pixels().shape[:2]) < 20:
            assert_no_faces(detector.detect(row.comes(Path())))


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


# ---- PIL images


@pytest.mark.parametrize(
    "row", [row for row in PIL_IMAGES if isinstance(row.happens, Taken)], ids=str
)
def test_pil_image_stays_as_it_is(row: Row) -> None:
    image = row.comes(Path())
    before = image.mode, image.tobytes()
    rgb(image)
    assert (image.mode, image.tobytes()) == before


def test_pil_image_of_many_rows() -> None:
    """More than are converted at a time."""
    pixels = random_image(3000, 1500)
    assert_same(rgb(PIL.Image.fromarray(pixels)), pixels)
    assert_same(
        rgb(PIL.Image.fromarray(pixels).convert("L").convert("P")),
        np.asarray(PIL.Image.fromarray(pixels).convert("L").convert("RGB")),
    )


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


def test_pil_images_are_rgb_whatever_the_order_of_arrays() -> None:
    assert rgb(one_pixel("RGB", (10, 20, 30)), "bgr")[0, 0].tolist() == [10, 20, 30]
    content = encoded(one_pixel("RGB", (10, 20, 30)))
    assert rgb(content, "bgr")[0, 0].tolist() == [10, 20, 30]


# ---- upright


@pytest.fixture
def photo() -> NDArray[np.uint8]:
    return random_image(9, 14)


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


# ---- files


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


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "PPM", "JPEG2000"])
def test_limit_of_pillow(kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It warns above its limit, and raises above twice that; here only max_pixels counts."""
    content = written(kind, NOISE)(tmp_path)
    expected = rgb(content)
    # In bands, each of which is below the limit.
    monkeypatch.setattr("fastmtcnn.files.decoding._BAND", 3_000)
    monkeypatch.setattr("fastmtcnn.files.decoding._MAX_WHOLE_COPY", 0)
    for limit in (40_000, 20_000):
        monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", limit)
        with pytest.raises((PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning)):
            PIL.Image.open(io.BytesIO(content))
        assert_same(rgb(content), expected)
    with pytest.raises(ImageError, match=r"max_pixels\), got 300x200"):
        rgb(content, max_pixels=59_999)


@pytest.mark.parametrize("kind", ["TIFF", "WEBP"])
def test_limit_that_pillow_keeps(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Some of its decoders look for themselves."""
    content = written(kind, NOISE, lossless=True)(tmp_path)
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 20_000)
    try:
        assert_same(rgb(content), NOISE)
    except ImageError as error:
        assert re.search(r"too large for Pillow, .*: Image size \(60000 pixels", str(error))  # noqa: PT017


BOMB_PROGRAM = """
import resource, sys
import PIL.Image
from fastmtcnn import ImageError
from fastmtcnn.files.images import as_rgb
PIL.Image.init()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[1:]:
    try:
        as_rgb(path, "rgb", 200_000_000)
    except ImageError:
        print("refused")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss")
def test_bombs_take_little_memory(tmp_path: Path) -> None:
    paths = []
    for k, row in enumerate(
        [*BOMBS, *(row for row in DAMAGED if "swells" in row.name or row.warns)]
    ):
        content = row.comes(tmp_path)
        paths.append(tmp_path / f"{k}")
        paths[-1].write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BOMB_PROGRAM, *map(str, paths)],
        timeout=60,
        check=True,
        capture_output=True,
        text=True,
    )
    *refused, megabytes = done.stdout.split()
    assert refused == ["refused"] * len(paths)
    assert int(megabytes) < 150


# ---- files that may not be read

AS_NOBODY = """
import os, sys
import fastmtcnn
detector = fastmtcnn.MTCNN(num_threads=2)
calls = detector.detect, lambda path: detector.detect_batch([path]), \
    lambda path: list(detector.detect_stream([path]))
def answers():
    for call in calls:
        try:
            call("forbidden.png")
        except OSError as error:
            yield f"{type(error).__name__}: {error}"
        yield f"{len(call('readable.png'))} answers"
list(answers())  # what is imported late, is imported now
if os.geteuid() == 0:  # who may read all
    try:
        os.setuid(65534)
    except OSError as error:
        sys.exit(f"cannot be another user: {error}")
print(*answers(), sep="\\n")
"""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no permissions of this kind here")
def test_unreadable_file(tmp_path: Path) -> None:
    for name, mode in (("readable.png", 0o644), ("forbidden.png", 0)):
        (tmp_path / name).write_bytes(SMALL)
        (tmp_path / name).chmod(mode)
    tmp_path.chmod(0o755)  # those above it may be closed to others
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.stderr.startswith("cannot be another user"):
        pytest.skip(done.stderr.strip())
    denied = r"PermissionError: \[Errno 13\] (image 0: )?[^:]+: 'forbidden.png'"
    assert re.fullmatch(rf"{denied}\n3 answers\n({denied}\n1 answers\n){{2}}", done.stdout), done


# ---- pipes and programs


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipe_is_not_waited_for(tmp_path: Path, detector: MTCNN) -> None:
    path = tmp_path / "pipe"
    error = error_of_pipe(path, detector.detect)
    assert isinstance(error, ImageError)
    assert re.search(sentence_pattern(NO_REGULAR, repr(str(path))), str(error))


def test_eps_starts_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    plugin = pytest.importorskip("PIL.EpsImagePlugin")
    monkeypatch.setattr(plugin, "Ghostscript", lambda *_, **__: started.append(1))
    with contextlib.suppress(Exception):
        PIL.Image.open(io.BytesIO(EPS)).load()
    assert started == [1]  # Pillow itself does
    with pytest.raises(ImageError):
        rgb(EPS)
    assert started == [1]


def test_an_opener_of_another_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """HEIC is read by what has added itself to Pillow under that name; others are not."""
    monkeypatch.setattr(decoding, "_register_heif", lambda: None)
    monkeypatch.delitem(PIL.Image.OPEN, "HEIF", raising=False)
    content = b"\0\0\0\x18ftypheic" + bytes(30)

    class Opened(PIL.ImageFile.ImageFile):
        def _open(self) -> None:
            self._size, self._mode, self.tile = (2, 3), "RGB", []

        def load(self) -> Any:
            self.im = PIL.Image.new("RGB", (2, 3), (1, 2, 3)).im
            return super().load()

    for name, taken in [("FTYP", False), ("HEIF", True)]:
        monkeypatch.setitem(PIL.Image.OPEN, name, (Opened, lambda prefix: prefix[4:8] == b"ftyp"))
        if taken:
            assert rgb(content)[0, 0].tolist() == [1, 2, 3]
        else:
            with pytest.raises(
                ImageError, match=r"not an image in a format .*; HEIF needs .*fastmtcnn\[heif\]"
            ):
                rgb(content)


@pytest.mark.optional
@pytest.mark.parametrize("brand", [b"heic", b"mif1"])
def test_heif(brand: bytes) -> None:
    """Read with pillow-heif, which nobody has to register; compared with its own pixels."""
    pillow_heif = pytest.importorskip("pillow_heif")
    written = io.BytesIO()
    pillow_heif.from_pillow(PIL.Image.fromarray(FACE)).save(written)
    content = written.getvalue()
    assert content[8:12] == b"heic"
    expected = np.asarray(pillow_heif.open_heif(content))
    assert_same(rgb(content[:8] + brand + content[12:]), expected)
    with pytest.raises(ImageError, match="cannot be decoded"):
        rgb(content[: len(content) // 2])


# ---- what a batch and a stream make of what lends its memory


@pytest.mark.parametrize("kind", [Interface, Maker, DLPack, memoryview])
def test_lent_image_is_one_image(detector: MTCNN, kind: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"^detect_batch takes several images, got one"):
        detector.detect_batch(kind(FACE))


@pytest.mark.parametrize("kind", [Interface, Maker, DLPack, memoryview])
def test_lent_memory_filled_again(pair: MTCNN, kind: Callable[[Any], Any]) -> None:
    def frames() -> Iterable[Any]:
        buffer = FACE.copy()
        for k in range(6):
            buffer[...] = FACE if k % 2 else 0
            yield kind(buffer)

    expected = [0, 1, 0, 1, 0, 1]
    assert [found.num_faces for found in pair.detect_stream(frames())] == expected
    assert [found.num_faces for found in pair.detect_batch(frames())] == expected


def test_buffers_of_one_dimension_are_files(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(SMALL)
    buffers = [(ctypes.c_ubyte * len(SMALL)).from_buffer_copy(SMALL), memoryview(SMALL * 2)[::1]]
    for buffer in buffers:
        assert_same(rgb(buffer), FACE)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        assert_same(rgb(content), FACE)


def test_sample_photo_is_read() -> None:
    assert rgb(fastmtcnn.sample_photo()).shape == (512, 512, 3)


def test_masked_arrays_are_not_imported_to_be_refused() -> None:
    code = (
        "import sys, numpy\n"
        "before = set(sys.modules)\n"
        "import fastmtcnn\n"
        "fastmtcnn.MTCNN().detect(numpy.zeros((40, 40, 3), numpy.uint8))\n"
        "sys.exit('numpy.ma' in set(sys.modules) - before)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
