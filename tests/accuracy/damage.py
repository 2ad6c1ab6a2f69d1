"""What happens to pictures on their way to a detector, in numpy alone: the same with any Pillow.

Each takes and returns pixels, float32 of shape (height, width, 3), 0 to 255.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .pasting import Pixels

_BLOCK = 8

# ITU-T T.81 (1992), tables K.1 and K.2.
_LUMINANCE = [
    [16, 11, 10, 16, 24, 40, 51, 61],
    [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77],
    [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101],
    [72, 92, 95, 98, 112, 100, 103, 99],
]
_CHROMINANCE = [
    [17, 18, 24, 47, 99, 99, 99, 99],
    [18, 21, 26, 66, 99, 99, 99, 99],
    [24, 26, 56, 99, 99, 99, 99, 99],
    [47, 66, 99, 99, 99, 99, 99, 99],
    *([[99] * 8] * 4),
]
# JFIF: to luminance and two chrominances.
_TO_YCC = np.array(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
)


def darkened(pixels: Pixels, factor: float) -> Pixels:
    """Multiply; above 1 it is overexposed."""
    return (pixels * factor).clip(0, 255)


def flattened(pixels: Pixels, factor: float) -> Pixels:
    """Take contrast away: towards the grey in the middle."""
    return 127.5 + (pixels - 127.5) * factor


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    """Blur by a Gaussian of so many pixels."""
    reach = math.ceil(3 * sigma)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights = (weights / weights.sum()).astype(np.float32)
    for _ in range(2):  # down the columns, then those of the transposed picture
        padded = np.pad(pixels, [(reach, reach), (0, 0), (0, 0)], mode="edge")
        pixels = np.zeros_like(pixels)
        for k, weight in enumerate(weights):
            pixels += weight * padded[k : k + len(pixels)]
        pixels = np.ascontiguousarray(pixels.swapaxes(0, 1))
    return pixels


def noisy(pixels: Pixels, deviation: float) -> Pixels:
    """Add noise of a normal distribution, independent in all values."""
    # The generators after this one may draw other numbers in another version of numpy.
    random = np.random.RandomState(0)
    noise = random.standard_normal(pixels.shape).astype(np.float32)
    return (pixels + deviation * noise).clip(0, 255)


def as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    """Do what a JPEG file of this quality does, with chrominance at half the size."""
    height, width = pixels.shape[:2]
    margin = [(0, -side % (2 * _BLOCK)) for side in (height, width)]
    planes = np.pad(pixels, [*margin, (0, 0)], mode="edge") @ _TO_YCC.T - [128, 0, 0]
    luminance = _quantized(planes[:, :, 0], _LUMINANCE, quality) + 128
    parts = [luminance]
    for k in (1, 2):
        rows, columns = (side // 2 for side in luminance.shape)
        halved = planes[:, :, k].reshape(rows, 2, columns, 2).mean(axis=(1, 3))
        parts.append(_quantized(halved, _CHROMINANCE, quality).repeat(2, 0).repeat(2, 1))
    decoded = np.stack(parts, axis=2) @ np.linalg.inv(_TO_YCC).T
    values: Pixels = decoded[:height, :width].clip(0, 255).astype(np.float32)
    return values


def _quantized(
    plane: NDArray[np.float64], table: list[list[int]], quality: int
) -> NDArray[np.float64]:
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality  # as libjpeg does
    steps: NDArray[np.float64] = (
        ((np.array(table) * percent + 50) // 100).clip(1, 255).astype(float)
    )
    rows, columns = (side // _BLOCK for side in plane.shape)
    blocks = plane.reshape(rows, _BLOCK, columns, _BLOCK).swapaxes(1, 2)
    k = np.arange(_BLOCK)
    cosines = np.cos(math.pi / _BLOCK * np.outer(k, k + 0.5)) * math.sqrt(2 / _BLOCK)
    cosines[0] /= math.sqrt(2)
    coefficients = np.floor((cosines @ blocks @ cosines.T) / steps + 0.5) * steps
    whole: NDArray[np.float64] = (
        (cosines.T @ coefficients @ cosines).swapaxes(1, 2).reshape(plane.shape)
    )
    return whole
