"""The cascade: proposals on a pyramid, refined twice. One function a stage, each after the other.

Source of the algorithm: Zhang, Zhang, Li and Qiao, "Joint Face Detection and Alignment Using
Multitask Cascaded Convolutional Networks", IEEE Signal Processing Letters 23 (2016); its
arithmetic is that of the variant.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from .. import _core
from ..detections import Detections
from ..errors import ImageError
from ..networks.mirroring import mean_of
from ..networks.onnx import Network, Outputs
from ..runtime.workers import Map
from ..variants import Variant
from .tiles import Tile, tiles

_MOST_LEVELS = 10_000

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Search:
    """What to look for, and by which arithmetic."""

    variant: Variant
    min_face_size: float
    max_face_size: float
    thresholds: tuple[float, ...]
    nms_thresholds: tuple[float, ...]
    factor: float
    max_pixels: int
    joint_scores: bool
    second_look: bool


class Crops(NamedTuple):
    """The boxes cut out for a network.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2: square, rounded, not clipped to the image.
    scores : ndarray of float32, shape (n,)
        With which they came, from the network before; at the second look, from the first.
    network_scores : ndarray of float32, shape (n,)
        Which the network gave them; at the second look, the means of both.
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
    second_look : Crops or None
        What entered O-Net the second time, with the first scores and the means of both; None
        without the option `second_look`.
    """

    scales: list[float]
    proposals: npt.NDArray[np.float64]
    rnet: Crops
    onet: Crops
    detections: Detections
    second_look: Crops | None = None


class Candidates(NamedTuple):
    """Boxes that may be faces.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels of the image.
    scores : ndarray of float32, shape (n,)
        By the network that looked at them last.
    offsets : ndarray of float32, shape (n, 4)
        How far that network would move the corners, in widths and heights of the box.
    """

    boxes: _core.Boxes
    scores: _core.Scores
    offsets: _core.Offsets

    def take(self, which: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Candidates:
        """Return those of these indices, or of this mask."""
        return Candidates(self.boxes[which], self.scores[which], self.offsets[which])

    def suppress(self, threshold: float, variant: Variant) -> Candidates:
        """Return those that non-maximum suppression leaves."""
        # NMS itself takes the first of equal scores first.
        ordered = self
        if variant.last_of_equals == "always":
            ordered = self.take(np.arange(len(self.scores))[::-1])
        return ordered.take(
            _core.nms(ordered.boxes, ordered.scores, threshold, "union", variant.overlap_extra)
        )

    def squares(self, extra: float, variant: Variant) -> _core.Boxes:
        """Return the squares that the next network looks at."""
        return squared(_core.calibrate(self.boxes, self.offsets, extra), variant)


class Faces(NamedTuple):
    """What O-Net takes for faces.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels of the image.
    scores : ndarray of float32, shape (n,)
        O-Net's.
    rnet_scores : ndarray of float32, shape (n,)
        R-Net's.
    landmarks : ndarray of float32, shape (n, 5, 2)
        x, y in pixels of the image.
    """

    boxes: _core.Boxes
    scores: _core.Scores
    rnet_scores: _core.Scores
    landmarks: npt.NDArray[np.float32]

    @classmethod
    def seen(
        cls, seen: Seen, which: _core.Indices, rnet_scores: _core.Scores, variant: Variant
    ) -> Faces:
        """Return what O-Net says of some of the crops that it was shown."""
        boxes, outputs = seen.clipped[which], seen.outputs
        landmarks = _core.project_landmarks(boxes, outputs.points[which], variant.landmark_shift)
        boxes = _core.calibrate(boxes, outputs.offsets[which])
        return cls(boxes, outputs.scores[which], rnet_scores, landmarks)

    def take(self, which: _core.Indices) -> Faces:
        """Return those of these indices."""
        return Faces(
            self.boxes[which], self.scores[which], self.rnet_scores[which], self.landmarks[which]
        )

    def ranks(self, search: Search) -> _core.Scores:
        """Return the scores that users see."""
        return self.scores * self.rnet_scores if search.joint_scores else self.scores

    def suppress(self, search: Search) -> Faces:
        """Return those that the last non-maximum suppression leaves, the surest first."""
        return self.take(_core.nms(self.boxes, self.ranks(search), search.nms_thresholds[3], "min"))


class _Level(NamedTuple):
    """A level of one image's pyramid."""

    source: _core.Source
    scale: float
    size: tuple[int, int]


class Found(NamedTuple):
    """What P-Net found in a tile, and in which cells of the level."""

    candidates: Candidates
    cells: _core.Cells


