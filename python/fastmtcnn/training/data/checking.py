"""A check of annotated photographs before hours of training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from ...errors import ImageError, first_line
from ...evaluation.height_bins import EDGES
from ...files.decoding import decode, upright_size
from ...files.images import DEFAULT_MAX_PIXELS
from ...runtime.cores import default_num_threads
from ...runtime.pipeline import ordered
from ...runtime.workers import Workers
from .annotated import AnnotatedImage, Problem, TrainingSet
from .best_windows import best_overlaps, squares_around
from .check_report import CheckReport, SetReport
from .duplicates import duplicates
from .estimates import estimate_samples
from .source import Floats

MIN_POSITIVE = 0.65  # IoU from which a window is a positive sample

_AHEAD = 4  # photographs in progress for each thread


def check(
    sets: Sequence[TrainingSet],
    *,
    decoding: bool = False,
    on_photo: Callable[[], object] | None = None,
) -> CheckReport:
    """Check sets of annotated photographs.

    Parameters
    ----------
    sets : sequence of TrainingSet
        Sets that `read_sets` returned.
    decoding : bool, default False
        Whether to decode every photograph, in several threads. Otherwise headers alone are read.
    on_photo : callable, optional
        Called after each photograph.

    Returns
    -------
    CheckReport
        The findings.
    """
    look = partial(_size, decoding=decoding)
    reports = []
    num_threads = default_num_threads() if decoding else 1
    for each in sets:
        sizes: list[tuple[int, int] | None] = []
        problems = list(each.problems)
        results = ordered(look, each.images, Workers(num_threads), _AHEAD * num_threads)
        for result in results:
            sizes.append(None if isinstance(result, Problem) else result)
            problems += [result] if isinstance(result, Problem) else []
            if on_photo is not None:
                on_photo()
        reports.append(_report(each, sizes, problems))
    return CheckReport(
        reports,
        duplicates(sets),
        estimate_samples(
            sum(each.num_photos for each in reports if each.complete),
            sum(each.num_faces for each in reports),
            sum(each.num_with_points for each in reports),
        ),
        decoding,
    )


def _size(image: AnnotatedImage, *, decoding: bool) -> tuple[int, int] | Problem:
    try:
        with image.file.open() as file:
            if not decoding:
                return upright_size(file, DEFAULT_MAX_PIXELS)
            height, width, _ = decode(file, DEFAULT_MAX_PIXELS).shape
            return width, height
    except (OSError, ImageError) as error:
        reason = error.reason if isinstance(error, ImageError) else first_line(error)
        return Problem("photo_unreadable", str(image.file), reason)


def _report(
    each: TrainingSet, sizes: Sequence[tuple[int, int] | None], problems: Sequence[Problem]
) -> SetReport:
    pairs = [
        (image, size) for image, size in zip(each.images, sizes, strict=True) if size is not None
    ]
    images = [image for image, _ in pairs]
    boxes = _joined([image.boxes for image in images], 4)
    ignored = np.concatenate([np.empty(0, bool), *(image.ignored for image in images)])
    points = _joined([image.points for image in images], 5, 2)
    of_image = [np.tile(np.array(size, float), (len(image.boxes), 1)) for image, size in pairs]
    faces, sizes_of_faces = boxes[~ignored], _joined(of_image, 2)[~ignored]
    has_points = np.isfinite(points).all(axis=(1, 2))
    heights = np.digitize(faces[:, 3] - faces[:, 1], EDGES) - 1
    return SetReport(
        *(each.name, each.format, each.source, each.weight, each.complete),
        num_photos=len(images),
        num_without_face=sum(len(image.boxes) == 0 for image in images),
        num_faces=len(faces),
        num_ignored=int(ignored.sum()),
        by_height=[(float(low), int(np.sum(heights == k))) for k, low in enumerate(EDGES)],
        num_positive_rectangle=_num_positive(faces, faces, sizes_of_faces),
        num_positive_square=_num_positive(faces, squares_around(faces), sizes_of_faces),
        num_with_points=int(has_points.sum()),
        num_points_outside=int(_outside(points[has_points], boxes[has_points]).sum()),
        num_swapped=int(_swapped(points[has_points]).sum()),
        problems=problems,
    )


def _joined(arrays: Sequence[Floats], *shape: int) -> Floats:
    return np.concatenate([np.empty((0, *shape)), *arrays])


def _num_positive(faces: Floats, targets: Floats, sizes: Floats) -> int:
    return int(np.sum(best_overlaps(faces, targets, sizes) >= MIN_POSITIVE))


def _outside(points: Floats, boxes: Floats) -> npt.NDArray[np.bool_]:
    beyond = np.logical_or(points < boxes[:, None, :2], points > boxes[:, None, 2:])
    return np.asarray(beyond.any(axis=(1, 2)), bool)


def _swapped(points: Floats) -> npt.NDArray[np.bool_]:
    """Return whether the mouth is on the wrong side of the line from the left eye to the right."""
    along = points[:, 1] - points[:, 0]
    down = (points[:, 3] + points[:, 4] - points[:, 0] - points[:, 1]) / 2
    return np.asarray(along[:, 0] * down[:, 1] < along[:, 1] * down[:, 0], bool)
