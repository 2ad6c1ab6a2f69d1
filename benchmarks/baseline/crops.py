"""The patches that R-Net and O-Net look at."""

import numpy as np

from .boxes import Boxes
from .pyramid import Image, Plane, normalise, resize


def crop(image: Image, boxes: Boxes, size: int) -> Plane:
    """Cut boxes out of an image and resample each to the input of a network.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        RGB pixels.
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2, both ends inclusive, rounded here to integers; all of them croppable. What
        lies outside the image is black.
    size : int
        Side of a patch in pixels.

    Returns
    -------
    ndarray of float32, shape (n, 3, size, size)
        Pillow's bilinear resampling, rounded to 8 bits, then normalised.
    """
    height, width = image.shape[:2]
    patches = np.empty((len(boxes), size, size, 3), dtype=np.uint8)
    for patch, (x1, y1, x2, y2) in zip(
        patches, np.round(boxes).astype(np.int64).tolist(), strict=True
    ):
        canvas = np.zeros((y2 - y1 + 1, x2 - x1 + 1, 3), dtype=np.uint8)
        left, top = max(x1, 0), max(y1, 0)
        right, bottom = min(x2, width - 1) + 1, min(y2, height - 1) + 1
        canvas[top - y1 : bottom - y1, left - x1 : right - x1] = image[top:bottom, left:right]
        patch[:] = resize(canvas, size, size)
    return normalise(patches.transpose(0, 3, 1, 2))
