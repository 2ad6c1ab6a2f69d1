"""What entered R-Net, as `fastmtcnn explain` draws it: what docs/explain.md shows."""

from __future__ import annotations

from pathlib import Path

import fastmtcnn
from fastmtcnn.explaining import stage_pictures

PHOTO = Path(__file__).resolve().parents[2] / "tests" / "golden" / "crowd.png"

_WIDTH = 1000
_QUALITY = 60


def make(folder: Path) -> None:
    """Write the picture.

    Parameters
    ----------
    folder : Path
        Where to.
    """
    detector = fastmtcnn.MTCNN(num_threads=1)
    picture = stage_pictures(detector, PHOTO, detector.trace(PHOTO), (24, 505))["rnet"]
    height = round(picture.height * _WIDTH / picture.width)
    small = picture.resize((_WIDTH, height))
    small.save(folder / "explain-rnet.jpg", quality=_QUALITY, optimize=True)
