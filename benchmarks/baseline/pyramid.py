"""The image pyramid: its scales, the size of a level, and the resampled level itself."""

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import PIL.Image

Image: TypeAlias = npt.NDArray[np.uint8]  # (height, width, 3), RGB
Plane: TypeAlias = npt.NDArray[np.float32]


def pyramid_scales(
    height: int, width: int, min_face_size: float, factor: float, window: int
) -> list[float]:
    """List the scales at which P-Net looks at an image.

    Parameters
    ----------
    height, width : int
        Size of the image in pixels.
    min_face_size : float
        Side of the smallest face to find, in pixels of the image.
    factor : float
        Ratio of one scale to the one before it, between 0 and 1.
    window : int
        Side of P-Net's receptive field in pixels.

    Returns
    -------
    list of float
        Largest first. Empty when the shorter side, scaled so that the smallest face fills the
        window, does not exceed the window.
    """
    if not min_face_size > 0:
        raise ValueError(f"min_face_size must be positive, got {min_face_size}")
    if not 0 < factor < 1:
        raise ValueError(f"factor must lie between 0 and 1, got {factor}")
    first = window / min_face_size
    shorter_side = min(height, width) * first
    scales: list[float] = []
    # The side is multiplied step by step while the scale is a power: rounding decides whether a
    # side that ends exactly at the window counts, so the two must not be derived from each other.
    while shorter_side > window:
        scales.append(first * factor ** len(scales))
        shorter_side *= factor
    return scales


def level_size(height: int, width: int, scale: float) -> tuple[int, int]:
    """Compute the size of one pyramid level.

    Parameters
    ----------
    height, width : int
        Size of the image in pixels.
    scale : float
        Scale of the level.

    Returns
    -------
    tuple of int
        Height and width of the level in pixels, each rounded up.
    """
    return math.ceil(height * scale), math.ceil(width * scale)


def resample(image: Image, height: int, width: int) -> Plane:
    """Resample an image to the input of a network.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        RGB pixels.
    height, width : int
        Size of the result in pixels.

    Returns
    -------
    ndarray of float32, shape (3, height, width)
        Pillow's bilinear resampling, rounded to 8 bits, then normalised.
    """
    return normalise(resize(image, height, width).transpose(2, 0, 1))


def resize(image: Image, height: int, width: int) -> Image:
    """Resize an image as Pillow 13 does, whichever Pillow is installed.

    Each axis is rounded to 8 bits, so their order shows. Pillow resamples along rows first; since
    version 13.0 along columns first if that removes more than twice as many rows as columns.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        RGB pixels.
    height, width : int
        Size of the result in pixels.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        Pillow's bilinear resampling.
    """
    source = PIL.Image.fromarray(image)
    removed = source.height - height
    if removed > 0 and removed > 2 * (source.width - width):
        source = source.resize((source.width, height), PIL.Image.Resampling.BILINEAR)
    return np.asarray(source.resize((width, height), PIL.Image.Resampling.BILINEAR))


def normalise(pixels: npt.NDArray[np.uint8]) -> Plane:
    """Map 8-bit pixels to the range the networks were trained on.

    Parameters
    ----------
    pixels : ndarray of uint8
        Pixels in any shape.

    Returns
    -------
    ndarray of float32, same shape, C-contiguous
        ``(p - 127.5) / 128``, exact in float32.
    """
    values: Plane = pixels.astype(np.float32, order="C")
    values -= 127.5
    values *= 0.0078125
    return values
