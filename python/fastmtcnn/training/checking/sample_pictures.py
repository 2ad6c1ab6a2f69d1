"""A contact sheet of training samples, with their targets drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...faces.drawing import default_font
from ..samples.records import Kind, Records

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

    from ...faces.drawing import Font

KINDS = ("positive", "part", "negative", "landmark")

_CROP = 80  # pixels of the side of an enlarged crop
_MARGIN = 24  # pixels around it, on which boxes and points beyond the crop are drawn
_CELL = _CROP + 2 * _MARGIN
_TITLE = 26  # pixels of the height of a title
_PER_ROW = 12
_DOT = 3  # pixels of the radius of a point
_GROUND, _INK, _BOX = (24, 28, 30), (235, 238, 240), (80, 230, 120)
# Points at image left, at image right, and the nose: swapped points are seen by their colours.
_LEFT, _RIGHT, _NOSE = (80, 160, 255), (255, 150, 40), (255, 255, 255)
_POINT_COLOURS = (_LEFT, _RIGHT, _NOSE, _LEFT, _RIGHT)


def samples_picture(
    crops: npt.NDArray[np.uint8],
    kinds: Sequence[str],
    offsets: npt.ArrayLike,
    points: npt.ArrayLike,
    *,
    most: int = 24,
) -> Image.Image:
    """Draw training samples with their targets, enlarged and sorted by kind.

    Boxes are green. Points are blue at image left, orange at image right, and white for the nose.

    Parameters
    ----------
    crops : ndarray of uint8, shape (n, side, side, 3)
        RGB pixels of the samples.
    kinds : sequence of str
        Kind of each, one of ``"positive"``, ``"part"``, ``"negative"`` and ``"landmark"``.
    offsets : array_like, shape (n, 4)
        Offsets of x1, y1, x2, y2 of the face from the corners of the crop, as shares of its side;
        NaN for a sample without box.
    points : array_like, shape (n, 5, 2)
        x, y of the points as shares of the side, from the first corner of the crop; NaN for a
        sample without points.
    most : int, default 24
        Largest number of samples of each kind; the first ones are taken.

    Returns
    -------
    PIL.Image.Image
        RGB picture; kinds without samples have a title alone.

    Raises
    ------
    ValueError
        If shapes or kinds are others.
    """
    from PIL import Image, ImageDraw

    boxes, marks = np.asarray(offsets, np.float64), np.asarray(points, np.float64)
    _check(crops, kinds, boxes, marks)
    chosen = {kind: [k for k, each in enumerate(kinds) if each == kind] for kind in KINDS}
    heights = [_TITLE + _CELL * -(-len(each[:most]) // _PER_ROW) for each in chosen.values()]
    sheet = Image.new("RGB", (_CELL * _PER_ROW, sum(heights)), _GROUND)
    pen = ImageDraw.Draw(sheet)
    font: Font = default_font(15)
    top = 0
    for (kind, indices), height in zip(chosen.items(), heights, strict=True):
        shown = indices[:most]
        title = f"{kind}: {len(shown)} of {len(indices):,} samples"
        pen.text((8, top + 5), title, fill=_INK, font=font)
        for place, index in enumerate(shown):
            row, column = divmod(place, _PER_ROW)
            left, upper = column * _CELL + _MARGIN, top + _TITLE + row * _CELL + _MARGIN
            enlarged = Image.fromarray(crops[index]).resize(
                (_CROP, _CROP), Image.Resampling.NEAREST
            )
            sheet.paste(enlarged, (left, upper))
            _draw_targets(pen, np.array([left, upper], float), boxes[index], marks[index])
        top += height
    return sheet


def records_picture(records: Records, *, most: int = 24) -> Image.Image:
    """Draw training samples as they are stored.

    Parameters
    ----------
    records : ndarray of `record_type`, shape (n,)
        The samples.
    most : int, default 24
        As for `samples_picture`.

    Returns
    -------
    PIL.Image.Image
        RGB picture.
    """
    points = records["points"]
    return samples_picture(
        np.ascontiguousarray(records["pixels"].transpose(0, 2, 3, 1)),
        [Kind(kind).name.lower() for kind in records["kind"].tolist()],
        records["offsets"],
        np.stack([points[:, :5], points[:, 5:]], axis=2),
        most=most,
    )


def _check(
    crops: npt.NDArray[np.uint8],
    kinds: Sequence[str],
    offsets: npt.NDArray[np.float64],
    points: npt.NDArray[np.float64],
) -> None:
    n = len(kinds)
    is_square = crops.ndim == 4 and crops.shape[1] == crops.shape[2] and crops.shape[3] == 3
    if not is_square or crops.dtype != np.uint8 or len(crops) != n:
        raise ValueError(
            f"crops must be uint8 of shape ({n}, side, side, 3), one for each kind, "
            f"got {crops.dtype} of shape {crops.shape}"
        )
    if offsets.shape != (n, 4) or points.shape != (n, 5, 2):
        raise ValueError(
            f"offsets and points must have shapes ({n}, 4) and ({n}, 5, 2), "
            f"got {offsets.shape} and {points.shape}"
        )
    others = sorted(set(kinds) - set(KINDS))
    if others:
        raise ValueError(f"kinds must be some of {', '.join(KINDS)}, got {others[0]!r}")


def _draw_targets(
    pen: ImageDraw.ImageDraw,
    corner: npt.NDArray[np.float64],
    offsets: npt.NDArray[np.float64],
    points: npt.NDArray[np.float64],
) -> None:
    lowest, highest = corner - _MARGIN + 1, corner + _CROP + _MARGIN - 2  # stay within the cell
    if np.isfinite(offsets).all():
        first = np.clip(corner + offsets[:2] * _CROP, lowest, highest)
        second = np.clip(corner + (1 + offsets[2:]) * _CROP - 1, lowest, highest)
        low, high = np.minimum(first, second), np.maximum(first, second)
        pen.rectangle((*low.tolist(), *high.tolist()), outline=_BOX, width=2)
    if np.isfinite(points).all():
        for point, colour in zip(points, _POINT_COLOURS, strict=True):
            x, y = np.clip(corner + point * _CROP, lowest + _DOT, highest - _DOT).tolist()
            pen.ellipse((x - _DOT, y - _DOT, x + _DOT, y + _DOT), fill=colour, outline=_GROUND)
