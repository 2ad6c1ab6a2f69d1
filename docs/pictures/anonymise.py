"""Faces covered in three ways: what docs/anonymise.md shows."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

import fastmtcnn
from fastmtcnn.faces.blurring import METHODS, SHAPES

PHOTO = Path(__file__).resolve().parents[2] / "tests" / "golden" / "crowd.png"
_PARTS = ((640, 180, 930, 470), (960, 10, 1170, 290))  # left, upper, right, lower
_HEIGHT, _GAP = 150, 6
_GROUND = (24, 28, 30)


def make(folder: Path) -> None:
    """Write the picture.

    Parameters
    ----------
    folder : Path
        Where to.
    """
    found = fastmtcnn.MTCNN(num_threads=1).detect(PHOTO)
    with Image.open(PHOTO) as file:
        original = file.convert("RGB")
    rows = []
    for shape in SHAPES:
        columns = [fastmtcnn.blur(PHOTO, found, method=each, shape=shape) for each in METHODS]
        rows.append([original, *columns])
    tiles = [[_tile(image, part) for image in row for part in _PARTS] for row in rows]
    width = sum(tile.width + _GAP for tile in tiles[0]) + _GAP
    picture = Image.new("RGB", (width, (_HEIGHT + _GAP) * len(tiles) + _GAP), _GROUND)
    for number, row in enumerate(tiles):
        left = _GAP
        for tile in row:
            picture.paste(tile, (left, _GAP + number * (_HEIGHT + _GAP)))
            left += tile.width + _GAP
    picture.save(folder / "anonymise.jpg", quality=82, optimize=True)


def _tile(image: Image.Image, part: tuple[int, int, int, int]) -> Image.Image:
    cut = image.crop(part)
    return cut.resize((round(cut.width * _HEIGHT / cut.height), _HEIGHT), Image.Resampling.LANCZOS)
