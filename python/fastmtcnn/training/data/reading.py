"""Sets of annotated photographs, as arguments name them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...errors import path_name, printable
from ..errors import TrainingError
from .annotated import AnnotatedImage, Problem, ProblemKind, TrainingSet
from .arguments import DataArgument, parse_argument
from .cleaning import cleaned
from .formats import read_source

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


def read_sets(arguments: Sequence[str]) -> list[TrainingSet]:
    """Read the sets of annotated photographs that arguments name.

    Of each photograph the header is read. What cannot be used is left out or ignored, and noted in
    the `problems` of its set; `warnings_of` words them.

    Parameters
    ----------
    arguments : sequence of str
        Each ``[FORMAT:]PATH[@WEIGHT]``, with FORMAT one of ``widerface``, ``voc``, ``coco``,
        ``table``, ``landmarks`` and ``negatives``; without it, the format is recognised from what
        lies there (``negatives`` must be named). WEIGHT is 1 by default.

    Returns
    -------
    list of TrainingSet
        In the order of the arguments. Coordinates are pixels of the upright photograph, that is
        with its EXIF orientation applied, as the detector sees it.

    Raises
    ------
    TrainingError
        If there is no argument, a path does not exist or has no known format, a set has no
        photograph that can be read, or a photograph is in two sets.
    DatasetError
        If annotations have another format.
    OSError
        If annotations cannot be read.
    MissingExtraError
        If a package is missing that a format needs.
    """
    if not arguments:
        raise TrainingError("training needs at least one set of annotated photographs, got none")
    parsed = [parse_argument(argument) for argument in arguments]
    names = _names([each.path for each in parsed])
    sets = [_read_set(name, each) for name, each in zip(names, parsed, strict=True)]
    refuse_shared(sets)
    return sets


def refuse_shared(sets: Iterable[TrainingSet], others: Iterable[TrainingSet] | None = None) -> None:
    """Refuse sets that have a photograph in common.

    Parameters
    ----------
    sets : iterable of TrainingSet
        The sets.
    others : iterable of TrainingSet, optional
        Sets that must have no photograph in common with `sets`. Default: the sets are compared
        with one another.

    Raises
    ------
    TrainingError
        If a photograph is in two of the sets. Photographs are the same if their files are.
    """
    known: dict[tuple[str, str | None], TrainingSet] = {}
    for each in sets:
        for place in _places(each):
            if others is None and known.get(place, each) is not each:
                raise _shared(place, known[place], each)
            known[place] = each
    for other in others or ():
        for place in _places(other):
            if place in known:
                raise _shared(place, known[place], other)


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


def _read_set(name: str, argument: DataArgument) -> TrainingSet:
    source = read_source(argument.path, argument.format)
    images: list[AnnotatedImage] = []
    problems: list[Problem] = []
    known: set[str] = set()
    for image in source.images:
        # Of photographs that differ in their suffix alone, others than the first keep it.
        relative = image.name
        if relative in known:
            relative += Path(image.file.member or image.file.path).suffix
        if relative in known:
            raise TrainingError(f"{path_name(str(argument.path))}: {image.file} is there twice")
        known.add(relative)
        usable, found = cleaned(image, f"{name}/{relative}")
        problems += found
        if usable is not None:
            images.append(usable)
    if not images:
        reason = f": {problems[0].where}: {problems[0].detail}" if problems else ""
        raise TrainingError(
            f"{path_name(str(argument.path))}: none of its {len(source.images)} photographs can "
            f"be read{printable(reason)}"
        )
    return TrainingSet(
        *(name, images, argument.weight, source.complete),
        format=source.format,
        source=str(argument.path),
        problems=problems,
    )


def _names(paths: Sequence[Path]) -> list[str]:
    """Return different names: the last part of each path, and as many before it as are needed."""
    real = [Path(os.path.realpath(path)) for path in paths]
    for path, number in Counter(real).items():
        if number > 1:
            raise TrainingError(f"each set must be named once, got {path} {number} times")
    whole = [(*path.parent.parts[1:], path.stem if path.is_file() else path.name) for path in real]
    if len(set(whole)) < len(whole):  # files that differ in their suffix alone
        whole = [path.parts[1:] for path in real]
    used = [1] * len(whole)
    while True:
        names = ["-".join(parts[-k:]) for parts, k in zip(whole, used, strict=True)]
        times = Counter(names)
        if len(times) == len(names):
            return names
        used = [k + (times[name] > 1) for k, name in zip(used, names, strict=True)]


def _places(training_set: TrainingSet) -> Iterable[tuple[str, str | None]]:
    folders: dict[Path, str] = {}  # resolving each photograph alone takes longer
    for image in training_set.images:
        path = image.file.path
        if path.parent not in folders:
            folders[path.parent] = os.path.realpath(path.parent)
        if path.is_symlink():
            yield os.path.realpath(path), image.file.member
        else:
            yield os.path.join(folders[path.parent], path.name), image.file.member  # noqa: PTH118


def _shared(place: tuple[str, str | None], one: TrainingSet, other: TrainingSet) -> TrainingError:
    path, member = place
    return TrainingError(
        f"a photograph must be in one set only, {path_name(path)}"
        f"{'' if member is None else f' ({member})'} is in {one.name} and {other.name}"
    )
