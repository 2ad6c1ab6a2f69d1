"""Detections in one image by options that differ a little, looked at in one point."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..cascade import Search, Trace
from ..detections import Detections
from ..detector import MTCNN
from ..ending import in_cpp
from ..limits import Limits
from .windows import Windows, contain, examine

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
        self._point = point

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
        other = Attempt(self._detector, self._pixels, self._point)
        other._detector._search = replace(self.search, **options)
        other._detector._rotations = rotations or self._detector._rotations
        return other

    @cached_property
    def trace(self) -> Trace:
        """What each stage made of the image."""
        return self._detector.trace(self._pixels)

    @cached_property
    def windows(self) -> Windows:
        """What all networks say of the windows around the point."""
        networks = self._detector._networks.get()
        with in_cpp:
            return examine(self._pixels, self._point, networks, self.search)

    @property
    def found(self) -> Detections:
        """The face at the point, or none; of several the one that it is nearest the middle of."""
        found = self.trace.detections
        at = np.flatnonzero(contain(found.boxes, self._point))
        boxes = found.boxes[at].astype(np.float64)
        middles, sides = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
        off = np.abs((np.array(self._point) - middles) / np.maximum(sides, 1e-9)).max(axis=1)
        return found.select(at[np.argsort(off, kind="stable")[:1]])
