"""Upright crops of boxes, with a margin, in their own sizes or all of one size."""

from __future__ import annotations

import math
import sys
from typing import overload

import numpy as np
import numpy.typing as npt

from .. import _core, checks
from ..errors import ImageError
from ..files.images import DEFAULT_MAX_PIXELS, ImageLike, as_rgb
from .given import FacesLike, given_faces


@overload
def crop(
    image: ImageLike,
    boxes: FacesLike,
    *,
    margin: float = ...,
    size: int,
    square: bool = ...,
) -> npt.NDArray[np.uint8]: ...
@overload
def crop(
    image: ImageLike,
    boxes: FacesLike,
    *,
    margin: float = ...,
    size: None = ...,
    square: bool = ...,
) -> list[npt.NDArray[np.uint8]]: ...
def crop(
    image: ImageLike,
    boxes: FacesLike,
    *,
    margin: float = 0.0,
    size: int | None = None,
    square: bool = False,
) -> npt.NDArray[np.uint8] | list[npt.NDArray[np.uint8]]:
    """Cut boxes out of an image, without rotation.

    Parameters
    ----------
    image : ndarray, tensor, PIL.Image.Image, str, path-like or bytes
        An image that `MTCNN.detect` accepts. Crops of an array keep its order of channels.
    boxes : Detections, Face or array_like, shape (n, 4) or (4,)
        Detections or a face in this image, or x1, y1, x2, y2 in pixels of it. Corners are rounded
        to the nearest integer; the first pixel of a crop is (x1, y1), the last one
        (x2 - 1, y2 - 1).
    margin : float, default 0
        Margin added on each side, as a share of the box's width and height; above -0.5 and at most
        100.
    size : int, optional
        Side in pixels to which all crops are resized, at most 4096. This distorts boxes that are
        not square, unless `square` is set.
    square : bool, default False
        Whether to extend the shorter side, about the centre, to the length of the longer one.

    Returns
    -------
    list of ndarray of uint8, shape (height, width, 3), or ndarray of uint8, (n, size, size, 3)
        Copies, black outside the image; with `size` one array, resampled like Pillow's
        ``BILINEAR``, which averages when it shrinks. For one face or a box of shape (4,), only its
        crop.

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid.
    ImageError
        If a box with its margin has no pixel of the image, or is too large: with a side of more
        than 16 times the longer side of the image, or without `size` with more than 200 million
        pixels.
    TypeError, ImageError, OSError
        If the image cannot be used, as for `MTCNN.detect`.

    Examples
    --------
    >>> import fastmtcnn
    >>> photo = fastmtcnn.sample_photo()
    >>> found = fastmtcnn.MTCNN().detect(photo)
    >>> [face.shape for face in fastmtcnn.crop(photo, found)]
    [(112, 88, 3)]
    >>> fastmtcnn.crop(photo, found, margin=0.25, size=160, square=True).shape
    (1, 160, 160, 3)
    """
    room = checks.margin("margin", margin)
    if size is not None:
        size = checks.side("size", size)
    given = given_faces("boxes", boxes)
    corners = given.boxes
    if not np.isfinite(corners).all():
        raise ValueError("boxes must be finite numbers, got some that are not")
    whole = _enlarged(corners, room, checks.flag("square", square))
    pixels = as_rgb(image, "rgb", sys.maxsize)
    height, width = pixels.shape[:2]
    _check_crops(whole, room, height, width, DEFAULT_MAX_PIXELS if size is None else math.inf)
    if size is None:
        cuts = [_cut(pixels, box) for box in whole.astype(np.int64)]
        return cuts[0] if given.is_single else cuts
    # Exact: the core returns (p - 127.5) / 128 of integers p.
    values = _core.crop(_core.ResampleSource(pixels), whole, size)
    crops: npt.NDArray[np.uint8] = np.ascontiguousarray(
        (values.transpose(0, 2, 3, 1) * 128 + 127.5).astype(np.uint8)
    )
    return crops[0:1].reshape(size, size, 3) if given.is_single else crops


def _enlarged(
    corners: npt.NDArray[np.float64], margin: float, square: bool
) -> npt.NDArray[np.float64]:
    """Return integer boxes in the core's convention: the second corner is a pixel of the box."""
    sides = corners[:, 2:] - corners[:, :2]
    room = margin * sides
    if square:
        room = room + ((sides + 2 * room).max(axis=1, keepdims=True) - sides - 2 * room) / 2
    first = np.rint(corners[:, :2] - room)
    if square:
        # Rounding both corners might make the sides differ by a pixel.
        last = first + np.rint((sides + 2 * room)[:, :1]) - 1
    else:
        last = np.rint(corners[:, 2:] + room) - 1
    return np.ascontiguousarray(np.hstack([first, last]))


def _check_crops(
    whole: npt.NDArray[np.float64], margin: float, height: int, width: int, max_pixels: float
) -> None:
    longest = int(_core.longest_box(height, width))
    sides = whole[:, 2:] - whole[:, :2] + 1
    for k, (columns, rows) in enumerate(sides.tolist()):
        if max(columns, rows) > longest or columns * max(rows, 0) > max_pixels:
            most = f"{max_pixels} pixels"
            if max(columns, rows) > longest:
                most = f"{longest} pixels a side, since the image is of {width}x{height}"
            raise ImageError(
                f"the crop of box {k} must have at most {most}, got {columns:.9g}x{rows:.9g} with "
                f"a margin of {margin:g}",
                kind="too_large",
            )
    met = _core.croppable_indices(whole, height, width)
    if len(met) < len(whole):
        missed = next(k for k in range(len(whole)) if k not in met)
        raise ImageError(
            f"box {missed} must have pixels and overlap the image of {width}x{height}, got "
            f"{whole[missed].tolist()} with a margin of {margin:g}",
            kind="shape",
        )


def _cut(pixels: npt.NDArray[np.uint8], box: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    x1, y1, x2, y2 = (int(value) for value in box)
    height, width = pixels.shape[:2]
    out = np.zeros((y2 - y1 + 1, x2 - x1 + 1, 3), np.uint8)
    top, left, bottom, right = max(y1, 0), max(x1, 0), min(y2 + 1, height), min(x2 + 1, width)
    out[top - y1 : bottom - y1, left - x1 : right - x1] = pixels[top:bottom, left:right]
    return out
