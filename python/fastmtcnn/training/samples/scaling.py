"""Photographs at other scales: the same faces with fewer pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from ..data.annotated import AnnotatedImage

_SMALLEST_SIDE = 24  # pixels


def at_scale(
    pixels: npt.NDArray[np.uint8], image: AnnotatedImage, scale: float
) -> tuple[npt.NDArray[np.uint8], AnnotatedImage]:
    """Return a photograph and its annotations at another scale.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        The photograph, RGB.
    image : AnnotatedImage
        Its annotations.
    scale : float
        Factor of both sides, above 0 and up to 1. The result has whole sides of 24 pixels at least.

    Returns
    -------
    pixels : ndarray of uint8, shape (rounded height, rounded width, 3)
        The photograph, interpolated linearly with antialiasing.
    image : AnnotatedImage
        Boxes and landmarks in the pixels of the result.
    """
    before = np.array(pixels.shape[1::-1])
    after = np.maximum(np.rint(scale * before).astype(int), np.minimum(before, _SMALLEST_SIDE))
    if (after == before).all():
        return pixels, image
    resized = Image.fromarray(pixels).resize(tuple(after.tolist()), Image.Resampling.BILINEAR)
    factors = after / before
    # The centre of the first pixel is (0, 0), its outer corner (-0.5, -0.5).
    boxes = (image.boxes + 0.5) * np.tile(factors, 2) - 0.5
    points = (image.points + 0.5) * factors - 0.5
    return np.asarray(resized), replace(image, boxes=boxes, points=points)
