"""What all networks say of one place, whatever the thresholds, with nothing suppressed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import _core
from ..cascade.run import Candidates, Search, decoded, level_scales, look
from ..cascade.tiles import tiles
from ..networks.onnx import Network

_ROOM = 0.25  # of a window, on each side: its box may be moved by so much


class Windows(NamedTuple):
    """P-Net's windows around a point, and what became of each.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        P-Net's boxes: x1, y1, x2, y2 in pixels of the image.
    squares : tuple of two ndarrays of float64, shape (n, 4)
        What was cut out for R-Net and for O-Net.
    scores : ndarray of float32, shape (n, 3)
        Of P-Net, R-Net and O-Net.
    faces : ndarray of float64, shape (n, 4)
        The boxes that O-Net makes of them.
    """

    boxes: npt.NDArray[np.float64]
    squares: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    scores: npt.NDArray[np.float32]
    faces: npt.NDArray[np.float64]

    def take(self, which: npt.NDArray[np.bool_]) -> Windows:
        """Return those of a mask."""
        rnet, onet = self.squares
        return Windows(
            self.boxes[which], (rnet[which], onet[which]), self.scores[which], self.faces[which]
        )


def examine(
    image: _core.Image,
    point: tuple[float, float],
    networks: tuple[Network, Network, Network],
    search: Search,
) -> Windows:
    """Show all windows around a point to all networks.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
        RGB, pixels packed within a row.
    point : tuple of two floats
        x and y in pixels of the image.
    networks : tuple of Network
        P-Net, R-Net and O-Net.
    search : Search
        The options, of which the thresholds do not matter.

    Raises
    ------
    ImageError
        If there would be too many levels, or too large ones.
    """
    pnet, rnet, onet = networks
    variant = search.variant
    source = _core.Source(image, variant.resampling)
    parts = list(_around(source, point, pnet, replace(search, thresholds=(0.0, 0.0, 0.0))))
    if not parts:
        none = np.zeros((0, 4))
        return Windows(none, (none, none), np.zeros((0, 3), np.float32), none)
    found = Candidates(*map(np.concatenate, zip(*parts, strict=True)))
    squares = [found.squares(variant.proposal_extra, variant)]
    (seen,) = look([source], squares, [found.scores], rnet, variant, map)
    found = found.take(seen.usable)
    judged = Candidates(seen.clipped, seen.outputs.scores, seen.outputs.offsets)
    (last,) = look([source], [judged.squares(1, variant)], [judged.scores], onet, variant, map)
    found = found.take(last.usable)
    return Windows(
        found.boxes,
        (seen.crops.boxes[last.usable], last.crops.boxes),
        np.column_stack([found.scores, last.crops.scores, last.crops.network_scores]),
        _core.calibrate(last.clipped, last.outputs.offsets),
    )


def _around(
    source: _core.Source, point: tuple[float, float], pnet: Network, search: Search
) -> Iterator[Candidates]:
    """Yield the windows around a point, level by level, a tile at a time."""
    variant = search.variant
    for scale in level_scales(source, search):
        size = _core.level_size(source.height, source.width, scale, variant.level_past)
        x, y = point[0] * scale, point[1] * scale
        reach = variant.window * (1 + _ROOM)
        # As the search does it, so that the scores are the same.
        for tile in tiles(*size, pnet.tile):
            if not (
                tile.left - reach <= x <= tile.left + tile.width + reach
                and tile.top - reach <= y <= tile.top + tile.height + reach
            ):
                continue
            outputs = pnet(_core.resample(source, *size, tile)[None])
            found = decoded(outputs.scores[0], outputs.offsets[0], scale, tile, search).candidates
            yield found.take(contain(found.boxes, point, _ROOM))


def contain(
    boxes: npt.NDArray[np.floating], point: tuple[float, float], room: float = 0.0
) -> npt.NDArray[np.bool_]:
    """Tell which boxes contain a point.

    Parameters
    ----------
    boxes : ndarray, shape (n, 4)
        x1, y1, x2, y2.
    point : tuple of two floats
        x and y.
    room : float, default 0
        How far from a box it may be, in sides of the box.
    """
    margin = (boxes[:, 2:] - boxes[:, :2]) * room
    inside = (boxes[:, :2] - margin <= point) & (point <= boxes[:, 2:] + margin)
    return np.asarray(inside.all(axis=1))
