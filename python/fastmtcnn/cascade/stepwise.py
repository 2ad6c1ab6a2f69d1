"""The first stages of the cascade alone, with the scores of all networks that a box has passed.

For judging networks while others are not trained yet, and for choosing thresholds: `run.py` drops
what does not pass, here nothing is dropped that the thresholds of the options let through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from .. import _core
from ..detections import Detections
from ..errors import unknown_name
from ..networks.network import ROLES
from ..runtime.shutdown import native_section
from ..runtime.workers import Map
from .cascade import Cascade
from .proposals import propose
from .pyramid import pyramid_scales
from .refinement import indices_after_onet, indices_after_rnet
from .run import open_sources, run_onet, run_rnet, to_detections
from .stage_results import Candidates, CropBatchResult, Faces

StageKey: TypeAlias = Literal["pnet", "rnet", "onet"]


@dataclass(frozen=True)
class StageBoxes:
    """Boxes of one image after a stage, with its bounding-box regression applied.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels of the image.
    scores : ndarray of float32, shape (n, k)
        Scores by P-Net, R-Net and O-Net, as far as these have seen the box.
    landmarks : ndarray of float32, shape (n, 5, 2)
        x, y in pixels of the image after O-Net; shape (0, 5, 2) before.
    """

    boxes: _core.Boxes
    scores: _core.Scores
    landmarks: _core.Scores


@dataclass(frozen=True)
class Stages:
    """The boxes of one image after each stage that was run.

    Attributes
    ----------
    pnet : StageBoxes
        P-Net's proposals after both rounds of non-maximum suppression.
    rnet : StageBoxes or None
        What R-Net's threshold and its suppression keep; None if R-Net was not run.
    onet : StageBoxes or None
        What O-Net's threshold keeps, before the last suppression; None if O-Net was not run.
    num_left_out : int
        Number of P-Net's proposals that R-Net did not see, because there were too many.
    """

    pnet: StageBoxes
    rnet: StageBoxes | None
    onet: StageBoxes | None
    num_left_out: int


def run_until(
    cascade: Cascade,
    images: Sequence[_core.Image],
    last: StageKey,
    *,
    most_proposals: int | None = None,
    map_: Map = map,
) -> list[Stages]:
    """Run the stages up to one of them.

    The boxes equal those of `Cascade.run` at the same thresholds. The options `rotations`,
    `views` and `second_look` have no effect.

    Parameters
    ----------
    cascade : Cascade
        Networks and options.
    images : sequence of ndarray of uint8, shape (height, width, 3)
        RGB, pixels packed within a row.
    last : {"pnet", "rnet", "onet"}
        Last stage to run.
    most_proposals : int, optional
        Largest number of P-Net's proposals of an image that R-Net sees, those with the highest
        scores: it bounds the time that a P-Net takes which is hardly trained. Default: all.
    map_ : callable
        Like the builtin ``map``; may work on several items at a time. The result does not depend
        on it.

    Returns
    -------
    list of Stages
        One for each image.

    Raises
    ------
    ValueError
        If there is no such stage.
    ImageError, ModelError, MemoryError
        As from `Cascade.run`.
    """
    keys = [role.key for role in ROLES]
    if last not in keys:
        raise unknown_name("last", last, keys)
    with native_section:
        return _run(cascade, images, keys.index(last), most_proposals, map_)


def _run(
    cascade: Cascade,
    images: Sequence[_core.Image],
    last: int,
    most_proposals: int | None,
    map_: Map,
) -> list[Stages]:
    networks, options = cascade.networks, cascade.options
    sources = open_sources(images, options)
    scales = [pyramid_scales(source, options) for source in sources]

    proposals = propose(sources, scales, networks.pnet, options, map_)
    after_pnet = [_boxes(each, options.variant.proposal_extra) for each in proposals]
    if last == 0:
        return [Stages(each, None, None, 0) for each in after_pnet]

    shown = [_highest(each, most_proposals) for each in proposals]
    left_out = [
        len(all_.scores) - len(some.scores) for all_, some in zip(proposals, shown, strict=True)
    ]
    rnet = run_rnet(sources, shown, networks.rnet, options, map_)
    kept = [indices_after_rnet(result, options) for result in rnet]
    refined = [each.to_candidates().take(which) for each, which in zip(rnet, kept, strict=True)]
    pnet_scores = [each.crops.scores[which] for each, which in zip(rnet, kept, strict=True)]
    after_rnet = [
        _boxes(each, 1, scores) for each, scores in zip(refined, pnet_scores, strict=True)
    ]
    if last == 1:
        return [
            Stages(pnet_boxes, rnet_boxes, None, number)
            for pnet_boxes, rnet_boxes, number in zip(after_pnet, after_rnet, left_out, strict=True)
        ]

    onet = run_onet(sources, refined, networks.onet, options, map_)
    after_onet = [
        _faces(result, scores[result.usable], cascade)
        for result, scores in zip(onet, pnet_scores, strict=True)
    ]
    return [
        Stages(*each) for each in zip(after_pnet, after_rnet, after_onet, left_out, strict=True)
    ]


def detections_at(
    boxes: StageBoxes, cascade: Cascade, thresholds: tuple[float, float, float]
) -> Detections:
    """Return the faces that would be found with higher thresholds.

    Parameters
    ----------
    boxes : StageBoxes
        Boxes of an image after O-Net, from `run_until` with `cascade`.
    cascade : Cascade
        Its options say how the last suppression works.
    thresholds : tuple of three floats
        Scores that a face must exceed after P-Net, R-Net and O-Net, none lower than those of the
        cascade.

    Returns
    -------
    Detections
        For a higher threshold of O-Net alone, exactly those that the cascade finds with it: lower
        scores suppress nothing. With higher thresholds of P- and R-Net nearly those: a box that
        R-Net's suppression dropped in favour of one which would not come so far any more is not
        here.
    """
    passed = np.all(boxes.scores.astype(np.float64) > np.asarray(thresholds), axis=1)
    _, rnet_scores, scores = np.ascontiguousarray(boxes.scores[passed].T)
    faces = Faces(boxes.boxes[passed], scores, rnet_scores, boxes.landmarks[passed])
    return to_detections(faces.suppress(cascade.options), cascade.options)


def _highest(candidates: Candidates, most: int | None) -> Candidates:
    if most is None or len(candidates.scores) <= most:
        return candidates
    return candidates.take(np.sort(np.argsort(-candidates.scores, kind="stable")[:most]))


def _boxes(candidates: Candidates, extra: int, *before: _core.Scores) -> StageBoxes:
    return StageBoxes(
        candidates.regressed(extra),
        np.column_stack([*before, candidates.scores]),
        np.zeros((0, 5, 2), np.float32),
    )


def _faces(result: CropBatchResult, pnet_scores: _core.Scores, cascade: Cascade) -> StageBoxes:
    which = indices_after_onet(result, cascade.options)
    rnet_scores = result.crops.scores[which]
    faces = Faces.from_crops(result, which, rnet_scores, cascade.options.variant)
    scores = np.column_stack([pnet_scores[which], rnet_scores, faces.scores])
    return StageBoxes(faces.boxes, scores, faces.landmarks)
