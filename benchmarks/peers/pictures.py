"""The pictures that every peer gets: decoded once, the same pixels for all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageOps

from benchmarks.files import CROWD


def save_picture(size: str, folder: Path) -> Path:
    """Fit `crowd.png` into a size and save the pixels.

    Parameters
    ----------
    size : str
        Width and height, such as ``1280x720``.
    folder : path
        Where to save.

    Returns
    -------
    path
        A ``.npy`` file: uint8, shape (height, width, 3), RGB; the picture at the top left, shrunk
        by Pillow's `thumbnail` or enlarged as far as it fits, the rest black.
    """
    width, height = parse_size(size)
    with PIL.Image.open(CROWD) as file:
        picture = file.convert("RGB")
    if picture.width > width or picture.height > height:
        picture.thumbnail((width, height))
    else:
        picture = PIL.ImageOps.contain(picture, (width, height))
    canvas = PIL.Image.new("RGB", (width, height))
    canvas.paste(picture, (0, 0))
    path = folder / f"{size}.npy"
    np.save(path, np.asarray(canvas))
    return path


def parse_size(text: str) -> tuple[int, int]:
    """Return width and height."""
    width, height = text.split("x")
    return int(width), int(height)
