"""Which of the detected faces are returned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..detections import Detections
from ..faces.selection import Rank, first_faces
from ..options import Options


@dataclass(frozen=True)
class Limits:
    """Which faces are left out, and whether boxes are clipped.

    Attributes
    ----------
    min_score, min_size, max_size : float or None
        As for `Detections.filter`.
    max_faces : int or None
        Largest number of faces.
    max_faces_by : str
        The rule of `select_faces` that chooses if there are more.
    clip : bool
        Whether boxes are clipped to the image.
    """

    min_score: float | None
    min_size: float | None
    max_size: float | None
    max_faces: int | None
    max_faces_by: Rank
    clip: bool

    @classmethod
    def of(cls, options: Options) -> Limits:
        """Return the limits that the options of a detector set."""
        return cls(
            min_score=options.min_score,
            min_size=options.min_face_size if options.drop_smaller else None,
            max_size=options.max_face_size if options.drop_larger else None,
            max_faces=options.max_faces,
            max_faces_by=options.max_faces_by,
            clip=options.clip,
        )

    def apply(self, found: Detections, shape: tuple[int, ...]) -> Detections:
        """Return the faces within the limits, in their order.

        Parameters
        ----------
        found : Detections
            The faces of one image.
        shape : tuple of int
            Height and width of the image; further items are ignored.
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
