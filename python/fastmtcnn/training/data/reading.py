"""Sets of annotated photographs, as arguments name them."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from ...errors import path_name, printable
from ..errors import TrainingError
from .annotated import AnnotatedImage, Problem, TrainingSet
from .arguments import DataArgument, parse_argument
from .cleaning import cleaned
from .formats import read_source
from .shared_photos import refuse_shared


def read_sets(
    arguments: Sequence[str], *, taken: Collection[str] = (), object_names: Collection[str] = ()
) -> list[TrainingSet]:
    """Read the sets of annotated photographs that arguments name.

    Of each photograph the header is read. What cannot be used is left out or ignored, and noted in
    the `problems` of its set; `problems.warnings_of` words them.

    Parameters
    ----------
    arguments : sequence of str
        Each ``[FORMAT:]PATH[@WEIGHT]``, with FORMAT one of ``widerface``, ``voc``, ``coco``,
        ``table``, ``landmarks`` and ``negatives``; without it, the format is recognised from what
        lies there (``negatives`` must be named). WEIGHT is 1 by default.
    taken : collection of str
        Names that no set may get, because sets that were read before have them.
    object_names : collection of str
        Names of the objects that are faces, in formats whose objects have names. Default: all
        objects are faces.

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
    names = _names([each.path for each in parsed], taken)
    sets = [_read_set(name, each, object_names) for name, each in zip(names, parsed, strict=True)]
    refuse_shared(sets)
    return sets


def _read_set(name: str, argument: DataArgument, object_names: Collection[str]) -> TrainingSet:
    source = read_source(argument.path, argument.format, object_names)
    images: list[AnnotatedImage] = []
    problems: list[Problem] = []
    known: set[str] = set()
    places: set[tuple[str, str | None]] = set()
    for image in source.images:
        place = os.path.normpath(image.file.path), image.file.member
        if place in places:
            raise TrainingError(
                f"{path_name(str(argument.path))}: {image.file} is there twice; all faces of a "
                "photograph must be under one name"
            )
        places.add(place)
        # Of photographs that differ in their suffix alone, others than the first keep it.
        relative = image.name
        if relative in known:
            relative += Path(image.file.member or image.file.path).suffix
        if relative in known:
            raise TrainingError(
                f"{path_name(str(argument.path))}: two photographs have the name {relative}"
            )
        known.add(relative)
        usable, found = cleaned(image, f"{name}/{relative}")
        problems += found
        if usable is not None:
            images.append(usable)
    if not images:
        reason = f": {problems[0].where}: {problems[0].detail}" if problems else ""
        number = len(source.images)
        none = (
            "its only photograph cannot" if number == 1 else f"none of its {number} photographs can"
        )
        raise TrainingError(f"{path_name(str(argument.path))}: {none} be read{printable(reason)}")
    return TrainingSet(
        *(name, images, argument.weight, source.complete),
        format=source.format,
        source=str(argument.path),
        problems=problems,
    )


def _names(paths: Sequence[Path], taken: Collection[str]) -> list[str]:
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
            break
        used = [k + (times[name] > 1) for k, name in zip(used, names, strict=True)]
    for k, name in enumerate(names):
        candidates = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
        known = {*taken, *names[:k], *names[k + 1 :]}
        names[k] = next(each for each in candidates if each not in known)
    return names
