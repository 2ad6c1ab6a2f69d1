"""Figures of the whole cascade: average precision, the operating point, landmark error."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...cascade.cascade import Cascade
from ...cascade.stepwise import Stages, detections_at, run_until
from ...detections import Detections
from ...evaluation import GroundTruth, widerface_curve
from ..data.annotated import AnnotatedImage
from .points import LandmarkError, OperatingPoint, landmark_error, operating_point
from .ranking import lowered
from .searching import (
    MOST_PROPOSALS,
    NetworkSource,
    Pixels,
    Thresholds,
    ground_truth,
    open_cascade,
    over_images,
)

HEIGHTS = (0.0, 10.0, 20.0, 40.0, 80.0, math.inf)  # pixels


@dataclass(frozen=True)
class HeightFigures:
    """Average precision over the faces in a range of heights.

    Attributes
    ----------
    lowest, below : float
        The range: lowest <= y2 - y1 < below, in pixels.
    num_faces : int
        Number of faces.
    average_precision : float
        0 to 1; NaN if there is no face. Boxes on faces of other heights are ignored; false
        positives of any size count.
    """

    lowest: float
    below: float
    num_faces: int
    average_precision: float


@dataclass(frozen=True)
class CascadeFigures:
    """How good three networks are together.

    Attributes
    ----------
    average_precision : float
        By the protocol of WIDER FACE over all faces, 0 to 1, at low thresholds: how well the
        networks rank, whatever thresholds are used. NaN if there is no face.
    by_height : list of HeightFigures
        The same in ranges of heights.
    highest_recall : float
        Recall at these low thresholds, 0 to 1; NaN if there is no face.
    num_faces : int
        Number of faces; ignored ones are not among them.
    num_images : int
        Number of photographs that could be read.
    operating : OperatingPoint or None
        Recall, precision and time with the thresholds of the detector; None if not asked for.
    landmarks : LandmarkError
        Of the faces with points: at the operating point if there is one, otherwise at the low
        thresholds.
    unreadable : dict of str to str
        Names of the photographs that cannot be read, and why.
    num_cut : int
        Number of photographs with so many proposals of P-Net that R-Net did not see all of them
        when average precision was measured.
    """

    average_precision: float
    by_height: list[HeightFigures]
    highest_recall: float
    num_faces: int
    num_images: int
    operating: OperatingPoint | None
    landmarks: LandmarkError
    unreadable: dict[str, str] = field(default_factory=dict)
    num_cut: int = 0


def cascade_figures(
    networks: NetworkSource,
    images: Sequence[AnnotatedImage],
    *,
    options: Mapping[str, Any] | None = None,
    operating: bool = True,
    low_thresholds: Thresholds | None = None,
    num_threads: int | None = None,
    observe: Callable[[AnnotatedImage, Detections], None] = lambda image, found: None,
) -> CascadeFigures:
    """Measure three networks on annotated photographs.

    Parameters
    ----------
    networks : Networks, mapping, str, path-like or None
        As for `open_cascade`.
    images : sequence of AnnotatedImage
        The photographs.
    options : mapping of str to object, optional
        Options of `MTCNN`, such as `min_face_size`; its `thresholds` are those of the operating
        point. Default: those of the networks or of the variant.
    operating : bool, default True
        Whether to search all photographs once more, with these thresholds.
    low_thresholds : tuple of three floats, optional
        Low thresholds with which average precision is measured. Default: `ranking_thresholds`.
    num_threads : int, optional
        Number of threads. Default: the number of cores that may be used. No figure but the times
        depends on it.
    observe : callable
        Is called with each photograph and the faces found in it at the operating point (at the low
        thresholds without one), in order.

    Raises
    ------
    ValueError, TypeError
        If an option is wrong.
    ModelError
        If a network cannot be used.
    TrainingError
        If none of the photographs can be read.
    """
    cascade = open_cascade(networks, options)
    low = lowered(cascade, images, low_thresholds, num_threads=num_threads)
    ranked = search_low(low, images, num_threads=num_threads)
    used = None
    if operating:
        used = UsedSearch(
            _three(cascade.options.thresholds),
            *search_as_used(cascade, ranked.images, num_threads),
        )
    for image, found in zip(
        ranked.images, ranked.found if used is None else used.found, strict=True
    ):
        observe(image, found)
    return figures_of(ranked, used)


class UsedSearch(NamedTuple):
    """The results of a search as users of the networks do it.

    Attributes
    ----------
    thresholds : tuple of three floats
        The thresholds.
    seconds_per_image : float
        Mean processor time without decoding.
    found : list of Detections
        The faces in each photograph.
    """

    thresholds: Thresholds
    seconds_per_image: float
    found: list[Detections]


def figures_of(ranked: LowSearch, used: UsedSearch | None) -> CascadeFigures:
    """Return the figures that follow from searches.

    Parameters
    ----------
    ranked : LowSearch
        The search with low thresholds.
    used : UsedSearch or None
        The search with other thresholds, of the same photographs; None for no operating point.
    """
    truth = [ground_truth(image) for image in ranked.images]
    curve = widerface_curve(truth, ranked.found)
    point, at_point = None, ranked.found
    if used is not None:
        at_point = used.found
        point = operating_point(ranked.images, at_point, used.thresholds, used.seconds_per_image)
    return CascadeFigures(
        average_precision=curve.average_precision,
        by_height=[
            _in_range(truth, ranked.found, *limits) for limits in itertools.pairwise(HEIGHTS)
        ],
        highest_recall=curve.highest_recall,
        num_faces=curve.num_faces,
        num_images=len(ranked.images),
        operating=point,
        landmarks=landmark_error(ranked.images, at_point),
        unreadable=ranked.unreadable,
        num_cut=ranked.num_cut,
    )


@dataclass(frozen=True)
class LowSearch:
    """The results of a search with low thresholds.

    Attributes
    ----------
    images : list of AnnotatedImage
        The photographs that could be read.
    found : list of Detections
        The faces in each of them.
    unreadable : dict of str to str
        Names of the others, and why.
    num_cut : int
        Number of photographs in which R-Net did not see all proposals.
    """

    images: list[AnnotatedImage]
    found: list[Detections]
    unreadable: dict[str, str]
    num_cut: int


def search_low(
    cascade: Cascade,
    images: Sequence[AnnotatedImage],
    *,
    num_threads: int | None = None,
    observe: Callable[[AnnotatedImage, Stages], None] = lambda image, stages: None,
) -> LowSearch:
    """Find the faces of photographs with low thresholds, in bounded time and memory.

    Parameters
    ----------
    cascade : Cascade
        Networks and options; with the low thresholds.
    images : sequence of AnnotatedImage
        The photographs.
    num_threads : int, optional
        Number of threads.
    observe : callable
        Is called with each photograph and the boxes of all its stages, in order.
    """
    thresholds = _three(cascade.options.thresholds)

    def search(pixels: Pixels) -> Stages:
        return run_until(cascade, [pixels], "onet", most_proposals=MOST_PROPOSALS)[0]

    result = LowSearch([], [], {}, 0)
    num_cut = 0
    for each in over_images(images, search, num_threads):
        if each.value is None:
            result.unreadable[each.image.name] = each.problem
            continue
        assert each.value.onet is not None
        observe(each.image, each.value)
        num_cut += each.value.num_left_out > 0
        result.images.append(each.image)
        result.found.append(detections_at(each.value.onet, cascade, thresholds))
    return LowSearch(result.images, result.found, result.unreadable, num_cut)


def search_as_used(
    cascade: Cascade, images: Sequence[AnnotatedImage], num_threads: int | None = None
) -> tuple[float, list[Detections]]:
    """Find the faces of photographs as users of the networks do.

    Parameters
    ----------
    cascade : Cascade
        Networks and options.
    images : sequence of AnnotatedImage
        The photographs, which could be read before.
    num_threads : int, optional
        Number of threads.

    Returns
    -------
    seconds_per_image : float
        Mean processor time without decoding; NaN if there is no photograph.
    found : list of Detections
        The faces in each photograph. One that cannot be read any more has none.
    """
    found, seconds = [], 0.0
    for each in over_images(images, lambda pixels: cascade.run([pixels])[0], num_threads):
        found.append(Detections.empty() if each.value is None else each.value.detections)
        seconds += each.seconds
    return seconds / len(images) if images else math.nan, found


def _in_range(
    truth: Sequence[GroundTruth], found: Sequence[Detections], lowest: float, below: float
) -> HeightFigures:
    curve = widerface_curve([each.within_heights(lowest, below) for each in truth], found)
    return HeightFigures(lowest, below, curve.num_faces, curve.average_precision)


def _three(thresholds: Sequence[float]) -> Thresholds:
    pnet, rnet, onet = thresholds
    return pnet, rnet, onet
