"""Small JPEG pictures as data URIs."""

from __future__ import annotations

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from ..faces.cropping import crop

_THUMBNAIL, _FACE = 200, 64  # longer side in pixels
_QUALITY = 75
_MARGIN = 0.2


def thumbnail(pixels: npt.NDArray[np.uint8]) -> str:
    """Return a small copy of a photo.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        RGB pixels.
    """
    picture = Image.fromarray(pixels)
    picture.thumbnail((_THUMBNAIL, _THUMBNAIL), reducing_gap=2.0)
    return data_uri(picture)


def face_pictures(
    pixels: npt.NDArray[np.uint8], boxes: npt.NDArray[np.float32]
) -> list[str | None]:
    """Return a square picture of each face, or None if its box lies outside the photo.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        RGB pixels.
    boxes : ndarray of float32, shape (n, 4)
        x1, y1, x2, y2 in pixels.
    """
    return [_face_picture(pixels, box) for box in boxes]


def _face_picture(pixels: npt.NDArray[np.uint8], box: npt.NDArray[np.float32]) -> str | None:
    try:
        face = crop(pixels, box, margin=_MARGIN, size=_FACE, square=True)
    except ValueError:  # tables from files may have any box
        return None
    return data_uri(Image.fromarray(face))


def data_uri(picture: Image.Image) -> str:
    """Return a picture as a JPEG in the form of an address.

    Parameters
    ----------
    picture : PIL.Image.Image
        RGB.
    """
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(content.getvalue()).decode()}"
