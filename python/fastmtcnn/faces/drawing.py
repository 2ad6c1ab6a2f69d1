"""Drawing of boxes, scores and landmarks over images."""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from .. import checks
from ..files.images import ImageLike
from ..files.originals import original_of
from .given import FaceArrays, FacesLike, Floats, given_faces

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

    Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_DARK = (0, 0, 0)
_BRIGHT = (70, 255, 110)
_DOT = (255, 225, 40)


def draw(
    image: ImageLike,
    detections: FacesLike,
    *,
    scores: bool = True,
    landmarks: bool = True,
    labels: Sequence[str] | None = None,
) -> Image.Image:
    """Draw boxes, scores and landmarks over an image.

    Lines are bright with dark edges, visible on any background. Their width depends on the sizes of
    the image and the face. Anything outside the image is clipped.

    Parameters
    ----------
    image : ndarray, PIL.Image.Image, str, path-like or bytes
        An image that `MTCNN.detect` accepts; arrays in RGB.
    detections : Detections or array_like, shape (n, 4) or (4,)
        Faces, or x1, y1, x2, y2 of boxes alone, in pixels of the image. One `Face`, some of them,
        and the tuple (boxes, scores, landmarks) will do, too.
    scores : bool, default True
        Whether to write the scores.
    landmarks : bool, default True
        Whether to draw the landmarks.
    labels : sequence of str, optional
        A text for each face, written before its score, such as a name or a number.

    Returns
    -------
    PIL.Image.Image
        A copy in RGB, or in RGBA if parts of the image are transparent, of the size of the
        (upright) image. Where the image is fully transparent, it is black. Its colours are those of
        the ICC profile in ``picture.info``, if there is one; see the notes of `blur`.

    Raises
    ------
    TypeError, ValueError
        If an option is invalid, the faces have another form or a coordinate is NaN, or the numbers
        of labels and faces differ.
    TypeError, ImageError
        If the image is of another kind or damaged, or a file has several frames or pages.
    OSError
        If a file cannot be read.

    Examples
    --------
    >>> import fastmtcnn
    >>> photo = fastmtcnn.sample_photo()
    >>> picture = fastmtcnn.draw(photo, fastmtcnn.MTCNN().detect(photo))
    >>> picture.mode, picture.size
    ('RGB', (512, 512))
    """
    from PIL import ImageDraw  # imports the fonts, which detection does not need

    boxes, confidences, points, _ = given_faces("detections", detections)
    with_scores = checks.flag("scores", scores) and confidences is not None
    texts = _texts(confidences if with_scores else None, len(boxes), labels)
    with_dots = checks.flag("landmarks", landmarks) and points is not None
    if points is None:
        points = np.zeros((len(boxes), 0, 2))
    if np.isnan(boxes).any() or np.isnan(points).any():
        raise ValueError("detections must have coordinates that are numbers, got NaN")
    # The pixels are in memory already, or will be saved whole: their number is not limited.
    original = original_of(image, sys.maxsize)
    original.check_single()
    picture = original.picture(in_colour=True)
    pen = ImageDraw.Draw(picture)
    faces = [_Sketch(*each, picture.size) for each in zip(boxes, points, texts, strict=True)]
    faces.reverse()  # the highest score on top
    for face in faces:
        face.frame(pen)
    if with_dots:
        for face in faces:
            face.dots(pen)
    fonts: dict[int, Font] = {}
    for face in faces:
        if face.font_size not in fonts:
            fonts[face.font_size] = default_font(face.font_size)
        face.label(pen, fonts[face.font_size])
    return picture


def preview(image: ImageLike, detections: FaceArrays, longest_side: int) -> bytes:
    """Draw boxes, scores and landmarks over a reduced copy of an image.

    Parameters
    ----------
    image, detections
        As for `draw`.
    longest_side : int
        Largest width and height of the copy in pixels. Smaller images are not enlarged.

    Returns
    -------
    bytes
        Content of a PNG file.
    """
    boxes, scores, landmarks = detections
    picture = original_of(image, sys.maxsize).picture(in_colour=True)
    before = picture.size
    picture.thumbnail((longest_side, longest_side))
    scale = np.array(picture.size, np.float32) / np.array(before, np.float32)
    # The centre of the first pixel is (0, 0), its corner (-0.5, -0.5).
    boxes = (boxes + 0.5) * np.tile(scale, 2) - 0.5
    landmarks = ((landmarks + 0.5) * scale - 0.5).astype(np.float32)
    file = io.BytesIO()
    draw(picture, (boxes, scores, landmarks)).save(file, "PNG")
    return file.getvalue()


