"""Sentences that say what of a set cannot be used."""

from __future__ import annotations

from collections import Counter

from ...errors import printable
from .annotated import Problem, ProblemKind, TrainingSet

_CONSEQUENCES: dict[ProblemKind, tuple[str, str]] = {
    "photo_missing": ("photograph is missing", "photographs are missing"),
    "photo_unreadable": ("photograph cannot be read", "photographs cannot be read"),
    "box_not_finite": (
        "box is not finite and was left out",
        "boxes are not finite and were left out",
    ),
    "box_without_extent": (
        "box has no extent and is ignored",
        "boxes have no extent and are ignored",
    ),
    "box_outside": (
        "box lies outside its photograph and is ignored",
        "boxes lie outside their photographs and are ignored",
    ),
    "points_impossible": (
        "face has impossible points and counts as one without points",
        "faces have impossible points and count as ones without points",
    ),
}


def warnings_of(training_set: TrainingSet) -> list[str]:
    """Return a sentence for each kind of problem of a set, with the number and the first of them.

    Parameters
    ----------
    training_set : TrainingSet
        A set that was read.
    """
    first: dict[ProblemKind, Problem] = {}
    for problem in training_set.problems:
        first.setdefault(problem.kind, problem)
    numbers = Counter(problem.kind for problem in training_set.problems)
    sentences = []
    for kind, problem in first.items():
        number = numbers[kind]
        what = _CONSEQUENCES[kind][number > 1]
        which = "the first is " if number > 1 else ""
        sentences.append(
            f"{training_set.name}: {number} {what}: {which}{printable(problem.where)} "
            f"({printable(problem.detail)})"
        )
    return sentences
