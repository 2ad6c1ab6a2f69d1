"""Decoding of image files and PIL images by Pillow, with limits, orientation and errors."""

from __future__ import annotations

import contextlib
import functools
import math
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from ..errors import ImageError, first_line
from ..extras import how_to_get
from ..runtime.per_process import PerProcess

# Formats of photographs. Other formats that Pillow reads are refused: some start a program (EPS),
# are drawn by the system (WMF), contain no single image, or cannot be recognised by a prefix.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF", "HEIF")
_PREFIX = 16  # bytes by which Pillow recognises a format
HEIF_SUFFIXES = (".heic", ".heif", ".hif")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

_BAND = 1 << 20  # pixels converted at a time
_MAX_WHOLE_COPY = 1 << 23  # pixels of an RGB image that is copied whole, which is faster
_WIDTH, _HEIGHT = 256, 257  # tags of a TIFF
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
_SWAPPING = (5, 6, 7, 8)  # orientations that swap width and height


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse an image without pixels or with more than `max_pixels`.

    Raises
    ------
    ImageError
        If the image is too small or too large.
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
        RGB pixels.

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
    if mode == "RGB" and width * height <= _MAX_WHOLE_COPY:
        return np.array(image)
    # Pillow converts these modes to RGB incorrectly, unless by way of another mode.
    through = {"P": "RGBA", "PA": "RGBA", "La": "LA", "RGBa": "RGBA"}.get(mode)
    pixels = np.empty((height, width, 3), np.uint8)
    rows = max(1, _BAND // width)
    try:
        for top in range(0, height, rows):  # in bands, since each conversion copies its input
            band = image.crop((0, top, width, min(top + rows, height)))
            if through is not None:
                band = band.convert(through)
            # Converting RGB to RGB would make another copy.
            pixels[top : top + rows] = np.asarray(band if mode == "RGB" else band.convert("RGB"))
    except ValueError as error:
        reason = f"a PIL image must be convertible to RGB, got mode {mode!r}"
        raise ImageError(reason, kind="values") from error
    return pixels


def _make_locks() -> list[threading.Lock]:
    return [threading.Lock() for _ in range(61)]


# Images share a few locks by their identity. With a single lock, a slow file would delay the first
# use of every other image.
_loading = PerProcess(_make_locks)


def load(image: Image.Image) -> None:
    """Decode a PIL image that has only been opened.

    A lock ensures that one thread at a time does so, as Pillow requires.

    Raises
    ------
    ImageError
        If the image cannot be decoded.
    """
    try:
        locks = _loading.get()
        with locks[id(image) % len(locks)]:
            image.load()
    except MemoryError:
        raise
    except Exception as error:  # a damaged image makes Pillow's decoders raise any error
        reason = f"the PIL image cannot be loaded: {first_line(error)}"
        raise ImageError(reason, kind="damaged") from error


def decode(file: BinaryIO, max_pixels: int) -> npt.NDArray[np.uint8]:
    """Return the pixels of an image file, with its EXIF orientation applied.

    Parameters
    ----------
    file : binary file
        File opened for reading, at its beginning.
    max_pixels : int
        Largest number of pixels; larger images are refused before they are decoded.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        RGB pixels, of the first frame if there are several.

    Raises
    ------
    ImageError
        If the file has an unknown format, is damaged or too large.
    MemoryError
        If there is not enough memory.
    """
    with opened(file, max_pixels) as image:
        image.load()
        return from_pil(upright(image))


@contextlib.contextmanager
def opened(file: BinaryIO, max_pixels: int) -> Iterator[Image.Image]:
    """Open an image file whose pixels are to be decoded.

    Parameters
    ----------
    file, max_pixels
        As for `decode`.

    Yields
    ------
    PIL.Image.Image
        The image, not decoded yet. Whatever its decoder raises in the block becomes an error of
        `decode`.
    """
    try:
        with _open(file) as image:
            check_size(image.width, image.height, max_pixels)
            _check_tile(image, max_pixels)
            yield image
    except (MemoryError, ImageError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(
            "too large for Pillow, whose limit PIL.Image.MAX_IMAGE_PIXELS can be raised: "
            f"{first_line(error)}",
            kind="too_large",
        ) from error
    except Exception as error:  # a damaged file makes Pillow's decoders raise any error
        raise ImageError(f"cannot be decoded: {first_line(error)}", kind="damaged") from error


def upright_size(file: BinaryIO, max_pixels: int) -> tuple[int, int]:
    """Return the size that `decode` would give an image, from its header.

    An orientation that a PNG states only behind its pixels is not seen.

    Parameters
    ----------
    file : binary file
        File opened for reading, at its beginning.
    max_pixels : int
        Largest number of pixels.

    Returns
    -------
    width, height : int
        Pixels, with the EXIF orientation applied.

    Raises
    ------
    ImageError
        If the file has an unknown format, its header is damaged, or the image is too large.
    """
    try:
        with _open(file) as image:
            check_size(image.width, image.height, max_pixels)
            # Pillow may have turned the size of a TIFF already, but not its tags.
            tags = getattr(image, "tag_v2", {})
            width, height = tags.get(_WIDTH, image.width), tags.get(_HEIGHT, image.height)
            return (height, width) if lies_on_its_side(image) else (width, height)
    except (MemoryError, ImageError):
        raise
    except Exception as error:  # a damaged file makes Pillow's decoders raise any error
        raise ImageError(f"cannot be decoded: {first_line(error)}", kind="damaged") from error


def is_named_as_photo(name: str) -> bool:
    """Return whether a file name has a suffix of one of the `FORMATS` and is not hidden.

    Parameters
    ----------
    name : str
        Name of a file, without folder.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in HEIF_SUFFIXES:
        _register_heif()
    known = Image.registered_extensions().get(suffix) in FORMATS
    return known and not name.startswith(".")


@functools.cache
def _register_heif() -> None:
    """Let Pillow read HEIF if pillow-heif is installed."""
    with contextlib.suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()


def _open(file: BinaryIO) -> Image.Image:
    """Open a file with the first of the `FORMATS` that accepts it.

    `Image.open` is not used: it tries other formats, too, and limits the number of pixels by a
    variable that all users of Pillow in a process share.
    """
    failure: Exception | None = None
    prefix = file.read(_PREFIX)
    hint = ""
    if prefix[4:8] == b"ftyp" and prefix[8:12] in _HEIF_BRANDS:
        _register_heif()
        if "HEIF" not in Image.OPEN:
            hint = f"; HEIF needs pillow-heif, {how_to_get('heif')}"
    for factory in _factories(prefix):
        file.seek(0)
        try:
            return factory(file, "")
        except (SyntaxError, IndexError, TypeError, struct.error) as error:
            failure = failure or error  # after these errors `Image.open` tries the next format, too
    if failure is not None and not hint:
        raise failure
    _register_heif()  # so that the sentence does not depend on what was read before
    known = sorted(set(FORMATS) & Image.OPEN.keys())
    reason = f"not an image in a format that is read ({', '.join(known)}){hint}"
    raise ImageError(reason, kind="format")


def _factories(prefix: bytes) -> list[Callable[[BinaryIO, str], Image.Image]]:
    """Return Pillow's open functions of the formats that match the first bytes of a file."""
    found: list[Callable[[BinaryIO, str], Image.Image]] = []
    for register in (Image.preinit, Image.init):  # the second takes longer, and is rarely needed
        register()
        for name in FORMATS:
            factory, accept = Image.OPEN.get(name, (None, None))
            # `accept` returns a message if this Pillow was built without the format.
            accepted = accept is not None and accept(prefix)
            if factory is not None and accepted and not isinstance(accepted, str):
                found.append(factory)
        if found:
            break
    return found


def _check_tile(image: Image.Image, max_pixels: int) -> None:
    """Refuse a TIFF with tiles above the limit: a tile is decoded whole, even beyond the image."""
    tags = getattr(image, "tag_v2", {})
    sides = [side for side in map(tags.get, _TILE_TAGS) if isinstance(side, int)]
    if math.prod(sides) > max_pixels:
        raise ImageError(
            f"an image may have at most {max_pixels} pixels (max_pixels), "
            f"got a tile of {'x'.join(map(str, sides))}",
            kind="too_large",
        )


def upright(image: Image.Image) -> Image.Image:
    """Return an image with its EXIF orientation applied.

    Parameters
    ----------
    image : PIL.Image.Image
        The image.
    """
    # Not exif_transpose: it also rewrites the other entries, which fails if one is damaged.
    turn = _TURNS.get(_orientation(image))
    return image if turn is None else image.transpose(turn)


def lies_on_its_side(image: Image.Image) -> bool:
    """Return whether `upright` swaps width and height of an image.

    Parameters
    ----------
    image : PIL.Image.Image
        The image.
    """
    return _orientation(image) in _SWAPPING


def _orientation(image: Image.Image) -> int:
    try:
        value = _exif(image).get(_ORIENTATION)
    except Exception:  # damaged EXIF data must not prevent reading the pixels
        return 1
    return value if isinstance(value, int) else 1


def _exif(image: Image.Image) -> Image.Exif:
    # Of a PNG that is not loaded, getexif would decode all pixels to find entries behind them.
    is_header = isinstance(image, PngImageFile) and image.fp is not None
    return Image.Image.getexif(image) if is_header else image.getexif()
