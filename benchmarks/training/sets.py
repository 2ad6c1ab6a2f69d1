"""Sets of annotated photographs that are written anew, whole or in part."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from fastmtcnn.detections import LANDMARK_NAMES
from fastmtcnn.training import AnnotatedImage
from fastmtcnn.training.data.reading import read_sets

_T = TypeVar("_T")

_COLUMNS = (
    "path",
    *("x1", "y1", "x2", "y2"),
    *(f"{name}_{axis}" for name in LANDMARK_NAMES for axis in "xy"),
    *("ignored", "group"),
)


def write_table(path: Path, images: Sequence[AnnotatedImage]) -> str:
    """Write a table of faces; return it as an argument of a training.

    Parameters
    ----------
    path : Path
        The table.
    images : sequence of AnnotatedImage
        The photographs, each a file of its own. Of equal boxes of a photograph one is written.

    Raises
    ------
    ValueError
        If a photograph is a member of an archive.
    OSError
        If the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for image in images:
            if image.file.member is not None:
                raise ValueError(f"photographs must be files, got {image.file}")
            writer.writerows(_rows(image))
    return f"table:{path}"


def _rows(image: AnnotatedImage) -> list[list[str]]:
    photo = str(image.file.path.resolve())
    if not len(image.boxes):
        return [[photo, *[""] * 15, image.group]]
    rows = {}
    for box, points, ignored in zip(image.boxes, image.points, image.ignored, strict=True):
        shown = [f"{each:.3f}" for each in points.ravel()] if np.isfinite(points).all() else None
        corners = [f"{each:.3f}" for each in box]
        rows[tuple(corners)] = [
            photo,
            *corners,
            *(shown or [""] * 10),
            str(int(ignored)),
            image.group,
        ]
    return list(rows.values())


def some(items: Sequence[_T], number: int | None) -> list[_T]:
    """Return so many of the items, evenly spaced; all if it is None or there are no more."""
    if number is None or number >= len(items):
        return list(items)
    return [items[k * len(items) // number] for k in range(number)]


def shortened(argument: str, number: int | None, table: Path) -> str:
    """Return an argument of a training that names some of the photographs of a set.

    Parameters
    ----------
    argument : str
        The set, as a training takes it.
    number : int or None
        Number of photographs; None for all, then the argument is returned.
    table : Path
        Table to write.
    """
    if number is None:
        return argument
    return write_table(table, some(read_sets([argument])[0].images, number))
