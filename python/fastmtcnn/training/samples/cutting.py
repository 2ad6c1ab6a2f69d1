"""Windows cut out of a photograph and labelled: samples."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ... import _core
from ...cascade.stage_results import enlarge
from ...options import Options
from .geometry import Floats, offsets_to, points_in
from .records import Kind, Records, record_type
from .windows import View

_USED = tuple(Kind)
_UNUSED = np.uint8(255)
_VARIANT = Options().variant


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
    if view.angle == 0:  # the cascade leaves out squares without a pixel of the photograph
        used = used[_core.croppable_indices(_regions(view.windows[used], 1), *pixels.shape[:2])]
    regions = _regions(view.windows[used], crop_scale)
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


def _regions(windows: Floats, crop_scale: float) -> Floats:
    """Return what the cascade cuts out for windows; the second corners are pixels of it."""
    inclusive = np.ascontiguousarray(windows - [0, 0, 1, 1])
    return inclusive if crop_scale == 1 else enlarge(inclusive, crop_scale, _VARIANT)


def _pixels(
    photo: npt.NDArray[np.uint8], regions: Floats, view: View, side: int
) -> npt.NDArray[np.uint8]:
    """Return the pixels of square regions as the core cuts them, shape (n, 3, side, side)."""
    if view.angle == 0:
        source = _core.ResampleSource(photo)
        planes = _core.crop(source, regions, side)
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
    scales = side / (regions[:, 2] - regions[:, 0] + 1)
    transforms = np.empty((len(regions), 2, 3))
    transforms[:, :, :2] = scales[:, None, None] * rotation
    fixed = view.centre - rotation @ view.centre
    centre_of_first = rotation @ np.full(2, 0.5)  # the centre of pixel (0, 0) lies at (0.5, 0.5)
    shifts = scales[:, None] * (fixed + centre_of_first - regions[:, :2])
    transforms[:, :, 2] = shifts - 0.5
    return transforms
