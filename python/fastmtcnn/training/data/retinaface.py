"""The label file of RetinaFace: boxes and five points of the faces of WIDER FACE."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...errors import first_line
from ...evaluation.dataset import without_suffix
from ...evaluation.errors import DatasetError
from .source import Floats, no_points

_NUM_WITH_POINTS = 19  # x y w h, five times x y and a flag; a number for blur may follow
_NO_POINT = -1  # stands for each number of a face without points


class LabelledFaces(NamedTuple):
    """The faces of one image.

    Attributes
    ----------
    file : str
        Path of the image, relative to the folder of the images.
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels.
    points : ndarray of float64, shape (n, 5, 2)
        x, y of the points; all NaN for a face that has none.
    """

    file: str
    boxes: Floats
    points: Floats


def read_labels(file: Path) -> dict[str, LabelledFaces]:
    """Read a label file, as RetinaFace's authors publish it for WIDER FACE.

    Parameters
    ----------
    file : Path
        Lines ``# EVENT/NAME.jpg``, each followed by a line ``x y w h`` for each face, with
        ``x y flag`` of five points and a number behind it, or without. -1 as each coordinate stands
        for a face without points.

    Returns
    -------
    dict of str to LabelledFaces
        The faces by the name of their image without suffix.

    Raises
    ------
    DatasetError
        If the file has another format, or names an image twice.
    OSError
        If the file cannot be read.
    """
    images: dict[str, LabelledFaces] = {}
    for line, name, rows in _blocks(file):
        key = without_suffix(name)
        if key in images:
            raise DatasetError(f"{file}: line {line}: image {name!r} is there twice")
        boxes, points = np.array([row[:4] for row in rows]).reshape(-1, 4), no_points(len(rows))
        boxes[:, 2:] = boxes[:, :2] + np.maximum(boxes[:, 2:], 0)
        for face, row in enumerate(rows):
            of_face = row[4:_NUM_WITH_POINTS].reshape(-1, 3)[:, :2]
            if len(of_face) and (of_face != _NO_POINT).all():
                points[face] = of_face
        images[key] = LabelledFaces(name, boxes, points)
    return images


def _blocks(file: Path) -> Iterator[tuple[int, str, list[Floats]]]:
    """Yield each image's line, name and rows."""
    begin, name, rows = 0, "", list[Floats]()
    text = file.read_text("utf-8-sig", errors="surrogateescape")
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            if name:
                yield begin, name, rows
            begin, name, rows = number, line.removeprefix("#").strip(), []
        elif line.strip():
            rows.append(_numbers(file, number, line, bool(name)))
    if name:
        yield begin, name, rows


def _numbers(file: Path, number: int, line: str, has_image: bool) -> Floats:
    try:
        row = np.array(line.split(), np.float64)
        if not has_image:
            raise ValueError("it comes before the first image")
        if (len(row) != 4 and len(row) < _NUM_WITH_POINTS) or not np.isfinite(row).all():
            raise ValueError(f"got {line.strip()!r}")
    except ValueError as error:
        raise DatasetError(
            f"{file}: line {number}: a face must be x y w h, or these and five times x y flag: "
            f"{first_line(error)}"
        ) from error
    return row
