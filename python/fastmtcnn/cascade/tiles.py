"""Pyramid levels cut into tiles that P-Net can search one by one, with the same result."""

from __future__ import annotations

from typing import NamedTuple

from ..variants import Variant

_LOWEST_STRIP = 24  # rows of cells: the kernels compute some rows of every strip in vain
_ROWS_TOGETHER = 4  # that the kernels compute at a time


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
    rows, columns = (
        _stretches(length, -(-num_cells(length, variant) // num_cells(most, variant)), variant)
        for length, most in zip((height, width), max_tile, strict=True)
    )
    return [
        Tile(top, left, bottom - top, right - left)
        for top, bottom in rows
        for left, right in columns
    ]


def cut_into_strips(height: int, width: int, parts: int, variant: Variant) -> list[Tile]:
    """Cut a level into tiles of its whole width, likewise.

    Parameters
    ----------
    height, width : int
        Size of the level in pixels, at least one window.
    parts : int
        Number of strips; there may be fewer, so that they do not become low.
    variant : Variant
        Has the window and the stride of P-Net.
    """
    parts = max(1, min(parts, num_cells(height, variant) // _LOWEST_STRIP))
    rows = _stretches(height, parts, variant, _ROWS_TOGETHER)
    return [Tile(top, 0, bottom - top, width) for top, bottom in rows]


def num_cells(pixels: int, variant: Variant) -> int:
    """Return the number of windows of P-Net along a side of a level or tile."""
    # The last may lack pixels: pooling rounds up.
    return -(-(pixels - variant.window) // variant.stride) + 1


def _stretches(
    length: int, parts: int, variant: Variant, multiple: int = 1
) -> list[tuple[int, int]]:
    """Return begin and end of parts of about equal size, of multiples of some cells."""
    window, stride = variant.window, variant.stride
    cells = num_cells(length, variant)
    each = -(-cells // (parts * multiple)) * multiple
    return [
        (
            stride * first,
            length if first + each >= cells else stride * (first + each - 1) + window,
        )
        for first in range(0, cells, each)
    ]
