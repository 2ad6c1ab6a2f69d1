"""P-Net's stage: every window of every pyramid level, and the proposals among them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import _core
from ..networks.network import Network, Outputs
from ..options import Options
from ..runtime.workers import Map
from .batching import group_equal_tiles, run_batches
from .stage_results import Candidates, TileProposals
from .tiles import Tile, cut_into_tiles


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
    """
    levels = [
        _Level(source, scale, level_size(source, scale, options))
        for source, each in zip(sources, scales, strict=True)
        for scale in each
    ]
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

    found: list[list[TileProposals]] = [[] for _ in levels]
    batches = group_equal_tiles(work, pnet.batch_size)
    for parts in run_batches(batches, cut, pnet, decode, map_):
        for k, part in parts:
            found[k].append(part)
    return _suppress_levels(found, [len(each) for each in scales], options)


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
    return _core.level_size(source.height, source.width, scale, options.variant.level_past)


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
        variant.cell_in_single,
        variant.inclusive,
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
