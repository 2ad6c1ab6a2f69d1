"""Which of the faces found are given to the user."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..detections import Detections
from ..faces.selection import Rank, first_faces


@dataclass(frozen=True)
class Limits:
    """What is left out, and how far boxes reach.

    Attributes
    ----------
    min_score, min_size, max_size : float or None
        As for `Detections.filter`.
    max_faces : int or None
        How many faces at most.
    max_faces_by : str
        Which of more, by the rule of that name of `select_faces`.
    clip : bool
        Whether boxes end at the border of the image.
    """

    min_score: float | None
    min_size: float | None
    max_size: float | None
    max_faces: int | None
    max_faces_by: Rank
    clip: bool

    def apply(self, found: Detections, shape: tuple[int, ...]) -> Detections:
        """Return the faces within the limits, in their order.

        Parameters
        ----------
        found : Detections
            Of one image.
        shape : tuple of int
            Height and width of the image; what follows is ignored.
        """
        if any(limit is not None for limit in (self.min_score, self.min_size, self.max_size)):
            found = found.filter(
                min_score=self.min_score, min_size=self.min_size, max_size=self.max_size
            )
        if self.max_faces is not None:
            found = first_faces(found, self.max_faces, self.max_faces_by, shape)
        if self.clip:
            height, width = shape[:2]
            limits = np.array([width, height, width, height], np.float32) - 1
            found = found._replace(boxes=np.clip(found.boxes, 0, limits))
        return found