class Seen(NamedTuple):
    """What a network was shown of an image, and what it said.

    Attributes
    ----------
    crops : Crops
        The squares, but those of which the image has nothing.
    usable : ndarray of int64, shape (n,)
        Which of those given they are.
    clipped : ndarray of float64, shape (n, 4)
        The squares, within the image if the variant clips them.
    outputs : Outputs
        Of the network.
    """

    crops: Crops
    usable: _core.Indices
    clipped: _core.Boxes
    outputs: Outputs


def run(
    images: Sequence[_core.Image],
    networks: tuple[Network, Network, Network],
    search: Search,
    map_: Map,
) -> list[Trace]:
    """Find the faces of some images.

    Parameters
    ----------
    images : sequence of ndarray of uint8, shape (height, width, 3)
        RGB, pixels packed within a row.
    networks : tuple of Network
        P-Net, R-Net and O-Net. Those that join see tiles and crops of several images in one call.
    search : Search
        The options.
    map_ : callable
        Like the builtin ``map``; may work on several items at a time. The result does not depend
        on it.

    Returns
    -------
    list of Trace
        Of each image the detections, and how they came about.
    """
    pnet, rnet, onet = networks
    variant = search.variant
    sources = [_core.Source(image, variant.resampling) for image in images]
    scales = [level_scales(source, search) for source in sources]
    proposals = _propose(sources, scales, pnet, search, map_)
    squares = [each.squares(variant.proposal_extra, variant) for each in proposals]
    seen_by_rnet = look(sources, squares, [each.scores for each in proposals], rnet, variant, map_)
    refined = [_refined(seen, search) for seen in seen_by_rnet]
    squares = [each.squares(1, variant) for each in refined]
    seen_by_onet = look(sources, squares, [each.scores for each in refined], onet, variant, map_)
    faces = [_faces(seen, search) for seen in seen_by_onet]
    second_looks: list[Crops | None] = [None] * len(faces)
    if search.second_look:
        faces, second_looks = _looked_again(sources, faces, onet, search, map_)
    return [
        Trace(
            scales[k],
            np.column_stack([proposals[k].boxes, proposals[k].scores, proposals[k].offsets]),
            seen_by_rnet[k].crops,
            seen_by_onet[k].crops,
            _detections(faces[k], search),
            second_looks[k],
        )
        for k in range(len(sources))
    ]


def squared(boxes: _core.Boxes, variant: Variant) -> _core.Boxes:
    """Return the squares around boxes, rounded as the variant does."""
    return _core.rec2square(boxes, variant.square_extra, variant.square_rounding)


def level_scales(source: _core.Source, search: Search) -> list[float]:
    """Return level pixels per image pixel of each level of the pyramid, descending.

    Raises
    ------
    ImageError
        If there would be too many levels, or too large ones.
    """
    height, width, window = source.height, source.width, search.variant.window
    first = window / search.min_face_size
    if first > 1 and height * width * first > search.max_pixels / first:
        raise ImageError(
            f"min_face_size {search.min_face_size:g} would enlarge an image of {width}x{height} "
            f"{first:g} times, to more than {search.max_pixels} pixels (max_pixels)",
            kind="too_large",
        )
    shortest = min(height, width) * first
    levels = math.log(shortest / window) / -math.log(search.factor) if shortest > window else 0
    if levels > _MOST_LEVELS:
        raise ImageError(
            f"factor {search.factor!r} would make {levels:.0f} pyramid levels of an image of "
            f"{width}x{height}, more than {_MOST_LEVELS}",
            kind="too_large",
        )
    variant = search.variant
    scales = _core.pyramid_scales(
        height,
        width,
        search.min_face_size,
        search.factor,
        window,
        variant.to_window,
        variant.by_product,
    )
    # To the first level whose window is as large as the largest face; there it is found best.
    return [scale for scale in scales if window * search.factor < search.max_face_size * scale]


def _propose(
    sources: list[_core.Source],
    scales: list[list[float]],
    pnet: Network,
    search: Search,
    map_: Map,
) -> list[Candidates]:
    """Search each level of each pyramid with P-Net."""
    variant, past = search.variant, search.variant.level_past
    levels = [
        _Level(source, scale, _core.level_size(source.height, source.width, scale, past))
        for source, each in zip(sources, scales, strict=True)
        for scale in each
    ]
    work = [(k, tile) for k, level in enumerate(levels) for tile in tiles(*level.size, pnet.tile)]
    if pnet.joins:
        work.sort(key=lambda item: item[1][2:])  # those of equal size together; stable

    def cut(group: list[tuple[int, Tile]]) -> npt.NDArray[np.float32]:
        parts = [_core.resample(levels[k].source, *levels[k].size, tile) for k, tile in group]
        return parts[0][None] if len(parts) == 1 else np.stack(parts)

    def decode(group: list[tuple[int, Tile]], outputs: Outputs) -> list[tuple[int, Found]]:
        return [
            (k, decoded(outputs.scores[n], outputs.offsets[n], levels[k].scale, tile, search))
            for n, (k, tile) in enumerate(group)
        ]

    found: list[list[Found]] = [[] for _ in levels]
    for parts in _show(_equal_sizes(work, pnet.chunk), cut, pnet, decode, map_):
        for k, part in parts:
            found[k].append(part)
    within_level, across_levels = search.nms_thresholds[:2]
    suppressed = (
        _in_order(parts, variant.column_major).suppress(within_level, variant) for parts in found
    )
    return [
        _joined([_no_candidates(), *(next(suppressed) for _ in each)]).suppress(
            across_levels, variant
        )
        for each in scales
    ]


