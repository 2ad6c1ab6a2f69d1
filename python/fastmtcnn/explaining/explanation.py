"""Where the face at a point was lost, or that it was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .. import checks
from ..cascade.limits import Limits
from ..detections import Detections
from ..detector import MTCNN
from ..faces.fusion import show_same_face
from ..files.images import ImageLike, as_rgb
from ..runtime.workers import Workers
from .attempts import Attempt
from .hints import hints
from .stages import Box, Stage, face_text, followed
from .windows import Windows, contain

_ITSELF = "the image itself"
_RIM = 0.2  # of a box, on each side: who points there may mean what is beside it
_NOTHING_HELPS = (
    "nothing that was tried finds a face here: lower thresholds, less suppression, smaller faces, "
    "the turned image, other views of it."
)


class Explanation(NamedTuple):
    """Why there is a face at a point, or why not.

    Attributes
    ----------
    point : tuple of two floats
        x and y in pixels of the image.
    found : bool
        Whether there is.
    lost_at : str or None
        Stage at which the face was lost: ``"P-Net"``, ``"R-Net"``, ``"O-Net"``,
        ``"second look"``, ``"limits"`` (on scores, sizes or the number of faces), or ``"pyramid"``
        if the image has no pyramid level.
    box : tuple of four floats, or None
        x1, y1, x2, y2 in pixels: the face, or the box with the highest product of the three
        networks' scores; None if there is no such box.
    score : float or None
        Score of the detected face; otherwise O-Net's score for `box`, at its first look.
    stages : tuple of Stage
        P-Net, R-Net, O-Net, and the second look if there is one and the face reached it; empty if
        there is no box, or the face was found in a rotated image only. Those of the image itself,
        also if the face was found in other views of it.
    hints : tuple of str
        Changes of options that find the face.
    remark : str
        A further sentence; may be empty.
    """

    point: tuple[float, float]
    found: bool
    lost_at: str | None
    box: Box | None
    score: float | None
    stages: tuple[Stage, ...] = ()
    hints: tuple[str, ...] = ()
    remark: str = ""

    def __str__(self) -> str:
        """Return the explanation as a few lines of text."""
        x, y = self.point
        where = f"{x:g},{y:g}"
        if self.box is None or self.score is None:
            lines = [f"No face was found at {where}: no network saw anything there."]
        elif self.found:
            lines = [f"A face was found at {where}: {face_text(self.box, self.score)}."]
        else:
            lines = [
                f"No face was given at {where}. What looks most like one: "
                f"{face_text(self.box, self.score)}."
            ]
        lines += [*map(str, self.stages), *([self.remark] if self.remark else [])]
        return "\n".join([*lines, *(f"Hint: {hint}" for hint in self.hints)])


def explain(
    detector: MTCNN, image: ImageLike, point: Sequence[float], *, try_others: bool = True
) -> Explanation:
    """Explain whether the face at a point was detected, and if not, at which stage it was lost.

    All of P-Net's windows around the point are passed through all networks, whatever the
    thresholds. Of the resulting boxes at the point, the one with the highest product of the three
    scores is taken for the face, preferably one with the point near its centre. Then this face is
    followed through the detection with the detector's own options.

    Parameters
    ----------
    detector : MTCNN
        The detector to explain.
    image : ndarray, PIL.Image.Image, str, path-like or bytes
        An image that `MTCNN.detect` accepts.
    point : sequence of two floats
        x and y in pixels of the (upright) image, best in the middle of the face.
    try_others : bool, default True
        Whether to try changes of options that might find a lost face: lower thresholds, less
        suppression, smaller faces, rotated images, views. This takes as long as some 14 detections.

    Returns
    -------
    Explanation
        ``str`` returns it as text.

    Raises
    ------
    TypeError, ValueError
        If the point does not lie in the image.
    TypeError, ImageError, OSError
        If the image cannot be used.

    Examples
    --------
    >>> import fastmtcnn
    >>> strict = fastmtcnn.MTCNN(thresholds=(0.6, 0.7, 1))
    >>> why = fastmtcnn.explain(strict, fastmtcnn.sample_photo(), (224, 120))
    >>> why.found, why.lost_at
    (False, 'O-Net')
    """
    if not isinstance(detector, MTCNN):
        raise TypeError(f"detector must be an MTCNN, got {type(detector).__name__}")
    options = detector.cascade.options
    pixels = as_rgb(image, options.channel_order, options.max_pixels)
    where = _checked(point, pixels.shape)
    tries = checks.flag("try_others", try_others)
    attempt = Attempt(detector.cascade, pixels, where, Workers(options.num_threads))
    found, face, score = attempt.found, None, None
    if found.num_faces == 0:
        face, score = _most_face_like(attempt.windows, where)
        found = found if face is None else attempt.found_beside(face)
    if found.num_faces:
        return _found(attempt, found, pixels.shape)
    stages: tuple[Stage, ...] = ()
    if face is not None:
        stages = followed(attempt.trace, attempt.windows, face, attempt.options, found=False)
    lost_at = next((stage.name for stage in stages if stage.is_lost), "P-Net")
    why = Explanation(where, False, lost_at, face, score, stages)
    if not attempt.trace.scales:
        why = why._replace(lost_at="pyramid", remark=_no_level(attempt, pixels.shape))
    if tries:
        why = why._replace(hints=tuple(hints(attempt, face, stages)) or (_NOTHING_HELPS,))
    return why


def _checked(point: Sequence[float], shape: tuple[int, ...]) -> tuple[float, float]:
    height, width = shape[:2]
    wanted = f"point must be x, y in the image of {width}x{height}"
    if isinstance(point, (str, bytes)) or not isinstance(point, (Sequence, np.ndarray)):
        raise TypeError(f"{wanted}, got {point!r}")
    if len(point) != 2:
        raise ValueError(f"{wanted}, got {len(point)} numbers: {point!r}")
    x, y = (checks.finite("each of point", value) for value in point)
    if not (0 <= x <= width - 1 and 0 <= y <= height - 1):
        raise ValueError(f"{wanted}, got {x:g}, {y:g}")
    return x, y


def _found(attempt: Attempt, found: Detections, shape: tuple[int, ...]) -> Explanation:
    (face,) = found.faces()
    box = tuple(face.box.tolist())
    # Those around the point, which may lie near an edge, need not lead to the face.
    windows = attempt.at(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)).windows
    views = _showing(box, attempt)
    stages = followed(attempt.trace, windows, box, attempt.options, found=views.get(_ITSELF, True))
    remark = _views_text(views)
    if attempt.options.rotations and not stages and not remark:
        remark = "It was found in the turned image."
    why = Explanation(attempt.point, True, None, box, face.score, stages, remark=remark)
    limits = replace(Limits.of(attempt.options), clip=False)
    given = limits.apply(attempt.trace.detections, shape)
    if (given.landmarks == face.landmarks).all(axis=(1, 2)).any():
        return why
    remark = f"All networks kept it, but {_limit(found, limits)}: LEFT OUT"
    return why._replace(found=False, lost_at="limits", remark=remark)


def _showing(box: Box, attempt: Attempt) -> dict[str, bool]:
    """Return of each view whether the face was found in it; nothing if there are no views."""
    trace = attempt.trace
    names = [_ITSELF, *attempt.options.views] if trace.views else []
    return {
        name: bool(show_same_face(found.boxes, np.array(box)).any())
        for name, found in zip(names, trace.views, strict=True)
    }


def _views_text(views: Mapping[str, bool]) -> str:
    """Return which views show a face; empty if none does, as if it was found rotated."""
    shown = [name for name, shows in views.items() if shows]
    if not shown:
        return ""
    sentence = f"Views that show it: {', '.join(shown)}"
    lost = [name for name, shows in views.items() if not shows]
    return f"{sentence}; views that lose it: {', '.join(lost)}." if lost else f"{sentence}."


def _limit(face: Detections, limits: Limits) -> str:
    """Return which of the limits leaves a face out."""
    size = float((face.boxes[0, 2:] - face.boxes[0, :2]).max())
    if limits.min_score is not None and face.scores[0] < limits.min_score:
        return f"min_score is {limits.min_score:g}"
    if limits.min_size is not None and size < limits.min_size:
        return f"drop_smaller leaves out faces smaller than {limits.min_size:g} pixels"
    if limits.max_size is not None and size > limits.max_size:
        return f"drop_larger leaves out faces larger than {limits.max_size:g} pixels"
    return f"max_faces is {limits.max_faces}, by {limits.max_faces_by}"


def _most_face_like(
    windows: Windows, point: tuple[float, float]
) -> tuple[Box, float] | tuple[None, None]:
    there = np.flatnonzero(contain(windows.faces, point, -_RIM))
    if len(there) == 0:
        there = np.flatnonzero(contain(windows.faces, point))
    if len(there) == 0:
        return None, None
    # By O-Net alone, it would often be something that no other network takes for a face.
    best = there[np.argmax(windows.scores[there].astype(np.float64).prod(axis=1))]
    return tuple(windows.faces[best].tolist()), float(windows.scores[best, -1])


def _no_level(attempt: Attempt, shape: tuple[int, ...]) -> str:
    smallest, largest = attempt.options.min_face_size, attempt.options.max_face_size
    sizes = f"{smallest:g} pixels" if largest is None else f"{smallest:g} to {largest:g} pixels"
    return (
        f"The pyramid has no level: the image of {shape[1]}x{shape[0]} is too small for faces of "
        f"{sizes}."
    )
