"""One photo of a report."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..detections import Detections


class ReportedPhoto(NamedTuple):
    """A photo, what was found in it, or why nothing could be.

    Attributes
    ----------
    path : str
        As it was given.
    width, height : int
        Of the upright photo, in pixels; 0 if it could not be used.
    detections : Detections
        Its faces.
    pixels : ndarray of uint8, shape (height, width, 3), or None
        RGB, for the thumbnails; None if they are not at hand.
    problem : str or None
        Why the photo could not be used.
    remark : str or None
        Why there are no pixels of a photo that could be used.
    """

    path: str
    width: int
    height: int
    detections: Detections
    pixels: npt.NDArray[np.uint8] | None = None
    problem: str | None = None
    remark: str | None = None

    @classmethod
    def failed(cls, path: str, problem: str) -> ReportedPhoto:
        """Return a photo that could not be used.

        Parameters
        ----------
        path : str
            As it was given.
        problem : str
            Why not.
        """
        return cls(path, 0, 0, Detections.empty(), problem=problem)

    @property
    def sizes(self) -> npt.NDArray[np.float32]:
        """The longer side of each face in pixels, float32 of shape (n,)."""
        boxes = self.detections.boxes
        sides: npt.NDArray[np.float32] = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
        return sides
