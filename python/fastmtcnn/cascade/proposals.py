"""P-Net's stage: every window of every pyramid level, and the proposals among them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import _core
from ..errors import ImageError
from ..networks.network import Network, Outputs
from ..options import Options
from ..runtime.workers import Map, num_threads_of
from .batching import group_equal_tiles, run_batches
from .stage_results import Candidates, TileProposals
from .tiles import Tile, cut_into_strips, cut_into_tiles, num_cells

_STRIPS_A_THREAD = 2


class _Level(NamedTuple):
    """A level of one image's pyramid."""

    source: _core.ResampleSource
    scale: float
    size: tuple[int, int]


def propose(
    sources: list[_core.ResampleSource],
    scales: list[list[float]],
    pnet: Network,
    options: Options,
    map_: Map,
) -> list[Candidates]:
    """Search each level of each pyramid with P-Net.

    Parameters
    ----------
    sources : list of ResampleSource
        The images.
    scales : list of list of float
        The scales of each image's pyramid.
    pnet : Network
        P-Net.
    options : Options
        The options of the search.
    map_ : callable
        Like the builtin ``map``; may work on several items at a time.

    Returns
    -------
    list of Candidates
        The proposals in each image, after non-maximum suppression within and across levels.

    Raises
    ------
    ImageError
        If there are more than `max_proposals` in an image, before suppression.
    """
    levels = [
        _Level(source, scale, level_size(source, scale, options))
        for source, each in zip(sources, scales, strict=True)
        for scale in each
    ]
    found: list[list[TileProposals]] = [[] for _ in levels]
    search = _search_tiles if pnet.on_level is None else _search_strips
    numbers = Counter[_core.ResampleSource]()
    for k, part in search(levels, pnet, options, map_):
        found[k].append(part)
        source = levels[k].source
        numbers[source] += len(part.candidates.scores)
        _check_number(numbers[source], source, options)
    return _suppress_levels(found, [len(each) for each in scales], options)


def _check_number(number: int, source: _core.ResampleSource, options: Options) -> None:
    """Refuse an image with more proposals than allowed, whatever the order of its parts."""
    if options.max_proposals is not None and number > options.max_proposals:
        raise ImageError(
            f"P-Net may make at most {options.max_proposals} proposals (max_proposals), got more "
            f"in an image of {source.width}x{source.height}",
            kind="too_many_proposals",
        )


def _search_tiles(
    levels: list[_Level], pnet: Network, options: Options, map_: Map
) -> Iterator[tuple[int, TileProposals]]:
    """Search the levels tile by tile; return which level each result is of."""
    work = [
        (k, tile)
        for k, level in enumerate(levels)
        for tile in cut_into_tiles(*level.size, pnet.max_tile, options.variant)
    ]
    if pnet.batches_images:
        work.sort(key=lambda item: item[1][2:])  # tiles of equal size together; stable

    def cut(group: list[tuple[int, Tile]]) -> npt.NDArray[np.float32]:
        parts = [_core.resample(levels[k].source, *levels[k].size, tile) for k, tile in group]
        return parts[0][None] if len(parts) == 1 else np.stack(parts)

    def decode(group: list[tuple[int, Tile]], outputs: Outputs) -> list[tuple[int, TileProposals]]:
        return [
            (
                k,
                decode_heat_map(
                    outputs.scores[n], outputs.offsets[n], levels[k].scale, tile, options
                ),
            )
            for n, (k, tile) in enumerate(group)
        ]

    for parts in run_batches(group_equal_tiles(work, pnet.batch_size), cut, pnet, decode, map_):
        yield from parts


def _search_strips(
    levels: list[_Level], pnet: Network, options: Options, map_: Map
) -> Iterable[tuple[int, TileProposals]]:
    """Search the levels with a P-Net that resamples them itself.

    They are cut only to share them out to threads: the result does not depend on it.
    """
    on_level, variant = pnet.on_level, options.variant
    assert on_level is not None
    num_threads = num_threads_of(map_)
    areas = [level.size[0] * level.size[1] for level in levels]
    share = sum(areas) / (1 if num_threads == 1 else _STRIPS_A_THREAD * num_threads)

    def search(k: int, strip: Tile) -> tuple[int, TileProposals]:
        source, scale, size = levels[k]
        begin = strip.top // variant.stride
        end = begin + num_cells(strip.height, variant)
        # In C++ the threshold is rounded to float32, which puts it above no score that exceeds it.
        outputs = on_level(source, *size, begin, end, options.thresholds[0])
        return k, decode_heat_map(outputs.scores, outputs.offsets, scale, strip, options)

    work = [
        (k, strip)
        for k, level in enumerate(levels)
        for strip in cut_into_strips(*level.size, math.ceil(areas[k] / share), variant)
    ]
    return map_(search, *zip(*work, strict=True)) if work else []


def _suppress_levels(
    found: list[list[TileProposals]], nums_levels: list[int], options: Options
) -> list[Candidates]:
    """Suppress within each level, then across the levels of each image."""
    variant, (within_level, across_levels) = options.variant, options.nms_thresholds[:2]
    kept = [
        _in_cell_order(parts, variant.column_major).suppress(within_level, variant)
        for parts in found
    ]
    images, first = [], 0
    for number in nums_levels:
        levels = Candidates.concatenate([Candidates.none(), *kept[first : first + number]])
        images.append(levels.suppress(across_levels, variant))
        first += number
    return images


def level_size(source: _core.ResampleSource, scale: float, options: Options) -> tuple[int, int]:
    """Return height and width of a level in pixels."""
    plus_one = options.variant.level_size == "floor_plus_one"
    return _core.level_size(source.height, source.width, scale, plus_one)


def decode_heat_map(
    scores: _core.Plane, offsets: _core.Plane, scale: float, tile: Tile, options: Options
) -> TileProposals:
    """Return the windows of a tile whose scores exceed P-Net's threshold.

    Parameters
    ----------
    scores : ndarray of float32, shape (rows, columns)
        P-Net's face probabilities, one a cell.
    offsets : ndarray of float32, shape (4, rows, columns)
        Its bounding-box regression offsets.
    scale : float
        Level pixels per image pixel.
    tile : Tile
        The part of the level that P-Net saw.
    options : Options
        The options of the search.
    """
    variant = options.variant
    boxes, kept_scores, kept_offsets, cells = _core.boxes_from_heat_map(
        scores,
        offsets,
        scale,
        options.thresholds[0],
        variant.window - 1 + variant.cell_extra,
        variant.stride,
        tile.top // variant.stride,
        tile.left // variant.stride,
        variant.cell_rounding,
        variant.float32_boxes,
        variant.threshold_inclusive,
    )
    return TileProposals(Candidates(boxes, kept_scores, kept_offsets), cells)


def _in_cell_order(parts: list[TileProposals], column_major: bool) -> Candidates:
    """Return the candidates of a level in the order of their cells.

    The order of equal scores, and so which of them is kept, must not depend on the tiles.
    """
    if len(parts) == 1 and not column_major:
        return parts[0].candidates
    rows, columns = np.concatenate([part.cells for part in parts]).T
    order = np.lexsort((rows, columns) if column_major else (columns, rows))
    return Candidates.concatenate([part.candidates for part in parts]).take(order)
