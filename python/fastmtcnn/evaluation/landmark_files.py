"""Data sets with the landmarks of faces: .pts, CSV, and the XML of dlib."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..detections import LANDMARK_NAMES
from ..errors import first_line, shortened
from .annotations import files_below, image_of, parse_xml
from .errors import DatasetError
from .inputs import open_input
from .landmarks import Points, five_points


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


class LandmarkedFace(NamedTuple):
    """A face of an image, as an annotation file describes it.

    Attributes
    ----------
    path : Path
        Path of the image.
    points : ndarray of float64, shape (5, 2), or None
        x, y of the landmarks, in pixels of the image; None if the file has none for this face, or
        it is not valid.
    box : tuple of float, optional
        x1, y1, x2, y2 in pixels of the image, if the file has it.
    valid : bool
        False if the file says to ignore the face.
    """

    path: Path
    points: Points | None
    box: tuple[float, float, float, float] | None = None
    valid: bool = True


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
    by_image: dict[Path, list[Points]] = {}
    for face in landmark_annotations(path, None if images is None else Path(images)):
        if face.valid and face.points is None:
            raise DatasetError(f"{path}: {face.path}: a face must have 5 or 68 points, got none")
        if face.points is not None:
            by_image.setdefault(face.path, []).append(face.points)
    if not by_image:
        raise DatasetError(f"{path}: it contains no face with landmarks")
    return LandmarkSet(list(by_image), [np.stack(each) for each in by_image.values()])


def landmark_annotations(path: Path, images: Path | None = None) -> list[LandmarkedFace]:
    """Return the faces of the files that `read_landmarks` reads, with all that is said of them.

    Parameters
    ----------
    path, images : Path
        As for `read_landmarks`.

    Raises
    ------
    DatasetError, OSError
        As `read_landmarks`, but there may be no face, or faces without points.
    """
    if path.is_dir():
        return list(_read_folder(path, images or path))
    readers = {".csv": _read_csv, ".xml": _read_dlib}
    read = readers.get(path.suffix.lower())
    if read is None:
        raise DatasetError(
            f"{path}: landmarks must be a folder of .pts, a .csv or an .xml"
            + ("" if path.exists() else ", got nothing")
        )
    return list(read(path, images or path.parent))


def _read_folder(folder: Path, images: Path) -> Iterator[LandmarkedFace]:
    for file in files_below(folder, ".pts"):
        path = image_of(file, [(images / file.relative_to(folder)).parent])
        yield LandmarkedFace(path, _read_pts(file))


def _read_pts(file: Path) -> Points:
    with open_input(file) as content:
        text = content.read().decode(errors="replace")
    try:
        block = text[text.find("{") + 1 : max(text.rfind("}"), 0)] if "{" in text else ""
        rows = [line.split() for line in block.strip().splitlines()]
        return _five(rows) - 1  # .pts files come from MATLAB, whose first pixel is (1, 1)
    except ValueError as error:
        raise DatasetError(
            f"{file}: landmarks must be lines of x y between braces: {first_line(error)}"
        ) from error


def _read_csv(file: Path, images: Path) -> Iterator[LandmarkedFace]:
    with (
        open_input(file) as opened,
        io.TextIOWrapper(opened, "utf-8-sig", "surrogateescape", newline="") as content,
    ):
        table = csv.DictReader(content)
        try:
            columns = _columns(table.fieldnames or [])
            if columns is None:
                raise ValueError(f"got {shortened(str(table.fieldnames))}")
            for row in table:
                points = np.reshape([float(row[column] or "") for column in columns], (-1, 2))
                yield LandmarkedFace(images / (row["path"] or ""), _five(points))
        except (ValueError, csv.Error) as error:
            raise DatasetError(
                f"{file}: line {table.line_num}: a table of landmarks must have the columns path "
                "and eye_left_x, eye_left_y, ... mouth_right_y, or x1, y1, ... y5 or y68: "
                f"{first_line(error)}"
            ) from error


def _columns(names: Iterable[str]) -> list[str] | None:
    candidates = [[f"{name}_{axis}" for name in LANDMARK_NAMES for axis in "xy"]]
    candidates += [[f"{axis}{k + 1}" for k in range(n) for axis in "xy"] for n in (68, 5)]
    there = set(names)
    return next((each for each in candidates if there >= {"path", *each}), None)


def _read_dlib(file: Path, images: Path) -> Iterator[LandmarkedFace]:
    for image in parse_xml(file).iterfind("images/image"):
        name = image.get("file", "")
        for box in image.iterfind("box"):
            valid = box.get("ignore") != "1"
            parts = sorted(box.iterfind("part"), key=lambda part: _number(part.attrib))
            points = None
            try:
                if parts and valid:
                    points = _five([[part.get("x", ""), part.get("y", "")] for part in parts])
                yield LandmarkedFace(images / name, points, _dlib_box(box.attrib), valid)
            except ValueError as error:
                raise DatasetError(f"{file}: {shortened(name)}: {first_line(error)}") from error


def _dlib_box(box: Mapping[str, str]) -> tuple[float, float, float, float] | None:
    if not box.keys() >= {"left", "top", "width", "height"}:
        return None
    left, top = float(box["left"]), float(box["top"])
    return left, top, left + float(box["width"]), top + float(box["height"])


def _number(part: Mapping[str, str]) -> int:
    return int(part["name"]) if part.get("name", "").isdecimal() else -1


def _five(rows: npt.ArrayLike) -> Points:
    points = five_points(np.asarray(rows, np.float64))
    if not np.isfinite(points).all() or (points[0] == points[1]).all():
        raise ValueError("points must be finite, and the eyes must not coincide")
    return points
