"""Sentences that say what of a set cannot be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ...errors import printable
from .annotated import Problem, ProblemKind, TrainingSet

_CONSEQUENCES: dict[ProblemKind, tuple[str, str]] = {
    "photo_missing": ("photograph is missing", "photographs are missing"),
    "photo_unreadable": ("photograph cannot be read", "photographs cannot be read"),
    "photo_copied": (
        "photograph is a copy of one to train with and was left out",
        "photographs are copies of ones to train with and were left out",
    ),
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
    "box_too_large": (
        "box is much larger than its photograph and is ignored",
        "boxes are much larger than their photographs and are ignored",
    ),
    "points_impossible": (
        "face has impossible points and counts as one without points",
        "faces have impossible points and count as ones without points",
    ),
}


def warnings_of(training_set: TrainingSet) -> list[str]:
    """Return `sentences` on the problems of a set.

    Parameters
    ----------
    training_set : TrainingSet
        A set that was read.
    """
    return sentences(training_set.name, training_set.problems)


def sentences(name: str, problems: Sequence[Problem]) -> list[str]:
    """Return a sentence for each kind of problem, with the number and the first of them.

    Parameters
    ----------
    name : str
        Name of the set.
    problems : sequence of Problem
        The problems of the set.
    """
    first: dict[ProblemKind, Problem] = {}
    for problem in problems:
        first.setdefault(problem.kind, problem)
    numbers = Counter(problem.kind for problem in problems)
    found = []
    for kind, problem in first.items():
        number = numbers[kind]
        which = "the first is " if number > 1 else ""
        found.append(
            f"{name}: {number:,} {_CONSEQUENCES[kind][number > 1]}: {which}"
            f"{printable(problem.where)} ({printable(problem.detail)})"
        )
    return found
