"""Photographs that are in several sets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from ...errors import path_name
from ..errors import TrainingError
from .annotated import AnnotatedImage, Problem, TrainingSet
from .duplicates import duplicates

_Place: TypeAlias = tuple[str, "str | None"]


def refuse_shared(sets: Sequence[TrainingSet], others: Sequence[TrainingSet] = ()) -> None:
    """Refuse sets that have a photograph in common with one another or with other sets.

    Parameters
    ----------
    sets, others : sequence of TrainingSet
        The sets. `others` may have photographs in common with one another.

    Raises
    ------
    TrainingError
        If a photograph is in two of the sets. Photographs are the same if their files are.
    """
    known: dict[_Place, TrainingSet] = {}
    for each in sets:
        for place, _ in _places(each):
            if known.setdefault(place, each) is not each:
                raise _shared(place, known[place], each)
    for other in others:
        for place, _ in _places(other):
            if place in known:
                raise _shared(place, known[place], other)


def without_shared(sets: Iterable[TrainingSet], others: Iterable[TrainingSet]) -> list[TrainingSet]:
    """Return sets without the photographs that other sets have, too.

    Parameters
    ----------
    sets, others : iterable of TrainingSet
        The sets, and the others.
    """
    taken = {place for other in others for place, _ in _places(other)}
    return [
        replace(each, images=[image for place, image in _places(each) if place not in taken])
        for each in sets
    ]


def without_copies(
    sets: Sequence[TrainingSet], training: Sequence[TrainingSet]
) -> list[TrainingSet]:
    """Return sets without copies of photographs to train with, which are noted as problems.

    Figures on them would be of photographs that were learned from.

    Parameters
    ----------
    sets : sequence of TrainingSet
        Sets to measure with.
    training : sequence of TrainingSet
        Sets to train with.

    Raises
    ------
    TrainingError
        If a set has nothing but such copies.
    """
    others = without_shared(sets, training)
    names_of_others = {image.name for each in others for image in each.images}
    copies: dict[str, str] = {}
    for names in duplicates([*training, *others]):
        original = next((name for name in names if name not in names_of_others), None)
        if original is not None:
            copies.update((name, original) for name in names if name in names_of_others)
    cleared = []
    for each in sets:
        found = [
            Problem("photo_copied", str(image.file), f"equal to {copies[image.name]}")
            for image in each.images
            if image.name in copies
        ]
        kept = [image for image in each.images if image.name not in copies]
        if found and not kept:
            raise TrainingError(
                f"{each.name} must have photographs that are not trained with, got only copies, "
                f"such as {found[0].where}, {found[0].detail}"
            )
        cleared.append(replace(each, images=kept, problems=[*each.problems, *found]))
    return cleared


def _places(training_set: TrainingSet) -> Iterator[tuple[_Place, AnnotatedImage]]:
    folders: dict[Path, Path] = {}  # to resolve the folder of each photograph would take longer
    for image in training_set.images:
        path, member = image.file.path, image.file.member
        if path.parent not in folders:
            folders[path.parent] = Path(os.path.realpath(path.parent))
        real = Path(os.path.realpath(path)) if path.is_symlink() else Path(path.name)
        yield (os.fspath(folders[path.parent] / real), member), image


def _shared(place: _Place, one: TrainingSet, other: TrainingSet) -> TrainingError:
    path, member = place
    return TrainingError(
        f"a photograph must be in one set only, {path_name(path)}"
        f"{'' if member is None else f' ({member})'} is in {one.name} and {other.name}"
    )
