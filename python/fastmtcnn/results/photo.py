"""A photo with its faces, and its JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..detections import Detections
from .names import path_of, text_of


class Photo(NamedTuple):
    """A photo with its faces, or with the reason why it cannot be used.

    Attributes
    ----------
    path : str
        Path of the photo, as the user named it.
    width, height : int
        Size of the upright photo in pixels; 0 if it cannot be used.
    detections : Detections
        The faces.
    pixels : ndarray of uint8, shape (height, width, 3), or None
        RGB pixels for thumbnails, as a screen shows them; None if they are not in memory. They are
        not written to files.
    problem : str or None
        Why the photo cannot be used.
    remark : str or None
        Why a photo with faces has no pixels.
    problem_kind : str or None
        The kind of `problem`, in one word for programs.
    """

    path: str
    width: int
    height: int
    detections: Detections
    pixels: npt.NDArray[np.uint8] | None = None
    problem: str | None = None
    remark: str | None = None
    problem_kind: str | None = None

    @classmethod
    def failed(cls, path: str, problem: str, kind: str = "other") -> Photo:
        """Return a photo that cannot be used.

        Parameters
        ----------
        path : str
            Path of the photo, as the user named it.
        problem : str
            Why it cannot be used.
        kind : str
            The kind of problem.
        """
        return cls(path, 0, 0, Detections.empty(), problem=problem, problem_kind=kind)

    @property
    def sizes(self) -> npt.NDArray[np.float32]:
        """The longer side of each face in pixels, float32 of shape (n,)."""
        boxes = self.detections.boxes
        sides: npt.NDArray[np.float32] = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
        return sides

    def to_dict(self) -> dict[str, Any]:
        """Return path, size and faces as plain Python values, ready for JSON."""
        return {
            "path": text_of(self.path),
            "width": self.width,
            "height": self.height,
            "faces": self.detections.to_dicts(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Photo:
        """Build a photo from plain values: the inverse of `to_dict`.

        Parameters
        ----------
        values : mapping
            Values with the keys of `to_dict`.

        Raises
        ------
        LookupError, TypeError, ValueError
            If a key is missing or a value has another type.
        """
        detections = Detections.from_dicts(values["faces"])
        return cls(
            path_of(str(values["path"])), int(values["width"]), int(values["height"]), detections
        )