def decoded(
    scores: _core.Plane, offsets: _core.Plane, scale: float, tile: Tile, search: Search
) -> Found:
    """Return the windows of a tile whose scores exceed P-Net's threshold."""
    variant = search.variant
    *_, cells = found = _core.boxes_from_heat_map(
        scores,
        offsets,
        scale,
        search.thresholds[0],
        variant.window - 1 + variant.cell_extra,
        variant.stride,
        tile.top // variant.stride,
        tile.left // variant.stride,
        variant.cell_rounding,
        variant.cell_in_single,
        variant.inclusive,
    )
    return Found(Candidates(*found[:3]), cells)


def _refined(seen: Seen, search: Search) -> Candidates:
    """Return what R-Net leaves."""
    passed = _above(seen.outputs.scores, search.thresholds[1])
    judged = Candidates(seen.clipped, seen.outputs.scores, seen.outputs.offsets)
    return judged.take(passed).suppress(search.nms_thresholds[2], search.variant)


def _faces(seen: Seen, search: Search) -> Faces:
    """Return what O-Net leaves."""
    passed = _above(seen.outputs.scores, search.thresholds[2])
    # Own models may say anything; what P-Net and R-Net say is dropped when crops are cut out.
    passed = passed[_finite(seen.outputs, passed)]
    if search.variant.last_of_equals != "never":
        passed = passed[::-1]
    faces = Faces.seen(seen, passed, seen.crops.scores[passed], search.variant)
    return faces.suppress(search)


def _looked_again(
    sources: list[_core.Source], faces: list[Faces], onet: Network, search: Search, map_: Map
) -> tuple[list[Faces], list[Crops | None]]:
    """Return the faces that O-Net leaves a second time, and what it judged by both looks.

    As with iterative localization of Gidaris and Komodakis, "Object detection via a multi-region
    & semantic segmentation-aware CNN model", ICCV 2015, a box that fits is judged better.
    """
    squares = [squared(each.boxes, search.variant) for each in faces]
    scores = [each.scores for each in faces]
    left: list[Faces] = []
    judged: list[Crops | None] = []
    for first, seen in zip(
        faces, look(sources, squares, scores, onet, search.variant, map_), strict=True
    ):
        crops = seen.crops
        crops = crops._replace(network_scores=mean_of(crops.scores, crops.network_scores))
        judged.append(crops)
        left.append(_mean_of_looks(first.take(seen.usable), seen, crops.network_scores, search))
    return left, judged


def _mean_of_looks(first: Faces, seen: Seen, scores: _core.Scores, search: Search) -> Faces:
    """Return the means of faces and of what O-Net says of the squares around them."""
    passed = _above(scores, search.thresholds[2])
    passed = passed[_finite(seen.outputs, passed)]
    first = first.take(passed)
    again = Faces.seen(seen, passed, first.rnet_scores, search.variant)
    return Faces(
        (first.boxes + again.boxes) / 2,
        scores[passed],
        first.rnet_scores,
        mean_of(first.landmarks, again.landmarks),
    ).suppress(search)


def _detections(faces: Faces, search: Search) -> Detections:
    found = Detections(faces.boxes.astype(np.float32), faces.ranks(search), faces.landmarks)
    return _whole(found) if search.variant.integers else found


def look(
    sources: list[_core.Source],
    squares: list[_core.Boxes],
    scores: list[_core.Scores],
    network: Network,
    variant: Variant,
    map_: Map,
) -> list[Seen]:
    """Cut the squares out of each image and show them to R-Net or O-Net."""
    squares, scores, regions, usable = list(squares), list(scores), [], []
    for k, source in enumerate(sources):
        found = _regions(squares[k], source, variant)
        usable.append(_core.croppable(found, source.height, source.width))
        squares[k], scores[k] = squares[k][usable[k]], scores[k][usable[k]]
        regions.append(found[usable[k]])

    def cut(chunk: list[tuple[int, slice]]) -> npt.NDArray[np.float32]:
        crops = [_core.crop(sources[k], regions[k][part], network.size) for k, part in chunk]
        return crops[0] if len(crops) == 1 else np.concatenate(crops)

    counts = [len(each) for each in squares]
    chunks = _chunks(counts, network.chunk, network.joins)
    said = _show(chunks, cut, network, lambda _, outputs: outputs, map_)
    outputs = Outputs(*map(np.concatenate, zip(*said, strict=True)))
    ends = np.cumsum(counts)
    seen = []
    for k, source in enumerate(sources):
        own = Outputs(*(values[ends[k] - counts[k] : ends[k]] for values in outputs))
        # The crop is of the whole square; only then the box is clipped, for all that follows.
        boxes = squares[k]
        if variant.clips_boxes:
            boxes = _core.clip(boxes, source.height, source.width)
        seen.append(Seen(Crops(squares[k], scores[k], own.scores), usable[k], boxes, own))
    return seen


