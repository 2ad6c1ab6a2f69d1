"""Recall of P-Net and R-Net, which batch accuracy does not tell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ... import checks
from ...cascade.stepwise import StageBoxes, Stages, run_until
from ...errors import unknown_name
from ...faces.overlaps import overlaps
from ..data.annotated import AnnotatedImage
from .ranking import lowered
from .searching import (
    MOST_PROPOSALS,
    NetworkSource,
    Pixels,
    Thresholds,
    open_cascade,
    over_images,
)

JudgedStage: TypeAlias = Literal["pnet", "rnet"]

COUNTS = (10, 30, 100, 300, 1000)
_STAGES = ("pnet", "rnet")
_BLOCK = 1024  # boxes that are compared with all faces at once
_EXTRA = 1.0  # sides of boxes are x2 - x1 + 1, as in `evaluation.match`


@dataclass(frozen=True)
class StageRecall:
    """How many faces the boxes of a stage cover.

    Attributes
    ----------
    key : str
        ``"pnet"`` or ``"rnet"``.
    recall : dict of int to float
        For a number N of boxes: share of the faces, 0 to 1, that one of the N highest-scored boxes
        of their photograph covers; NaN if there is no face.
    num_faces : int
        Number of faces; ignored ones are not among them.
    num_images : int
        Number of photographs that could be read.
    boxes_per_image : float
        Mean number of boxes after the stage; NaN if there is no photograph.
    seconds_per_image : float
        Mean processor time of the stages up to this one, without decoding; NaN if it is not known.
    unreadable : dict of str to str
        Names of the photographs that cannot be read, and why.
    """

    key: JudgedStage
    recall: dict[int, float]
    num_faces: int
    num_images: int
    boxes_per_image: float
    seconds_per_image: float
    unreadable: dict[str, str] = field(default_factory=dict)


def stage_recall(
    networks: NetworkSource,
    images: Sequence[AnnotatedImage],
    key: JudgedStage,
    counts: Sequence[int] = COUNTS,
    *,
    options: Mapping[str, Any] | None = None,
    low_thresholds: Thresholds | None = None,
    min_overlap: float = 0.5,
    num_threads: int | None = None,
) -> StageRecall:
    """Return the recall of P-Net or R-Net at several numbers of boxes.

    Boxes are those after the stage's bounding-box regression and non-maximum suppression. A face is
    found if the IoU with one of its photograph's N highest-scored boxes is at least `min_overlap`.
    Only the stages up to the judged one are run.

    Parameters
    ----------
    networks : Networks, mapping, str, path-like or None
        As for `open_cascade`.
    images : sequence of AnnotatedImage
        The photographs.
    key : {"pnet", "rnet"}
        Stage to judge.
    counts : sequence of int
        Numbers of boxes.
    options : mapping of str to object, optional
        Options of `MTCNN`, such as `min_face_size`; but not `thresholds`.
    low_thresholds : tuple of three floats, optional
        Scores that boxes must exceed after each stage. Low ones, so that there are as many boxes
        as `counts` asks for; suppression takes the highest scores first, so that the recall at N
        boxes does not depend on them otherwise. Default: `ranking_thresholds`.
    min_overlap : float, default 0.5
        Lowest IoU, 0 to 1; sides of boxes are x2 - x1 + 1.
    num_threads : int, optional
        Number of threads. Default: the number of cores that may be used.

    Raises
    ------
    ValueError, TypeError
        If an argument or option is wrong.
    ModelError
        If a network cannot be used.
    TrainingError
        If none of the photographs can be read.
    """
    if key not in _STAGES:
        raise unknown_name("key", key, _STAGES)
    wanted = [checks.count("each of counts", count) for count in counts]
    checks.fraction("min_overlap", min_overlap)
    cascade = open_cascade(networks, options)
    low = lowered(cascade, images, low_thresholds, key, num_threads=num_threads)

    def search(pixels: Pixels) -> Stages:
        return run_until(low, [pixels], key, most_proposals=MOST_PROPOSALS)[0]

    counter = RecallCounter(key, min_overlap)
    unreadable: dict[str, str] = {}
    for result in over_images(images, search, num_threads):
        if result.value is None:
            unreadable[result.image.name] = result.problem
        else:
            counter.add(result.image, result.value, result.seconds)
    return counter.recall(wanted, unreadable)


class RecallCounter:
    """Notes down at which rank the boxes of a stage cover the faces of photographs.

    Parameters
    ----------
    key : {"pnet", "rnet"}
        The stage.
    min_overlap : float, default 0.5
        Lowest IoU, 0 to 1, at which a box covers a face.
    """

    def __init__(self, key: JudgedStage, min_overlap: float = 0.5) -> None:
        self._key, self._min_overlap = key, min_overlap
        self._ranks: list[npt.NDArray[np.float64]] = []
        self._num_boxes, self._seconds = 0, 0.0

    def add(self, image: AnnotatedImage, stages: Stages, seconds: float = math.nan) -> None:
        """Add a photograph.

        Parameters
        ----------
        image : AnnotatedImage
            The photograph.
        stages : Stages
            Its boxes, at least up to the stage.
        seconds : float
            Processor time of these stages.
        """
        boxes = stages.rnet if self._key == "rnet" else stages.pnet
        assert boxes is not None
        faces = image.boxes[~image.ignored]
        self._ranks.append(first_ranks(boxes, faces, self._min_overlap))
        self._num_boxes += len(boxes.boxes)
        self._seconds += seconds

    def recall(
        self, counts: Sequence[int] = COUNTS, unreadable: Mapping[str, str] | None = None
    ) -> StageRecall:
        """Return the recall over all photographs so far.

        Parameters
        ----------
        counts : sequence of int
            Numbers of boxes.
        unreadable : mapping of str to str, optional
            For the result.
        """
        ranks = np.concatenate([np.empty(0), *self._ranks])
        number = len(self._ranks)
        return StageRecall(
            key=self._key,
            recall={n: float(np.mean(ranks < n)) if len(ranks) else math.nan for n in counts},
            num_faces=len(ranks),
            num_images=number,
            boxes_per_image=self._num_boxes / number if number else math.nan,
            seconds_per_image=self._seconds / number if number else math.nan,
            unreadable=dict(unreadable or {}),
        )


def first_ranks(
    boxes: StageBoxes, faces: npt.NDArray[np.float64], min_overlap: float
) -> npt.NDArray[np.float64]:
    """Return the rank, from 0, of the highest-scored box that covers each face.

    Parameters
    ----------
    boxes : StageBoxes
        Boxes of a photograph. Of equal scores, the first ranks highest.
    faces : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 of the faces.
    min_overlap : float
        Lowest IoU, 0 to 1.

    Returns
    -------
    ndarray of float64, shape (n,)
        Ranks; infinity for a face that no box covers.
    """
    by_score = np.argsort(-boxes.scores[:, -1], kind="stable")
    ranks = np.full(len(faces), np.inf)
    for first in range(0, len(by_score), _BLOCK):
        block = by_score[first : first + _BLOCK]
        covers = overlaps(boxes.boxes[block], faces, extra=_EXTRA) >= min_overlap
        found = covers.any(axis=0) & np.isinf(ranks)
        ranks[found] = first + covers.argmax(axis=0)[found]
    return ranks
