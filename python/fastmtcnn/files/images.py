"""Conversion of every kind of input to a uint8 RGB array."""

from __future__ import annotations

import contextlib
import io
import os
from functools import partial
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from ..errors import ImageError, first_line
from .decoding import check_size, decode, from_pil, load
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

_WANTED = "an image must be a uint8 array, a PIL image, a path or the bytes of an image file"


def as_rgb(
    image: ImageLike | DeferredError, channel_order: ChannelOrder, max_pixels: int
) -> npt.NDArray[np.uint8]:
    """Turn whatever holds an image into RGB pixels.

    Parameters
    ----------
    image : ndarray, tensor, PIL.Image.Image, str, path-like or bytes
        A uint8 array of shape (h, w, 3), (h, w, 4), (h, w, 1) or (h, w), of any strides, or an
        object with the array interface, DLPack or the buffer protocol; a PIL image of any 8-bit
        mode; a path or the content of an image file, of which the EXIF orientation is applied and
        the first frame taken. Alpha is dropped.
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
    if isinstance(image, DeferredError):
        raise image.error
    if isinstance(image, Image.Image):
        check_size(image.width, image.height, max_pixels)
        return from_pil(image)
    if isinstance(image, (str, os.PathLike)):
        path = os.fspath(image)
        try:
            with open_regular(path, "an image", partial(ImageError, kind="file")) as file:
                return decode(file, max_pixels)
        except ImageError as error:
            error.path = path
            raise
    data = _array_or_buffer(image)
    if isinstance(data, np.ndarray):
        return _from_array(data, channel_order, max_pixels, is_tensor=hasattr(image, "permute"))
    if data is not None:
        content = bytes(data)  # also of a memoryview with gaps
        try:
            return decode(io.BytesIO(content), max_pixels)
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
    data = _array_or_buffer_or_none(images)
    if isinstance(data, np.ndarray):
        return data.ndim in (2, 3) and data.dtype != object
    return data is not None or isinstance(images, (Image.Image, str, os.PathLike))


class DeferredError(NamedTuple):
    """Takes the place of an image that cannot be copied, until its turn comes to be refused.

    Attributes
    ----------
    error : Exception
        Error that `as_rgb` raises.
    """

    error: Exception


def snapshot(image: ImageLike, max_pixels: int) -> ImageLike | DeferredError:
    """Return a copy of an image that others may change before its turn; other kinds as they are.

    Parameters
    ----------
    image : ndarray, tensor, PIL.Image.Image, str, path-like or bytes
        An image.
    max_pixels : int
        Larger images are not copied; they are refused when their turn comes.
    """
    try:
        if isinstance(image, Image.Image):
            return _snapshot_pil(image, max_pixels)
        data = _array_or_buffer_or_none(image)
        if isinstance(data, np.ndarray):
            return _snapshot_array(image, data)
        return image if data is None else bytes(data)
    except Exception as error:  # there is no memory for it, or a PIL image is damaged
        return DeferredError(error)


def _snapshot_pil(image: Image.Image, max_pixels: int) -> Image.Image:
    if image.width * image.height > max_pixels:
        return image
    load(image)  # now: its file may be closed, or wound on to the next frame
    return image.copy()


def _snapshot_array(image: ImageLike, data: npt.NDArray[Any]) -> ImageLike:
    # What is refused in its turn need not be copied, nor what is only repeated.
    if data.dtype != np.uint8 or not _is_shape_of_image(data.shape):
        return image
    once = data[tuple(slice(None if stride else 1) for stride in data.strides)].copy()
    return once if once.shape == data.shape else np.broadcast_to(once, data.shape)


def pixel_count(image: object) -> int:
    """Return the number of pixels of an image that is not encoded, else 0.

    Parameters
    ----------
    image : object
        Anything.
    """
    data = _array_or_buffer_or_none(image)
    if isinstance(data, np.ndarray):
        return int(data.size)
    return 3 * image.width * image.height if isinstance(image, Image.Image) else 0


def _array_or_buffer(image: object) -> npt.NDArray[Any] | bytes | memoryview | None:
    """Return the pixels or the bytes that an object exposes, without copying; else None.

    It may do so by NumPy's array interface, DLPack or the buffer protocol. A buffer of one
    dimension is the content of a file, one of several is an array.
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


def _array_or_buffer_or_none(image: object) -> npt.NDArray[Any] | bytes | memoryview | None:
    try:
        return _array_or_buffer(image)
    except TypeError:  # which is for `as_rgb` to raise, in its turn
        return None


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
    check_size(width, height, max_pixels)
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
