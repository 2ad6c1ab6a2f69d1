"""Detections in one image with options that differ a little, examined at one point."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..cascade.cascade import Cascade
from ..cascade.trace import Trace
from ..detections import Detections
from ..faces.overlaps import overlaps
from ..options import Options
from ..runtime.shutdown import native_section
from ..runtime.workers import Workers
from .stages import SAME_FACE
from .windows import Windows, contain, examine

_BESIDE = 0.1  # of a box, on each side


class Attempt:
    """A detection of all faces, however many, small or large, or low in score.

    Parameters
    ----------
    cascade : Cascade
        Networks and options. The options that limit the result have no effect.
    pixels : ndarray of uint8, shape (height, width, 3)
        RGB.
    point : tuple of two floats
        x and y in pixels of the image.
    workers : Workers
        The threads to use.
    """

    def __init__(
        self,
        cascade: Cascade,
        pixels: npt.NDArray[np.uint8],
        point: tuple[float, float],
        workers: Workers,
    ) -> None:
        self._cascade = cascade
        self._pixels = pixels
        self.point = point
        self._workers = workers

    @property
    def options(self) -> Options:
        """The options of the search."""
        return self._cascade.options

    def changed(self, **options: Any) -> Attempt:  # noqa: ANN401
        """Return an attempt with other options.

        Parameters
        ----------
        **options : object
            Options of the search by name.
        """
        return Attempt(self._cascade.replace(**options), self._pixels, self.point, self._workers)

    def at(self, point: tuple[float, float]) -> Attempt:
        """Return the same attempt at another point.

        Parameters
        ----------
        point : tuple of two floats
            x and y in pixels of the image.
        """
        return Attempt(self._cascade, self._pixels, point, self._workers)

    @cached_property
    def trace(self) -> Trace:
        """Every stage of the detection."""
        return self._cascade.run([self._pixels], self._workers.map())[0]

    @cached_property
    def windows(self) -> Windows:
        """The windows around the point, with the scores of all three networks."""
        with native_section:
            return examine(self._pixels, self.point, self._cascade.networks, self.options)

    def found_beside(self, box: tuple[float, ...]) -> Detections:
        """Return the face that ends just beside the point and overlaps a box, or none.

        Parameters
        ----------
        box : tuple of four floats
            x1, y1, x2, y2 in pixels of the image.
        """
        found = self.trace.detections
        shares = overlaps(found.boxes, np.array([box]))[:, 0]
        shares[~contain(found.boxes, self.point, _BESIDE)] = 0
        best = np.argsort(-shares, kind="stable")[:1]
        return found.select(best[shares[best] >= SAME_FACE])

    @property
    def found(self) -> Detections:
        """The face at the point, or none; of several the one that it is nearest the middle of."""
        found = self.trace.detections
        at = np.flatnonzero(contain(found.boxes, self.point))
        boxes = found.boxes[at].astype(np.float64)
        middles, sides = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
        off = np.abs((np.array(self.point) - middles) / np.maximum(sides, 1e-9)).max(axis=1)
        return found.select(at[np.argsort(off, kind="stable")[:1]])
