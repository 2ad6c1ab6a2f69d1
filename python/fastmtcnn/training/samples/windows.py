"""Random windows of a photograph, as samples of P-Net and beside the mined ones of R- and O-Net."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from .faces import Faces
from .geometry import Floats, squares_around
from .settings import WindowSettings

_SMALLEST = 10  # pixels: side of a window


class View(NamedTuple):
    """Windows of the photograph, or of the photograph rotated about a point.

    Attributes
    ----------
    windows : ndarray of float64, shape (n, 4)
        Square windows with whole corners, in the frame of `faces`.
    faces : Faces
        The faces, in the same frame.
    centre : ndarray of float64, shape (2,)
        Fixed point of the rotation, in pixels.
    angle : float
        Angle in radians, from the x axis towards the y axis; 0 for the photograph as it is.
    """

    windows: Floats
    faces: Faces
    centre: Floats
    angle: float = 0.0


def draw_windows(
    faces: Faces,
    size: tuple[int, int],
    settings: WindowSettings,
    rng: np.random.Generator,
    amount: float = 1.0,
    complete: bool = True,
) -> Iterator[View]:
    """Draw windows around, beside and away from the faces of a photograph.

    Parameters
    ----------
    faces : Faces
        The faces.
    size : tuple of int
        Width and height of the photograph in pixels.
    settings : WindowSettings
        How to draw.
    rng : Generator
        Source of randomness.
    amount : float
        Factor of all numbers of windows.
    complete : bool
        Whether windows away from the annotated faces are background.

    Yields
    ------
    View
        First one of the photograph as it is, then one for each face about which it is rotated.
    """
    tries = _rounded((settings.tries if complete else settings.crop_tries) * amount, rng)
    squares = faces.squares
    rotated = rng.binomial(tries, settings.rotated, len(squares))
    drawn = [
        _around(squares.repeat(tries - rotated, axis=0), settings, rng),
    ]
    if complete:
        beside = squares.repeat(_rounded(settings.beside * amount, rng), axis=0)
        drawn.append(_beside(beside, rng))
        drawn.append(_anywhere(_rounded(settings.anywhere * amount, rng), size, rng))
    yield View(_whole(np.concatenate(drawn)), faces, np.zeros(2))
    for k in np.flatnonzero(rotated):
        angle = np.deg2rad(rng.uniform(-settings.max_angle, settings.max_angle))
        centre = (squares[k, :2] + squares[k, 2:]) / 2
        turned = faces.rotated(centre, angle)
        square = squares_around(turned.boxes[k : k + 1])
        windows = _around(square.repeat(rotated[k], axis=0), settings, rng)
        yield View(_whole(windows), turned, centre, float(angle))


def _rounded(number: float, rng: np.random.Generator) -> int:
    """Return a number rounded up or down by chance, right on average."""
    return int(number + rng.random())


def _around(squares: Floats, settings: WindowSettings, rng: np.random.Generator) -> Floats:
    spread = np.log([settings.smallest, settings.largest])
    return _moved(
        squares, np.exp(rng.uniform(spread[0], spread[1], len(squares))), settings.shift, rng
    )


def _beside(squares: Floats, rng: np.random.Generator) -> Floats:
    """Return windows near faces, most of them with a part of one."""
    return _moved(squares, np.exp(rng.uniform(np.log(0.4), np.log(2.0), len(squares))), 1.0, rng)


def _moved(squares: Floats, factors: Floats, shift: float, rng: np.random.Generator) -> Floats:
    sides = (squares[:, 2] - squares[:, 0]) * factors
    centres = (squares[:, :2] + squares[:, 2:]) / 2
    centres = centres + rng.uniform(-shift, shift, (len(squares), 2)) * sides[:, None]
    half = sides[:, None] / 2
    return np.hstack([centres - half, centres + half])


def _anywhere(number: int, size: tuple[int, int], rng: np.random.Generator) -> Floats:
    longest = max(min(size), _SMALLEST)
    sides = np.exp(rng.uniform(np.log(_SMALLEST), np.log(longest), number))[:, None]
    corners = rng.random((number, 2)) * np.maximum(np.array(size) - sides, 0)
    return np.hstack([corners, corners + sides])


def _whole(windows: Floats) -> Floats:
    """Round the corners to whole pixels, so that windows stay square."""
    sides = np.maximum(np.rint(windows[:, 2] - windows[:, 0]), _SMALLEST)[:, None]
    corners = np.rint((windows[:, :2] + windows[:, 2:] - sides) / 2)
    return np.hstack([corners, corners + sides])
