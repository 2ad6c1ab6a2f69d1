"""Every kind of input becomes one uint8 RGB array, or an error that says why not."""

from __future__ import annotations

import contextlib
import io
import math
import os
import struct
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO, Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from ..errors import ImageError, first_line
from .opening import open_regular


class SupportsArray(Protocol):
    """What numpy makes an array of: a tensor, for example."""

    def __array__(self) -> npt.NDArray[np.uint8]: ...  # noqa: D105


ChannelOrder: TypeAlias = Literal["rgb", "bgr"]
CHANNEL_ORDERS: tuple[ChannelOrder, ...] = ("rgb", "bgr")
ImageLike: TypeAlias = (
    npt.NDArray[np.uint8]
    | SupportsArray
    | Image.Image
    | str
    | os.PathLike[str]
    | bytes
    | bytearray
    | memoryview
)

DEFAULT_MAX_PIXELS = 200_000_000

# Those that photographs come in. The others that Pillow reads are left to it: some of them start
# a program (EPS), draw by the system (WMF), are no single image or have no mark to know them by.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF", "HEIF")
_PREFIX = 16  # bytes by which Pillow tells them apart

_BAND = 1 << 20  # pixels converted at a time
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
_WANTED = "an image must be a uint8 array, a PIL image, a path or the bytes of an image file"


def as_rgb(
    image: ImageLike | Unusable, channel_order: ChannelOrder, max_pixels: int
) -> npt.NDArray[np.uint8]:
    """Turn whatever holds an image into RGB pixels.

    Parameters
    ----------
    image : ndarray, tensor, PIL.Image.Image, str, path-like or bytes
        A uint8 array of shape (h, w, 3), (h, w, 4), (h, w, 1) or (h, w), of any strides, or what
        lends its memory as one; a PIL image of any 8-bit mode; a path or the content of an image
        file, of which the EXIF orientation is applied and the first frame taken. Alpha is dropped.
    channel_order : {"rgb", "bgr"}
        Order of the channels of an array; images of other kinds know their own.
    max_pixels : int
        Largest height times width, checked before anything is decoded.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        Pixels packed within a row; shares memory with `image` where that is possible.

    Raises
    ------
    TypeError
        If `image` is of another type, or an array of another dtype.
    ImageError
        If an array has another shape or no pixel, a mode cannot be converted, a file or bytes
        cannot be decoded, or there are more than `max_pixels` pixels.
    OSError
        If a file cannot be read (FileNotFoundError if it is not there).
    """
    if isinstance(image, Unusable):
        raise image.error
    if isinstance(image, Image.Image):
        _check_size(image.width, image.height, max_pixels)
        return _from_pil(image)
    if isinstance(image, (str, os.PathLike)):
        path = os.fspath(image)
        try:
            with open_regular(path, "an image", partial(ImageError, kind="file")) as file:
                return _decode(file, max_pixels)
        except ImageError as error:
            error.path = path
            raise
    lent = _lent(image)
    if isinstance(lent, np.ndarray):
        return _from_array(lent, channel_order, max_pixels, is_tensor=hasattr(image, "permute"))
    if lent is not None:
        content = bytes(lent)  # also of a memoryview with gaps
        try:
            return _decode(io.BytesIO(content), max_pixels)
        except ImageError as error:
            reason = f"these {len(content)} bytes: {error.reason}"
            raise ImageError(reason, kind=error.kind) from error
    if isinstance(image, (list, tuple)):
        raise TypeError(f"{_WANTED}, got a {type(image).__name__}; pass one image at a time")
    raise TypeError(f"{_WANTED}, got {type(image).__name__}")


def is_single_image(images: object) -> bool:
    """Tell whether this is one image, where several are wanted.

    Parameters
    ----------
    images : object
        Anything.
    """
    lent = _lent_or_none(images)
    if isinstance(lent, np.ndarray):
        return lent.ndim in (2, 3) and lent.dtype != object
    return lent is not None or isinstance(images, (Image.Image, str, os.PathLike))


