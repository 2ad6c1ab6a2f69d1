"""Photographs with the same content."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable

from .annotated import AnnotatedImage, TrainingSet


def duplicates(sets: Iterable[TrainingSet]) -> list[list[str]]:
    """Return the names of photographs whose files are equal, byte by byte.

    Only files of equal length are compared. Files that cannot be read are left out.

    Parameters
    ----------
    sets : iterable of TrainingSet
        The sets.

    Returns
    -------
    list of list of str
        Names of equal photographs, at least two in each list.
    """
    by_length: defaultdict[int, list[AnnotatedImage]] = defaultdict(list)
    for each in sets:
        for image in each.images:
            length = _length(image)
            if length is not None:
                by_length[length].append(image)
    by_content: defaultdict[bytes, list[str]] = defaultdict(list)
    for images in by_length.values():
        if len(images) > 1:
            for image in images:
                by_content[hashlib.sha256(image.file.read()).digest()].append(image.name)
    return [names for names in by_content.values() if len(names) > 1]


def _length(image: AnnotatedImage) -> int | None:
    try:
        return image.file.size()
    except (OSError, ValueError):
        return None
