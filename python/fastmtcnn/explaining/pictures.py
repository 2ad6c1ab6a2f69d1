"""A picture for each stage of a detection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from ..cascade.trace import Crops, Trace
from ..detections import Detections
from ..detector import MTCNN
from ..faces.drawing import default_font, draw
from ..files.images import ImageLike
from ..files.originals import original_of
from .stages import SECOND_LOOK

if TYPE_CHECKING:
    from PIL import ImageDraw

    from ..faces.drawing import Font

_LONGEST_SIDE = 1600  # pixels; lines and texts are of one size
_DIMMED = 0.45
_BAR, _TEXT, _LEGEND = 40, 18, 260  # pixels: heights of the bar below and its text, and a width
_GROUND, _INK, _POINT = (24, 28, 30), (235, 238, 240), (255, 60, 60)
# From low scores to high ones, equally far apart to the eye, as in the colour map viridis.
_COLOURS = np.array(
    [(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)], np.float64
)


def stage_pictures(
    detector: MTCNN,
    image: ImageLike,
    trace: Trace,
    point: Sequence[float] | None = None,
) -> dict[str, Image.Image]:
    """Draw what each stage of a detection made of an image.

    Parameters
    ----------
    detector : MTCNN
        The detector that made the trace.
    image : ndarray, PIL.Image.Image, str, path-like or bytes
        An image that `MTCNN.detect` accepts.
    trace : Trace
        The result of its `MTCNN.trace` for this image.
    point : sequence of two floats, optional
        x and y of a place to mark, in pixels of the image.

    Returns
    -------
    dict of str to PIL.Image.Image
        ``"pnet"``: P-Net's proposals. ``"rnet"`` and ``"onet"``: the input boxes of these networks,
        with thick lines if their score is above the threshold. ``"second-look"``, with this option:
        the input boxes of O-Net's second run. ``"faces"``: the result. Boxes are coloured by the
        score that the network gave them. RGB; at most 1600 pixels a side, without the legend.

    Raises
    ------
    TypeError, ImageError, OSError
        If the image cannot be used.
    """
    options = detector.cascade.options
    photo = Image.fromarray(original_of(image, options.max_pixels, options.channel_order).shown())
    scale = min(_LONGEST_SIDE / max(photo.size), 1.0)
    size = (max(round(photo.width * scale), 1), max(round(photo.height * scale), 1))
    photo = photo.resize(size, reducing_gap=2.0)
    to_pnet, to_rnet, to_onet = options.thresholds
    pictures = {
        "pnet": _proposals(photo, trace.proposals, scale, to_pnet),
        "rnet": _crops(photo, trace.rnet, scale, "R-Net", to_rnet),
        "onet": _crops(photo, trace.onet, scale, "O-Net", to_onet),
    }
    if trace.second_look is not None:
        title = SECOND_LOOK.capitalize()
        pictures["second-look"] = _crops(photo, trace.second_look, scale, title, to_onet)
    found = trace.detections
    scaled = Detections(found.boxes * np.float32(scale), found.scores, found.landmarks * scale)
    count = found.num_faces
    pictures["faces"] = _with_bar(draw(photo, scaled), f"{count} face{'' if count == 1 else 's'}")
    if point is not None:
        for picture in pictures.values():
            _mark(picture, point[0] * scale, point[1] * scale)
    return pictures


def _proposals(
    photo: Image.Image, proposals: npt.NDArray[np.float64], scale: float, threshold: float
) -> Image.Image:
    scores = proposals[:, 4]
    picture = _drawn(photo, proposals[:, :4] * scale, scores, np.ones(len(scores), int))
    return _with_bar(picture, f"P-Net: {len(scores):,} proposals above {threshold:g}", threshold)


def _crops(
    photo: Image.Image, crops: Crops, scale: float, title: str, threshold: float
) -> Image.Image:
    scores = crops.network_scores.astype(np.float64)
    above = scores > threshold
    picture = _drawn(photo, crops.boxes * scale, scores, np.where(above, 3, 1))
    text = f"{title}: {above.sum():,} of {len(scores):,} boxes above {threshold:g}"
    return _with_bar(picture, text, threshold)


def _drawn(
    photo: Image.Image,
    boxes: npt.NDArray[np.float64],
    scores: npt.NDArray[np.float64],
    widths: npt.NDArray[np.int64],
) -> Image.Image:
    """Return a photo in dim grey with boxes over it, the best on top."""
    from PIL import ImageDraw

    picture = photo.convert("L").point([round(value * _DIMMED) for value in range(256)])
    picture = picture.convert("RGB")
    pen = ImageDraw.Draw(picture)
    # Pillow works through every pixel of a line, also of those out of sight.
    limits = np.array([*photo.size, *photo.size], np.float64)
    corners = np.rint(np.clip(boxes, -limits, 2 * limits))
    for number in np.argsort(scores, kind="stable"):
        x1, y1, x2, y2 = corners[number].tolist()
        colour, width = _colour(float(scores[number])), int(widths[number])
        pen.rectangle((x1, y1, max(x1, x2), max(y1, y2)), outline=colour, width=width)
    return picture


def _with_bar(picture: Image.Image, text: str, threshold: float | None = None) -> Image.Image:
    """Return a picture with a text below it, and if it has a threshold, what the colours mean."""
    from PIL import ImageDraw

    font = default_font(_TEXT)
    room = 12 + round(font.getlength(text)) + (0 if threshold is None else _LEGEND + 24)
    whole = Image.new("RGB", (max(picture.width, room), picture.height + _BAR), _GROUND)
    whole.paste(picture)
    pen = ImageDraw.Draw(whole)
    middle = picture.height + _BAR // 2
    pen.text((8, middle - _TEXT // 2 - 2), text, fill=_INK, font=font)
    if threshold is not None:
        _legend(pen, whole.width - _LEGEND, middle, threshold, font)
    return whole


def _legend(pen: ImageDraw.ImageDraw, left: int, middle: int, threshold: float, font: Font) -> None:
    length = _LEGEND - 90
    pen.text((left, middle - _TEXT // 2 - 2), "score 0", fill=_INK, font=font)
    start = left + 70
    for step in range(length):
        x = start + step
        pen.line((x, middle - 7, x, middle + 7), fill=_colour(step / (length - 1)))
    x = start + round(threshold * (length - 1))
    pen.line((x, middle - 12, x, middle + 12), fill=_INK, width=2)
    pen.text((start + length + 6, middle - _TEXT // 2 - 2), "1", fill=_INK, font=font)


def _colour(score: float) -> tuple[int, int, int]:
    at = min(max(score, 0.0), 1.0) * (len(_COLOURS) - 1)
    low = min(int(at), len(_COLOURS) - 2)
    red, green, blue = _COLOURS[low] + (_COLOURS[low + 1] - _COLOURS[low]) * (at - low)
    return round(red), round(green), round(blue)


def _mark(picture: Image.Image, x: float, y: float) -> None:
    """Draw cross hairs that leave the point itself free."""
    from PIL import ImageDraw

    pen = ImageDraw.Draw(picture)
    for colour, width in ((_GROUND, 5), (_POINT, 3)):
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            pen.line((x + 6 * dx, y + 6 * dy, x + 22 * dx, y + 22 * dy), fill=colour, width=width)
