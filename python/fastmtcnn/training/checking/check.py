"""A check of annotated photographs before hours of training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ...errors import ImageError, first_line
from ...evaluation.height_bins import EDGES
from ...files.decoding import decode
from ...files.images import DEFAULT_MAX_PIXELS
from ...runtime.cores import default_num_threads
from ...runtime.pipeline import ordered
from ...runtime.workers import Workers
from ..data.annotated import AnnotatedImage, Problem, TrainingSet
from ..data.duplicates import duplicates
from ..samples.geometry import Floats
from ..settings import PRESETS, find_preset
from .estimates import Amount, estimate_samples
from .positives import can_be_positive
from .report import CheckReport, SetReport

_AHEAD = 4  # photographs in progress for each thread


def check(
    sets: Sequence[TrainingSet],
    *,
    training: Sequence[TrainingSet] | None = None,
    preset: str = "modern",
) -> CheckReport:
    """Check sets of annotated photographs.

    Parameters
    ----------
    sets : sequence of TrainingSet
        Sets that `read_sets` or `without_damaged` returned.
    training : sequence of TrainingSet, optional
        Their parts to train with, for which samples are estimated. Default: all of them.
    preset : {"modern", "paper"}
        Recipe whose samples are estimated.

    Returns
    -------
    CheckReport
        The findings.

    Raises
    ------
    ValueError
        If there is no such preset.
    """
    recipe = find_preset(preset)
    reports = [_report(each) for each in sets]
    amounts = [
        Amount(len(each.images), _num_faces(each), each.weight, each.complete)
        for each in (sets if training is None else training)
    ]
    return CheckReport(reports, duplicates(sets), estimate_samples(amounts, recipe))


def without_damaged(each: TrainingSet, on_photo: Callable[[], object] | None = None) -> TrainingSet:
    """Decode every photograph of a set, in several threads, and leave out those that cannot be.

    Parameters
    ----------
    each : TrainingSet
        Set that `read_sets` returned, which has read the headers of the photographs alone.
    on_photo : callable, optional
        Called after each photograph.

    Returns
    -------
    TrainingSet
        The set, with a problem of the kind ``"photo_unreadable"`` for each photograph left out.
    """
    workers = Workers(default_num_threads())
    images, problems = [], list(each.problems)
    results = ordered(_problem_of, each.images, workers, _AHEAD * workers.num_threads)
    for image, problem in zip(each.images, results, strict=True):
        if problem is None:
            images.append(image)
        else:
            problems.append(problem)
        if on_photo is not None:
            on_photo()
    return replace(each, images=images, problems=problems)


def _problem_of(image: AnnotatedImage) -> Problem | None:
    try:
        with image.file.open() as file:
            decode(file, DEFAULT_MAX_PIXELS)
    except (OSError, ImageError) as error:
        reason = error.reason if isinstance(error, ImageError) else first_line(error)
        return Problem("photo_unreadable", str(image.file), reason)
    return None


def _num_faces(each: TrainingSet) -> int:
    return sum(int(np.sum(~image.ignored)) for image in each.images)


def _report(each: TrainingSet) -> SetReport:
    boxes = _joined([image.boxes for image in each.images], 4)
    ignored = np.concatenate([np.empty(0, bool), *(image.ignored for image in each.images)])
    points = _joined([image.points for image in each.images], 5, 2)
    faces = boxes[~ignored]
    has_points = np.isfinite(points).all(axis=(1, 2))
    heights = np.digitize(faces[:, 3] - faces[:, 1], EDGES) - 1
    return SetReport(
        *(each.name, each.format, each.source, each.weight, each.complete),
        num_photos=len(each.images),
        num_without_face=sum(len(image.boxes) == 0 for image in each.images),
        num_faces=_num_faces(each),
        num_ignored=int(ignored.sum()),
        by_height=[(float(low), int(np.sum(heights == k))) for k, low in enumerate(EDGES)],
        num_positive={
            name: int(can_be_positive(faces, preset.stages["pnet"].windows).sum())
            for name, preset in PRESETS.items()
        },
        num_with_points=int(has_points.sum()),
        num_points_outside=int(_outside(points[has_points], boxes[has_points]).sum()),
        num_swapped=int(_swapped(points[has_points]).sum()),
        is_relative=bool(len(boxes) and ((boxes >= 0) & (boxes <= 1)).all()),
        problems=each.problems,
    )


def _joined(arrays: Sequence[Floats], *shape: int) -> Floats:
    return np.concatenate([np.empty((0, *shape)), *arrays])


def _outside(points: Floats, boxes: Floats) -> npt.NDArray[np.bool_]:
    beyond = np.logical_or(points < boxes[:, None, :2], points > boxes[:, None, 2:])
    return np.asarray(beyond.any(axis=(1, 2)), bool)


def _swapped(points: Floats) -> npt.NDArray[np.bool_]:
    """Return whether the mouth is on the wrong side of the line from the left eye to the right.

    It is if left and right are swapped, and if top and bottom are, but not if both are.
    """
    along = points[:, 1] - points[:, 0]
    down = (points[:, 3] + points[:, 4] - points[:, 0] - points[:, 1]) / 2
    return np.asarray(along[:, 0] * down[:, 1] < along[:, 1] * down[:, 0], bool)
