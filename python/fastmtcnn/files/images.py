"""Conversion of every kind of input to a uint8 RGB array."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from ..errors import ImageError, first_line
from .decoding import check_size, decode, from_pil, load
from .opening import open_regular


class SupportsArray(Protocol):
    """An object that numpy converts to an array, such as a tensor."""

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

T = TypeVar("T")
_WANTED = "an image must be a uint8 array, a PIL image, a path or the bytes of an image file"


def as_rgb(
    image: ImageLike | DeferredError, channel_order: ChannelOrder, max_pixels: int
) -> npt.NDArray[np.uint8]:
    """Convert an image of any kind to RGB pixels.

    Parameters
    ----------
    image : ndarray, tensor, PIL.Image.Image, str, path-like or bytes
        A uint8 array of shape (h, w, 3), (h, w, 4), (h, w, 1) or (h, w) with any strides, or an
        object with the array interface, DLPack or the buffer protocol; a PIL image of any 8-bit
        mode; a path or the content of an image file, whose EXIF orientation is applied, and of
        which the first frame is read. Alpha is dropped.
    channel_order : {"rgb", "bgr"}
        Order of the channels of an array. It does not apply to images of other kinds.
    max_pixels : int
        Largest height times width, checked before anything is decoded.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        Pixels packed within each row; shares memory with `image` if possible.

    Raises
    ------
    TypeError
        If `image` has another type, or is an array of another dtype.
    ImageError
        If an array has another shape or no pixel, a mode cannot be converted, a file or bytes
        cannot be decoded, or there are more than `max_pixels` pixels.
    OSError
        If a file cannot be read (FileNotFoundError if it does not exist).
    """
    if isinstance(image, DeferredError):
        raise image.error
    if isinstance(image, Image.Image):
        check_size(image.width, image.height, max_pixels)
        return from_pil(image)
    if isinstance(image, (str, os.PathLike)):
        return read_path(image, lambda file: decode(file, max_pixels))
    data = array_or_buffer(image)
    if isinstance(data, np.ndarray):
        return _from_array(data, channel_order, max_pixels, is_tensor=hasattr(image, "permute"))
    if data is not None:
        return read_content(data, lambda file: decode(file, max_pixels))
    if isinstance(image, (list, tuple)):
        raise TypeError(f"{_WANTED}, got a {type(image).__name__}; pass one image at a time")
    raise TypeError(f"{_WANTED}, got {type(image).__name__}{_content_of(image)}")


def read_path(path: str | os.PathLike[str], read: Callable[[BinaryIO], T]) -> T:
    """Return what a function reads from an image file; an ImageError names the file.

    Parameters
    ----------
    path : str or path-like
        Path of the file.
    read : callable
        Takes the open file.

    Raises
    ------
    ImageError
        If the path is that of a pipe or a device, or `read` raises it.
    OSError
        If the file cannot be read.
    """
    name = os.fspath(path)
    try:
        with open_regular(name, "an image", partial(ImageError, kind="file")) as file:
            return read(file)
    except ImageError as error:
        error.path = name
        raise


def read_content(content: bytes | memoryview, read: Callable[[BinaryIO], T]) -> T:
    """Return what a function reads from the content of an image file; an ImageError says its size.

    Parameters
    ----------
    content : bytes or memoryview
        The content. A memoryview need not be contiguous.
    read : callable
        Takes the content as a file.

    Raises
    ------
    ImageError
        If `read` raises it.
    """
    whole = bytes(content)
    try:
        return read(io.BytesIO(whole))
    except ImageError as error:
        raise ImageError(f"these {len(whole)} bytes: {error.reason}", kind=error.kind) from error


def _content_of(image: object) -> str:
    """Return a hint how to get at the bytes of an open file, an upload and the like."""
    if isinstance(image, type):
        return ""
    for name in ("getvalue", "read"):
        if callable(getattr(image, name, None)):
            return f"; pass its content, .{name}()"
    return ""


def is_single_image(images: object) -> bool:
    """Return whether an object is a single image, to refuse it as a batch.

    Parameters
    ----------
    images : object
        Any object.
    """
    data = _array_or_buffer_or_none(images)
    if isinstance(data, np.ndarray):
        return data.ndim in (2, 3) and data.dtype != object
    # An open file is iterable, too, by lines.
    return data is not None or isinstance(images, (Image.Image, str, os.PathLike, io.IOBase))


class DeferredError(NamedTuple):
    """Stands for an image that cannot be copied, and is refused when its turn comes.

    Attributes
    ----------
    error : Exception
        Error that `as_rgb` raises.
    """

    error: Exception


def snapshot(image: ImageLike, max_pixels: int) -> ImageLike | DeferredError:
    """Return a copy of an image that its owner may change before it is processed.

    Images that cannot change, such as paths, are returned unchanged.

    Parameters
    ----------
    image : ndarray, tensor, PIL.Image.Image, str, path-like or bytes
        An image.
    max_pixels : int
        Largest number of pixels. Larger images are not copied; they are refused when their turn
        comes.
    """
    try:
        if isinstance(image, Image.Image):
            return _snapshot_pil(image, max_pixels)
        data = _array_or_buffer_or_none(image)
        if isinstance(data, np.ndarray):
            return _snapshot_array(image, data)
        return image if data is None else bytes(data)
    except Exception as error:  # not enough memory, or a damaged PIL image
        return DeferredError(error)


def _snapshot_pil(image: Image.Image, max_pixels: int) -> Image.Image:
    if image.width * image.height > max_pixels:
        return image
    load(image)  # now, since its file may be closed later, or moved to the next frame
    return image.copy()


def _snapshot_array(image: ImageLike, data: npt.NDArray[Any]) -> ImageLike:
    # Arrays that will be refused are not copied, and repeated (broadcast) values only once.
    if data.dtype != np.uint8 or not _is_shape_of_image(data.shape):
        return image
    once = data[tuple(slice(None if stride else 1) for stride in data.strides)].copy()
    return once if once.shape == data.shape else np.broadcast_to(once, data.shape)


def pixel_count(image: object) -> int:
    """Return the number of values of an image in memory, 0 for files and encoded images.

    Parameters
    ----------
    image : object
        Any object.
    """
    data = _array_or_buffer_or_none(image)
    if isinstance(data, np.ndarray):
        return int(data.size)
    return 3 * image.width * image.height if isinstance(image, Image.Image) else 0


def array_or_buffer(image: object) -> npt.NDArray[Any] | bytes | memoryview | None:
    """Return the pixels or the bytes that an object exposes, without copying, or None.

    Parameters
    ----------
    image : object
        Any object. It may support NumPy's array interface, DLPack or the buffer protocol. A buffer
        of bytes with one dimension is the content of a file, any other buffer an array.

    Raises
    ------
    TypeError
        If the object cannot expose them, such as a tensor on a GPU.
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
    except Exception as error:  # a tensor on a GPU, for example
        raise TypeError(
            f"{_WANTED}, got {type(image).__name__} that does not convert to an array: "
            f"{first_line(error)}"
        ) from error
    return None


def _array_or_buffer_or_none(image: object) -> npt.NDArray[Any] | bytes | memoryview | None:
    try:
        return array_or_buffer(image)
    except TypeError:  # `as_rgb` raises it when the image is processed
        return None


def _refuse_masked(array: npt.NDArray[Any]) -> None:
    if "numpy.ma" not in sys.modules:  # importing it takes as long as numpy itself
        return
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise ImageError(
            f"an image array must have a value for every pixel, got {np.sum(array.mask)} masked "
            "ones; use image.filled(0)",
            kind="values",
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
    _refuse_masked(array)
    array = np.asarray(array)  # np.matrix cannot be indexed with three dimensions
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
    """Return a hint how to convert an array of this dtype to uint8."""
    to_uint8 = "byte()" if is_tensor else "astype('uint8')"
    if dtype.kind == "f":
        return f", for example (image * 255).{to_uint8} for values 0 to 1"
    if dtype.kind == "b":
        return f", for example image.{to_uint8} * 255"
    if (dtype.kind, dtype.itemsize) == ("u", 2) and not is_tensor:
        return f", for example (image >> 8).{to_uint8} for values 0 to 65535"
    return ""
