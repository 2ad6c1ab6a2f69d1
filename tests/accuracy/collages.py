"""Pictures with many faces: in rows, along the border, close together; and with damage.

Each face is a little larger or smaller than the others, turned by a few degrees and shifted by
parts of a pixel, and every other pair of them is mirrored.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from tests.support.helpers import golden_image

from .pasting import Picture, Pixels, Placed, as_bytes, compose, scaled
from .truth import FACES

GROUND = "coffee_noface.png"
HEIGHT = 48.0
COLUMNS, ROWS = 6, 4
_CELL = 2.1  # heights of a face from one to the next
_PAINT = (126.0, 143.0, 158.0)  # of what covers a face
_GOLDEN = (math.sqrt(5) - 1) / 2


def collage(
    height: float = HEIGHT,
    *,
    columns: int = COLUMNS,
    rows: int = ROWS,
    roll: float = 0,
    covered: tuple[float, float, float, float] | None = None,
) -> Picture:
    """Make a picture with rows of faces.

    Parameters
    ----------
    height : float
        Of the faces, in pixels.
    columns, rows : int
        How many faces there are.
    roll : float
        Degrees by which all are turned.
    covered : tuple of four float, optional
        x1, y1, x2, y2 of what is painted over, in widths and heights of a face's box.
    """
    cell = _CELL * height
    centres = itertools.product(np.arange(rows) + 0.5, np.arange(columns) + 0.5)
    placed = [_jittered(k, (x * cell, y * cell), height, roll) for k, (y, x) in enumerate(centres)]
    ground = _ground(round(rows * cell), round(columns * cell))
    return compose(ground, [(each, _face_photo(each, covered)) for each in placed])


def _jittered(k: int, centre: tuple[float, float], height: float, roll: float = 0) -> Placed:
    """Place the k-th face, a little off."""
    dx, dy, larger, turned = ((k * _GOLDEN * step) % 1 - 0.5 for step in (1, 3, 5, 7))
    return Placed(
        FACES[k % len(FACES)],
        (centre[0] + dx, centre[1] + dy),
        height * 1.1**larger,
        roll + 8 * turned,
        mirrored=k // len(FACES) % 2 == 1,
    )


def cut_off(outside: float) -> Picture:
    """Place faces all along the border, so that a part of each is outside."""
    cell = _CELL * HEIGHT
    width, height = COLUMNS * cell, ROWS * cell
    placed: list[Placed] = []
    for side, x, y in [
        *(("x", x, k + 0.5) for x in (0, width) for k in range(1, ROWS - 1)),
        *(("y", k + 0.5, y) for y in (0, height) for k in range(COLUMNS)),
    ]:
        near = _jittered(len(placed), (0, 0), HEIGHT)
        half = near.truth()[0][2 if side == "x" else 3]
        inwards = half * (1 - 2 * outside)
        at = x if side == "x" else y
        place = at + inwards if at == 0 else round(at) - inwards
        centre = (place, y * cell) if side == "x" else (x * cell, place)
        placed.append(near._replace(centre=centre))
    ground = _ground(round(height), round(width))
    return compose(ground, [(each, photograph(each.face.photo)) for each in placed])


def crowd(overlap: float) -> Picture:
    """Place faces close together, with little around them, the lower rows in front."""
    placed: list[Placed] = []
    for row in range(4):
        x = 1.2 * HEIGHT
        for _ in range(6):
            each = _jittered(len(placed), (x, (row + 0.75) * 1.6 * HEIGHT), HEIGHT)
            placed.append(each._replace(reach=0.8))
            box, _ = each.truth()
            x += (box[2] - box[0]) * (1 - overlap)
    right = max(each.truth()[0][2] for each in placed)
    ground = _ground(round(6.8 * HEIGHT), round(right + HEIGHT))
    return compose(ground, [(each, photograph(each.face.photo)) for each in placed])


def close(side: int, share: float) -> Picture:
    """Cut a square with one face, which takes up so much of its height, out of a photograph."""
    placed = _jittered(side // 7, (side / 2, side / 2), side * share)._replace(reach=9)
    ground = np.zeros((side, side, 3), np.float32)  # of which nothing is left
    return compose(ground, [(placed, photograph(placed.face.photo))])


def harmed(how: Callable[[Pixels, Any], Pixels], much: float) -> Picture:
    """Make a picture with rows of faces, to which something happens."""
    picture = _plain()
    return picture._replace(pixels=as_bytes(how(picture.pixels.astype(np.float32), much)))


@cache
def _plain() -> Picture:
    return collage()


def empty(pixels: Pixels) -> Picture:
    """Return a picture without a face."""
    return Picture(as_bytes(pixels), np.zeros((0, 4)), np.zeros((0, 5, 2)))


@cache
def _ground(height: int, width: int) -> Pixels:
    """Return a part of the photograph without faces, enlarged if it is too small."""
    photo = photograph(GROUND)
    larger = max(height / photo.shape[0], width / photo.shape[1], 1)
    sides = [math.ceil(side * larger) for side in photo.shape[:2]]
    return scaled(photo, *sides)[:height, :width] if larger > 1 else photo[:height, :width]


@cache
def photograph(name: str) -> Pixels:
    """Return one of those in tests/golden."""
    pixels: Pixels = golden_image(name).astype(np.float32)
    return pixels


def _face_photo(placed: Placed, covered: tuple[float, float, float, float] | None) -> Pixels:
    photo = photograph(placed.face.photo)
    if covered is None:
        return photo
    x1, y1, x2, y2 = placed.face.box
    left, top = x1 + covered[0] * (x2 - x1), y1 + covered[1] * (y2 - y1)
    right, bottom = x1 + covered[2] * (x2 - x1), y1 + covered[3] * (y2 - y1)
    painted: Pixels = photo.copy()
    painted[round(top) : round(bottom), round(left) : round(right)] = _PAINT
    return painted
