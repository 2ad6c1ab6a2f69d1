"""Windows cut out of a photograph and labelled: samples."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ... import _core
from .geometry import Floats, offsets_to, points_in
from .records import Kind, Records, record_type
from .windows import View

_USED = tuple(Kind)
_UNUSED = np.uint8(255)


def cut_samples(
    pixels: npt.NDArray[np.uint8],
    view: View,
    side: int,
    crop_scale: float = 1.0,
    complete: bool = True,
) -> Records:
    """Label windows, and cut out those that are of use.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        The photograph, RGB.
    view : View
        The windows.
    side : int
        Height and width of the samples.
    crop_scale : float
        Side of what is cut out, in units of the window's side.
    complete : bool
        Whether all faces are annotated. Otherwise only windows on a face with landmarks are used.

    Returns
    -------
    ndarray of `record_type`, shape (n,)
        The samples, in the order of the windows.
    """
    kinds, nearest = view.faces.label(view.windows)
    if not complete:
        is_positive = kinds == Kind.POSITIVE
        kinds = np.full(len(kinds), _UNUSED)
        if len(view.faces.points):
            with_points = np.isfinite(view.faces.points[nearest]).all(axis=(1, 2))
            kinds[is_positive & with_points] = Kind.LANDMARK
    used = np.flatnonzero(np.isin(kinds, _USED))
    regions = _enlarged(view.windows[used], crop_scale)
    if view.angle == 0:
        inside = _core.croppable_indices(_inclusive(regions), *pixels.shape[:2])
        used, regions = used[inside], regions[inside]
    kinds, nearest, windows = kinds[used], nearest[used], view.windows[used]
    records = np.zeros(len(used), record_type(side))
    records["pixels"] = _pixels(pixels, regions, view, side)
    records["kind"] = kinds
    records["offsets"] = np.nan
    records["points"] = np.nan
    on_face = kinds != Kind.NEGATIVE
    if on_face.any():
        faces, windows = nearest[on_face], windows[on_face]
        records["offsets"][on_face] = offsets_to(windows, view.faces.boxes[faces])
        records["points"][on_face] = points_in(windows, view.faces.points[faces])
    return records


def _enlarged(windows: Floats, factor: float) -> Floats:
    """Return the squares around the same centres, with whole corners."""
    if factor == 1:
        return windows
    sides = windows[:, 2:3] - windows[:, :1]
    wanted = np.rint(sides * factor)
    corners = np.rint((windows[:, :2] + windows[:, 2:] - wanted) / 2)
    return np.hstack([corners, corners + wanted])


def _inclusive(regions: Floats) -> Floats:
    """Return regions with the last pixel as second corner, as the core cuts them."""
    return np.ascontiguousarray(regions - [0, 0, 1, 1])


def _pixels(
    photo: npt.NDArray[np.uint8], regions: Floats, view: View, side: int
) -> npt.NDArray[np.uint8]:
    """Return the pixels of square regions, shape (n, 3, side, side)."""
    if view.angle == 0:
        source = _core.ResampleSource(photo)
        planes = _core.crop(source, _inclusive(regions), side)
        pixels: npt.NDArray[np.uint8] = np.rint(planes * 128 + 127.5).astype(np.uint8)
        return pixels
    crops = _core.warp(photo, _transforms(regions, view, side), side, side, antialias=True)
    return np.ascontiguousarray(crops.transpose(0, 3, 1, 2))


def _transforms(regions: Floats, view: View, side: int) -> Floats:
    """Return the maps from pixels of the photograph to those of crops, centres at integers.

    A point p of the photograph, with pixel corners at integers, lies at R (p - c) + c in the
    rotated frame, and at (that - corner) * scale in the crop.
    """
    cosine, sine = np.cos(view.angle), np.sin(view.angle)
    rotation = np.array([[cosine, -sine], [sine, cosine]])
    scales = side / (regions[:, 2] - regions[:, 0])
    transforms = np.empty((len(regions), 2, 3))
    transforms[:, :, :2] = scales[:, None, None] * rotation
    fixed = view.centre - rotation @ view.centre
    centre_of_first = rotation @ np.full(2, 0.5)  # the centre of pixel (0, 0) lies at (0.5, 0.5)
    shifts = scales[:, None] * (fixed + centre_of_first - regions[:, :2])
    transforms[:, :, 2] = shifts - 0.5
    return transforms
