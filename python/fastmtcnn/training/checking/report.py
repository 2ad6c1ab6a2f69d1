"""What a check of annotated photographs found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..data.annotated import Problem
from ..data.problems import sentences
from .estimates import StageEstimate

_MANY = 0.5  # share of a set's faces from which a finding concerns the set, not single faces
_MOST_NAMED = 5


@dataclass(frozen=True)
class SetReport:
    """What a check found in one set.

    Faces are those that are not ignored, unless said otherwise.

    Attributes
    ----------
    name, format, source, weight, complete
        As in `TrainingSet`.
    num_photos, num_without_face : int
        Photographs that can be used, and those of them without any face, ignored ones included.
    num_faces, num_ignored : int
        Faces, and ignored ones.
    by_height : list of tuple of float and int
        Lowest height y2 - y1 in pixels, and number of faces, of each range of `height_bins.EDGES`.
    num_positive : dict of str to int
        Faces that can be positive samples, by preset: `positives.can_be_positive`.
    num_with_points, num_points_outside, num_swapped : int
        Faces with points; those of which a point is outside the box; and those whose left and right
        points, or eyes and mouth, seem to be swapped, since the mouth lies above the eyes if only
        one of these is as it should be. Ignored faces are included.
    is_relative : bool
        Whether all boxes lie within [0, 1], as shares of the photograph do.
    problems : sequence of Problem
        What was left out or ignored.
    """

    name: str
    format: str
    source: str
    weight: float
    complete: bool
    num_photos: int
    num_without_face: int
    num_faces: int
    num_ignored: int
    by_height: list[tuple[float, int]]
    num_positive: dict[str, int]
    num_with_points: int
    num_points_outside: int
    num_swapped: int
    is_relative: bool
    problems: Sequence[Problem]


@dataclass(frozen=True)
class CheckReport:
    """What a check found.

    Attributes
    ----------
    sets : list of SetReport
        The sets.
    duplicates : list of list of str
        Names of photographs whose files are equal.
    estimates : list of StageEstimate
        What the samples of each network take at most.
    """

    sets: list[SetReport]
    duplicates: list[list[str]]
    estimates: list[StageEstimate]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as values that have a JSON form."""
        return {**asdict(self), "estimates": [each._asdict() for each in self.estimates]}

    def warnings(self, *, fine_tunes: bool = False) -> list[str]:
        """Return a sentence for each finding that a user should look at before training.

        Parameters
        ----------
        fine_tunes : bool, default False
            Whether networks are fine-tuned, which keep their landmarks without points.
        """
        found = []
        for each in self.sets:
            found += sentences(each.name, each.problems)
            found += _of_faces(each)
        if not fine_tunes and not any(each.num_with_points for each in self.sets):
            found.append("no face has points: landmarks cannot be learned from these photographs")
        if self.duplicates:
            number, first = len(self.duplicates), ", ".join(self.duplicates[0][:_MOST_NAMED])
            times = "once" if number == 1 else f"{number} times"
            found.append(f"photographs with the same content were found {times}, first {first}")
        return found


def _of_faces(each: SetReport) -> list[str]:
    found = []
    if each.format != "negatives" and not each.num_faces:
        photographs = "photograph" if each.num_photos == 1 else "photographs"
        found.append(f"{each.name}: there is no face in {each.num_photos} {photographs}")
    if each.is_relative:
        found.append(f"{each.name}: boxes must be in pixels, got all of them within 0 and 1")
    if each.num_points_outside:
        found.append(
            f"{each.name}: {each.num_points_outside} of {each.num_with_points} faces have a point "
            "outside their box"
        )
    if each.num_swapped:
        everywhere = each.num_swapped > _MANY * each.num_with_points
        advice = (
            "; left must be left in the image, not of the person, and y must grow downwards"
            if everywhere
            else ""
        )
        found.append(
            f"{each.name}: {each.num_swapped} of {each.num_with_points} faces seem to have points "
            f"swapped, left and right or eyes and mouth{advice}"
        )
    return found
