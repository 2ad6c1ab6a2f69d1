"""Alignment of faces: crops whose landmarks lie as in a template, for face recognition networks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from .. import _core, checks
from ..errors import FastMTCNNError, unknown_name
from ..files.images import ImageLike, as_rgb
from .given import FacesLike, landmarks_of, numbers_or_none

Border: TypeAlias = Literal["constant", "replicate", "reflect"]
Layout: TypeAlias = Literal["hwc", "chw"]

# Positions of the landmarks for ArcFace (InsightFace), in pixels of a crop of 112x112.
_ARCFACE = (
    *((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366)),
    *((41.5493, 92.3655), (70.7299, 92.2041)),
)
# Median positions of the landmarks in crops of 160x160 pixels, cut as for the training of
# facenet-pytorch's networks: boxes of the facenet-pytorch variant with a margin of 14. Over 975
# faces and their mirror images, those in 649 photographs of WIDER FACE with a score above 0.999 and
# at least 60 pixels wide and high. benchmarks/facenet_template.py computes them.
_FACENET = ((46.8, 63.7), (113.2, 63.7), (80.0, 94.2), (49.9, 117.1), (110.1, 117.1))
TEMPLATES: dict[str, npt.NDArray[np.float64]] = {
    "arcface": np.array(_ARCFACE) / 112,
    "facenet": np.array(_FACENET) / 160,
}
_BORDERS: tuple[Border, ...] = get_args(Border)
_LAYOUTS: tuple[Layout, ...] = get_args(Layout)


def align(
    image: ImageLike,
    landmarks: FacesLike,
    size: int | tuple[int, int] = 112,
    template: str | npt.ArrayLike = "arcface",
    *,
    margin: float = 0.0,
    border: Border = "constant",
    fill: int | tuple[int, int, int] = 0,
    antialias: bool = False,
    normalize: tuple[float, float] | None = None,
    layout: Layout = "hwc",
) -> npt.NDArray[Any]:
    """Return crops of faces, rotated, scaled and shifted so that landmarks lie as in a template.

    All faces of an image are cut out in one pass over its pixels, with bilinear interpolation.

    Parameters
    ----------
    image : ndarray, tensor, PIL.Image.Image, str, path-like or bytes
        An image that `MTCNN.detect` accepts. Crops of an array keep its order of channels.
    landmarks : Detections, Face or array_like, shape (n, 5, 2) or (5, 2)
        Detections or a face in this image, or x, y of landmarks in pixels of it. Boxes alone are
        not enough. With a custom template of k points, k points a face instead of five.
    size : int or (int, int), default 112
        Side of the crops in pixels, or their height and width; at most 4096.
    template : {"arcface", "facenet"} or array_like, shape (k, 2), default "arcface"
        Positions of the landmarks in a crop. ``"arcface"``: those of ArcFace and other networks of
        InsightFace. ``"facenet"``: the median positions in the upright crops that facenet-pytorch's
        networks are trained on, with its margin. Both are made for square crops; in others they are
        scaled with the shorter side and centred. A custom template has x, y in pixels of the crop.
    margin : float, default 0
        Margin added on each side, as a share of the crop without it; above -0.5
        and at most 100.
    border : {"constant", "replicate", "reflect"}, default "constant"
        Pixels outside the image: the colour `fill`, the nearest pixel of its border, or its mirror
        image.
    fill : int or (int, int, int), default 0
        Colour of each channel, 0 to 255, for ``border="constant"``.
    antialias : bool, default False
        Whether to average several samples a pixel if the face is larger than the crop. Otherwise
        crops equal those of OpenCV's ``warpAffine``, which skips pixels then.
    normalize : (float, float), optional
        mean and scale: return float32 values (p - mean) / scale. (127.5, 127.5) for ArcFace,
        (127.5, 128) for facenet-pytorch.
    layout : {"hwc", "chw"}, default "hwc"
        Order of the axes: channels last or first.

    Returns
    -------
    ndarray of uint8, or with `normalize` of float32, shape (n, height, width, 3)
        Crops in the order of the landmarks; shape (n, 3, height, width) for ``"chw"``. Without the
        first axis if the landmarks have shape (k, 2).

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid, or the landmarks of a face coincide.
    TypeError, ImageError, OSError
        If the image cannot be used, as for `MTCNN.detect`.

    See Also
    --------
    similarity_transforms : The transforms alone, to map other points.

    Examples
    --------
    >>> import fastmtcnn
    >>> photo = fastmtcnn.sample_photo()
    >>> fastmtcnn.align(photo, fastmtcnn.MTCNN().detect(photo)).shape
    (1, 112, 112, 3)
    """
    height, width = _size(size)
    transforms = similarity_transforms(landmarks, size, template, margin=margin)
    if border not in _BORDERS:
        raise unknown_name("border", border, _BORDERS)
    if layout not in _LAYOUTS:
        raise unknown_name("layout", layout, _LAYOUTS)
    colour = _colour(fill)
    checks.flag("antialias", antialias)
    mean_and_scale = None if normalize is None else _mean_and_scale(normalize)
    pixels = as_rgb(image, "rgb", sys.maxsize)
    stack = transforms.reshape(-1, 2, 3)
    crops: npt.NDArray[Any] = _core.warp(pixels, stack, height, width, border, colour, antialias)
    if mean_and_scale is not None:
        mean, scale = map(np.float32, mean_and_scale)
        table = (np.arange(256, dtype=np.uint8) - mean) / scale
        crops = _core.apply_table(crops, table, layout == "chw")
    elif layout == "chw":
        crops = np.ascontiguousarray(crops.transpose(0, 3, 1, 2))
    return crops if transforms.ndim == 3 else crops[0]


def similarity_transforms(
    landmarks: FacesLike,
    size: int | tuple[int, int] = 112,
    template: str | npt.ArrayLike = "arcface",
    *,
    margin: float = 0.0,
) -> npt.NDArray[np.float64]:
    """Return the similarity transforms that `align` applies to faces.

    Rotation, scale and translation with the least sum of squared distances to the template, without
    reflection: S. Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", IEEE Transactions on Pattern Analysis and Machine Intelligence 13 (1991).

    Parameters
    ----------
    landmarks, size, template, margin
        As for `align`.

    Returns
    -------
    ndarray of float64, shape (n, 2, 3) or (2, 3)
        ``x', y' = transform[:, :2] @ (x, y) + transform[:, 2]`` from pixels of the image to pixels
        of the crop, with pixel centres at integers, as in OpenCV's ``warpAffine``.

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid, or the landmarks of a face coincide.
    """
    targets = _targets(template, _size(size), margin)
    wanted = f"of shape (n, {len(targets)}, 2) or ({len(targets)}, 2)"
    points = _numbers("landmarks", landmarks_of(landmarks), wanted)
    if points.ndim not in (2, 3) or points.shape[-2:] != targets.shape:
        hint = "; boxes alone are not enough" if points.shape[-1:] == (4,) else ""
        raise ValueError(f"landmarks must be {wanted}, got shape {points.shape}{hint}")
    fitted = _core.fit_similarities(points.reshape(-1, *targets.shape), targets)
    scales = np.hypot(fitted[:, 0, 0], fitted[:, 1, 0])
    if not (scales > np.finfo(np.float32).tiny).all():
        face = int(np.argmin(scales))
        raise FastMTCNNError(
            f"the landmarks of face {face} must differ as those of the template do, got "
            f"{points.reshape(-1, *targets.shape)[face].tolist()}"
        )
    return fitted if points.ndim == 3 else fitted[0]


def _targets(
    template: str | npt.ArrayLike, size: tuple[int, int], margin: float
) -> npt.NDArray[np.float64]:
    height, width = size
    room = checks.margin("margin", margin)
    if isinstance(template, str):
        if template not in TEMPLATES:
            raise unknown_name("template", template, tuple(TEMPLATES))
        shorter = min(size)
        centred = np.array([width - shorter, height - shorter]) / 2
        targets = TEMPLATES[template] * shorter + centred
    else:
        targets = _numbers("template", template, "a name or points of shape (k, 2)")
        if targets.ndim != 2 or targets.shape[1] != 2 or len(targets) < 2:
            raise ValueError(
                "template must be a name or at least two points of shape (k, 2), got shape "
                f"{targets.shape}"
            )
    return np.ascontiguousarray((targets + np.multiply(room, (width, height))) / (1 + 2 * room))


def _numbers(name: str, values: object, wanted: str) -> npt.NDArray[np.float64]:
    numbers = numbers_or_none(values)
    if numbers is None:
        raise TypeError(f"{name} must be {wanted}, got {type(values).__name__}")
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name} must be finite numbers, got some that are not")
    return np.ascontiguousarray(numbers)


def _size(size: object) -> tuple[int, int]:
    sides = size if isinstance(size, (tuple, list)) else (size, size)
    if len(sides) != 2:
        raise ValueError(f"size must be a whole number, or height and width, got {size!r}")
    height, width = (checks.side("size", side) for side in sides)
    return height, width


def _colour(fill: object) -> tuple[int, int, int]:
    wanted = "a whole number from 0 to 255, or three of them"
    channels = fill if isinstance(fill, (tuple, list)) else (fill,) * 3
    whole = all(
        isinstance(one, (int, np.integer)) and not isinstance(one, bool) for one in channels
    )
    if not whole:
        raise TypeError(f"fill must be {wanted}, got {fill!r}")
    if len(channels) != 3 or not all(0 <= one <= 255 for one in channels):
        raise ValueError(f"fill must be {wanted}, got {fill!r}")
    red, green, blue = (int(one) for one in channels)
    return red, green, blue


def _mean_and_scale(normalize: object) -> tuple[float, float]:
    wanted = "two numbers, mean and scale, the second not 0"
    if not isinstance(normalize, Sequence) or isinstance(normalize, (str, bytes)):
        raise TypeError(f"normalize must be {wanted}, got {normalize!r}")
    if len(normalize) != 2:
        raise ValueError(f"normalize must be {wanted}, got {normalize!r}")
    mean, scale = (checks.finite("each of normalize", value) for value in normalize)
    if scale == 0:
        raise ValueError(f"normalize must be {wanted}, got {normalize!r}")
    return mean, scale
