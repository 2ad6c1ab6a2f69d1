"""Pyramid levels cut into tiles that P-Net can look at one by one, with the same result."""

from __future__ import annotations

from typing import NamedTuple


class Tile(NamedTuple):
    """Part of a level, in level pixels."""

    top: int
    left: int
    height: int
    width: int


def tiles(height: int, width: int, most: tuple[int, int] | None) -> list[Tile]:
    """Cut a level for the shipped P-Net, whose 12x12 windows lie 2 pixels apart.

    Neighbours overlap by 10 pixels and begin at even ones, where the pooling does, so that every
    window lies whole in one tile and none in two.

    Parameters
    ----------
    height, width : int
        Size of the level in pixels, at least 12.
    most : tuple of int, or None
        Largest height and width of a tile; None for the whole level as one.

    Returns
    -------
    list of Tile
        Row by row.
    """
    if most is None:
        return [Tile(0, 0, height, width)]
    return [
        Tile(top, left, bottom - top, right - left)
        for top, bottom in _stretches(height, most[0])
        for left, right in _stretches(width, most[1])
    ]


def _stretches(length: int, most: int) -> list[tuple[int, int]]:
    cells = _cells(length)
    parts = -(-cells // _cells(most))
    each = -(-cells // parts)
    return [
        (2 * first, length if first + each >= cells else 2 * (first + each) + 10)
        for first in range(0, cells, each)
    ]


def _cells(length: int) -> int:
    # A convolution, a pooling that rounds up, two convolutions.
    return -(-(length - 2) // 2) - 4
