"""Fingerprints of annotated photographs, by which samples made of them are found again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from .annotated import TrainingSet


def fingerprint(sets: Iterable[TrainingSet]) -> str:
    """Return a hash of all that samples are made of.

    It changes with the names of photographs, the sizes and times of modification of their files,
    boxes, ignored faces, points, the order of sets and photographs, the weights of the sets, and
    whether they are complete. It does not change with the folder that the files are in.

    Parameters
    ----------
    sets : iterable of TrainingSet
        The sets.

    Returns
    -------
    str
        SHA-256 in hexadecimal digits.

    Raises
    ------
    OSError
        If a file has disappeared.
    """
    content = hashlib.sha256()
    archives: dict[Path, str] = {}
    for each in sets:
        content.update(_text(f"set {each.name} {each.weight!r} {each.complete} {len(each.images)}"))
        for image in each.images:
            path, member = image.file.path, image.file.member
            state = archives.get(path) or _state(path)
            if member is not None:
                archives[path] = state
            content.update(_text(f"{image.name}\0{member}\0{state}\0{len(image.boxes)}"))
            content.update(image.boxes.astype("<f8").tobytes())
            content.update(image.ignored.astype("u1").tobytes())
            content.update(image.points.astype("<f8").tobytes())
    return content.hexdigest()


def _state(path: Path) -> str:
    about = path.stat()
    return f"{about.st_size} {about.st_mtime_ns}"


def _text(text: str) -> bytes:
    encoded = text.encode(errors="surrogateescape")
    return len(encoded).to_bytes(8, "little") + encoded
