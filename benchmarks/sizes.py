"""The crowd in other sizes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import PIL.Image

Pixels = npt.NDArray[np.uint8]


def fitted(image: Pixels, width: int, height: int) -> Pixels:
    """Return the image resized to fit, top left on black."""
    scale = min(width / image.shape[1], height / image.shape[0])
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    canvas = PIL.Image.new("RGB", (width, height))
    canvas.paste(PIL.Image.fromarray(image).resize(size), (0, 0))
    return np.asarray(canvas)


def mixed(image: Pixels, count: int) -> list[Pixels]:
    """Return images of as many different sizes, from about 320 to 1280 pixels wide."""
    widths = np.random.default_rng(0).permutation(np.linspace(320, 1280, count)).round().astype(int)
    return [fitted(image, int(width), int(width * 0.625)) for width in widths]
