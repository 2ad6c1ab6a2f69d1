"""The scores of all networks around one point, whatever the thresholds, with no suppression.

A run of the cascade with thresholds of zero would do the same for the whole image, at the cost of
passing each of P-Net's windows (some hundred thousand) to R-Net and O-Net. Here only the windows
around the point are passed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import _core
from ..cascade.proposals import decode_heat_map, level_size
from ..cascade.pyramid import pyramid_scales
from ..cascade.refinement import run_on_crops
from ..cascade.stage_results import Candidates
from ..cascade.tiles import cut_into_tiles
from ..networks.loading import Networks
from ..networks.network import Network
from ..options import Options

_ROOM = 0.25  # of a window, on each side: how far its box may be moved
_ANY = (0.0, 0.0, 0.0)  # thresholds that let everything through


class Windows(NamedTuple):
    """P-Net's windows around a point, with the results of all stages.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        P-Net's boxes: x1, y1, x2, y2 in pixels of the image.
    squares : tuple of two ndarrays of float64, shape (n, 4)
        Squares of R-Net and of O-Net: x1, y1, x2, y2 in pixels of the image.
    scores : ndarray of float32, shape (n, 3)
        Scores of P-Net, R-Net and O-Net.
    faces : ndarray of float64, shape (n, 4)
        Boxes after O-Net.
    """

    boxes: npt.NDArray[np.float64]
    squares: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    scores: npt.NDArray[np.float32]
    faces: npt.NDArray[np.float64]

    def take(self, which: npt.NDArray[np.bool_]) -> Windows:
        """Return the windows of a mask."""
        rnet, onet = self.squares
        return Windows(
            self.boxes[which], (rnet[which], onet[which]), self.scores[which], self.faces[which]
        )


def examine(
    image: _core.Image,
    point: tuple[float, float],
    networks: Networks,
    options: Options,
) -> Windows:
    """Pass all windows around a point through all networks.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
        RGB, pixels packed within a row.
    point : tuple of two floats
        x and y in pixels of the image.
    networks : Networks
        P-Net, R-Net and O-Net.
    options : Options
        The options of the search, of which the thresholds do not matter.

    Raises
    ------
    ImageError
        If there would be too many levels, or too large ones.
    """
    variant = options.variant
    source = _core.ResampleSource(image, variant.resampling)
    parts = list(_windows_around(source, point, networks.pnet, replace(options, thresholds=_ANY)))
    if not parts:
        none = np.zeros((0, 4))
        return Windows(none, (none, none), np.zeros((0, 3), np.float32), none)
    windows = Candidates.concatenate(parts)
    squares = windows.to_squares(variant.proposal_extra, variant)
    (rnet,) = run_on_crops([source], [squares], networks.rnet, variant, map)
    squares = rnet.to_candidates().to_squares(1, variant)
    (onet,) = run_on_crops([source], [squares], networks.onet, variant, map)
    windows = windows.take(rnet.usable).take(onet.usable)
    return Windows(
        windows.boxes,
        (rnet.crops.boxes[onet.usable], onet.crops.boxes),
        np.column_stack([windows.scores, onet.crops.scores, onet.crops.network_scores]),
        _core.apply_offsets(onet.clipped_boxes, onet.outputs.offsets),
    )


def _windows_around(
    source: _core.ResampleSource, point: tuple[float, float], pnet: Network, options: Options
) -> Iterator[Candidates]:
    """Yield the windows around a point, level by level, one tile at a time."""
    variant = options.variant
    for scale in pyramid_scales(source, options):
        size = level_size(source, scale, options)
        x, y = point[0] * scale, point[1] * scale
        reach = variant.window * (1 + _ROOM)
        # Tiles as in the search, so that the scores are the same.
        for tile in cut_into_tiles(*size, pnet.max_tile, variant):
            if not (
                tile.left - reach <= x <= tile.left + tile.width + reach
                and tile.top - reach <= y <= tile.top + tile.height + reach
            ):
                continue
            outputs = pnet(_core.resample(source, *size, tile)[None])
            found = decode_heat_map(outputs.scores[0], outputs.offsets[0], scale, tile, options)
            yield found.candidates.take(contain(found.candidates.boxes, point, _ROOM))


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
        Distance from a box at which a point still counts, in sides of the box.
    """
    margin = (boxes[:, 2:] - boxes[:, :2]) * room
    inside = (boxes[:, :2] - margin <= point) & (point <= boxes[:, 2:] + margin)
    return np.asarray(inside.all(axis=1))
