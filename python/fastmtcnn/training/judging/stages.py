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
from .searching import (
    MOST_PROPOSALS,
    RANKING_THRESHOLDS,
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
        Mean processor time of the stages up to this one, without decoding; NaN if there is no
        photograph.
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
    thresholds: Thresholds = RANKING_THRESHOLDS,
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
    thresholds : tuple of three floats
        Scores that boxes must exceed after each stage. Low ones, so that there are as many boxes
        as `counts` asks for; suppression takes the highest scores first, so that the recall at N
        boxes does not depend on them otherwise.
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
    cascade = open_cascade(networks, {**(options or {}), "thresholds": thresholds})

    def search(pixels: Pixels) -> Stages:
        return run_until(cascade, [pixels], key, most_proposals=MOST_PROPOSALS)[0]

    ranks: list[npt.NDArray[np.float64]] = [np.empty(0)]
    num_boxes, seconds, num_images = 0, 0.0, 0
    unreadable: dict[str, str] = {}
    for result in over_images(images, search, num_threads):
        if result.value is None:
            unreadable[result.image.name] = result.problem
            continue
        boxes = result.value.rnet if key == "rnet" else result.value.pnet
        assert boxes is not None
        faces = result.image.boxes[~result.image.ignored]
        ranks.append(first_ranks(boxes, faces, min_overlap))
        num_images += 1
        num_boxes += len(boxes.boxes)
        seconds += result.seconds
    all_ranks = np.concatenate(ranks)
    return StageRecall(
        key=key,
        recall={n: float(np.mean(all_ranks < n)) if len(all_ranks) else math.nan for n in wanted},
        num_faces=len(all_ranks),
        num_images=num_images,
        boxes_per_image=num_boxes / num_images if num_images else math.nan,
        seconds_per_image=seconds / num_images if num_images else math.nan,
        unreadable=unreadable,
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
