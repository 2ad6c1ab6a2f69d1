"""One face followed through the stages of a detection."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from ..cascade.stage_results import square_around
from ..cascade.trace import Crops, Trace
from ..faces.overlaps import overlaps
from ..networks.network import ROLES
from ..options import Options
from .windows import Windows

Boxes: TypeAlias = npt.NDArray[np.float64]
Box: TypeAlias = tuple[float, ...]
Outcome: TypeAlias = Literal["kept", "below threshold", "suppressed", "not reached"]

SECOND_LOOK = "second look"  # of O-Net, as a stage
SAME_FACE = 0.5  # overlap of two boxes of one face

_SAME_BOX = 0.95  # of two boxes that differ by rounding


class Stage(NamedTuple):
    """The result of one stage for a face.

    Attributes
    ----------
    name : str
        ``"P-Net"``, ``"R-Net"``, ``"O-Net"``, or ``"second look"`` for O-Net's second run, whose
        scores are the means of both runs.
    threshold : float
        Score that a box must exceed.
    num_boxes, num_above, num_kept : int
        Number of the boxes on the face, of those with scores above the threshold, and of those
        that non-maximum suppression kept.
    score : float
        Highest score of a box on the face; if the stage was not reached, the highest score that the
        network gives one.
    box : tuple of four floats
        x1, y1, x2, y2 in pixels of the box with that score.
    outcome : {"kept", "below threshold", "suppressed", "not reached"}
        Result of the stage.
    rival : tuple of four floats, or None
        The kept box that overlaps the suppressed one most.
    """

    name: str
    threshold: float
    num_boxes: int
    num_above: int
    num_kept: int
    score: float
    box: Box
    outcome: Outcome
    rival: Box | None = None

    @property
    def is_lost(self) -> bool:
        """Whether the face was lost here."""
        return self.outcome in ("below threshold", "suppressed")

    def __str__(self) -> str:
        """Return the stage as a sentence."""
        if self.outcome == "not reached":
            return f"{self.name}: not reached; it would give {score_text(self.score)}"
        boxes = f"{self.num_boxes} box{'' if self.num_boxes == 1 else 'es'} on the face"
        best = f"best {score_text(self.score)} at {box_text(self.box)}"
        above = f"{self.num_above or 'none'} above {self.threshold:g}"
        sentence = f"{self.name}: {boxes}, {best}; {above}"
        if self.outcome == "below threshold":
            return f"{sentence}: LOST HERE"
        if self.outcome == "kept":
            return f"{sentence}, {self.num_kept} kept"
        rival = f" at {box_text(self.rival)}" if self.rival else ""
        return f"{sentence}, suppressed by a better box{rival}: LOST HERE"


def followed(
    trace: Trace, windows: Windows, face: Box, options: Options, *, found: bool
) -> tuple[Stage, ...]:
    """Follow a face through a detection.

    Parameters
    ----------
    trace : Trace
        The stages of the detection.
    windows : Windows
        The windows around a point of the face.
    face : tuple of four floats
        x1, y1, x2, y2 of the face.
    options : Options
        Options of the detection.
    found : bool
        Whether the detection found the face.

    Returns
    -------
    tuple of Stage
        P-Net, R-Net, O-Net, and if it came so far and there is one, the second look; none if no
        window leads to the face, or it was found but not from these.
    """
    windows = windows.take(overlaps(windows.faces, np.array([face]))[:, 0] >= SAME_FACE)
    if len(windows.boxes) == 0:
        return ()
    judged = [
        Crops(windows.boxes, windows.scores[:, 0], windows.scores[:, 0]),
        _among(trace.rnet, windows.squares[0]),
        _among(trace.onet, windows.squares[1]),
    ]
    names, thresholds = [role.title for role in ROLES], list(options.thresholds)
    # What the boxes with which a network was left competed with.
    rivals = [trace.proposals[:, :4], trace.onet.boxes]
    if trace.second_look is not None:
        judged.append(_among(trace.second_look, square_around(windows.faces, options.variant)))
        names.append(SECOND_LOOK)
        thresholds.append(thresholds[-1])
        rivals.append(trace.second_look.boxes)
    rivals.append(trace.detections.boxes.astype(np.float64))
    nums_kept = [*(len(each.boxes) for each in judged[1:]), int(found)]
    stages: list[Stage] = []
    for number, name in enumerate(names):
        if stages and stages[-1].outcome != "kept":
            if number < len(ROLES):
                stages.append(_not_reached(name, thresholds[number], windows, number))
            continue
        inclusive = options.variant.inclusive and number == 0
        stages.append(
            _stage(
                name,
                thresholds[number],
                inclusive,
                judged[number],
                nums_kept[number],
                rivals[number],
            )
        )
    if found and any(stage.is_lost or stage.num_above == 0 for stage in stages):
        return ()
    return tuple(stages)


def _among(crops: Crops, squares: Boxes) -> Crops:
    """Return the crops that are among the squares."""
    which = (overlaps(crops.boxes, squares) >= _SAME_BOX).any(axis=1)
    return Crops(crops.boxes[which], crops.scores[which], crops.network_scores[which])


def _stage(
    name: str, threshold: float, inclusive: bool, judged: Crops, num_kept: int, rivals: Boxes
) -> Stage:
    scores = judged.network_scores.astype(np.float64)
    above = scores >= threshold if inclusive else scores > threshold
    best = int(np.argmax(scores))
    box = judged.boxes[best]
    outcome: Outcome = "kept" if num_kept else "suppressed" if above.any() else "below threshold"
    rival = None
    if outcome == "suppressed" and len(rivals):
        rival = tuple(rivals[int(np.argmax(overlaps(box[None], rivals)))].tolist())
    return Stage(
        name,
        threshold,
        len(scores),
        int(above.sum()),
        num_kept,
        float(scores[best]),
        tuple(box.tolist()),
        outcome,
        rival,
    )


def _not_reached(name: str, threshold: float, windows: Windows, number: int) -> Stage:
    scores = windows.scores[:, number]
    best = int(np.argmax(scores))
    box = tuple(windows.squares[number - 1][best].tolist())
    return Stage(name, threshold, 0, 0, 0, float(scores[best]), box, "not reached")


def face_text(box: Box, score: float) -> str:
    """Return size, place and score of a face."""
    x1, y1, x2, y2 = box
    return f"{x2 - x1:.0f}x{y2 - y1:.0f} pixels at {box_text(box)}, score {score_text(score)}"


def box_text(box: Box) -> str:
    """Return the corners of a box in whole pixels."""
    return ",".join(f"{value:.0f}" for value in box)


def score_text(score: float) -> str:
    """Return a score rounded down: it must not seem to exceed a threshold that it does not."""
    return f"{math.floor(score * 1e4) / 1e4:.4f}" if math.isfinite(score) else "no number"
