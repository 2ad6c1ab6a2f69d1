"""Checks of a source against its photographs: what cannot be used is left out and noted."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ...errors import ImageError, first_line
from ...files.decoding import upright_size
from ...files.images import DEFAULT_MAX_PIXELS
from .annotated import AnnotatedImage, ImageFile, Problem, ProblemKind
from .source import Floats, SourceImage


def cleaned(image: SourceImage, name: str) -> tuple[AnnotatedImage | None, list[Problem]]:
    """Return a photograph whose boxes and points can be used, and what was wrong with it.

    Parameters
    ----------
    image : SourceImage
        The photograph as its annotations describe it. Only the header of its file is read.
    name : str
        Its name over all sets.

    Returns
    -------
    image : AnnotatedImage or None
        None if the photograph cannot be read.
    problems : list of Problem
        See `Problem` for what becomes of each kind.
    """
    try:
        with image.file.open() as file:
            size = upright_size(file, DEFAULT_MAX_PIXELS)
    except (OSError, ImageError) as error:
        return None, [_unreadable(image.file, error)]
    where = str(image.file)
    boxes, kinds = _judged(image.boxes, size)
    problems = [
        Problem(kind, where, _listed(box))
        for box, kind in zip(image.boxes, kinds, strict=True)
        if kind is not None
    ]
    points, lost = _usable_points(image.points)
    problems += [Problem("points_impossible", where, _listed(each)) for each in image.points[lost]]
    ignored = image.ignored | np.array([kind is not None for kind in kinds], bool)
    kept = np.array([kind != "box_not_finite" for kind in kinds], bool)
    return (
        AnnotatedImage(name, image.file, boxes[kept], ignored[kept], points[kept], image.group),
        problems,
    )


def _unreadable(file: ImageFile, error: OSError | ImageError) -> Problem:
    missing = isinstance(error, FileNotFoundError)
    kind: ProblemKind = "photo_missing" if missing else "photo_unreadable"
    reason = error.strerror if isinstance(error, OSError) else None
    if isinstance(error, ImageError):
        reason = error.reason
    return Problem(kind, str(file), reason or first_line(error))


def _judged(boxes: Floats, size: tuple[int, int]) -> tuple[Floats, list[ProblemKind | None]]:
    """Return boxes whose corners are in order, and why each cannot be used, if it cannot."""
    ordered = np.concatenate(
        [np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])], axis=1
    )
    kinds = list(_kinds(boxes, size))
    # Areas of ignored boxes must not overflow.
    ignored = np.array([kind is not None for kind in kinds], bool)
    extent = np.array([*size, *size], np.float64)
    ordered[ignored] = np.clip(ordered[ignored], -extent, 2 * extent)
    return ordered, kinds


def _kinds(boxes: Floats, size: tuple[int, int]) -> Iterator[ProblemKind | None]:
    width, height = size
    for x1, y1, x2, y2 in boxes.tolist():
        if not all(map(math.isfinite, (x1, y1, x2, y2))):
            yield "box_not_finite"
        elif x2 <= x1 or y2 <= y1:
            yield "box_without_extent"
        elif x2 <= 0 or y2 <= 0 or x1 >= width or y1 >= height:
            yield "box_outside"
        elif x1 < -width or y1 < -height or x2 > 2 * width or y2 > 2 * height:
            yield "box_too_large"
        else:
            yield None


def _usable_points(points: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return points without those that cannot be used, and which faces had such."""
    none = np.isnan(points).all(axis=(1, 2))
    usable = np.isfinite(points).all(axis=(1, 2)) & (points[:, 0] != points[:, 1]).any(axis=1)
    kept = points.copy()
    kept[~usable] = np.nan
    return kept, ~usable & ~none


def _listed(numbers: Floats) -> str:
    return " ".join(f"{number:g}" for number in numbers.ravel().tolist())
