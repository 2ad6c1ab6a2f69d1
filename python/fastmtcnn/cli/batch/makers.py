"""What pictures are made of a photo and its faces."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from ...detections import Detections
from ...faces.alignment import align
from ...faces.blurring import Method, Shape, blur
from ...faces.cropping import crop
from ...faces.drawing import draw
from .galleries import Maker, Picture, Pixels, encoded


def drawn(path: str, pixels: Pixels, found: Detections) -> list[Picture]:
    """Return a copy with boxes, scores and landmarks.

    Parameters
    ----------
    path : str
        Of the photo; the copy has its format.
    pixels : ndarray of uint8, shape (h, w, 3)
        The photo.
    found : Detections
        Its faces.
    """
    return [encoded(draw(pixels, found), Path(path).suffix)]


def blurred(method: Method, shape: Shape, margin: float) -> Maker:
    """Return what makes a copy without recognisable faces.

    Parameters
    ----------
    method, shape, margin
        As for `fastmtcnn.blur`.

    Raises
    ------
    ValueError, TypeError
        If one is wrong.
    """

    def make(path: str, pixels: Pixels, found: Detections) -> list[Picture]:
        picture = blur(pixels, found, method=method, shape=shape, margin=margin)
        return [encoded(picture, Path(path).suffix)]

    return _checked(make)


def cropped(size: int | None, margin: float, square: bool) -> Maker:
    """Return what cuts the faces out.

    Parameters
    ----------
    size, margin, square
        As for `fastmtcnn.crop`.

    Raises
    ------
    ValueError, TypeError
        If one is wrong.
    """

    def make(path: str, pixels: Pixels, found: Detections) -> list[Picture]:
        return _numbered(crop(pixels, found, size=size, margin=margin, square=square))

    return _checked(make)


def aligned(size: int, margin: float) -> Maker:
    """Return what cuts the faces out upright, their landmarks always in the same places.

    Parameters
    ----------
    size, margin
        As for `fastmtcnn.align`.

    Raises
    ------
    ValueError, TypeError
        If one is wrong.
    """

    def make(path: str, pixels: Pixels, found: Detections) -> list[Picture]:
        return _numbered(align(pixels, found, size=size, margin=margin))

    return _checked(make)


def _checked(make: Maker) -> Maker:
    """Return it, if its options are right: they are those of functions that check them."""
    make("", np.zeros((1, 1, 3), np.uint8), Detections.empty())
    return make


def _numbered(faces: Iterable[Pixels]) -> list[Picture]:
    return [
        Picture(f"-{number}.png", encoded(Image.fromarray(face), ".png").content)
        for number, face in enumerate(faces, start=1)
    ]
