"""Photographs with objects that are no faces, but have five points: discs with dots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import PIL.Image

from fastmtcnn.files.images import DEFAULT_MAX_PIXELS, as_rgb
from fastmtcnn.training import AnnotatedImage, ImageFile

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

# x, y of the dots in units of the disc's side; no mirror image of themselves up and down.
DOTS = ((0.25, 0.3), (0.75, 0.3), (0.5, 0.5), (0.3, 0.8), (0.7, 0.8))
_SIDES = (24.0, 140.0)  # pixels
_MOST = 4  # in a photograph
_TRIES = 20
_DOT = 0.09  # radius, in units of the disc's side
_LEAST_CONTRAST = 80  # between disc and dots, in grey levels


class Drawn(NamedTuple):
    """A photograph with discs.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        RGB.
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 of the discs.
    points : ndarray of float64, shape (n, 5, 2)
        x, y of their dots.
    """

    pixels: Pixels
    boxes: Floats
    points: Floats


def draw_discs(photograph: Pixels, rng: np.random.Generator) -> Drawn:
    """Draw one to four discs in a copy of a photograph, none on another.

    Parameters
    ----------
    photograph : ndarray of uint8, shape (height, width, 3)
        RGB, at least 50 pixels high and wide.
    rng : Generator
        Source of randomness: places, sizes and colours.
    """
    pixels = photograph.copy()
    height, width = pixels.shape[:2]
    lowest, highest = _SIDES[0], min(_SIDES[1], 0.45 * min(height, width))
    boxes: list[tuple[float, float, float, float]] = []
    wanted = int(rng.integers(1, _MOST + 1))
    for _ in range(_TRIES):
        if len(boxes) == wanted:
            break
        side = float(lowest * (highest / lowest) ** rng.random())
        x, y = float(rng.uniform(0, width - side)), float(rng.uniform(0, height - side))
        if any(x < b[2] and b[0] < x + side and y < b[3] and b[1] < y + side for b in boxes):
            continue
        boxes.append((x, y, x + side, y + side))
        _draw(pixels, x, y, side, rng)
    corners = np.array(boxes).reshape(-1, 4)
    sides = (corners[:, 2] - corners[:, 0])[:, None, None]
    return Drawn(pixels, corners, corners[:, None, :2] + sides * np.array(DOTS))


def _draw(pixels: Pixels, x: float, y: float, side: float, rng: np.random.Generator) -> None:
    colour = rng.uniform(0, 255, 3)
    dots = rng.uniform(0, 255, 3)
    if abs(colour.mean() - dots.mean()) < _LEAST_CONTRAST:
        dots = np.where(colour.mean() < 128, 255.0, 0.0) * np.ones(3)
    _fill(pixels, x + side / 2, y + side / 2, side / 2, colour)
    for u, v in DOTS:
        _fill(pixels, x + side * u, y + side * v, side * _DOT, dots)


def _fill(pixels: Pixels, x: float, y: float, radius: float, colour: Floats) -> None:
    """Fill a disc; its edge is smooth over a pixel."""
    height, width = pixels.shape[:2]
    left, top = max(int(x - radius) - 1, 0), max(int(y - radius) - 1, 0)
    right, bottom = min(int(x + radius) + 3, width), min(int(y + radius) + 3, height)
    ys, xs = np.mgrid[top:bottom, left:right]
    share = np.clip(radius + 0.5 - np.hypot(xs - x, ys - y), 0, 1)[:, :, None]
    part = pixels[top:bottom, left:right]
    part[:] = np.rint((1 - share) * part + share * colour)


def disc_images(
    photographs: Sequence[Path], folder: Path, number: int, seed: int
) -> list[AnnotatedImage]:
    """Write photographs with discs; those of the same photograph are of one group.

    Parameters
    ----------
    photographs : sequence of Path
        Photographs without faces, each used several times, every second time mirrored.
    folder : Path
        Folder to write to.
    number : int
        Number of photographs to write.
    seed : int
        Seed of the discs.

    Raises
    ------
    OSError
        If a file cannot be read or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    images = []
    for k in range(number):
        source = photographs[k % len(photographs)]
        pixels = as_rgb(source.read_bytes(), "rgb", DEFAULT_MAX_PIXELS)
        if k // len(photographs) % 2:
            pixels = np.ascontiguousarray(pixels[:, ::-1])
        drawn = draw_discs(pixels, np.random.default_rng([seed, k]))
        path = folder / f"{k:05}.png"
        PIL.Image.fromarray(drawn.pixels).save(path)
        ignored = np.zeros(len(drawn.boxes), bool)
        images.append(
            AnnotatedImage(
                f"discs/{path.stem}",
                ImageFile(path),
                drawn.boxes,
                ignored,
                drawn.points,
                source.stem,
            )
        )
    return images