class Unusable(NamedTuple):
    """Stands for an image that cannot be taken over; the error is for its turn.

    Attributes
    ----------
    error : Exception
        What `as_rgb` raises.
    """

    error: Exception


def own(image: ImageLike, max_pixels: int) -> ImageLike | Unusable:
    """Return a copy of what others may change before the image's turn comes; all else as it is.

    Parameters
    ----------
    image : ndarray, tensor, PIL.Image.Image, str, path-like or bytes
        An image.
    max_pixels : int
        Larger ones are not copied; they are refused in their turn.
    """
    try:
        if isinstance(image, Image.Image):
            return _own_pil(image, max_pixels)
        lent = _lent_or_none(image)
        if isinstance(lent, np.ndarray):
            return _own_array(image, lent)
        return image if lent is None else bytes(lent)
    except Exception as error:  # there is no memory for it, or a PIL image is damaged
        return Unusable(error)


def _own_pil(image: Image.Image, max_pixels: int) -> Image.Image:
    if image.width * image.height > max_pixels:
        return image
    _load(image)  # now: its file may be closed, or wound on to the next frame
    return image.copy()


def _own_array(image: ImageLike, lent: npt.NDArray[Any]) -> ImageLike:
    # What is refused in its turn need not be copied, nor what is only repeated.
    if lent.dtype != np.uint8 or not _is_shape_of_image(lent.shape):
        return image
    once = lent[tuple(slice(None if stride else 1) for stride in lent.strides)].copy()
    return once if once.shape == lent.shape else np.broadcast_to(once, lent.shape)


def pixels_hint(image: object) -> int:
    """Return the number of pixels of an image that is not encoded, else 0.

    Parameters
    ----------
    image : object
        Anything.
    """
    lent = _lent_or_none(image)
    if isinstance(lent, np.ndarray):
        return int(lent.size)
    return 3 * image.width * image.height if isinstance(image, Image.Image) else 0


def _lent(image: object) -> npt.NDArray[Any] | bytes | memoryview | None:
    """Return the pixels or the bytes that an object lends, without copying; None if it does not.

    A buffer of one dimension is the content of a file, one of several is an array.
    """
    if isinstance(image, (np.ndarray, bytes)):
        return image
    if isinstance(image, (np.generic, Image.Image, str, os.PathLike, type)):
        return None
    try:
        if any(map(partial(hasattr, image), ("__array_interface__", "__array__"))):
            return np.asarray(image)
        if hasattr(image, "__dlpack__"):
            array: npt.NDArray[Any] = np.from_dlpack(image)
            return array
        with contextlib.suppress(TypeError):
            view = memoryview(image)  # type: ignore[arg-type]
            return view if view.ndim == view.itemsize == 1 else np.asarray(view)
    except Exception as error:  # it may be on a GPU, for example
        raise TypeError(
            f"{_WANTED}, got {type(image).__name__} that lends no array: {first_line(error)}"
        ) from error
    return None


def _lent_or_none(image: object) -> npt.NDArray[Any] | bytes | memoryview | None:
    try:
        return _lent(image)
    except TypeError:  # which is for `as_rgb` to raise, in its turn
        return None


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        reason = f"an image must have at least one pixel, got {width}x{height}"
        raise ImageError(reason, kind="shape")
    if width * height > max_pixels:
        raise ImageError(
            f"an image may have at most {max_pixels} pixels (max_pixels), "
            f"got {width}x{height} = {width * height}",
            kind="too_large",
        )


