"""Detections in one image by options that differ a little, looked at in one point."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..cascade.limits import Limits
from ..cascade.run import Search, Trace
from ..detections import Detections
from ..detector import MTCNN
from ..faces.overlaps import overlaps
from ..runtime.shutdown import in_cpp
from .stages import SAME_FACE
from .windows import Windows, contain, examine

_BESIDE = 0.1  # of a box, on each side
_NO_LIMITS = Limits(None, None, None, None, "probability", clip=False)


class Attempt:
    """A detection of all faces, however many, small or large, or low in score.

    Parameters
    ----------
    detector : MTCNN
        Whose networks and options, but those that leave out what was found.
    pixels : ndarray of uint8, shape (height, width, 3)
        RGB.
    point : tuple of two floats
        x and y in pixels of the image.
    """

    def __init__(
        self, detector: MTCNN, pixels: npt.NDArray[np.uint8], point: tuple[float, float]
    ) -> None:
        self._detector = copy(detector)
        self._detector._limits = _NO_LIMITS
        self._detector._channel_order = "rgb"
        self._pixels = pixels
        self.point = point

    @property
    def search(self) -> Search:
        """The options of the search."""
        return self._detector._search

    def changed(self, *, rotations: tuple[int, ...] = (), **options: Any) -> Attempt:  # noqa: ANN401
        """Return one with other options.

        Parameters
        ----------
        rotations : tuple of int
            Angles to turn the image by, if any.
        **options : object
            Of the search.
        """
        other = self.at(self.point)
        other._detector._search = replace(self.search, **options)
        other._detector._rotations = rotations or self._detector._rotations
        return other

    def at(self, point: tuple[float, float]) -> Attempt:
        """Return the same at a point.

        Parameters
        ----------
        point : tuple of two floats
            x and y in pixels of the image.
        """
        return Attempt(self._detector, self._pixels, point)

    @cached_property
    def trace(self) -> Trace:
        """What each stage made of the image."""
        return self._detector.trace(self._pixels)

    @cached_property
    def windows(self) -> Windows:
        """What all networks say of the windows around the point."""
        networks = self._detector._networks.get()
        with in_cpp:
            return examine(self._pixels, self.point, networks, self.search)

    @property
    def is_turned(self) -> bool:
        """Whether the turned image is searched too."""
        return bool(self._detector._rotations)

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
