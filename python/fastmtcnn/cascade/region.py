"""A part of the image to search in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .. import checks
from ..detections import Detections
from ..errors import ImageError
from .trace import Crops, Trace

RegionLike: TypeAlias = Sequence[int] | npt.NDArray[np.integer]


class Region:
    """A rectangle of pixels.

    Parameters
    ----------
    roi : sequence of four int
        x1, y1, x2, y2: those with x1 <= x < x2 and y1 <= y < y2.

    Raises
    ------
    TypeError, ValueError
        If it is something else, or has no pixel.
    """

    def __init__(self, roi: RegionLike) -> None:
        self._corners = checks.rectangle("roi", roi)

    def cut(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return the part of an image that lies in the region, without copying.

        Parameters
        ----------
        image : ndarray of uint8, shape (height, width, 3)
            The image.

        Raises
        ------
        ImageError
            If no part of it does.
        """
        left, top = self._origin
        _, _, right, bottom = self._corners
        part = image[top : max(bottom, 0), left : max(right, 0)]
        if part.size == 0:
            height, width = image.shape[:2]
            raise ImageError(
                f"roi must have pixels in common with the image of {width}x{height}, "
                f"got {self._corners}",
                kind="shape",
            )
        return part

    @property
    def _origin(self) -> tuple[int, int]:
        return max(self._corners[0], 0), max(self._corners[1], 0)

    def shift(self, trace: Trace) -> Trace:
        """Return the trace of the part in pixels of the image.

        Parameters
        ----------
        trace : Trace
            A trace in pixels of the part.
        """
        corner = np.array(self._origin)
        box = np.tile(corner, 2)
        proposals = trace.proposals.copy()
        proposals[:, :4] += box
        return Trace(
            trace.scales,
            proposals,
            _shifted(trace.rnet, box),
            _shifted(trace.onet, box),
            _shift_faces(trace.detections, corner),
            None if trace.second_look is None else _shifted(trace.second_look, box),
            tuple(_shift_faces(found, corner) for found in trace.views),
        )


def _shift_faces(found: Detections, corner: npt.NDArray[np.int64]) -> Detections:
    by = corner.astype(np.float32)
    return Detections(found.boxes + np.tile(by, 2), found.scores, found.landmarks + by)


def _shifted(crops: Crops, box: npt.NDArray[np.int64]) -> Crops:
    return crops._replace(boxes=crops.boxes + box)
