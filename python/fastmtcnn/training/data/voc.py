"""Annotations in the form of PASCAL VOC as a source."""

from __future__ import annotations

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


def read_voc_source(path: Path) -> Source:
    """Read a folder in the form of PASCAL VOC, as `fastmtcnn.evaluation.read_voc` describes it.

    Parameters
    ----------
    path : Path
        The folder. All objects are faces; difficult ones are ignored.

    Raises
    ------
    DatasetError
        If there is no XML file, or one has another format.
    OSError
        If a file cannot be read.
    """
    if not path.is_dir():
        raise DatasetError(f"{path}: annotations of VOC must be in a folder, got a file")
    return from_annotations("voc", voc_annotations(path))
