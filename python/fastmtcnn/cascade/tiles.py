"""Pyramid levels cut into tiles that P-Net can search one by one, with the same result."""

from __future__ import annotations

from typing import NamedTuple

from ..variants import Variant


class Tile(NamedTuple):
    """Part of a level, in level pixels."""

    top: int
    left: int
    height: int
    width: int


def cut_into_tiles(
    height: int, width: int, max_tile: tuple[int, int] | None, variant: Variant
) -> list[Tile]:
    """Cut a level so that every window lies whole in one tile and none in two.

    Neighbours overlap by the window less the stride, and begin at multiples of the stride, where
    P-Net's pooling does.

    Parameters
    ----------
    height, width : int
        Size of the level in pixels, at least one window.
    max_tile : tuple of int, or None
        Largest height and width of a tile; None for the whole level as one.
    variant : Variant
        Has the window and the stride of P-Net.

    Returns
    -------
    list of Tile
        Row by row.
    """
    if max_tile is None:
        return [Tile(0, 0, height, width)]
    return [
        Tile(top, left, bottom - top, right - left)
        for top, bottom in _stretches(height, max_tile[0], variant)
        for left, right in _stretches(width, max_tile[1], variant)
    ]


def _stretches(length: int, most: int, variant: Variant) -> list[tuple[int, int]]:
    """Return begin and end of parts of about equal size, none longer than `most`."""
    window, stride = variant.window, variant.stride

    def num_cells(pixels: int) -> int:
        return -(-(pixels - window) // stride) + 1  # the last may lack pixels: pooling rounds up

    cells = num_cells(length)
    parts = -(-cells // num_cells(most))
    each = -(-cells // parts)
    return [
        (
            stride * first,
            length if first + each >= cells else stride * (first + each - 1) + window,
        )
        for first in range(0, cells, each)
    ]
