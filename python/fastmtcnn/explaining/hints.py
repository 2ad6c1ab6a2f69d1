"""Changes of options that find a lost face, found by trying them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..errors import ImageError
from ..options import VIEWS
from .attempts import Attempt
from .stages import Box, Stage, face_text, followed

_LEAST_THRESHOLD = 0.2  # below it nearly everything is a face
_FINEST = 10.0  # smallest face, in pixels, to search for where larger ones were not found
_LOOSER = 0.15  # by how much less is suppressed at a time
_MOST_STEPS = 8
_ROUNDS = ((0, 1), (2,), (3,), (3,))  # of suppression, after each network and the second look
_ANGLES = (90, 180, 270)


def hints(attempt: Attempt, face: Box | None, stages: tuple[Stage, ...]) -> Iterator[str]:
    """Try changes of options, and yield a sentence for each that finds the face.

    Parameters
    ----------
    attempt : Attempt
        The detection that lost the face.
    face : tuple of four floats, or None
        x1, y1, x2, y2 of the box that looks most like a face.
    stages : tuple of Stage
        The stages of the detection for this face.
    """
    if face is not None:
        yield from _more_tolerant(attempt, face, stages)
    yield from _finer(attempt)
    yield from _turned(attempt)
    yield from _in_views(attempt)


def _more_tolerant(attempt: Attempt, face: Box, stages: tuple[Stage, ...]) -> Iterator[str]:
    """Lower the threshold, or suppress less, where the face is lost; again until it is found."""
    windows, other = attempt.windows, attempt
    for _ in range(_MOST_STEPS):
        lost = next((n for n, stage in enumerate(stages) if stage.is_lost), None)
        if lost is None:
            return
        if stages[lost].outcome == "suppressed":
            other = other.changed(nms_thresholds=_looser(other.options.nms_thresholds, lost))
        else:
            threshold = _just_below(stages[lost].score)
            if threshold < _LEAST_THRESHOLD:
                return
            thresholds = list(other.options.thresholds)
            thresholds[min(lost, 2)] = threshold  # the second look has that of O-Net
            other = other.changed(thresholds=tuple(thresholds))
        changes = [
            f"{name} {','.join(f'{value:g}' for value in getattr(other.options, name))}"
            for name in ("thresholds", "nms_thresholds")
            if getattr(other.options, name) != getattr(attempt.options, name)
        ]
        if found := list(_finding(other, " with ".join(changes))):
            yield from found
            return
        stages = followed(other.trace, windows, face, other.options, found=False)


def _looser(nms_thresholds: tuple[float, ...], lost: int) -> tuple[float, ...]:
    return tuple(
        min(round(value + _LOOSER, 2), 1.0) if number in _ROUNDS[lost] else value
        for number, value in enumerate(nms_thresholds)
    )


def _just_below(score: float) -> float:
    """Return a threshold of two decimals that a score exceeds."""
    threshold = math.floor(score * 100) / 100
    return threshold if threshold < score else round(threshold - 0.01, 2)


def _finer(attempt: Attempt) -> Iterator[str]:
    size = attempt.options.min_face_size
    while size > _FINEST:
        size = max(size / 2, _FINEST)
        try:
            found = list(_finding(attempt.changed(min_face_size=size), f"min_face_size {size:g}"))
        except ImageError:  # the image would become too large
            return
        yield from found
        if found:
            return


def _turned(attempt: Attempt) -> Iterator[str]:
    other = attempt.changed(rotations=_ANGLES)
    yield from _finding(other, f"rotations {','.join(map(str, _ANGLES))}")


def _in_views(attempt: Attempt) -> Iterator[str]:
    yield from _finding(attempt.changed(views=VIEWS), f"views {','.join(VIEWS)}")


def _finding(other: Attempt, what: str) -> Iterator[str]:
    for face in other.found.faces():
        yield f"{what} finds it: {face_text(tuple(face.box.tolist()), face.score)}."
