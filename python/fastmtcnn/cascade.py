"""The cascade: proposals on a pyramid, refined twice. One function a stage, each after the other.

Source of the algorithm: Zhang, Zhang, Li and Qiao, "Joint Face Detection and Alignment Using
Multitask Cascaded Convolutional Networks", IEEE Signal Processing Letters 23 (2016); its
arithmetic is that of the variant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from . import _core
from .detections import Detections
from .errors import ImageError
from .networks import ONET, RNET, Network, Outputs
from .variants import Variant


@dataclass(frozen=True)
class Search:
    """What to look for, and by which arithmetic."""

    variant: Variant
    min_face_size: float
    thresholds: tuple[float, float, float]
    nms_thresholds: tuple[float, float, float, float]
    factor: float
    max_pixels: int


class Crops(NamedTuple):
    """The boxes cut out for a network.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2: square, rounded, not clipped to the image.
    scores : ndarray of float32, shape (n,)
        With which they came, from the network before.
    network_scores : ndarray of float32, shape (n,)
        Which the network gave them.
    """

    boxes: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float32]
    network_scores: npt.NDArray[np.float32]


class Trace(NamedTuple):
    """Every stage of the detection in one image.

    Attributes
    ----------
    scales : list of float
        Level pixels per image pixel of each level of the pyramid, descending.
    proposals : ndarray of float64, shape (n, 9)
        P-Net's boxes after both rounds of NMS: x1, y1, x2, y2, score and four offsets.
    rnet : Crops
        What entered R-Net.
    onet : Crops
        What entered O-Net.
    detections : Detections
        The result.
    """

    scales: list[float]
    proposals: npt.NDArray[np.float64]
    rnet: Crops
    onet: Crops
    detections: Detections


class _Candidates(NamedTuple):
    boxes: _core.Boxes
    scores: _core.Scores
    offsets: _core.Offsets

    def take(self, which: npt.NDArray[np.int64]) -> _Candidates:
        return _Candidates(self.boxes[which], self.scores[which], self.offsets[which])

    def suppress(self, threshold: float) -> _Candidates:
        return self.take(_core.nms(self.boxes, self.scores, threshold, "union"))


def run(image: _core.Image, networks: tuple[Network, Network, Network], search: Search) -> Trace:
    """Find the faces of one image.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
        RGB, pixels packed within a row.
    networks : tuple of Network
        P-Net, R-Net and O-Net.
    search : Search
        The options.

    Returns
    -------
    Trace
        The detections, and how they came about.
    """
    pnet, rnet, onet = networks
    scales = _scales(image, search)
    proposals = _propose(image, scales, pnet, search)
    rnet_crops, refined = _refine(image, proposals, rnet, search)
    onet_crops, detections = _output(image, refined, onet, search)
    table = np.column_stack([proposals.boxes, proposals.scores, proposals.offsets])
    return Trace(scales, table, rnet_crops, onet_crops, detections)


def _scales(image: _core.Image, search: Search) -> list[float]:
    height, width = image.shape[:2]
    scales = _core.pyramid_scales(
        height, width, search.min_face_size, search.factor, search.variant.window
    )
    if scales and scales[0] > 1.0 and height * width * scales[0] ** 2 > search.max_pixels:
        raise ImageError(
            f"min_face_size {search.min_face_size:g} would enlarge an image of {width}x{height} "
            f"{scales[0]:g} times, to more than {search.max_pixels} pixels (max_pixels)"
        )
    return scales


def _propose(image: _core.Image, scales: list[float], pnet: Network, search: Search) -> _Candidates:
    """Search each level of the pyramid with P-Net."""
    height, width = image.shape[:2]
    within_level, across_levels = search.nms_thresholds[:2]
    levels = [_no_candidates()]
    for scale in scales:
        level_height, level_width = _core.level_size(height, width, scale)
        level = _core.resample(image, level_height, level_width)
        outputs = pnet(level[None])
        found = _Candidates(
            *_core.boxes_from_heat_map(
                outputs.scores[0],
                outputs.offsets[0],
                scale,
                search.thresholds[0],
                search.variant.window,
                search.variant.stride,
            )
        )
        levels.append(found.suppress(within_level))
    return _Candidates(*map(np.concatenate, zip(*levels, strict=True))).suppress(across_levels)


def _refine(
    image: _core.Image, proposals: _Candidates, rnet: Network, search: Search
) -> tuple[Crops, _Candidates]:
    """Judge the proposals with R-Net."""
    crops, boxes, outputs = _look(image, proposals, rnet, RNET.size)
    passed = _above(outputs.scores, search.thresholds[1])
    refined = _Candidates(boxes, outputs.scores, outputs.offsets).take(passed)
    return crops, refined.suppress(search.nms_thresholds[2])


def _output(
    image: _core.Image, refined: _Candidates, onet: Network, search: Search
) -> tuple[Crops, Detections]:
    """Judge what is left with O-Net, which also finds the landmarks."""
    crops, boxes, outputs = _look(image, refined, onet, ONET.size)
    passed = _above(outputs.scores, search.thresholds[2])
    boxes, scores = boxes[passed], outputs.scores[passed]
    landmarks = _core.project_landmarks(boxes, outputs.points[passed])
    boxes = _core.calibrate(boxes, outputs.offsets[passed])
    kept = _core.nms(boxes, scores, search.nms_thresholds[3], "min")
    return crops, Detections(boxes[kept].astype(np.float32), scores[kept], landmarks[kept])


def _look(
    image: _core.Image, candidates: _Candidates, network: Network, size: int
) -> tuple[Crops, _core.Boxes, Outputs]:
    """Cut the candidates out and show them to the network; also return the boxes clipped."""
    height, width = image.shape[:2]
    squares = _core.rec2square(_core.calibrate(candidates.boxes, candidates.offsets))
    usable = _core.croppable(squares, height, width)
    squares = squares[usable]
    outputs = network(_core.crop(image, squares, size))
    # The crop is of the whole square; only then the box is clipped, for all that follows.
    clipped = _core.clip(squares, height, width)
    return Crops(squares, candidates.scores[usable], outputs.scores), clipped, outputs


def _above(scores: _core.Scores, threshold: float) -> npt.NDArray[np.int64]:
    # In float64: the threshold itself may not be a float32.
    return np.flatnonzero(scores.astype(np.float64) > threshold)


def _no_candidates() -> _Candidates:
    return _Candidates(np.zeros((0, 4)), np.zeros(0, np.float32), np.zeros((0, 4), np.float32))
