"""A table of the faces of photos, which is written while they are found."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.cells import cell_len

from ..detections import Face
from ..errors import printable
from ..results.photo import Photo
from ..results.writing import WritePhoto

# Columns of text: with those of numbers, and two between them, 80 in all.
_PATH, _FACE, _SCORE, _COORDINATE = 30, 4, 6, 7
_HEADER = ("photo", "face", "score", "x1", "y1", "x2", "y2")


@contextlib.contextmanager
def photo_table(write_text: Callable[[str], object], landmarks: bool) -> Iterator[WritePhoto]:
    """Write a table with a row for each face.

    The path of a photo is in the first of its rows or, if it is long, on a line before them. A
    photo without a face has a row that says so. Other lines have at most 80 columns, unless there
    are coordinates of more than five digits, or with landmarks of more than four.

    Parameters
    ----------
    write_text : callable
        Writes text.
    landmarks : bool
        Whether there is a line with the landmarks below each face.

    Yields
    ------
    callable
        Writes a photo. The first one writes the header, too. An empty line ends the table when the
        block of the with statement ends without an error.
    """
    header = f"{_row(*_HEADER)}\n"
    before = header

    def write(photo: Photo) -> None:
        nonlocal before
        write_text("".join([before, *(f"{line}\n" for line in _lines(photo, landmarks))]))
        before = ""

    yield write
    if before != header:
        write_text("\n")


def _lines(photo: Photo, landmarks: bool) -> Iterator[str]:
    path = printable(photo.path)
    if cell_len(path) > _PATH:
        yield path
        path = ""
    for number, face in enumerate(photo.detections.faces(), start=1):
        coordinates = (f"{value:.1f}" for value in face.box)
        yield _row(path, str(number), f"{face.score:.4f}", *coordinates)
        if landmarks:
            yield _landmarks(face)
        path = ""
    if photo.detections.num_faces == 0:
        yield _row(path, "none")


def _row(path: str, *cells: str) -> str:
    widths = (_FACE, _SCORE, *[_COORDINATE] * 4)
    row = path + " " * (_PATH - cell_len(path))
    for cell, width in zip(cells, widths, strict=False):
        row += f"  {cell:>{width}}"
    return row


def _landmarks(face: Face) -> str:
    points = "  ".join(f"{x:.1f},{y:.1f}" for x, y in face.landmarks.tolist())
    return f"  {points}"
