"""Functions that make pictures of a photo and its faces."""

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
    """Return a copy of a photo with boxes, scores and landmarks.

    Parameters
    ----------
    path : str
        Path of the photo, whose format the copy has.
    pixels : ndarray of uint8, shape (h, w, 3)
        Pixels of the photo.
    found : Detections
        Faces of the photo.
    """
    return [encoded(draw(pixels, found), Path(path).suffix)]


def blurred(method: Method, shape: Shape, margin: float) -> Maker:
    """Return a function that makes a copy without recognisable faces.

    Parameters
    ----------
    method, shape, margin
        As for `fastmtcnn.blur`.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong.
    """

    def make(path: str, pixels: Pixels, found: Detections) -> list[Picture]:
        picture = blur(pixels, found, method=method, shape=shape, margin=margin)
        return [encoded(picture, Path(path).suffix)]

    return _checked(make)


def cropped(size: int | None, margin: float, square: bool) -> Maker:
    """Return a function that cuts the faces out.

    Parameters
    ----------
    size, margin, square
        As for `fastmtcnn.crop`.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong.
    """

    def make(path: str, pixels: Pixels, found: Detections) -> list[Picture]:
        return _numbered(crop(pixels, found, size=size, margin=margin, square=square))

    return _checked(make)


def aligned(size: int, margin: float) -> Maker:
    """Return a function that cuts out the faces aligned, with landmarks in fixed places.

    Parameters
    ----------
    size, margin
        As for `fastmtcnn.align`.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong.
    """

    def make(path: str, pixels: Pixels, found: Detections) -> list[Picture]:
        return _numbered(align(pixels, found, size=size, margin=margin))

    return _checked(make)


def _checked(make: Maker) -> Maker:
    """Return the function after a call with no face, which checks its options."""
    make("", np.zeros((1, 1, 3), np.uint8), Detections.empty())
    return make


def _numbered(faces: Iterable[Pixels]) -> list[Picture]:
    return [
        Picture(f"-{number}.png", encoded(Image.fromarray(face), ".png").content)
        for number, face in enumerate(faces, start=1)
    ]
