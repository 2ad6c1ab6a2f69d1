"""Every kind of input becomes one uint8 RGB array, or an error that says why not."""

from __future__ import annotations

import io
import os
from typing import BinaryIO, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from .errors import ImageError

ChannelOrder: TypeAlias = Literal["rgb", "bgr"]
CHANNEL_ORDERS: tuple[ChannelOrder, ...] = ("rgb", "bgr")
ImageLike: TypeAlias = (
    npt.NDArray[np.uint8] | Image.Image | str | os.PathLike[str] | bytes | bytearray | memoryview
)

DEFAULT_MAX_PIXELS = 200_000_000

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


def as_rgb(image: ImageLike, channel_order: ChannelOrder, max_pixels: int) -> npt.NDArray[np.uint8]:
    """Turn whatever holds an image into RGB pixels.

    Parameters
    ----------
    image : ndarray, PIL.Image.Image, str, path-like or bytes
        A uint8 array of shape (h, w, 3), (h, w, 4), (h, w, 1) or (h, w), of any strides; a PIL
        image of any 8-bit mode; a path or the content of an image file, of which the EXIF
        orientation is applied and the first frame taken. Alpha is dropped.
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
    if isinstance(image, np.ndarray):
        return _from_array(image, channel_order, max_pixels)
    if isinstance(image, Image.Image):
        _check_size(image.width, image.height, max_pixels)
        return _from_pil(image)
    if isinstance(image, (bytes, bytearray, memoryview)):
        content = bytes(image)  # also of a memoryview with gaps
        return _decode(io.BytesIO(content), f"these {len(content)} bytes", max_pixels)
    if isinstance(image, (str, os.PathLike)):
        with open(image, "rb") as file:  # noqa: PTH123 (any path-like, not only Path)
            return _decode(file, repr(os.fspath(image)), max_pixels)
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
    if isinstance(images, np.ndarray):
        return images.ndim in (2, 3) and images.dtype != object
    return isinstance(images, (Image.Image, str, os.PathLike, bytes, bytearray, memoryview))


def own(image: ImageLike) -> ImageLike:
    """Return an array's copy, which its maker cannot change any more, and anything else as it is.

    Parameters
    ----------
    image : ndarray, PIL.Image.Image, str, path-like or bytes
        An image.
    """
    return image.copy() if isinstance(image, np.ndarray) else image


def pixels_hint(image: object) -> int:
    """Return the number of pixels of an image that is not encoded, else 0.

    Parameters
    ----------
    image : object
        Anything.
    """
    if isinstance(image, np.ndarray):
        return int(image.size)
    return 3 * image.width * image.height if isinstance(image, Image.Image) else 0


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise ImageError(f"an image must have at least one pixel, got {width}x{height}")
    if width * height > max_pixels:
        raise ImageError(
            f"an image may have at most {max_pixels} pixels (max_pixels), "
            f"got {width}x{height} = {width * height}"
        )


def _from_array(
    array: npt.NDArray[np.uint8], channel_order: ChannelOrder, max_pixels: int
) -> npt.NDArray[np.uint8]:
    if array.size == 0 and array.dtype != np.uint8:
        raise ImageError(f"an image must have at least one pixel, got an array {array.shape}")
    if array.dtype != np.uint8:
        example = ""
        if array.dtype.kind == "f":
            example = ", for example (image * 255).astype('uint8') for values 0 to 1"
        raise TypeError(
            f"an image array must be uint8 with values 0 to 255, got {array.dtype}; "
            f"convert it{example}"
        )
    array = np.asarray(array)  # numpy itself stumbles over its matrix with three dimensions
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        hint = ""
        if array.ndim == 3 and array.shape[0] in (1, 3, 4):
            hint = "; if channels come first, use image.transpose(1, 2, 0)"
        elif array.ndim == 4:
            hint = "; pass one image at a time"
        raise ImageError(
            "an image array must have shape (height, width), (height, width, 1), "
            f"(height, width, 3) or (height, width, 4), got {array.shape}{hint}"
        )
    height, width, channels = array.shape
    _check_size(width, height, max_pixels)
    if channels == 1:
        return np.repeat(array, 3, axis=2)
    array = array[:, :, 2::-1] if channel_order == "bgr" else array[:, :, :3]
    packed = array.strides[1:] == (3, 1)
    return array if packed else np.ascontiguousarray(array)


def _from_pil(image: Image.Image) -> npt.NDArray[np.uint8]:
    mode = image.mode
    if mode in ("I", "F") or mode.startswith("I;16"):
        raise ImageError(
            f"a PIL image must have 8 bits a channel, got mode {mode!r}; scale it to 0 to 255 "
            "and convert it to 'L' or 'RGB'"
        )
    try:
        image.load()
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever the damage led to
        raise ImageError(f"the PIL image cannot be loaded: {error}") from error
    # These lose or misread something on the direct way to RGB.
    through = {"P": "RGBA", "PA": "RGBA", "La": "LA", "RGBa": "RGBA"}.get(mode)
    if through is not None:
        image = image.convert(through)
    try:
        return np.array(image.convert("RGB"))
    except ValueError as error:
        raise ImageError(f"a PIL image must be convertible to RGB, got mode {mode!r}") from error


def _decode(file: BinaryIO, name: str, max_pixels: int) -> npt.NDArray[np.uint8]:
    try:
        with Image.open(file) as image:
            _check_size(image.width, image.height, max_pixels)
            image.load()
            return _from_pil(_upright(image))
    except (ImageError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise ImageError(f"{name}: not an image in a format that Pillow reads") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(
            f"{name}: too large for Pillow, whose limit PIL.Image.MAX_IMAGE_PIXELS can be raised: "
            f"{error}"
        ) from error
    except Exception as error:  # Pillow's decoders raise whatever the damage led to
        raise ImageError(
            f"{name}: cannot be decoded: {str(error) or type(error).__name__}"
        ) from error


def _upright(image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(_ORIENTATION)
    except Exception:  # unreadable EXIF data say nothing about the pixels
        return image
    # Not exif_transpose: it also writes the other entries anew, which fails if one is broken.
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)
