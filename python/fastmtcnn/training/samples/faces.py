"""The faces of one photograph, as windows are labelled with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...faces.overlaps import overlaps
from ..data.annotated import AnnotatedImage
from .geometry import Floats, covered_shares, rotate_boxes, rotate_points, squares_around
from .records import Kind
from .settings import NEGATIVE_IOU, PART_IOU, POSITIVE_IOU, WindowSettings

_UNUSED = 255  # no kind
_MOST_COVERED = 0.5  # of a negative window, by an ignored region, which may hold many faces


@dataclass(frozen=True)
class Faces:
    """Faces to learn, and regions to ignore.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        The annotated boxes of faces to learn.
    points : ndarray of float64, shape (n, 5, 2)
        Their landmarks; NaN where they have none.
    ignored : ndarray of float64, shape (k, 4)
        Boxes that are neither positive nor negative.
    reference : str
        What the IoU is taken with; see `WindowSettings`.
    """

    boxes: Floats
    points: Floats
    ignored: Floats
    reference: str

    @classmethod
    def of(cls, image: AnnotatedImage, settings: WindowSettings) -> Faces:
        """Return the faces of an image; those below the smallest size to learn are ignored."""
        sides = (image.boxes[:, 2:] - image.boxes[:, :2]).max(axis=1, initial=0)
        learnt = ~image.ignored & (sides >= settings.min_face)
        finite = np.isfinite(image.boxes).all(axis=1) & (sides > 0)
        return cls(
            image.boxes[learnt],
            image.points[learnt],
            image.boxes[~learnt & finite],
            settings.reference,
        )

    @property
    def squares(self) -> Floats:
        """The squares around the faces."""
        return squares_around(self.boxes)

    def rotated(self, centre: Floats, angle: float) -> Faces:
        """Return the faces of the photograph rotated about a point, by an angle in radians."""
        return Faces(
            rotate_boxes(self.boxes, centre, angle),
            rotate_points(self.points, centre, angle),
            rotate_boxes(self.ignored, centre, angle),
            self.reference,
        )

    def label(self, windows: Floats) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.intp]]:
        """Return the kind of each window, and the face that it is compared with.

        Parameters
        ----------
        windows : ndarray of float64, shape (n, 4)
            Square windows.

        Returns
        -------
        kinds : ndarray of uint8, shape (n,)
            NEGATIVE, POSITIVE or PART, or a number that is no `Kind` for windows not to be used.
        faces : ndarray of int, shape (n,)
            Index of the face with the largest IoU; 0 if there is no face.
        """
        judged = self.squares if self.reference == "square" else self.boxes
        shares = overlaps(windows, judged)
        ignored = squares_around(self.ignored) if self.reference == "square" else self.ignored
        unsure = overlaps(windows, ignored).max(axis=1, initial=0)
        best = shares.max(axis=1, initial=0)
        kinds = np.full(len(windows), _UNUSED, np.uint8)
        free = covered_shares(windows, self.ignored) < _MOST_COVERED
        kinds[(best < NEGATIVE_IOU) & (unsure < NEGATIVE_IOU) & free] = Kind.NEGATIVE
        ours = best >= unsure
        kinds[(best >= PART_IOU) & ours] = Kind.PART
        kinds[(best >= POSITIVE_IOU) & ours] = Kind.POSITIVE
        faces = shares.argmax(axis=1) if len(judged) else np.zeros(len(windows), np.intp)
        return kinds, faces
