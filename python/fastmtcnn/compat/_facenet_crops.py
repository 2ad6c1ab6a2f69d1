"""Images in the forms that facenet-pytorch accepts, and face crops as it makes them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from .. import _core, checks
from ..files.images import DEFAULT_MAX_PIXELS, as_rgb
from ._common import uint8_pixels

Pixels: TypeAlias = npt.NDArray[np.uint8]  # (h, w, 3), RGB
SavePath: TypeAlias = str | os.PathLike[str]


class Picture(NamedTuple):
    """An image as RGB pixels, and the function that resizes crops of its kind."""

    pixels: Pixels
    resize: Callable[[Pixels, int], Pixels]


def split(images: object) -> tuple[list[Any], bool]:
    """Return the images as a list, and whether they were passed as a batch.

    Parameters
    ----------
    images : object
        A batch: a list or tuple, an array or tensor of shape (n, h, w, c), or a flat array of
        objects. Anything else is a single image.
    """
    if isinstance(images, (list, tuple)):
        return list(images), True
    if isinstance(images, np.ndarray):
        several = images.ndim == 4 or (images.ndim == 1 and images.dtype == object)
        return (list(images), True) if several else ([images], False)
    if is_tensor(images) and len(images.shape) == 4:  # type: ignore[attr-defined]
        return list(images), True  # type: ignore[call-overload]
    return [images], False


def read(image: Any) -> Picture:  # noqa: ANN401
    """Convert an image of any kind to RGB pixels.

    Raises
    ------
    TypeError, ImageError
        If the object is not an image, or its values are not 0 to 255.
    """
    if is_tensor(image):
        array = image.detach().cpu().numpy()
        return Picture(as_rgb(_as_bytes(array), "rgb", DEFAULT_MAX_PIXELS), _adaptive)
    if isinstance(image, np.ndarray):
        return Picture(as_rgb(_as_bytes(image), "rgb", DEFAULT_MAX_PIXELS), _area)
    return Picture(as_rgb(image, "rgb", DEFAULT_MAX_PIXELS), _bilinear)


def shape_of(image: Any) -> tuple[int, ...]:  # noqa: ANN401
    """Return height and width of an image, followed by its channels; files are decoded for it."""
    if isinstance(image, Image.Image):
        return image.height, image.width
    if isinstance(image, np.ndarray) or is_tensor(image):
        return tuple(image.shape)
    return read(image).pixels.shape


def cut(
    picture: Picture,
    box: npt.ArrayLike,
    image_size: int,
    margin: float,
    save_path: SavePath | None = None,
) -> npt.NDArray[np.float32]:
    """Cut a face out of an image.

    Parameters
    ----------
    picture : Picture
        The image.
    box : array_like, shape (4,)
        x1, y1, x2, y2 in pixels.
    image_size : int
        Side of the result in pixels.
    margin : float
        Margin around the box, sum of both sides, in pixels of the result.
    save_path : str or path-like, optional
        File to write the crop to. Its folder is created.

    Returns
    -------
    ndarray of float32, shape (3, image_size, image_size)
        RGB values, integers 0 to 255.

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid, or the box contains no pixel of the image.
    """
    height, width = picture.pixels.shape[:2]
    left, top, right, bottom = _corners(box, width, height, image_size, margin)
    face = picture.resize(picture.pixels[top:bottom, left:right], image_size)
    if save_path is not None:
        path = Path(save_path)
        if path.suffix.lower() not in Image.registered_extensions():
            raise ValueError(
                "save_path must end in the extension of an image format, such as .jpg or .png, "
                f"got {os.fspath(save_path)!r}"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(face).save(path)
    return np.ascontiguousarray(face.transpose(2, 0, 1), np.float32)


def extract_face(
    img: object,
    box: npt.ArrayLike,
    image_size: int = 160,
    margin: float = 0,
    save_path: SavePath | None = None,
) -> Any:  # noqa: ANN401
    """Cut a face out of an image.

    Parameters
    ----------
    img : PIL.Image.Image, ndarray or Tensor
        An image.
    box : array_like, shape (4,)
        x1, y1, x2, y2 in pixels.
    image_size : int, default 160
        Side of the result in pixels; the aspect ratio of the box is not kept.
    margin : float, default 0
        Margin around the box, sum of both sides, in pixels of the result.
    save_path : str or path-like, optional
        File to write the crop to. Its folder is created.

    Returns
    -------
    Tensor of float32, shape (3, image_size, image_size)
        RGB values 0 to 255; a numpy array if torch is not installed.

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid, or the box contains no pixel of the image.
    """
    face = cut(read(img), box, image_size, margin, save_path)
    torch = torch_or_none()
    return face if torch is None else torch.from_numpy(face)


def fixed_image_standardization(image_tensor: Any) -> Any:  # noqa: ANN401
    """Return (image_tensor - 127.5) / 128 for a Tensor or ndarray with values 0 to 255."""
    return (image_tensor - 127.5) / 128.0


def prewhiten(x: Any) -> Any:  # noqa: ANN401
    """Normalise a face to mean 0 and standard deviation 1.

    Parameters
    ----------
    x : Tensor or ndarray
        A face of any shape, with float values.

    Returns
    -------
    Tensor or ndarray
        (x - mean) / deviation, where deviation is the sample standard deviation (n - 1), but at
        least one over the square root of the number of values.
    """
    if isinstance(x, np.ndarray):
        deviation = np.maximum(x.std(ddof=1), 1 / x.size**0.5)
    else:
        deviation = x.std().clamp(min=1 / x.numel() ** 0.5)
    return (x - x.mean()) / deviation


def check_size(image_size: object, margin: object) -> tuple[int, float]:
    """Check side and margin of a crop, and return them."""
    size, extra = checks.count("image_size", image_size), checks.finite("margin", margin)
    if extra >= size:
        raise ValueError(f"margin must be less than image_size, got {margin!r} and {image_size!r}")
    return size, extra


def is_tensor(value: object) -> bool:
    """Return whether an object is a tensor of torch, without importing torch."""
    tensor = getattr(sys.modules.get("torch"), "Tensor", None)
    return tensor is not None and isinstance(value, tensor)


def torch_or_none() -> Any:  # noqa: ANN401
    """Return the module torch, or None if it is not installed."""
    try:
        return import_module("torch")
    except ImportError:
        return None


def _corners(
    box: npt.ArrayLike, width: int, height: int, image_size: int, margin: float
) -> tuple[int, int, int, int]:
    image_size, margin = check_size(image_size, margin)
    corners = np.asarray(box, np.float64)
    if corners.shape != (4,) or not np.isfinite(corners).all():
        raise ValueError(f"a box must be four finite numbers x1, y1, x2, y2, got {box!r}")
    x1, y1, x2, y2 = corners.tolist()
    extra_x = margin * (x2 - x1) / (image_size - margin) / 2
    extra_y = margin * (y2 - y1) / (image_size - margin) / 2
    left, top = int(max(x1 - extra_x, 0)), int(max(y1 - extra_y, 0))
    right, bottom = int(min(x2 + extra_x, width)), int(min(y2 + extra_y, height))
    if left >= right or top >= bottom:
        raise ValueError(
            f"a box must contain a pixel of the {width}x{height} image, got {corners.tolist()}"
        )
    return left, top, right, bottom


def _bilinear(pixels: Pixels, size: int) -> Pixels:
    """Resize like Pillow's ``resize(BILINEAR)``."""
    return np.asarray(
        Image.fromarray(pixels).resize((size, size), Image.Resampling.BILINEAR), np.uint8
    )


