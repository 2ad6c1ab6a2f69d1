"""Upright and aligned crops: what docs/alignment.md shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

import fastmtcnn

PHOTO = Path(__file__).resolve().parents[2] / "tests" / "golden" / "crowd.png"
_SIDE, _GAP, _MOST = 112, 6, 8
_GROUND = (24, 28, 30)


def make(folder: Path) -> None:
    """Write the picture.

    Parameters
    ----------
    folder : Path
        Where to.
    """
    detector = fastmtcnn.MTCNN(40, num_threads=1)
    found = detector.detect(PHOTO)
    rolls = np.abs(fastmtcnn.estimate_pose(found).roll)
    found = found.select(np.argsort(-rolls, kind="stable")[:_MOST])  # those that turn most
    rows = [
        fastmtcnn.crop(PHOTO, found, size=_SIDE, square=True),
        fastmtcnn.align(PHOTO, found, _SIDE, antialias=True),
        fastmtcnn.align(PHOTO, found, _SIDE, "facenet", antialias=True),
    ]
    step = _SIDE + _GAP
    picture = Image.new("RGB", (step * _MOST + _GAP, step * len(rows) + _GAP), _GROUND)
    for y, row in enumerate(rows):
        for x, face in enumerate(row):
            picture.paste(Image.fromarray(face), (_GAP + x * step, _GAP + y * step))
    picture.save(folder / "alignment.jpg", quality=80, optimize=True)
