"""The cascade: proposals on a pyramid, refined twice. One function a stage, each after the other.

Source of the algorithm: Zhang, Zhang, Li and Qiao, "Joint Face Detection and Alignment Using
Multitask Cascaded Convolutional Networks", IEEE Signal Processing Letters 23 (2016); its
arithmetic is that of the variant.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from . import _core
from .detections import Detections
from .errors import ImageError
from .networks import Network, Outputs
from .tiles import Tile, tiles
from .variants import Variant
from .workers import Map

_MOST_LEVELS = 10_000


@dataclass(frozen=True)
class Search:
    """What to look for, and by which arithmetic."""

    variant: Variant
    min_face_size: float
    thresholds: tuple[float, ...]
    nms_thresholds: tuple[float, ...]
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


def run(
    image: _core.Image,
    networks: tuple[Network, Network, Network],
    search: Search,
    map_: Map,
) -> Trace:
    """Find the faces of one image.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
        RGB, pixels packed within a row.
    networks : tuple of Network
        P-Net, R-Net and O-Net.
    search : Search
        The options.
    map_ : callable
        Like the builtin ``map``; may work on several items at a time. The result does not depend
        on it.

    Returns
    -------
    Trace
        The detections, and how they came about.
    """
    pnet, rnet, onet = networks
    source = _core.Source(image)
    scales = _scales(source, search)
    proposals = _propose(source, scales, pnet, search, map_)
    rnet_crops, refined = _refine(source, proposals, rnet, search, map_)
    onet_crops, detections = _output(source, refined, onet, search, map_)
    table = np.column_stack([proposals.boxes, proposals.scores, proposals.offsets])
    return Trace(scales, table, rnet_crops, onet_crops, detections)


def _scales(source: _core.Source, search: Search) -> list[float]:
    height, width, window = source.height, source.width, search.variant.window
    first = window / search.min_face_size
    if first > 1 and height * width * first > search.max_pixels / first:
        raise ImageError(
            f"min_face_size {search.min_face_size:g} would enlarge an image of {width}x{height} "
            f"{first:g} times, to more than {search.max_pixels} pixels (max_pixels)"
        )
    shortest = min(height, width) * first
    levels = math.log(shortest / window) / -math.log(search.factor) if shortest > window else 0
    if levels > _MOST_LEVELS:
        raise ImageError(
            f"factor {search.factor!r} would make {levels:.0f} pyramid levels of an image of "
            f"{width}x{height}, more than {_MOST_LEVELS}"
        )
    return _core.pyramid_scales(height, width, search.min_face_size, search.factor, window)


def _propose(
    source: _core.Source, scales: list[float], pnet: Network, search: Search, map_: Map
) -> _Candidates:
    """Search each level of the pyramid with P-Net."""
    within_level, across_levels = search.nms_thresholds[:2]
    sizes = [_core.level_size(source.height, source.width, scale) for scale in scales]
    cut = [tiles(*size, pnet.tile) for size in sizes]

    def look(
        scale: float, size: tuple[int, int], tile: Tile
    ) -> tuple[_Candidates, npt.NDArray[np.int64]]:
        outputs = pnet(_core.resample(source, *size, tile)[None])
        stride = search.variant.stride
        boxes, scores, offsets, cells = _core.boxes_from_heat_map(
            outputs.scores[0],
            outputs.offsets[0],
            scale,
            search.thresholds[0],
            search.variant.window,
            stride,
            tile.top // stride,
            tile.left // stride,
        )
        return _Candidates(boxes, scores, offsets), cells

    work = [
        (scale, size, tile)
        for scale, size, parts in zip(scales, sizes, cut, strict=True)
        for tile in parts
    ]
    found = iter(map_(look, *zip(*work, strict=True)) if work else ())
    levels = [_no_candidates()]
    for parts in cut:
        level = _in_row_major_order([next(found) for _ in parts])
        levels.append(level.suppress(within_level))
    return _joined(levels).suppress(across_levels)


def _refine(
    source: _core.Source, proposals: _Candidates, rnet: Network, search: Search, map_: Map
) -> tuple[Crops, _Candidates]:
    """Judge the proposals with R-Net."""
    crops, boxes, outputs = _look(source, proposals, rnet, map_)
    passed = _above(outputs.scores, search.thresholds[1])
    refined = _Candidates(boxes, outputs.scores, outputs.offsets).take(passed)
    return crops, refined.suppress(search.nms_thresholds[2])


def _output(
    source: _core.Source, refined: _Candidates, onet: Network, search: Search, map_: Map
) -> tuple[Crops, Detections]:
    """Judge what is left with O-Net, which also finds the landmarks."""
    crops, boxes, outputs = _look(source, refined, onet, map_)
    passed = _above(outputs.scores, search.thresholds[2])
    boxes, scores = boxes[passed], outputs.scores[passed]
    landmarks = _core.project_landmarks(boxes, outputs.points[passed])
    boxes = _core.calibrate(boxes, outputs.offsets[passed])
    kept = _core.nms(boxes, scores, search.nms_thresholds[3], "min")
    return crops, Detections(boxes[kept].astype(np.float32), scores[kept], landmarks[kept])


def _look(
    source: _core.Source, candidates: _Candidates, network: Network, map_: Map
) -> tuple[Crops, _core.Boxes, Outputs]:
    """Cut the candidates out and show them to the network; also return the boxes clipped."""
    squares = _core.rec2square(_core.calibrate(candidates.boxes, candidates.offsets))
    usable = _core.croppable(squares, source.height, source.width)
    squares = squares[usable]

    def look(first: int) -> Outputs:
        boxes = squares[first : first + network.chunk]
        return network(_core.crop(source, boxes, network.size))

    # At least one chunk, if an empty one, so that the outputs have their shapes.
    parts = map_(look, range(0, max(len(squares), 1), network.chunk))
    outputs = Outputs(*map(np.concatenate, zip(*parts, strict=True)))
    # The crop is of the whole square; only then the box is clipped, for all that follows.
    clipped = _core.clip(squares, source.height, source.width)
    return Crops(squares, candidates.scores[usable], outputs.scores), clipped, outputs


def _joined(parts: Sequence[_Candidates]) -> _Candidates:
    return _Candidates(*map(np.concatenate, zip(*parts, strict=True)))


def _in_row_major_order(parts: list[tuple[_Candidates, npt.NDArray[np.int64]]]) -> _Candidates:
    # The order of equal scores, and so which of them NMS keeps, must not depend on the tiles.
    if len(parts) == 1:
        return parts[0][0]
    rows, columns = np.concatenate([cells for _, cells in parts]).T
    return _joined([found for found, _ in parts]).take(np.lexsort((columns, rows)))


def _above(scores: _core.Scores, threshold: float) -> npt.NDArray[np.int64]:
    # In float64: the threshold itself may not be a float32.
    return np.flatnonzero(scores.astype(np.float64) > threshold)


def _no_candidates() -> _Candidates:
    return _Candidates(np.zeros((0, 4)), np.zeros(0, np.float32), np.zeros((0, 4), np.float32))
