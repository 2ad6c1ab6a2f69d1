"""What a reader of one format returns, before it is checked against the photographs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...evaluation.dataset import Annotations
from .annotated import ImageFile

Floats = npt.NDArray[np.float64]


class SourceImage(NamedTuple):
    """A photograph as its annotations describe it; all of it may be impossible.

    Attributes
    ----------
    name : str
        Relative name without suffix.
    file : ImageFile
        Where the photograph should be.
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels of the upright image.
    ignored : ndarray of bool, shape (n,)
        Whether the annotations say to ignore a face.
    points : ndarray of float64, shape (n, 5, 2)
        x, y of each face's landmarks, all NaN for a face that has none.
    group : str
        As in `AnnotatedImage`.
    """

    name: str
    file: ImageFile
    boxes: Floats
    ignored: npt.NDArray[np.bool_]
    points: Floats
    group: str = ""


@dataclass(frozen=True)
class Source:
    """The photographs of one path.

    Attributes
    ----------
    format : str
        Format that they were read as.
    images : list of SourceImage
        The photographs, in the order of the annotations.
    complete : bool
        Whether every face is annotated.
    """

    format: str
    images: list[SourceImage]
    complete: bool = True


def from_annotations(format_name: str, annotations: Annotations) -> Source:
    """Return annotations without points as a source.

    Parameters
    ----------
    format_name : str
        Format that they were read as.
    annotations : Annotations
        What the annotation files say.
    """
    images = [
        SourceImage(name, ImageFile(path), boxes, ~valid, no_points(len(boxes)))
        for name, path, boxes, valid in zip(*annotations, strict=True)
    ]
    return Source(format_name, images)


def no_points(count: int) -> Floats:
    """Return the points of faces without points: NaN, shape (count, 5, 2)."""
    return np.full((count, 5, 2), np.nan)


def relative_name(path: str) -> str:
    """Return the name of a photograph: its path without suffix, root and ``..``.

    Parameters
    ----------
    path : str
        Path as the annotations state it.
    """
    parts = [part for part in PurePath(path).parts if part not in (PurePath(path).anchor, "..")]
    return Path(*parts).with_suffix("").as_posix() if parts else path
