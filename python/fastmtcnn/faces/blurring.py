"""Pictures in which faces cannot be recognised."""

from __future__ import annotations

import math
import sys
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from .. import checks
from ..detections import Detections
from ..errors import unknown_name
from ..files.images import ImageLike, as_rgb

Method: TypeAlias = Literal["blur", "pixelate", "box"]
Shape: TypeAlias = Literal["ellipse", "box"]
METHODS: tuple[Method, ...] = ("blur", "pixelate", "box")
SHAPES: tuple[Shape, ...] = ("ellipse", "box")

_CELLS = 6  # along the longer side of what is covered: all that is left of a face of any size
_SOFT = 0.1  # how far the edge of a blur fades outwards, of the distance from the middle
_BLACK = (0, 0, 0)
_SQUARES = Image.Resampling.NEAREST


def blur(
    image: ImageLike,
    detections: Detections,
    *,
    method: Method = "blur",
    shape: Shape = "ellipse",
    margin: float = 0.15,
) -> Image.Image:
    """Make the faces of an image unrecognisable.

    Parameters
    ----------
    image : ndarray, PIL.Image.Image, str, path-like or bytes
        As `MTCNN.detect` takes it; arrays in RGB.
    detections : Detections
        The faces, in pixels of the image. What lies outside the image is left out.
    method : {"blur", "pixelate", "box"}, default "blur"
        What covers a face. ``"pixelate"``: the mean colours of square cells, whose side is a sixth
        of the longer side of what is covered. ``"blur"``: a smooth picture made of the same few
        colours, so that it cannot be sharpened again. ``"box"``: black, which tells nothing but
        where a face was.
    shape : {"ellipse", "box"}, default "ellipse"
        What is covered: the ellipse within the enlarged box, or all of that.
    margin : float, default 0.15
        By how much the box is enlarged on each side, as a part of its width and height, 0 to 1.

    Returns
    -------
    PIL.Image.Image
        A copy in RGB, of the size of the (upright) image. What was covered is not in it, nor is
        anything else that came with a file, such as a thumbnail.

    Raises
    ------
    ValueError, TypeError
        If an option is none of these, or a box is not finite.
    TypeError, ImageError
        If the image is of another kind or damaged.
    OSError
        If a file cannot be read.

    Notes
    -----
    The number of cells does not depend on the size of the face: a large one keeps no more detail
    than a small one. The edge is soft on the outside only. Colours of few cells still tell hair
    from skin, and a program can guess who of a few known people it is; use ``"box"`` where that
    matters. Faces that were not found are not covered.

    Examples
    --------
    >>> import fastmtcnn
    >>> photo = fastmtcnn.sample_photo()
    >>> picture = fastmtcnn.blur(photo, fastmtcnn.MTCNN().detect(photo), method="pixelate")
    >>> picture.mode, picture.size
    ('RGB', (512, 512))
    """
    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    if shape not in SHAPES:
        raise unknown_name("shape", shape, SHAPES)
    margin = checks.fraction("margin", margin)
    boxes = np.asarray(Detections(*detections).boxes, np.float64).reshape(-1, 4)
    if not np.isfinite(boxes).all():
        raise ValueError("detections must have finite boxes: where else should a face be covered?")
    # From an array, always a copy. Whoever has the pixels in memory has decided on their number.
    picture = Image.fromarray(as_rgb(image, "rgb", sys.maxsize))
    for box in boxes:
        # Each on what the ones before left, so that where two overlap none brings detail back.
        _cover(picture, _Region.around(box, margin), method, shape)
    return picture


class _Region(NamedTuple):
    """The middle of what is covered, and how far it reaches to the sides; in pixels."""

    middle: npt.NDArray[np.float64]
    reach: npt.NDArray[np.float64]

    @classmethod
    def around(cls, box: npt.NDArray[np.float64], margin: float) -> _Region:
        first, last = np.sort(box.reshape(2, 2), axis=0)
        # Half a pixel more, since coordinates are those of the pixels' centres.
        return cls((first + last) / 2, (last - first) * (0.5 + margin) + 0.5)

    def mask(self, xs: range, ys: range, shape: Shape, soft: float) -> npt.NDArray[np.uint8]:
        """Return 255 within, falling to 0 on the way outwards."""
        x = np.abs(xs - self.middle[0]) / self.reach[0]
        y = np.abs(ys - self.middle[1])[:, None] / self.reach[1]
        distance = np.hypot(x, y) if shape == "ellipse" else np.maximum(x, y)
        opaque = np.clip((1 + soft - distance) / soft, 0, 1)
        return np.asarray(np.rint(255 * opaque), np.uint8)


def _cover(picture: Image.Image, region: _Region, method: Method, shape: Shape) -> None:
    soft = _SOFT if method == "blur" else 1 / float(region.reach.min())  # one pixel, else
    limits = np.array(picture.size)
    outer = region.reach * (1 + soft)
    left, top = np.clip(np.ceil(region.middle - outer), 0, limits).astype(int)
    right, bottom = np.clip(np.floor(region.middle + outer) + 1, 0, limits).astype(int)
    if left >= right or top >= bottom:
        return
    part = picture.crop((left, top, right, bottom))
    if method == "box":
        part.paste(_BLACK, (0, 0, *part.size))
    else:
        length = 2 * float(region.reach.max()) / _CELLS
        part = _cells(part, length, Image.Resampling.BICUBIC if method == "blur" else _SQUARES)
    mask = region.mask(range(left, right), range(top, bottom), shape, soft)
    picture.paste(part, (left, top), Image.fromarray(mask))


def _cells(part: Image.Image, length: float, between: Image.Resampling) -> Image.Image:
    """Return the mean colours of cells about so long and wide, from the upper left."""
    side = min(max(math.ceil(length), 2), max(part.size))
    means = part.reduce(side)  # exact, where `resize` would leave a trace of each row
    enlarged = means.resize((means.width * side, means.height * side), between)
    return enlarged.crop((0, 0, *part.size))