def _texts(scores: Floats | None, count: int, labels: object) -> list[str]:
    """Return the text to write at each face."""
    numbers = [""] * count if scores is None else [f"{score:.2f}" for score in scores.tolist()]
    if labels is None:
        return numbers
    wanted = "labels must be one str for each face"
    if not isinstance(labels, Sequence) or isinstance(labels, (str, bytes)):
        raise TypeError(f"{wanted}, got {type(labels).__name__}")
    for label in labels:
        if not isinstance(label, str):
            raise TypeError(f"{wanted}, got {label!r}")
    if len(labels) != len(numbers):
        raise ValueError(f"{wanted}, got {len(labels)} for {len(numbers)} faces")
    # Labels may contain line breaks, but are written on one line.
    return [
        " ".join(f"{label} {text}".split()) for label, text in zip(labels, numbers, strict=True)
    ]


class _Sketch:
    """One face in integer pixels, with its text and its line widths."""

    def __init__(
        self,
        box: Floats,
        landmarks: Floats,
        text: str,
        size: tuple[int, int],
    ) -> None:
        box = np.sort(box.reshape(2, 2), axis=0)
        side = float((box[1] - box[0]).min())
        extent = math.sqrt(size[0] * size[1])
        self._size = size
        self._line = round(_limited(side / 10, 1, max(extent / 300, 1)))
        self._edge = max(round(self._line / 3), 1)
        self.font_size = round(_limited(side / 4, 10, max(extent / 40, 10)))
        self._margin = self._line + self._edge
        self._box = self._pixels(box)
        self._landmarks = self._pixels(landmarks)
        self._text = text

    def _pixels(self, points: Floats) -> list[tuple[int, int]]:
        # Points far outside are moved closer, but stay invisible: Pillow's time grows with the
        # length of a line, and its coordinates are C integers.
        beyond = 2 * self._margin
        limits = np.array(self._size) + beyond
        return [(int(x), int(y)) for x, y in np.rint(np.clip(points, -beyond, limits))]

    def frame(self, pen: ImageDraw.ImageDraw) -> None:
        """Draw the box with a line that grows outwards, so that it hides little of a small face."""
        line, edge = self._line, self._edge
        self._rectangle(pen, _DARK, line - 1 + edge, line + 2 * edge)
        self._rectangle(pen, _BRIGHT, line - 1, line)

    def _rectangle(
        self, pen: ImageDraw.ImageDraw, colour: tuple[int, int, int], grow: int, width: int
    ) -> None:
        (x1, y1), (x2, y2) = self._box
        pen.rectangle((x1 - grow, y1 - grow, x2 + grow, y2 + grow), outline=colour, width=width)

    def dots(self, pen: ImageDraw.ImageDraw) -> None:
        """Draw the landmarks."""
        for radius, colour in ((self._line + self._edge, _DARK), (self._line, _DOT)):
            for x, y in self._landmarks:
                pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def label(self, pen: ImageDraw.ImageDraw, font: Font) -> None:
        """Write the text above the box, or inside if there is no room above."""
        (x1, y1), (x2, y2) = self._box
        width, height = self._size
        if not self._text or x2 < 0 or y2 < 0 or x1 >= width or y1 >= height:
            return
        text = _writable(self._text, font)
        left, top, right, bottom = _ink(font, text)
        pad = self._margin
        label_width, label_height = right - left + 2 * pad, bottom - top + 2 * pad
        x = max(min(x1 - self._line + 1, width - label_width), 0)
        y = y1 - self._margin + 1 - label_height
        if y < 0:
            y = max(y1 + self._edge + 1, 0)
        pen.rectangle((x, y, x + label_width - 1, y + label_height - 1), fill=_DARK)
        pen.text((x + pad - left, y + pad - top), text, fill=_BRIGHT, font=font)


def _limited(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def default_font(size: int) -> Font:
    """Return Pillow's default font, in this height in pixels unless its height is fixed."""
    from PIL import ImageFont

    try:
        return ImageFont.load_default(size=size)
    except ImportError:  # Pillow was built without FreeType
        return ImageFont.load_default()


def _writable(text: str, font: Font) -> str:
    """Return a text without the characters that Pillow's bitmap font, which has 256, rejects."""
    from PIL import ImageFont

    is_other = isinstance(font, ImageFont.ImageFont)
    return text.encode("latin-1", "replace").decode("latin-1") if is_other else text


def _ink(font: Font, text: str) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom in pixels of a text drawn at (0, 0)."""
    left, top, right, bottom = font.getbbox(text)
    return math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)