def _show(
    items: list[_Item],
    cut: Callable[[_Item], npt.NDArray[np.float32]],
    network: Network,
    decode: Callable[[_Item, Outputs], _Result],
    map_: Map,
) -> Iterator[_Result]:
    """Cut each item out of the images and yield what the network makes of it.

    Many are cut before the network sees the first, for it drives the images out of the processor's
    cache; not all, for they take memory.
    """

    def look(item: _Item, batch: npt.NDArray[np.float32]) -> _Result:
        return decode(item, network(batch))

    for first in range(0, len(items), network.chunks_ahead):
        some = items[first : first + network.chunks_ahead]
        yield from map_(look, some, list(map_(cut, some)))


def _regions(squares: _core.Boxes, source: _core.Source, variant: Variant) -> _core.Boxes:
    """Return which pixels to cut out for the squares; the first of the image is 0."""
    regions = squares - variant.first_pixel
    if variant.clips_crops:
        # Not to the nearest pixel, and what lies outside is left away, not black.
        last = np.array([source.width, source.height], np.float64) - 1
        whole = np.trunc(squares) - variant.first_pixel
        regions = np.hstack([np.maximum(whole[:, :2], 0), np.minimum(whole[:, 2:], last)])
    return np.ascontiguousarray(regions)


def _whole(found: Detections) -> Detections:
    """Return faces in whole pixels, rounded as ipazc/mtcnn 0.1 does."""
    boxes = found.boxes.astype(np.float64)
    corners = np.maximum(np.trunc(boxes[:, :2]), 0)
    sides = np.trunc(boxes[:, 2:] - corners)
    return Detections(
        np.hstack([corners, corners + sides]).astype(np.float32),
        found.scores,
        np.trunc(found.landmarks),
    )


def _equal_sizes(work: list[tuple[int, Tile]], most: int) -> list[list[tuple[int, Tile]]]:
    """Return runs of at most so many tiles of equal size."""
    groups: list[list[tuple[int, Tile]]] = []
    for item in work:
        if groups and len(groups[-1]) < most and groups[-1][-1][1][2:] == item[1][2:]:
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups


def _chunks(counts: list[int], most: int, joins: bool) -> list[list[tuple[int, slice]]]:
    """Return groups of at most so many crops, as (image, which of its crops).

    Unless they are to be joined, no group holds crops of two images: its results must not depend
    on what else is in a batch.
    """
    groups: list[list[tuple[int, slice]]] = []
    room = 0
    for k, count in enumerate(counts):
        first = 0
        while first < count:
            if room == 0 or not (joins or first):
                groups.append([])
                room = most
            taken = min(room, count - first)
            groups[-1].append((k, slice(first, first + taken)))
            first += taken
            room -= taken
    # At least one, if of no crops, so that the outputs have their shapes.
    return groups or [[(0, slice(0, 0))]]


def _joined(parts: Sequence[Candidates]) -> Candidates:
    return Candidates(*map(np.concatenate, zip(*parts, strict=True)))


def _in_order(parts: list[Found], column_major: bool) -> Candidates:
    """Return the candidates of a level by their cells.

    The order of equal scores, and so which of them NMS keeps, must not depend on the tiles.
    """
    if len(parts) == 1 and not column_major:
        return parts[0].candidates
    rows, columns = np.concatenate([part.cells for part in parts]).T
    order = np.lexsort((rows, columns) if column_major else (columns, rows))
    return _joined([part.candidates for part in parts]).take(order)


def _above(scores: _core.Scores, threshold: float) -> npt.NDArray[np.int64]:
    # In float64: the threshold itself may not be a float32.
    return np.flatnonzero(scores.astype(np.float64) > threshold)


def _finite(outputs: Outputs, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tell of each of some rows whether all that is said of it is finite."""
    whole: npt.NDArray[np.bool_] = np.isfinite(outputs.scores[rows])
    for part in (outputs.offsets, outputs.points):
        whole &= np.isfinite(part[rows]).all(axis=1)
    return whole


def _no_candidates() -> Candidates:
    return Candidates(np.zeros((0, 4)), np.zeros(0, np.float32), np.zeros((0, 4), np.float32))
