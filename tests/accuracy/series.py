"""The pictures: series in which one thing after the other is made harder for a detector.

Every picture is made from the photographs in tests/golden, the same on every machine up to a grey
level: faces in rows, each a little larger or smaller than the others, turned by a few degrees and
shifted by parts of a pixel, every other one mirrored. Where nothing else is said they are 48
pixels high, measured by the marked boxes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np

from . import collages, damage
from .collages import HEIGHT, collage, empty, harmed, photograph
from .pasting import Picture, Placed, as_bytes, scaled
from .truth import FACELESS, FACES

Levels = Iterator[tuple[str, Picture]]  # one or several pictures of each level


def golden() -> Levels:
    """The photographs as they are, mirrored, and in grey."""
    for face in FACES:
        photo = photograph(face.photo)
        yield "as they are", Picture(as_bytes(photo), face.box[None], face.landmarks[None])
        x1, y1, x2, y2 = face.box
        centre = (photo.shape[1] - (x1 + x2) / 2, (y1 + y2) / 2)
        box, landmarks = Placed(face, centre, y2 - y1, mirrored=True).truth()
        yield "mirrored", Picture(as_bytes(photo[:, ::-1]), box[None], landmarks[None])
        grey = np.repeat(photo @ np.array([[0.299], [0.587], [0.114]], np.float32), 3, axis=2)
        yield "grey", Picture(as_bytes(grey), face.box[None], face.landmarks[None])


def size() -> Levels:
    """Height of the faces, in pixels."""
    for height in (10, 12, 14, 17, 20, 24, 28, 34, 40, 57):
        yield str(height), collage(height)
    for height, rows in ((80, 2), (120, 1)):
        yield str(height), collage(height, columns=4, rows=rows)


def many() -> Levels:
    """Height of very many faces; some lie on the seams between what is searched at a time."""
    yield "20", collage(20, columns=29, rows=17)


def close() -> Levels:
    """Percent of the picture's height that the face takes up."""
    for percent in (50, 60, 70, 80, 90, 100):
        for side in range(100, 212, 7):
            yield str(percent), collages.close(side, percent / 100)


def roll() -> Levels:
    """By how many degrees the faces are turned, clockwise."""
    for degrees in (-90, -60, -45, -30, -15, 0, 15, 30, 45, 60, 75, 90, 135, 180):
        yield str(degrees), collage(roll=degrees)


def light() -> Levels:
    """By what all values are multiplied: dark below 1, overexposed above."""
    for factor in (0.06, 0.08, 0.1, 0.15, 0.3, 0.6, 1.5, 1.75, 2.0, 3.0):
        yield f"{factor:g}", harmed(damage.darkened, factor)


def contrast() -> Levels:
    """By what the contrast is multiplied."""
    for factor in (0.1, 0.15, 0.2, 0.3, 0.6):
        yield f"{factor:g}", harmed(damage.flattened, factor)


def blur() -> Levels:
    """Standard deviation of a Gaussian, in percent of a face's height."""
    for percent in (1, 2, 3, 4, 6, 8, 10):
        yield str(percent), harmed(damage.blurred, HEIGHT * percent / 100)


def noise() -> Levels:
    """Standard deviation of the noise, in grey levels."""
    for deviation in (15, 30, 45, 60, 80):
        yield str(deviation), harmed(damage.noisy, deviation)


def jpeg() -> Levels:
    """Quality of the JPEG file."""
    for quality in (2, 3, 5, 10, 20, 50):
        yield str(quality), harmed(damage.as_jpeg, quality)


def cut_off() -> Levels:
    """Percent of the face's width or height that lie outside the picture."""
    for percent in (10, 20, 30, 40, 50):
        yield str(percent), collages.cut_off(percent / 100)


def covered_below() -> Levels:
    """Percent of the face's height covered from the chin upwards."""
    for percent in (20, 30, 40, 50, 60, 70):
        yield str(percent), collage(covered=(0, 1 - percent / 100, 1, 1))


def covered_above() -> Levels:
    """Percent of the face's height covered from the forehead downwards."""
    for percent in (10, 20, 30, 40, 50):
        yield str(percent), collage(covered=(0, 0, 1, percent / 100))


def covered_beside() -> Levels:
    """Percent of the face's width covered from one side."""
    for percent in (20, 30, 40, 50, 60, 70):
        yield str(percent), collage(covered=(0, 0, percent / 100, 1))


def crowd() -> Levels:
    """Percent of the width of a face by which the next one covers it."""
    for percent in (0, 10, 20, 30, 40):
        yield str(percent), collages.crowd(percent / 100)


def faceless() -> Levels:
    """Pictures without a face, in which whatever is found is wrong."""
    for name, (photo, (x1, y1, x2, y2)) in FACELESS.items():
        part = photograph(photo)[y1:y2, x1:x2]
        yield name, empty(part)
        yield name, empty(scaled(part, (y2 - y1) // 2, (x2 - x1) // 2))
        yield name, empty(np.rot90(part))
    grey = np.full((300, 400, 3), 127.5, np.float32)
    yield "noise", empty(damage.noisy(grey, 60))
    for sigma in (1.5, 4):
        clouds = damage.blurred(damage.noisy(grey, 60), sigma)
        yield "noise", empty((clouds - 127.5) * 45 / clouds.std() + 127.5)


_SERIES: dict[str, Callable[[], Levels]] = {
    each.__name__.replace("_", " "): each
    for each in (
        golden, size, many, close, roll, light, contrast, blur, noise, jpeg,
        cut_off, covered_below, covered_above, covered_beside, crowd, faceless,
    )
}  # fmt: skip
NAMES = tuple(_SERIES)


@cache
def pictures(name: str) -> dict[str, list[Picture]]:
    """Return the pictures of each level of a series; made once."""
    made: dict[str, list[Picture]] = {}
    for level, picture in _SERIES[name]():
        made.setdefault(level, []).append(picture)
    return made
