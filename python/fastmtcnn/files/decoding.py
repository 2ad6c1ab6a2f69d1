"""Image files and PIL images, decoded by Pillow: damage, limits and orientation."""

from __future__ import annotations

import math
import struct
import threading
from collections.abc import Callable
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from ..errors import ImageError, first_line
from ..runtime.per_process import PerProcess

# Those that photographs come in. The others that Pillow reads are left to it: some of them start
# a program (EPS), draw by the system (WMF), are no single image or have no mark to know them by.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF", "HEIF")
_PREFIX = 16  # bytes by which Pillow tells them apart

_BAND = 1 << 20  # pixels converted at a time
_MOST_AT_ONCE = 1 << 23  # pixels of an RGB image that is copied whole, which is faster
_TILE_TAGS = (322, 323)  # of a TIFF: width and length
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse an image without pixels or with more than `max_pixels`.

    Raises
    ------
    ImageError
        If it has another size.
    """
    if width < 1 or height < 1:
        reason = f"an image must have at least one pixel, got {width}x{height}"
        raise ImageError(reason, kind="shape")
    if width * height > max_pixels:
        raise ImageError(
            f"an image may have at most {max_pixels} pixels (max_pixels), "
            f"got {width}x{height} = {width * height}",
            kind="too_large",
        )


def from_pil(image: Image.Image) -> npt.NDArray[np.uint8]:
    """Return the pixels of a PIL image.

    Parameters
    ----------
    image : PIL.Image.Image
        An image of any mode with 8 bits a channel.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        RGB.

    Raises
    ------
    ImageError
        If the mode cannot be converted, or the image cannot be loaded.
    """
    mode = image.mode
    if mode in ("I", "F") or mode.startswith("I;16"):
        raise ImageError(
            f"a PIL image must have 8 bits a channel, got mode {mode!r}; scale it to 0 to 255 "
            "and convert it to 'L' or 'RGB'",
            kind="values",
        )
    load(image)
    width, height = image.size
    if mode == "RGB" and width * height <= _MOST_AT_ONCE:
        return np.array(image)
    # These lose or misread something on the direct way to RGB.
    through = {"P": "RGBA", "PA": "RGBA", "La": "LA", "RGBa": "RGBA"}.get(mode)
    pixels = np.empty((height, width, 3), np.uint8)
    rows = max(1, _BAND // width)
    try:
        for top in range(0, height, rows):  # since each step makes a copy
            band = image.crop((0, top, width, min(top + rows, height)))
            if through is not None:
                band = band.convert(through)
            # Converting RGB to RGB would make one more.
            pixels[top : top + rows] = np.asarray(band if mode == "RGB" else band.convert("RGB"))
    except ValueError as error:
        reason = f"a PIL image must be convertible to RGB, got mode {mode!r}"
        raise ImageError(reason, kind="values") from error
    return pixels


def _make_locks() -> list[threading.Lock]:
    return [threading.Lock() for _ in range(61)]


# Images share a few locks by their identity. One lock for all would let a slow file hold up the
# first use of every other image.
_loading = PerProcess(_make_locks)


def load(image: Image.Image) -> None:
    """Decode a PIL image that is only opened so far.

    Pillow lets one thread at a time do so.

    Raises
    ------
    ImageError
        If it cannot be loaded.
    """
    try:
        locks = _loading.get()
        with locks[id(image) % len(locks)]:
            image.load()
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever the damage led to
        reason = f"the PIL image cannot be loaded: {first_line(error)}"
        raise ImageError(reason, kind="damaged") from error


def decode(file: BinaryIO, max_pixels: int) -> npt.NDArray[np.uint8]:
    """Return the pixels of an image file, turned upright by its EXIF orientation.

    Parameters
    ----------
    file : binary file
        Open for reading, at its beginning.
    max_pixels : int
        Larger images are refused before they are decoded.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        RGB; of a file with several frames, the first.

    Raises
    ------
    ImageError
        If the file is in no known format, damaged or too large.
    MemoryError
        If there is not enough memory.
    """
    try:
        with _open(file) as image:
            check_size(image.width, image.height, max_pixels)
            _check_tile(image, max_pixels)
            image.load()
            return from_pil(_upright(image))
    except (MemoryError, ImageError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(
            "too large for Pillow, whose limit PIL.Image.MAX_IMAGE_PIXELS can be raised: "
            f"{first_line(error)}",
            kind="too_large",
        ) from error
    except Exception as error:  # Pillow's decoders raise whatever the damage led to
        raise ImageError(f"cannot be decoded: {first_line(error)}", kind="damaged") from error


def _open(file: BinaryIO) -> Image.Image:
    """Open a file with the first of the formats that takes it.

    Not by `Image.open`, which tries others too, and limits the pixels by a number that all users
    of Pillow in a process share.
    """
    failure: Exception | None = None
    for factory in _factories(file.read(_PREFIX)):
        file.seek(0)
        try:
            return factory(file, "")
        except (SyntaxError, IndexError, TypeError, struct.error) as error:
            failure = failure or error  # as `Image.open` goes on to the next
    if failure is not None:
        raise failure
    known = sorted(set(FORMATS) & Image.OPEN.keys())
    raise ImageError(f"not an image in a format that is read ({', '.join(known)})", kind="format")


def _factories(prefix: bytes) -> list[Callable[[BinaryIO, str], Image.Image]]:
    """Return Pillow's openers of the formats that a file may be in by its first bytes."""
    found: list[Callable[[BinaryIO, str], Image.Image]] = []
    for load in (Image.preinit, Image.init):  # the second takes longer, and is seldom needed
        load()
        for name in FORMATS:
            factory, accept = Image.OPEN.get(name, (None, None))
            # A sentence, where this Pillow was built without the format.
            accepted = accept is not None and accept(prefix)
            if factory is not None and accepted and not isinstance(accepted, str):
                found.append(factory)
        if found:
            break
    return found


def _check_tile(image: Image.Image, max_pixels: int) -> None:
    """Refuse a TIFF whose tiles, which are decoded whole, are larger than an image may be."""
    tags = getattr(image, "tag_v2", {})
    sides = [side for side in map(tags.get, _TILE_TAGS) if isinstance(side, int)]
    if math.prod(sides) > max_pixels:
        raise ImageError(
            f"an image may have at most {max_pixels} pixels (max_pixels), "
            f"got a tile of {'x'.join(map(str, sides))}",
            kind="too_large",
        )


def _upright(image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(_ORIENTATION)
    except Exception:  # unreadable EXIF data say nothing about the pixels
        return image
    # Not exif_transpose: it also writes the other entries anew, which fails if one is broken.
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)
