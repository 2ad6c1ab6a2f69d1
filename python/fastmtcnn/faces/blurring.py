"""Anonymised copies of images: blurred, pixelated or filled faces."""

from __future__ import annotations

import math
import sys
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from .. import checks
from ..errors import unknown_name, warn_renamed
from ..files.images import ImageLike
from ..files.originals import original_of
from .given import FacesLike, given_faces

Method: TypeAlias = Literal["blur", "pixelate", "fill"]
Shape: TypeAlias = Literal["ellipse", "box"]
METHODS: tuple[Method, ...] = ("blur", "pixelate", "fill")
FORMER_METHODS: dict[str, Method] = {"box": "fill"}  # former names, which are deprecated
SHAPES: tuple[Shape, ...] = ("ellipse", "box")

CELLS = 6  # along the longer side of the covered region, so that no face keeps more detail
_SOFT = 0.1  # width of the soft edge outside of a blur, as a share of the distance from the centre
_BLACK = (0, 0, 0)
_SQUARES = Image.Resampling.NEAREST


def blur(
    image: ImageLike,
    detections: FacesLike,
    *,
    method: Method = "blur",
    shape: Shape = "ellipse",
    margin: float = 0.15,
    cells: int = CELLS,
) -> Image.Image:
    """Make the faces of an image unrecognisable.

    Parameters
    ----------
    image : ndarray, PIL.Image.Image, str, path-like or bytes
        An image that `MTCNN.detect` accepts; arrays in RGB.
    detections : Detections or array_like, shape (n, 4) or (4,)
        Faces, or x1, y1, x2, y2 of boxes alone, in pixels of the image. One `Face`, some of them,
        and the tuple (boxes, scores, landmarks) will do, too. Regions outside the image are
        ignored.
    method : {"blur", "pixelate", "fill"}, default "blur"
        Covering of a face. ``"pixelate"``: the mean colours of square cells, whose side is a sixth
        of the longer side of the covered region. ``"blur"``: a smooth interpolation of the same
        colours, which cannot be sharpened again. ``"fill"``: black, which shows only the position
        of the face. (``"box"``, the former name of ``"fill"``, is deprecated.)
    shape : {"ellipse", "box"}, default "ellipse"
        Covered region: the ellipse inscribed in the enlarged box, or the whole enlarged box.
    margin : float, default 0.15
        Enlargement of the box on each side, as a share of its width and height, 0 to 1.
    cells : int, default 6
        Number of cells along the longer side of the covered region, 1 to 6; fewer keep less of the
        face. ``"fill"`` has none.

    Returns
    -------
    PIL.Image.Image
        A copy in RGB, or in RGBA if parts of the image are transparent, of the size of the
        (upright) image. It contains neither the covered pixels, nor colours where the image is
        fully transparent, nor anything else from a file, such as a thumbnail. Its colours are those
        of the ICC profile in ``picture.info``, if there is one; see Notes.

    Raises
    ------
    ValueError, TypeError
        If an option is invalid, the faces have another form, or a box is not finite.
    TypeError, ImageError
        If the image is of another kind or damaged, or a file has several frames or pages.
    OSError
        If a file cannot be read.

    Notes
    -----
    Pillow writes the ICC profile of ``picture.info`` to PNG, TIFF and AVIF by itself, but to JPEG
    and WebP only on request: ``picture.save("copy.jpg",
    icc_profile=picture.info.get("icc_profile"))``.

    The number of cells does not depend on the size of the face: a large face keeps no more detail
    than a small one. The edge is soft on the outside only. Even few cells distinguish hair from
    skin, and a program may guess which of a few known people it is; use ``"fill"`` where that
    matters. Faces that were not detected are not covered.

    Examples
    --------
    >>> import fastmtcnn
    >>> photo = fastmtcnn.sample_photo()
    >>> picture = fastmtcnn.blur(photo, fastmtcnn.MTCNN().detect(photo), method="pixelate")
    >>> picture.mode, picture.size
    ('RGB', (512, 512))
    """
    if method in FORMER_METHODS:
        warn_renamed(f"method {method!r} of blur", FORMER_METHODS[method])
        method = FORMER_METHODS[method]
    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    if shape not in SHAPES:
        raise unknown_name("shape", shape, SHAPES)
    margin = checks.fraction("margin", margin)
    cells = checks.count("cells", cells)
    if cells > CELLS:
        raise ValueError(f"cells must be a whole number from 1 to {CELLS}, got {cells}")
    boxes = given_faces("detections", detections).boxes
    if not np.isfinite(boxes).all():
        raise ValueError("detections must have finite boxes, got some that are not")
    # The pixels are in memory already, or will be saved whole: their number is not limited.
    original = original_of(image, sys.maxsize)
    original.check_single()
    picture = original.picture(in_colour=True)
    for box in boxes:
        # On the result so far: where two faces overlap, the second must not restore detail.
        _cover(picture, _Region.around(box, margin), method, shape, cells)
    return picture


class _Region(NamedTuple):
    """Centre and half-axes of a covered region, x and y in pixels."""

    centre: npt.NDArray[np.float64]
    reach: npt.NDArray[np.float64]

    @classmethod
    def around(cls, box: npt.NDArray[np.float64], margin: float) -> _Region:
        first, last = np.sort(box.reshape(2, 2), axis=0)
        # Half a pixel more, since coordinates are those of pixel centres.
        return cls((first + last) / 2, (last - first) * (0.5 + margin) + 0.5)

    def mask(self, xs: range, ys: range, shape: Shape, soft: float) -> npt.NDArray[np.uint8]:
        """Return an opacity mask: 255 inside, falling to 0 within the soft edge outside."""
        x = np.abs(xs - self.centre[0]) / self.reach[0]
        y = np.abs(ys - self.centre[1])[:, None] / self.reach[1]
        distance = np.hypot(x, y) if shape == "ellipse" else np.maximum(x, y)
        opaque = np.clip((1 + soft - distance) / soft, 0, 1)
        return np.asarray(np.rint(255 * opaque), np.uint8)


def _cover(picture: Image.Image, region: _Region, method: Method, shape: Shape, cells: int) -> None:
    soft = _SOFT if method == "blur" else 1 / float(region.reach.min())  # otherwise one pixel
    limits = np.array(picture.size)
    outer = region.reach * (1 + soft)
    left, top = np.clip(np.ceil(region.centre - outer), 0, limits).astype(int)
    right, bottom = np.clip(np.floor(region.centre + outer) + 1, 0, limits).astype(int)
    if left >= right or top >= bottom:
        return
    part = picture.crop((left, top, right, bottom))
    if method == "fill":
        part.paste(_BLACK, (0, 0, *part.size))
    else:
        length = 2 * float(region.reach.max()) / cells
        part = _cells(part, length, Image.Resampling.BICUBIC if method == "blur" else _SQUARES)
    mask = region.mask(range(left, right), range(top, bottom), shape, soft)
    picture.paste(part, (left, top), Image.fromarray(mask))


def _cells(part: Image.Image, length: float, between: Image.Resampling) -> Image.Image:
    """Return the mean colours of square cells of about this side, starting at the upper left."""
    side = min(max(math.ceil(length), 2), max(part.size))
    means = part.reduce(side)  # exact means; `resize` would leave traces of single rows
    enlarged = means.resize((means.width * side, means.height * side), between)
    return enlarged.crop((0, 0, *part.size))
