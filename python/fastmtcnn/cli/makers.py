"""What pictures are made of a photo and its faces."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from .. import blurring
from ..detections import Detections
from ..draw import draw
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


def blurred(method: blurring.Method, shape: blurring.Shape, margin: float) -> Maker:
    """Return what makes a copy without recognisable faces.

    Parameters
    ----------
    method, shape, margin
        As for `fastmtcnn.blur`.
    """

    def make(path: str, pixels: Pixels, found: Detections) -> list[Picture]:
        picture = blurring.blur(pixels, found, method=method, shape=shape, margin=margin)
        return [encoded(picture, Path(path).suffix)]

    return make


def cropped(size: int | None, margin: float, square: bool) -> Maker:
    """Return what cuts the faces out.

    Parameters
    ----------
    size, margin, square
        As for `fastmtcnn.crop`.
    """

    def make(path: str, pixels: Pixels, found: Detections) -> list[Picture]:
        from ..cropping import crop

        return _numbered(crop(pixels, found.boxes, size=size, margin=margin, square=square))

    return make


def aligned(size: int, margin: float) -> Maker:
    """Return what cuts the faces out upright, their landmarks always in the same places.

    Parameters
    ----------
    size, margin
        As for `fastmtcnn.align`.
    """

    def make(path: str, pixels: Pixels, found: Detections) -> list[Picture]:
        from ..alignment import align

        return _numbered(align(pixels, found.landmarks, size=size, margin=margin))

    return make


def _numbered(faces: list[Pixels] | Pixels) -> list[Picture]:
    return [
        Picture(f"-{number}.png", encoded(Image.fromarray(face), ".png").content)
        for number, face in enumerate(faces, start=1)
    ]
