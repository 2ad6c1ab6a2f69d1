"""Pictures with faces pasted at known places, in numpy alone: the same with any Pillow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .truth import Marked

_SOFT = 0.15  # of the radius: how much of the border of what is pasted is half transparent
_MIRRORED = [1, 0, 2, 4, 3]  # the landmarks, once left and right are exchanged

Pixels = NDArray[np.float32]


class Picture(NamedTuple):
    """A picture, and where its faces are.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        In RGB.
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels.
    landmarks : ndarray of float64, shape (n, 5, 2)
        x, y in pixels, in the order of the detector.
    """

    pixels: NDArray[np.uint8]
    boxes: NDArray[np.float64]
    landmarks: NDArray[np.float64]


class Placed(NamedTuple):
    """How a face is pasted.

    Attributes
    ----------
    face : Marked
        Which.
    centre : tuple of float
        Where the centre of its box comes to lie.
    height : float
        Of its box, in pixels.
    roll : float
        Degrees by which it is turned, clockwise as seen.
    mirrored : bool
        Whether left and right are exchanged, before that.
    reach : float
        How much of the head is pasted: 1 for all of it, less for less around the face.
    """

    face: Marked
    centre: tuple[float, float]
    height: float
    roll: float = 0.0
    mirrored: bool = False
    reach: float = 1.0

    def matrix(self) -> NDArray[np.float64]:
        """Return the (2, 3) matrix from the photograph to the picture."""
        x1, y1, x2, y2 = self.face.box
        scale = self.height / (y2 - y1)
        cos, sin = math.cos(math.radians(self.roll)), math.sin(math.radians(self.roll))
        turn = scale * np.array([[cos, -sin], [sin, cos]])
        turn = turn @ np.diag([-1.0 if self.mirrored else 1.0, 1.0])
        shift = np.array(self.centre) - turn @ [(x1 + x2) / 2, (y1 + y2) / 2]
        return np.column_stack([turn, shift])

    def truth(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return box and landmarks in the picture.

        The box is that around the ellipse in the marked box, so that it stays tight however the
        face is turned.
        """
        matrix = self.matrix()
        landmarks = self.face.landmarks @ matrix[:, :2].T + matrix[:, 2]
        x1, y1, x2, y2 = self.face.box
        half = np.linalg.norm(matrix[:, :2] * [(x2 - x1) / 2, (y2 - y1) / 2], axis=1)
        box = np.concatenate([self.centre - half, self.centre + half])
        return box, landmarks[_MIRRORED] if self.mirrored else landmarks


def compose(ground: Pixels, placed: Sequence[tuple[Placed, Pixels]]) -> Picture:
    """Paste faces.

    Parameters
    ----------
    ground : ndarray of float32, shape (height, width, 3)
        What they are pasted onto.
    placed : sequence of (Placed, ndarray of float32, shape (height, width, 3))
        Each with its photograph; the later cover the earlier.
    """
    pixels = ground.copy()
    for each, photo in placed:
        _paste(pixels, each, photo)
    truths = [each.truth() for each, _ in placed]
    return Picture(
        as_bytes(pixels),
        np.array([box for box, _ in truths]).reshape(-1, 4),
        np.array([landmarks for _, landmarks in truths]).reshape(-1, 5, 2),
    )


def as_bytes(pixels: Pixels) -> NDArray[np.uint8]:
    """Round to the nearest value of a byte."""
    return (pixels + 0.5).clip(0, 255.9).astype(np.uint8)


def scaled(photo: Pixels, height: int, width: int) -> Pixels:
    """Bring a photograph to another size; each side by its own factor."""
    factors = [width / photo.shape[1], height / photo.shape[0]]
    y, x = np.mgrid[:height, :width] + 0.5
    return _sampled(photo, x / factors[0], y / factors[1], min(factors))


def _paste(pixels: Pixels, placed: Placed, photo: Pixels) -> None:
    matrix = placed.matrix()
    inverse = np.linalg.inv(matrix[:, :2])
    x1, y1, x2, y2 = placed.face.head
    centre, half = np.array([x1 + x2, y1 + y2]) / 2, np.array([x2 - x1, y2 - y1]) / 2
    middle = matrix[:, :2] @ centre + matrix[:, 2]
    radius = placed.reach * np.linalg.norm(matrix[:, :2] * half, axis=1)
    left, top = np.floor(middle - radius).astype(int).clip(0)
    right, bottom = np.ceil(middle + radius).astype(int)
    part = pixels[top:bottom, left:right]
    y, x = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]] + 0.5
    x, y = (inverse[k, 0] * (x - matrix[0, 2]) + inverse[k, 1] * (y - matrix[1, 2]) for k in (0, 1))
    distance = np.hypot((x - centre[0]) / half[0], (y - centre[1]) / half[1]) / placed.reach
    opaque = ((1 - distance) / _SOFT).clip(0, 1).astype(np.float32)[:, :, None]
    scale = math.sqrt(abs(np.linalg.det(matrix[:, :2])))
    # No more of the photograph than is wanted, since means are taken of it.
    x1, y1 = (max(0, math.floor(side.min()) - 32) for side in (x, y))
    photo = photo[y1 : math.ceil(y.max()) + 32, x1 : math.ceil(x.max()) + 32]
    part += opaque * (_sampled(photo, x - x1, y - y1, scale) - part)


def _sampled(photo: Pixels, x: NDArray[np.float64], y: NDArray[np.float64], scale: float) -> Pixels:
    """Interpolate between the pixels, or means of squares of them where the scale is small."""
    step = max(1, math.floor(1 / scale + 1e-9))
    if step > 1:
        rows, columns = photo.shape[0] // step, photo.shape[1] // step
        blocks = photo[: rows * step, : columns * step].reshape(rows, step, columns, step, 3)
        photo = blocks.mean(axis=(1, 3))
    x = (x / step - 0.5).clip(0, photo.shape[1] - 1)
    y = (y / step - 0.5).clip(0, photo.shape[0] - 1)
    left = np.floor(x).astype(int).clip(0, max(photo.shape[1] - 2, 0))
    top = np.floor(y).astype(int).clip(0, max(photo.shape[0] - 2, 0))
    across, down = (part.astype(np.float32)[:, :, None] for part in (x - left, y - top))
    upper = photo[top, left] + across * (photo[top, left + 1] - photo[top, left])
    lower = photo[top + 1, left] + across * (photo[top + 1, left + 1] - photo[top + 1, left])
    pixels: Pixels = upper + down * (lower - upper)
    return pixels
