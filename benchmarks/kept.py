"""Detections that are kept in a folder, so that what was searched once is not searched again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import thread_time
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import PIL.Image

from fastmtcnn import Detections

Image: TypeAlias = npt.NDArray[np.uint8]
Search: TypeAlias = Callable[[Image], Detections]


class Kept(NamedTuple):
    """Detections in some photographs.

    Attributes
    ----------
    names : list of str
        The photographs of which the detections of all searches are kept.
    found : dict of str to list of Detections
        Of each search, those in each photograph.
    milliseconds : dict of str to float
        Of each search, the mean processor time a photograph.
    """

    names: list[str]
    found: dict[str, list[Detections]]
    milliseconds: dict[str, float]


def decoded(path: Path) -> Image:
    """Return the pixels of a photograph as an ndarray of uint8 of shape (height, width, 3), RGB."""
    with PIL.Image.open(path) as file:
        return np.asarray(file.convert("RGB"))


def keep(photos: Mapping[str, Path], folder: Path, searches: Mapping[str, Search]) -> None:
    """Search photographs, and keep the detections that the folder lacks.

    All searches of a photograph follow one another, so that a slow moment of the machine hits all.

    Parameters
    ----------
    photos : mapping of str to Path
        The photographs by name.
    folder : Path
        Holds a folder for each search, with a file for each photograph.
    searches : mapping of str to callable
        The searches by name; each takes the pixels, and is timed by the processor's time of this
        thread.
    """
    for photo, path in photos.items():
        missing = [each for each in searches if not _file(folder, each, photo).exists()]
        image = decoded(path) if missing else None
        for name in missing:
            assert image is not None
            start = thread_time()
            found = searches[name](image)
            seconds = thread_time() - start
            file = _file(folder, name, photo)
            file.parent.mkdir(parents=True, exist_ok=True)
            scratch = file.with_suffix(".part.npz")
            np.savez(scratch, *found, np.float64(seconds))
            scratch.replace(file)


def read_kept(folder: Path, searches: Iterable[str], photos: Iterable[str]) -> Kept:
    """Return the detections of the photographs of which those of all searches are kept.

    Parameters
    ----------
    folder : Path
        As `keep` fills it.
    searches, photos : iterable of str
        Their names.
    """
    searches = list(searches)
    names = [
        photo
        for photo in photos
        if all(_file(folder, search, photo).exists() for search in searches)
    ]
    found: dict[str, list[Detections]] = {}
    milliseconds = {}
    for search in searches:
        parts = [np.load(_file(folder, search, name)) for name in names]
        found[search] = [Detections(*(part[f"arr_{k}"] for k in range(3))) for part in parts]
        milliseconds[search] = 1e3 * float(np.mean([part["arr_3"] for part in parts]))
    return Kept(names, found, milliseconds)


def _file(folder: Path, search: str, photo: str) -> Path:
    return folder / search.replace("/", "--") / f"{photo.replace('/', '--')}.npz"


def half_of(name: str) -> str:
    """Return in which half a photograph is, by a hash of its name: "tune" or "confirm"."""
    return ("tune", "confirm")[hashlib.sha256(name.encode()).digest()[0] % 2]


def at_random(names: Iterable[str]) -> list[str]:
    """Return photographs in a random order that is always the same."""
    return sorted(names, key=lambda name: hashlib.sha256(b"order" + name.encode()).digest())


def halves(names: Sequence[str]) -> dict[str, list[int]]:
    """Return the indices of the photographs of each half."""
    return {
        half: [k for k, name in enumerate(names) if half_of(name) == half]
        for half in ("tune", "confirm")
    }
