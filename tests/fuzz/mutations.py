"""Photographs made worse: as pixels, as PIL images and as the bytes of files."""

from __future__ import annotations

import io
import re
import struct
import warnings
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from fastmtcnn.files.images import ImageLike

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SIDES = (40, 64, 96, 160)  # of the longer side

Rng: TypeAlias = np.random.Generator
Pixels: TypeAlias = NDArray[Any]


class Case(NamedTuple):
    """An image, what kind of thing it is, and what was done to it."""

    kind: str
    image: ImageLike
    done: tuple[str, ...]


@cache
def photographs() -> list[PIL.Image.Image]:
    """The photographs of the tests, in all the sizes."""
    found = []
    for path in sorted(GOLDEN.glob("*.png")):
        with PIL.Image.open(path) as image:
            whole = image.convert("RGB")
        for side in SIDES:
            small = whole.copy()
            small.thumbnail((side, side))
            found.append(small)
    # Faces that fill the picture.
    with PIL.Image.open(GOLDEN / "astronaut.png") as image:
        face = image.convert("RGB").crop((150, 30, 310, 220))
    return found + [face.resize((side, side * 19 // 16)) for side in SIDES]


def pick(rng: Rng, items: Sequence[Any]) -> Any:
    """Return one of the items."""
    return items[int(rng.integers(len(items)))]


def block(rng: Rng, pixels: Pixels) -> Pixels:
    """Return a view of some rectangle."""
    height, width = pixels.shape[:2]
    top, left = int(rng.integers(height)), int(rng.integers(width))
    return pixels[
        top : top + int(rng.integers(1, height + 1)), left : left + int(rng.integers(1, width + 1))
    ]


# ---- pixels


def noise(rng: Rng, pixels: Pixels) -> Pixels:
    part = block(rng, pixels)
    part[:] = rng.integers(0, 256, part.shape, dtype=np.uint8)
    return pixels


def splice(rng: Rng, pixels: Pixels) -> Pixels:
    part, other = block(rng, pixels), np.asarray(pick(rng, photographs()))
    height, width = min(len(part), len(other)), min(part.shape[1], other.shape[1])
    part[:height, :width] = other[:height, :width]
    return pixels


def saturate(rng: Rng, pixels: Pixels) -> Pixels:
    part = block(rng, pixels)
    level = int(rng.integers(1, 256))
    part[:] = np.where(part < level, 0, 255)
    return pixels


def fill(rng: Rng, pixels: Pixels) -> Pixels:
    block(rng, pixels)[:] = int(rng.integers(256))
    return pixels


def contrast(rng: Rng, pixels: Pixels) -> Pixels:
    factor, shift = rng.uniform(-3, 3), rng.uniform(-200, 200)
    return np.clip(pixels * factor + shift, 0, 255).astype(np.uint8)


def turn(rng: Rng, pixels: Pixels) -> Pixels:
    return np.rot90(pixels, int(rng.integers(4)))


def flip(rng: Rng, pixels: Pixels) -> Pixels:
    return pixels[:, ::-1] if rng.random() < 0.5 else pixels[::-1]


def crop(rng: Rng, pixels: Pixels) -> Pixels:
    return block(rng, pixels)


def sliver(rng: Rng, pixels: Pixels) -> Pixels:
    narrow = int(rng.integers(1, 4))
    return pixels[:narrow] if rng.random() < 0.5 else pixels[:, :narrow]


def every_other(rng: Rng, pixels: Pixels) -> Pixels:
    down, across = (int(rng.integers(1, 4)) for _ in range(2))
    part: Pixels = pixels[::down, ::across]
    return part


def repeat(rng: Rng, pixels: Pixels) -> Pixels:
    down, across = (int(rng.integers(1, 3)) for _ in range(2))
    return np.tile(pixels, (down, across, 1))


def same_rows(rng: Rng, pixels: Pixels) -> Pixels:
    return np.array(np.broadcast_to(pixels[:1], pixels.shape))


PIXEL_MUTATIONS: list[Callable[[Rng, Pixels], Pixels]] = [
    *(noise, splice, saturate, fill, contrast, turn, flip, crop, sliver, every_other, repeat),
    same_rows,
]


def layout(rng: Rng, pixels: Pixels) -> tuple[str, Pixels]:
    """Return the pixels as another array that may be given, or one that may not."""
    forms: dict[str, Callable[[], Pixels]] = {
        "as it is": lambda: pixels,
        "packed": lambda: np.ascontiguousarray(pixels),
        "fortran": lambda: np.asfortranarray(pixels),
        "grey": lambda: pixels[:, :, 1],
        "one channel": lambda: pixels[:, :, :1],
        "alpha": lambda: np.concatenate([pixels, pixels[:, :, :1]], axis=2),
        "transposed": lambda: pixels.swapaxes(0, 1),
        "backwards": lambda: pixels[::-1, ::-1, ::-1],
        "read-only": lambda: np.broadcast_to(pixels, pixels.shape),
        "equal pixels": lambda: np.broadcast_to(pixels[:1, :1], pixels.shape),
        # Refused.
        "two channels": lambda: pixels[:, :, :2],
        "empty": lambda: pixels[:0] if len(pixels) % 2 else pixels[:, :0],
        "floats": lambda: pixels / 255,
        "16 bits": lambda: pixels.astype(np.uint16),
        "channels first": lambda: pixels.transpose(2, 0, 1),
        "batch": lambda: pixels[None],
        "objects": lambda: pixels.astype(object),
    }
    accepted = 10
    names = list(forms)
    name = pick(rng, names if rng.random() < 0.1 else names[:accepted])
    return name, forms[name]()


def mutated_pixels(rng: Rng) -> tuple[tuple[str, ...], Pixels]:
    """Return a photograph with up to four things done to it."""
    pixels = np.array(pick(rng, photographs()))
    done = []
    for _ in range(int(rng.integers(5))):
        mutation = pick(rng, PIXEL_MUTATIONS)
        done.append(mutation.__name__)
        # Of views only the shape counts on the way.
        pixels = mutation(rng, pixels if pixels.flags.writeable else pixels.copy())
    return tuple(done), pixels


def pixels_case(rng: Rng) -> Case:
    done, pixels = mutated_pixels(rng)
    form, array = layout(rng, pixels)
    return Case("array", array, (*done, form))


def pil_case(rng: Rng) -> Case:
    done, pixels = mutated_pixels(rng)
    image = PIL.Image.fromarray(np.ascontiguousarray(pixels))
    mode = pick(rng, ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "La", "CMYK"])
    if rng.random() < 0.3:
        mode = pick(rng, ["YCbCr", "HSV", "LAB", "I", "F", "I;16"])
    through = {"La": "LA", "RGBa": "RGBA", "I;16": "I", "LAB": "", "PA": "P"}.get(mode, "RGB")
    image = (
        PIL.Image.frombytes("LAB", image.size, image.tobytes())
        if mode == "LAB"
        else image.convert(through).convert(mode)
    )
    return Case("PIL image", image, (*done, mode))


# ---- files


@cache
def files() -> list[tuple[str, bytes]]:
    """Files of many formats, small ones first of all."""
    photos = [photo for photo in photographs() if max(photo.size) <= 96]
    greys = [photo.convert("L") for photo in photos[:3]]
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "x"
    plain: dict[str, dict[str, Any]] = {
        "JPEG": {"quality": 85},
        "PNG": {},
        "WEBP": {"quality": 80},
        "GIF": {},
        "TIFF": {},
        "BMP": {},
    }
    found = [(name, content(photo, name, **how)) for photo in photos for name, how in plain.items()]
    photo = photos[0]
    odd: list[tuple[str, PIL.Image.Image, dict[str, Any]]] = [
        ("JPEG", photo, {"progressive": True, "exif": exif}),
        ("JPEG", photo.convert("CMYK"), {}),
        ("JPEG", greys[0], {"restart_marker_rows": 1}),
        ("PNG", photo.convert("P"), {"transparency": 3, "exif": exif}),
        ("PNG", photo.convert("1"), {}),
        ("PNG", photo.convert("I").convert("I;16"), {}),
        ("PNG", greys[1].convert("LA"), {}),
        ("PNG", photo, {"save_all": True, "append_images": photos[:2]}),
        ("WEBP", photo.convert("RGBA"), {"lossless": True, "exif": exif}),
        ("GIF", greys[0], {"save_all": True, "append_images": greys[1:], "loop": 0}),
        ("TIFF", photo, {"compression": "tiff_lzw"}),
        ("TIFF", photo, {"compression": "jpeg"}),
        ("TIFF", photo, {"compression": "tiff_adobe_deflate"}),
        ("TIFF", photo.convert("1"), {"compression": "group4"}),
        ("TIFF", photo.convert("P"), {"save_all": True, "append_images": greys}),
        ("BMP", photo.convert("P"), {}),
        ("BMP", photo.convert("RGBA"), {}),
    ]
    return found + [(name, content(image, name, **how)) for name, image, how in odd]


def content(image: PIL.Image.Image, name: str, **how: Any) -> bytes:
    """Return an image as the content of a file."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image.save(file, name, **how)
    return file.getvalue()


INTERESTING = (0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF, 0x00FF, 0xFF00, 0x7FFF, 0x8000, 0xFFFF, 0x10000)
HUGE = (0, 1, 3, 300, 2_000, 30_000, 65_535, 100_000, 2**24, 2**31 - 1, 2**31, 2**32 - 1)


def flip_bits(rng: Rng, data: bytearray) -> None:
    for _ in range(int(rng.integers(1, 20))):
        data[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))


def change_bytes(rng: Rng, data: bytearray) -> None:
    for _ in range(int(rng.integers(1, 9))):
        data[int(rng.integers(len(data)))] = int(rng.integers(256))


def truncate(rng: Rng, data: bytearray) -> None:
    del data[int(rng.integers(len(data))) :]


def cut_out(rng: Rng, data: bytearray) -> None:
    first = int(rng.integers(len(data)))
    del data[first : first + int(rng.integers(1, 100))]


def insert(rng: Rng, data: bytearray) -> None:
    at = int(rng.integers(len(data)))
    data[at:at] = rng.bytes(int(rng.integers(1, 50)))


def double(rng: Rng, data: bytearray) -> None:
    first, at = (int(rng.integers(len(data))) for _ in range(2))
    data[at:at] = data[first : first + int(rng.integers(1, 500))]


def zeros(rng: Rng, data: bytearray) -> None:
    first = int(rng.integers(len(data)))
    last = min(first + int(rng.integers(1, 200)), len(data))
    data[first:last] = bytes(last - first)


def splice_file(rng: Rng, data: bytearray) -> None:
    other = pick(rng, files())[1]
    data[int(rng.integers(len(data))) :] = other[int(rng.integers(len(other))) :]


def change_header(rng: Rng, data: bytearray) -> None:
    for _ in range(int(rng.integers(1, 4))):
        at, size = int(rng.integers(min(len(data), 64))), pick(rng, [1, 2, 4])
        value = pick(rng, INTERESTING) % 256**size
        data[at : at + size] = value.to_bytes(size, pick(rng, ["big", "little"]))


def change_sides(rng: Rng, data: bytearray) -> None:
    """Change the width and height that the file claims, so that nothing shows it."""
    width, height = (pick(rng, HUGE) for _ in range(2))
    if data[:4] == b"\x89PNG":
        data[16:24] = struct.pack(">II", width, height)
        if rng.random() < 0.2:
            data[24 + int(rng.integers(5))] = int(rng.integers(20))
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    elif data[:2] == b"BM":
        data[18:26] = struct.pack("<II", width, height)
    elif data[:3] == b"GIF":
        data[6:10] = struct.pack("<HH", width % 65_536, height % 65_536)
        frame = data.find(b"\x2c", 13)
        if frame > 0 and rng.random() < 0.5:
            data[frame + 5 : frame + 9] = struct.pack("<HH", width % 65_536, height % 65_536)
    elif data[:2] == b"\xff\xd8":
        for start in re.finditer(rb"\xff[\xc0-\xc2]\x00", bytes(data)):
            at = start.start() + 5
            data[at : at + 4] = struct.pack(">HH", height % 65_536, width % 65_536)
    elif data[:4] == b"II*\x00":
        (directory,) = struct.unpack_from("<I", data, 4)
        for tag, value in ((0x100, width), (0x101, height), (pick(rng, range(0x100, 0x120)), 9)):
            at = data.find(struct.pack("<H", tag), directory)
            if at > 0:
                data[at + 8 : at + 12] = struct.pack("<I", value)
    else:
        change_header(rng, data)


FILE_MUTATIONS: list[Callable[[Rng, bytearray], None]] = [
    *(flip_bits, change_bytes, truncate, cut_out, insert, double, zeros, splice_file),
    *(change_header, change_sides, change_sides),
]


def file_case(rng: Rng) -> Case:
    name, original = pick(rng, files())
    data = bytearray(original)
    done = []
    for _ in range(int(rng.choice([0, 1, 1, 1, 2, 3]))):
        if data:
            mutation = pick(rng, FILE_MUTATIONS)
            done.append(mutation.__name__)
            mutation(rng, data)
    return Case(name, bytes(data), tuple(done))


def make(seed: int, index: int) -> Case:
    """Return one of the images: always the same for these numbers."""
    rng = np.random.default_rng((seed, index))
    kind = rng.random()
    if kind < 0.4:
        return pixels_case(rng)
    return pil_case(rng) if kind < 0.5 else file_case(rng)