def _from_array(
    array: npt.NDArray[Any], channel_order: ChannelOrder, max_pixels: int, is_tensor: bool
) -> npt.NDArray[np.uint8]:
    if array.size == 0 and array.dtype != np.uint8:
        reason = f"an image must have at least one pixel, got an array {array.shape}"
        raise ImageError(reason, kind="shape")
    if array.dtype != np.uint8:
        raise TypeError(
            f"an image array must be uint8 with values 0 to 255, got {array.dtype}; "
            f"convert it{_example(array.dtype, is_tensor)}"
        )
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise ImageError(
            f"an image array must have a value for every pixel, got {np.sum(array.mask)} masked "
            "ones; use image.filled(0)",
            kind="values",
        )
    array = np.asarray(array)  # numpy itself stumbles over its matrix with three dimensions
    if not _is_shape_of_image(array.shape):
        hint = ""
        if array.ndim == 3 and array.shape[0] in (1, 3, 4):
            turn = "permute" if is_tensor else "transpose"
            hint = f"; if channels come first, use image.{turn}(1, 2, 0)"
        elif array.ndim == 4:
            hint = "; pass one image at a time"
        raise ImageError(
            "an image array must have shape (height, width), (height, width, 1), "
            f"(height, width, 3) or (height, width, 4), got {array.shape}{hint}",
            kind="shape",
        )
    if array.ndim == 2:
        array = array[:, :, None]
    height, width, channels = array.shape
    _check_size(width, height, max_pixels)
    if channels == 1:
        return np.repeat(array, 3, axis=2)
    array = array[:, :, 2::-1] if channel_order == "bgr" else array[:, :, :3]
    packed = array.strides[1:] == (3, 1)
    return array if packed else np.ascontiguousarray(array)


def _is_shape_of_image(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3, 4))


def _example(dtype: np.dtype[Any], is_tensor: bool) -> str:
    """Return how an array of this dtype most likely becomes uint8."""
    to_uint8 = "byte()" if is_tensor else "astype('uint8')"
    if dtype.kind == "f":
        return f", for example (image * 255).{to_uint8} for values 0 to 1"
    if dtype.kind == "b":
        return f", for example image.{to_uint8} * 255"
    if (dtype.kind, dtype.itemsize) == ("u", 2) and not is_tensor:
        return f", for example (image >> 8).{to_uint8} for values 0 to 65535"
    return ""


def _from_pil(image: Image.Image) -> npt.NDArray[np.uint8]:
    mode = image.mode
    if mode in ("I", "F") or mode.startswith("I;16"):
        raise ImageError(
            f"a PIL image must have 8 bits a channel, got mode {mode!r}; scale it to 0 to 255 "
            "and convert it to 'L' or 'RGB'",
            kind="values",
        )
    _load(image)
    # These lose or misread something on the direct way to RGB.
    through = {"P": "RGBA", "PA": "RGBA", "La": "LA", "RGBa": "RGBA"}.get(mode)
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    rows = max(1, _BAND // width)
    try:
        for top in range(0, height, rows):  # since each step makes a copy
            band = image.crop((0, top, width, min(top + rows, height)))
            if through is not None:
                band = band.convert(through)
            pixels[top : top + rows] = np.asarray(band.convert("RGB"))
    except ValueError as error:
        reason = f"a PIL image must be convertible to RGB, got mode {mode!r}"
        raise ImageError(reason, kind="values") from error
    return pixels


class _Locks:
    """Locks for objects by their identity; few, so that two objects may have the same one."""

    def __init__(self) -> None:
        self._renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)  # who held one is not in the child

    def _renew(self) -> None:
        self._locks = [threading.Lock() for _ in range(61)]

    def of(self, thing: object) -> threading.Lock:
        return self._locks[id(thing) % len(self._locks)]


_loading = _Locks()


def _load(image: Image.Image) -> None:
    """Decode a PIL image that has been opened only, which Pillow lets one thread do at a time."""
    try:
        with _loading.of(image):
            image.load()
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever the damage led to
        reason = f"the PIL image cannot be loaded: {first_line(error)}"
        raise ImageError(reason, kind="damaged") from error


def _decode(file: BinaryIO, max_pixels: int) -> npt.NDArray[np.uint8]:
    try:
        with _open(file) as image:
            _check_size(image.width, image.height, max_pixels)
            _check_tile(image, max_pixels)
            image.load()
            return _from_pil(_upright(image))
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
