"""Boxes found in images, and files with them as WIDER FACE's tools write and read them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import checks
from ..errors import first_line
from ..files.atomic_write import replacing
from .errors import DatasetError
from .matching import Found, boxes_and_scores

_DIGITS, _SCORE_DIGITS = 3, 9  # after the point; the second tells all float32 near 1 apart


class Predictions(NamedTuple):
    """The boxes found in an image, with the numbers that a file of them has.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels.
    scores : ndarray of float64, shape (n,)
        Of any range; higher is surer.
    """

    boxes: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float64]

    @classmethod
    def of(cls, found: Found) -> Predictions:
        """Return what would be read if this were written.

        Parameters
        ----------
        found : Detections or the like
            Of an image.
        """
        return cls.from_rows(_rows(found))

    @classmethod
    def from_rows(cls, rows: npt.ArrayLike) -> Predictions:
        """Return the boxes of a table.

        Parameters
        ----------
        rows : array_like, shape (n, 5)
            x, y, width, height, score.

        Raises
        ------
        ValueError
            If it has another shape.
        """
        table = checks.rows("x, y, width, height, score", rows, 5)
        boxes = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], axis=1)
        return cls(boxes, table[:, 4])


def write_predictions(path: str | Path, name: str, found: Found) -> None:
    """Write the file of an image: its name, the number of boxes, and x y w h score of each.

    Parameters
    ----------
    path : str or Path
        Of the file; its folder is made.
    name : str
        Of the image.
    found : Detections or the like
        Of the image.

    Raises
    ------
    OSError
        If it cannot be written.
    ValueError
        If boxes and scores have other shapes, or a number is not finite.
    """
    path, rows = Path(path), _rows(found)
    lines = [name, str(len(rows))]
    lines += (
        " ".join(f"{value:.{_DIGITS}f}" for value in row[:4]) + f" {row[4]:.{_SCORE_DIGITS}f}"
        for row in rows
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write("".join(f"{line}\n" for line in lines).encode(errors="surrogateescape"))


def read_predictions(path: str | Path) -> Predictions:
    """Read the file of an image.

    Parameters
    ----------
    path : str or Path
        With the image's name, the number of boxes, and x y w h score of each, on lines of their
        own.

    Returns
    -------
    Predictions
        In the order of the file.

    Raises
    ------
    DatasetError
        If it is something else.
    OSError
        If it cannot be read.
    """
    lines = Path(path).read_text("utf-8-sig", errors="surrogateescape").splitlines()
    rows = [line.split() for line in lines[2:] if line.strip()]
    try:
        if len(lines) < 2 or not lines[1].strip().isdecimal():
            raise ValueError("there is no number of boxes on line 2")
        if len(rows) != int(lines[1]):
            raise ValueError(f"it has {len(rows)} rows, and announces {int(lines[1])}")
        for row in rows:
            if len(row) != 5:
                raise ValueError(f"a row is {' '.join(row)!r}")
        table = np.array(rows, np.float64)
        if not np.isfinite(table).all():
            raise ValueError("a number is not finite")
    except ValueError as error:
        raise DatasetError(
            f"{path}: predictions must be the image's name, the number of boxes, and rows of "
            f"x y width height score: {first_line(error)}"
        ) from error
    return Predictions.from_rows(table)


def _rows(found: Found) -> npt.NDArray[np.float64]:
    boxes, scores = boxes_and_scores(found)
    numbers = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1).round(_DIGITS)
    return np.concatenate([numbers, scores.round(_SCORE_DIGITS)[:, None]], axis=1)
