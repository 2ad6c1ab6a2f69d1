"""Which photographs are held back from training, to measure what it learned."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ... import checks
from ..errors import TrainingError
from .annotated import AnnotatedImage, TrainingSet
from .duplicates import duplicates
from .shared_photos import refuse_shared, without_shared

SHARE = 0.2
MOST_WATCHED = 200

_COPY = re.compile(r"\.rf\.[0-9a-zA-Z]+$")  # Roboflow names augmented copies NAME.rf.HASH


@dataclass(frozen=True)
class Split:
    """Photographs by their use; sets without any are left out.

    Attributes
    ----------
    training : list of TrainingSet
        Those to learn from.
    held_back : list of TrainingSet
        Those to choose thresholds with, and to report figures of.
    watched : list of TrainingSet
        The part of `held_back` for figures while training.
    guard : list of TrainingSet
        Those on which the result must not get worse.
    """

    training: list[TrainingSet]
    held_back: list[TrainingSet]
    watched: list[TrainingSet]
    guard: list[TrainingSet]


def split(
    sets: Sequence[TrainingSet],
    *,
    share: float = SHARE,
    validation: Sequence[TrainingSet] = (),
    guard: Sequence[TrainingSet] = (),
    most_watched: int = MOST_WATCHED,
) -> Split:
    """Hold back a part of each set, or take sets that are held back as a whole.

    A photograph is held back if the hash of its relative name, or of its group, is small. So it
    stays where it is when others are added, when sets are given in another order, and when the
    folders move. Equal files, and augmented copies by Roboflow (``NAME.rf.HASH``), go with one
    another. Of a set with at least two groups, at least one is held back and at least one is not.

    Parameters
    ----------
    sets : sequence of TrainingSet
        The sets to train with.
    share : float, default 0.2
        Share to hold back, above 0 and below 1.
    validation : sequence of TrainingSet
        Sets to hold back instead; then nothing of `sets` is.
    guard : sequence of TrainingSet
        Sets on which the result must not get worse. Photographs that are trained with are left
        out of them, so that they may be sets of `sets`.
    most_watched : int, default 200
        Number of photographs at most for figures while training, and as many crops of sets that
        are not complete.

    Returns
    -------
    Split
        All photographs of `sets` are in exactly one of `training` and `held_back`.

    Raises
    ------
    TrainingError
        If a photograph of `sets` is in `validation`, all of `guard` are trained with, there is no
        face to train with, none is held back, or all sets are of single faces.
    ValueError, TypeError
        If `share` or `most_watched` is out of range.
    """
    share = checks.open_fraction("the share to hold back", share)
    most_watched = checks.count("the number of photographs to watch", most_watched)
    refuse_shared(sets, validation)
    if validation:
        training, held_back = list(sets), list(validation)
    else:
        keys = _keys(sets)
        halves = [_halves(each, keys, share) for each in sets]
        training, held_back = [kept for kept, _ in halves], [back for _, back in halves]
    _require_faces(training, "to train with", held_back, "held back")
    _require_faces(held_back, "held back to measure with", training, "trained with")
    require_complete(each.complete for each in (*training, *guard) if each.images)
    guarding = _filled(without_shared(guard, training))
    if guard and not guarding:
        raise TrainingError(
            "the guard must have photographs that are not trained with, "
            f"got only others in {', '.join(each.name for each in guard)}"
        )
    return Split(
        *(_filled(training), _filled(held_back), _watched(held_back, most_watched), guarding)
    )


def take_replay(parts: Split, share: float = 0.5) -> Split:
    """Move a share of the guard sets to the photographs to learn from.

    Networks that are fine-tuned forget what they are not shown any more. With photographs of the
    old domain among the new ones they keep it, and the rest of the guard measures that.
    Photographs that are held back, too, are not learned from.

    Parameters
    ----------
    parts : Split
        Photographs by their use.
    share : float, default 0.5
        Share of the guard to learn from, above 0 and below 1.
    """
    keys = _keys(parts.guard)
    halves = [_halves(each, keys, share) for each in parts.guard]
    # A guard that cannot be divided goes on guarding.
    halves = [
        (kept, some) if kept.images else (some, replace(some, images=[])) for kept, some in halves
    ]
    taken = without_shared([some for _, some in halves], parts.held_back)
    return replace(
        parts,
        training=[*parts.training, *_filled(taken)],
        guard=_filled(kept for kept, _ in halves),
    )


def require_complete(are_complete: Iterable[bool]) -> None:
    """Refuse photographs of which none can be searched for samples.

    Parameters
    ----------
    are_complete : iterable of bool
        Whether all faces are annotated, of each photograph or set to learn from.

    Raises
    ------
    TrainingError
        If that is so of none.
    """
    if not any(are_complete):
        raise TrainingError(
            "photographs of which all faces are annotated are needed to learn what is no face, got "
            "only sets of single faces with points; add a set of the format widerface, voc, coco, "
            "table or negatives"
        )


def names_of(sets: Iterable[TrainingSet]) -> list[str]:
    """Return the names of the photographs of sets, in their order.

    Parameters
    ----------
    sets : iterable of TrainingSet
        The sets.
    """
    return [image.name for each in sets for image in each.images]


def _keys(sets: Sequence[TrainingSet]) -> dict[str, str]:
    """Return, by the name of each photograph, what photographs that go together have in common."""
    keys = {image.name: _key(each, image) for each in sets for image in each.images}
    for names in duplicates(sets):
        first = min(keys[name] for name in names)
        keys.update(dict.fromkeys(names, first))
    return keys


def _key(training_set: TrainingSet, image: AnnotatedImage) -> str:
    if image.group:
        return f"group\0{image.group}"
    # Without the name of the set, which depends on the other sets.
    return _COPY.sub("", image.name.removeprefix(f"{training_set.name}/"))


def _position(key: str) -> float:
    """Return a number from 0 to 1 that depends on a name alone."""
    digest = hashlib.sha256(key.encode(errors="surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _halves(
    whole: TrainingSet, keys: dict[str, str], share: float
) -> tuple[TrainingSet, TrainingSet]:
    positions = {image.name: _position(keys[image.name]) for image in whole.images}
    different = sorted(set(positions.values()))
    back = {position for position in different if position < share}
    if len(different) > 1 and not back:
        back = {different[0]}
    if len(different) > 1 and len(back) == len(different):
        back.remove(different[-1])
    return (
        _part(whole, lambda image: positions[image.name] not in back),
        _part(whole, lambda image: positions[image.name] in back),
    )


def _part(whole: TrainingSet, wanted: Callable[[AnnotatedImage], bool]) -> TrainingSet:
    return replace(whole, images=[image for image in whole.images if wanted(image)])


def _watched(sets: Sequence[TrainingSet], most: int) -> list[TrainingSet]:
    chosen: set[str] = set()
    for complete in (True, False):
        candidates = [
            (_position(_key(each, image)), image.name)
            for each in sets
            if each.complete is complete
            for image in each.images
        ]
        chosen.update(name for _, name in sorted(candidates)[:most])
    return _filled([_part(each, lambda image: image.name in chosen) for each in sets])


def _filled(sets: Iterable[TrainingSet]) -> list[TrainingSet]:
    return [each for each in sets if each.images]


def _require_faces(
    sets: Sequence[TrainingSet], purpose: str, others: Sequence[TrainingSet], use_of_others: str
) -> None:
    if not any(np.any(~image.ignored) for each in sets for image in each.images):
        number = len(names_of(sets))
        reason = f"none in {number} photograph{'s' if number > 1 else ''}"
        if not number:
            rest = len(names_of(others))
            which = "the only one is" if rest == 1 else f"all {rest} are"
            reason = (
                f"no photograph, since {which} {use_of_others}; photographs that are equal or of "
                "the same group stay together"
            )
        raise TrainingError(f"there must be at least one face {purpose}, got {reason}")
