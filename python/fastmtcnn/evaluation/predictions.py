"""Detected boxes with scores, and the files of them that WIDER FACE's tools read and write."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import checks
from ..errors import first_line, shortened
from ..files.atomic_write import replacing
from .errors import DatasetError
from .inputs import lines_of
from .matching import BoxesAndScores, boxes_and_scores

_DIGITS, _SCORE_DIGITS = 3, 9  # decimal places; 9 keep all float32 scores near 1 distinct


class Predictions(NamedTuple):
    """The detected boxes of one image, rounded as in a file.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels of the image.
    scores : ndarray of float64, shape (n,)
        Scores in any range; a higher score means more confidence.
    """

    boxes: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float64]

    @classmethod
    def of(cls, found: BoxesAndScores) -> Predictions:
        """Return detections rounded as if they were written to a file and read again.

        Parameters
        ----------
        found : Detections or the like
            Detections of an image.
        """
        return cls.from_rows(_rows(found))

    @classmethod
    def from_rows(cls, rows: npt.ArrayLike) -> Predictions:
        """Return the boxes of a table.

        Parameters
        ----------
        rows : array_like, shape (n, 5)
            x, y, width, height in pixels, and score.

        Raises
        ------
        ValueError
            If the table has another shape.
        """
        table = checks.rows("x, y, width, height, score", rows, 5)
        boxes = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], axis=1)
        return cls(boxes, table[:, 4])


def write_predictions(path: str | Path, name: str, found: BoxesAndScores) -> None:
    """Write the detections of an image to a file of WIDER FACE's form.

    The first line is the name of the image, the second the number of boxes, and each further line
    has x, y, width, height and score of a box.

    Parameters
    ----------
    path : str or Path
        Path of the file. Its folder is created.
    name : str
        Name of the image.
    found : Detections or the like
        Detections of the image.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        If boxes and scores have other shapes, or a number is not finite.
    """
    path, rows = Path(path), _rows(found)
    lines = [name.replace("\n", " "), str(len(rows))]
    lines += (
        " ".join(f"{value:.{_DIGITS}f}" for value in row[:4]) + f" {row[4]:.{_SCORE_DIGITS}f}"
        for row in rows
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write("".join(f"{line}\n" for line in lines).encode(errors="surrogateescape"))


def read_predictions(path: str | Path) -> Predictions:
    """Read the detections of an image from a file as `write_predictions` writes it.

    Parameters
    ----------
    path : str or Path
        Path of the file.

    Returns
    -------
    Predictions
        Boxes and scores in the order of the file.

    Raises
    ------
    DatasetError
        If the file has another format.
    OSError
        If the file cannot be read.
    """
    lines = lines_of(Path(path))
    rows = [line.split() for line in lines[2:] if line.strip()]
    try:
        if len(lines) < 2 or not lines[1].strip().isdecimal():
            raise ValueError("there is no number of boxes on line 2")
        if len(rows) != int(lines[1]):
            raise ValueError(f"it has {len(rows)} rows, and announces {int(lines[1])}")
        for row in rows:
            if len(row) != 5:
                raise ValueError(f"a row is {shortened(repr(' '.join(row)))}")
        table = np.array(rows, np.float64)
        if not np.isfinite(table).all():
            raise ValueError("a number is not finite")
    except ValueError as error:
        raise DatasetError(
            f"{path}: predictions must be the image's name, the number of boxes, and rows of "
            f"x y width height score: {first_line(error)}"
        ) from error
    return Predictions.from_rows(table)


def _rows(found: BoxesAndScores) -> npt.NDArray[np.float64]:
    boxes, scores = boxes_and_scores(found)
    numbers = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1).round(_DIGITS)
    return np.concatenate([numbers, scores.round(_SCORE_DIGITS)[:, None]], axis=1)
