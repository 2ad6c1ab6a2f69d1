"""Annotations in the form of PASCAL VOC as a source."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ...evaluation.annotations import parse_xml
from ...evaluation.errors import DatasetError
from ...evaluation.voc import voc_annotations
from .source import Source, from_annotations


def is_voc(path: Path) -> bool:
    """Return whether a folder has XML files in the form of PASCAL VOC.

    Parameters
    ----------
    path : Path
        Any path.
    """
    first = next(path.glob("Annotations/**/*.xml"), None) or next(path.glob("*.xml"), None)
    if not path.is_dir() or first is None:
        return False
    try:
        return parse_xml(first).tag == "annotation"
    except DatasetError:
        return (path / "Annotations").is_dir()


def read_voc_source(path: Path, names: Collection[str] | None = None) -> Source:
    """Read a folder in the form of PASCAL VOC, as `fastmtcnn.evaluation.read_voc` describes it.

    Parameters
    ----------
    path : Path
        The folder. Difficult objects are ignored.
    names : collection of str, optional
        Names of the objects that are faces. Default: all objects are faces.

    Raises
    ------
    DatasetError
        If there is no XML file, one has another format, or no object has one of the names.
    OSError
        If a file cannot be read.
    """
    if not path.is_dir():
        raise DatasetError(f"{path}: annotations of VOC must be in a folder, got a file")
    return from_annotations("voc", voc_annotations(path, names))
