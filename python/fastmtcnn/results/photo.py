"""One photo and what was found in it, and the JSON form of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..detections import Detections


class Photo(NamedTuple):
    """A photo that was worked on.

    Attributes
    ----------
    path : str
        As it was given.
    width, height : int
        Of the upright photo, in pixels.
    detections : Detections
        Its faces.
    """

    path: str
    width: int
    height: int
    detections: Detections

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values that say the same."""
        return {
            "path": self.path,
            "width": self.width,
            "height": self.height,
            "faces": self.detections.to_dicts(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Photo:
        """Return what `to_dict` was called on.

        Parameters
        ----------
        values : mapping
            Of `to_dict`.

        Raises
        ------
        LookupError, TypeError, ValueError
            If it is something else.
        """
        detections = Detections.from_dicts(values["faces"])
        return cls(str(values["path"]), int(values["width"]), int(values["height"]), detections)
