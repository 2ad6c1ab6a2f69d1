"""Data sets with the landmarks of faces: .pts, CSV, and the XML of dlib."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..detections import LANDMARK_NAMES
from ..errors import first_line
from .annotations import files_below, image_of, parse_xml
from .errors import DatasetError
from .landmarks import Points, five_points

_POINT = re.compile(r"\s*\{(.*)\}\s*", re.DOTALL)


class LandmarkSet(NamedTuple):
    """Images and the annotated landmarks of their faces.

    Attributes
    ----------
    paths : list of Path
        Paths of the images.
    points : list of ndarray of float64, shape (n, 5, 2)
        x, y of the landmarks of the faces of each image, in the order of `Detections`, in pixels of
        the image; the first pixel is 0.
    """

    paths: list[Path]
    points: list[Points]


def read_landmarks(path: str | Path, images: str | Path | None = None) -> LandmarkSet:
    """Read annotated landmarks from a folder of .pts files, a CSV file or an XML file of dlib.

    Parameters
    ----------
    path : str or Path
        A folder with ``.pts`` files in it and below, as in 300-W, each with one face and beside its
        image of the same name; a ``.csv`` file with a row for each face and the columns ``path``
        and ``eye_left_x``, ``eye_left_y``, ... as in the tables of fastmtcnn, or ``x1``, ``y1``,
        ... ``y5`` or ``y68``; or an ``.xml`` file of dlib's tools. Faces have 68 points (see
        `five_points`) or five. The first pixel is 1 in ``.pts`` files and 0 in others.
    images : str or Path, optional
        Folder of the images. Default: the folder of `path`.

    Returns
    -------
    LandmarkSet
        Images in the order of the file; for a folder, sorted by path.

    Raises
    ------
    DatasetError
        If the file has another format.
    OSError
        If a file cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        return _read_folder(path, Path(images or path))
    readers = {".csv": _read_csv, ".xml": _read_dlib}
    read = readers.get(path.suffix.lower())
    if read is None:
        raise DatasetError(
            f"{path}: landmarks must be a folder of .pts, a .csv or an .xml"
            + ("" if path.exists() else ", got nothing")
        )
    return read(path, Path(images or path.parent))


def _read_folder(folder: Path, images: Path) -> LandmarkSet:
    files = files_below(folder, ".pts")
    paths = [image_of(file, [(images / file.relative_to(folder)).parent]) for file in files]
    return _gathered(folder, zip(paths, map(_read_pts, files), strict=True))


def _read_pts(file: Path) -> Points:
    text = file.read_text("utf-8", errors="replace")
    try:
        block = _POINT.search(text)
        rows = [] if block is None else [line.split() for line in block[1].strip().splitlines()]
        return _five(rows) - 1  # .pts files come from MATLAB, whose first pixel is (1, 1)
    except ValueError as error:
        raise DatasetError(
            f"{file}: landmarks must be lines of x y between braces: {first_line(error)}"
        ) from error


def _read_csv(file: Path, images: Path) -> LandmarkSet:
    found = []
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as content:
        table = csv.DictReader(content)
        try:
            columns = _columns(table.fieldnames or [])
            if columns is None:
                raise ValueError(f"got {table.fieldnames}")
            for row in table:
                points = np.reshape([float(row[column] or "") for column in columns], (-1, 2))
                found.append((images / (row["path"] or ""), _five(points)))
        except (ValueError, csv.Error) as error:
            raise DatasetError(
                f"{file}: line {table.line_num}: a table of landmarks must have the columns path "
                "and eye_left_x, eye_left_y, ... mouth_right_y, or x1, y1, ... y5 or y68: "
                f"{first_line(error)}"
            ) from error
    return _gathered(file, found)


def _columns(names: Iterable[str]) -> list[str] | None:
    candidates = [[f"{name}_{axis}" for name in LANDMARK_NAMES for axis in "xy"]]
    candidates += [[f"{axis}{k + 1}" for k in range(n) for axis in "xy"] for n in (68, 5)]
    there = set(names)
    return next((each for each in candidates if there >= {"path", *each}), None)


def _read_dlib(file: Path, images: Path) -> LandmarkSet:
    found = []
    for image in parse_xml(file).iterfind("images/image"):
        for box in image.iterfind("box"):
            if box.get("ignore") == "1":
                continue
            parts = sorted(box.iterfind("part"), key=lambda part: _number(part.attrib))
            try:
                points = _five([[part.get("x", ""), part.get("y", "")] for part in parts])
            except ValueError as error:
                name = image.get("file")
                raise DatasetError(f"{file}: {name}: {first_line(error)}") from error
            found.append((images / image.get("file", ""), points))
    return _gathered(file, found)


def _number(part: Mapping[str, str]) -> int:
    return int(part["name"]) if part.get("name", "").isdecimal() else -1


def _five(rows: npt.ArrayLike) -> Points:
    points = five_points(np.asarray(rows, np.float64))
    if not np.isfinite(points).all() or (points[0] == points[1]).all():
        raise ValueError("points must be finite, and the eyes must not coincide")
    return points


def _gathered(source: Path, found: Iterable[tuple[Path, Points]]) -> LandmarkSet:
    by_path: dict[Path, list[Points]] = {}
    for path, points in found:
        by_path.setdefault(path, []).append(points)
    if not by_path:
        raise DatasetError(f"{source}: it contains no face with landmarks")
    return LandmarkSet(list(by_path), [np.stack(each) for each in by_path.values()])