def _area(pixels: Pixels, size: int) -> Pixels:
    """Resize like OpenCV's ``INTER_AREA``; values differ by one at most."""
    values = _core.resample(_core.ResampleSource(pixels, "area"), size, size)
    levels: Pixels = np.rint(values.transpose(1, 2, 0) * 128 + 127.5).astype(np.uint8)
    return levels


def _adaptive(pixels: Pixels, size: int) -> Pixels:
    """Resize like torch's ``interpolate(mode="area")``, with fractions truncated."""
    height, width = pixels.shape[:2]
    sums = np.zeros((height + 1, width + 1, 3), np.int64)
    sums[1:, 1:] = pixels.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
    top, bottom = _bins(height, size)
    left, right = _bins(width, size)
    rows = sums[bottom] - sums[top]
    counts = (bottom - top)[:, None, None] * (right - left)[None, :, None]
    means: Pixels = ((rows[:, right] - rows[:, left]) // counts).astype(np.uint8)
    return means


def _bins(side: int, size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return start and end (exclusive) of `size` bins of pixels, which may overlap."""
    k = np.arange(size, dtype=np.int64)
    return k * side // size, -((k + 1) * -side // size)


def _as_bytes(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return an array of numbers rounded to uint8; arrays of other dtypes unchanged."""
    if array.dtype == np.uint8 or array.dtype.kind not in "iuf" or array.size == 0:
        return array
    return uint8_pixels(array, binary=True)


def save_paths(save_path: object, count: int) -> list[str | None]:
    """Return the file for each of `count` images, None for those that are not saved."""
    if save_path is None:
        return [None] * count
    one = isinstance(save_path, (str, os.PathLike))
    if not one and not isinstance(save_path, (list, tuple)):
        raise TypeError(f"save_path must be a path or a list of paths, got {save_path!r}")
    listed: list[Any] = [save_path] if one else list(save_path)  # type: ignore[call-overload]
    if len(listed) != count:
        raise ValueError(
            f"save_path must name {count} files, one for each image, got {len(listed)}"
        )
    return [None if path is None else os.fspath(path) for path in listed]


def numbered(path: str | None, number: int) -> str | None:
    """Return the file for a face of an image: `path` for the first, then with its number."""
    if path is None or number == 1:
        return path
    stem, extension = os.path.splitext(path)  # noqa: PTH122 (a Path would normalise the folder)
    return f"{stem}_{number}{extension}"
