"""The page that `fastmtcnn report` writes, as a browser shows it: what docs/report.md shows."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import fastmtcnn
from fastmtcnn.reporting import ReportedPhoto, write_report

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = ("crowd.png", "grace_hopper.png", "astronaut.png", "coffee_noface.png", "hopper_61x73.png")

_SIZE = (1180, 940)
_COLOURS = 160


def make(folder: Path) -> None:
    """Write the picture; it needs chromium.

    Parameters
    ----------
    folder : Path
        Where to.
    """
    sys.path.insert(0, str(ROOT))
    from tests.support.browser import Browser

    detector = fastmtcnn.MTCNN(num_threads=1)
    photos = []
    for name in PHOTOS:
        with Image.open(ROOT / "tests" / "golden" / name) as file:
            pixels = np.asarray(file.convert("RGB"))
        height, width = pixels.shape[:2]
        photos.append(ReportedPhoto(name, width, height, detector.detect(pixels), pixels))
    photos.insert(3, ReportedPhoto.failed("torn.jpg", "cannot be decoded: image file is truncated"))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        page = Path(work) / "report.html"
        with page.open("wb") as written:
            write_report(written, photos, title="Faces in photos")
        with Browser(Path(work) / "profile") as browser:
            browser.look(_SIZE[0], height=_SIZE[1])
            browser.open(page)
            picture = Image.open(io.BytesIO(browser.screenshot()))
    picture.convert("RGB").quantize(_COLOURS).save(folder / "report.png", optimize=True)
