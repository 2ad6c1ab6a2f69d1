"""A table of faces, CSV or Parquet, as a source."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np

from ...errors import path_name
from ..errors import TrainingError
from .annotated import ImageFile
from .archives import members
from .point_boxes import boxes_of_points
from .source import Floats, Source, SourceImage, no_points, relative_name
from .table_columns import (
    Columns,
    box_cells,
    columns_of,
    flag_cell,
    group_cell,
    has_boxes,
    has_points,
    path_cell,
    point_cells,
)
from .table_rows import SUFFIXES, Row, column_names, read_rows

_ARCHIVE = "images.tar"


class _Photo:
    """The rows of one photograph, in their order."""

    def __init__(self, file: ImageFile, group: str) -> None:
        self.file = file
        self.group = group
        self.faces: list[tuple[Floats, bool, Floats]] = []
        self.places: dict[tuple[float, ...], str] = {}
        self.place_of_no_face = ""

    def add(self, row: Row, box: Floats | None, points: Floats | None, ignored: bool) -> None:
        if box is None:
            if points is not None:
                raise ValueError("a face must have a box, got points alone")
            if self.place_of_no_face or self.places:
                other = self.place_of_no_face or next(iter(self.places.values()))
                raise ValueError(f"a photograph without a face must have one row, see {other}")
            self.place_of_no_face = row.place
            return
        if self.place_of_no_face:
            raise ValueError(
                f"there is a face in a photograph that has none by {self.place_of_no_face}"
            )
        key = tuple(box.tolist())
        if key in self.places:
            raise ValueError(f"the face is the same as that of {self.places[key]}")
        self.places[key] = row.place
        self.faces.append((box, ignored, no_points(1)[0] if points is None else points))

    def image(self, name: str) -> SourceImage:
        boxes = np.array([box for box, _, _ in self.faces]).reshape(-1, 4)
        ignored = np.array([each for _, each, _ in self.faces], bool)
        points = np.array([each for _, _, each in self.faces]).reshape(-1, 5, 2)
        return SourceImage(relative_name(name), self.file, boxes, ignored, points, self.group)


def table_file(path: Path) -> Path | None:
    """Return the table that a path means: the file itself, or the only table in a folder.

    Parameters
    ----------
    path : Path
        Any path.
    """
    if not path.is_dir():
        return path if path.suffix.lower() in SUFFIXES else None
    files = [each for each in sorted(path.iterdir()) if each.suffix.lower() in SUFFIXES]
    return files[0] if len(files) == 1 else None


def is_table(path: Path) -> bool:
    """Return whether a path means a table of faces with boxes.

    Parameters
    ----------
    path : Path
        Any path.
    """
    file = table_file(path)
    return file is not None and has_boxes(column_names(file))


def is_table_of_points(path: Path) -> bool:
    """Return whether a path means a table of faces with five points, with boxes or without.

    Parameters
    ----------
    path : Path
        Any path.
    """
    file = table_file(path)
    return file is not None and has_points(column_names(file))


def read_table(path: Path) -> Source:
    """Read a table with a row for each face.

    Parameters
    ----------
    path : Path
        A ``.csv`` or ``.parquet`` file, or a folder with one such file. The columns are ``path``,
        ``file`` or ``image_id`` (relative to the folder of the table), ``x1``, ``y1``, ``x2``,
        ``y2``, and optionally the five points ``eye_left_x``, ``eye_left_y``, ...
        ``mouth_right_y`` (also ``left_eye_x``, ... ``right_mouth_y``, or as in CelebA),
        ``ignored`` (0 or 1) and ``group``. A row without box states that its photograph has no
        face. Photographs that are in ``images.tar`` beside the table are read from there.

    Returns
    -------
    Source
        Of the format ``"landmarks"``, and not complete, if every photograph has exactly one face
        and that has points: then the photographs are crops of faces.

    Raises
    ------
    TrainingError
        If a column is missing, or a row has other values or repeats another one.
    OSError
        If a file cannot be read.
    MissingExtraError
        If it is a Parquet file and pyarrow is not installed.
    """
    images = _images(_file_of(path), needs_boxes=True)
    is_crops = all(len(each.boxes) == 1 and np.isfinite(each.points).all() for each in images)
    if is_crops:
        return Source("landmarks", images, complete=False)
    return Source("table", images)


def read_complete_table(path: Path) -> Source:
    """Read a table as `read_table`, in whose photographs every face is annotated.

    Parameters
    ----------
    path : Path
        As for `read_table`.

    Raises
    ------
    TrainingError, OSError, MissingExtraError
        As `read_table`.
    """
    return Source("table", _images(_file_of(path), needs_boxes=True))


def read_table_of_points(path: Path) -> Source:
    """Read a table of faces with points, in whose photographs other faces may be.

    Parameters
    ----------
    path : Path
        As for `read_table`; without boxes, `boxes_of_points` estimates them.

    Raises
    ------
    TrainingError, OSError, MissingExtraError
        As `read_table`.
    """
    return Source("landmarks", _images(_file_of(path), needs_boxes=False), complete=False)


def _file_of(path: Path) -> Path:
    file = table_file(path)
    if file is None:
        raise TrainingError(
            f"{path_name(str(path))}: a table of faces must be a .csv or .parquet file, or a "
            "folder with one of these"
        )
    return file


def _images(file: Path, *, needs_boxes: bool) -> list[SourceImage]:
    columns = columns_of(file, column_names(file), needs_boxes=needs_boxes)
    archive = file.parent / _ARCHIVE
    archived = members(archive) if archive.is_file() else frozenset[str]()
    photos: dict[str, _Photo] = {}
    for row in read_rows(file):
        try:
            path = path_cell(columns, row)
            if path not in photos:
                member = str(PurePosixPath(path))
                place = ImageFile(archive, member) if member in archived else None
                photos[path] = _Photo(
                    place or ImageFile(file.parent / path), group_cell(columns, row)
                )
            photos[path].add(row, *_face(columns, row), flag_cell(columns, row))
        except ValueError as error:
            raise TrainingError(f"{path_name(str(file))}: {row.place}: {error}") from error
    if not photos:
        raise TrainingError(f"{path_name(str(file))}: there is no row in it")
    return [photo.image(path) for path, photo in photos.items()]


def _face(columns: Columns, row: Row) -> tuple[Floats | None, Floats | None]:
    points = point_cells(columns, row) if columns.points else None
    if columns.box:
        return box_cells(columns, row), points
    return (None if points is None else boxes_of_points(points[None])[0]), points
