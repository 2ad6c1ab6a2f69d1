"""Faces with landmarks as a source; other faces may be in the same photographs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...evaluation.annotations import parse_xml
from ...evaluation.errors import DatasetError
from ...evaluation.landmark_files import LandmarkedFace, landmark_annotations
from .annotated import ImageFile
from .point_boxes import boxes_of_points
from .source import Floats, Source, SourceImage, no_points, relative_name
from .table import is_table_of_points, read_table_of_points


def is_landmarks(path: Path) -> bool:
    """Return whether a path means landmarks: .pts files, an XML file of dlib, or a table.

    Parameters
    ----------
    path : Path
        Any path.
    """
    if path.is_dir() and next(path.rglob("*.pts"), None) is not None:
        return True
    if path.suffix.lower() == ".xml" and path.is_file():
        try:
            return parse_xml(path).tag == "dataset"
        except DatasetError:
            return False
    return is_table_of_points(path)


def read_landmarks_source(path: Path) -> Source:
    """Read faces with five or 68 landmarks as a set that is not complete.

    Parameters
    ----------
    path : Path
        What `fastmtcnn.evaluation.read_landmarks` reads, or a table as `read_table` describes it.
        Boxes are those of the file; without them, `boxes_of_points` estimates them.

    Raises
    ------
    DatasetError, TrainingError
        If the file has another format.
    OSError
        If a file cannot be read.
    """
    if is_table_of_points(path):
        return read_table_of_points(path)
    folder = path if path.is_dir() else path.parent
    by_image: dict[Path, list[LandmarkedFace]] = {}
    for face in landmark_annotations(path):
        if face.points is not None or face.box is not None:
            by_image.setdefault(face.path, []).append(face)
    images = [
        SourceImage(
            relative_name(str(file.relative_to(folder) if folder in file.parents else file)),
            ImageFile(file),
            np.array([_box(face) for face in faces]).reshape(-1, 4),
            np.array([not face.valid for face in faces], bool),
            np.array([_points(face) for face in faces]).reshape(-1, 5, 2),
        )
        for file, faces in by_image.items()
    ]
    return Source("landmarks", images, complete=False)


def _box(face: LandmarkedFace) -> Floats:
    if face.box is not None:
        return np.array(face.box)
    estimated: Floats = boxes_of_points(_points(face)[None])[0]
    return estimated


def _points(face: LandmarkedFace) -> Floats:
    return no_points(1)[0] if face.points is None else face.points
