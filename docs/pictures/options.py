"""Faces found in turned photographs and in a part of one: what docs/options.md shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

import fastmtcnn

GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "golden"
PORTRAITS = ("astronaut.png", "grace_hopper.png", "astronaut.png", "grace_hopper.png")
ROI = (650, 180, 1140, 480)  # as docs/options.md has it

_SIDE, _GAP = 235, 6
_WIDTH = 960
_GROUND = (24, 28, 30)
_QUALITY = 75


def make(folder: Path) -> None:
    """Write the pictures.

    Parameters
    ----------
    folder : Path
        Where to.
    """
    _rotations().save(folder / "options-rotations.jpg", quality=_QUALITY, optimize=True)
    _region().save(folder / "options-roi.jpg", quality=_QUALITY, optimize=True)


def group() -> Image.Image:
    """Return portraits beside each other, each turned by one more quarter."""
    row = Image.new("RGB", (len(PORTRAITS) * _SIDE, _SIDE))
    for turn, name in enumerate(PORTRAITS):
        with Image.open(GOLDEN / name) as file:
            side = min(file.size)
            left = (file.width - side) // 2
            square = file.convert("RGB").crop((left, 0, left + side, side)).resize((_SIDE, _SIDE))
        row.paste(square.rotate(90 * turn), (turn * _SIDE, 0))
    return row


def _rotations() -> Image.Image:
    photo = group()
    picture = Image.new("RGB", (photo.width, 2 * _SIDE + _GAP), _GROUND)
    for row, rotations in enumerate(((), (90, 180, 270))):
        detector = fastmtcnn.MTCNN(40, min_score=0.95, rotations=rotations, num_threads=1)
        found = fastmtcnn.draw(photo, detector.detect(photo))
        picture.paste(found, (0, row * (_SIDE + _GAP)))
    return picture


def _region() -> Image.Image:
    with Image.open(GOLDEN / "crowd.png") as file:
        photo = file.convert("RGB")
    found = fastmtcnn.MTCNN(num_threads=1).detect(photo, roi=ROI)
    dim = Image.fromarray((np.asarray(photo) // 3).astype(np.uint8))
    dim.paste(photo.crop(ROI), ROI[:2])
    picture = fastmtcnn.draw(dim, found)
    return picture.resize((_WIDTH, round(_WIDTH * photo.height / photo.width)))
