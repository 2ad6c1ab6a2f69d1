"""The formats of annotated photographs, and which of them a path has."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

from ...errors import path_name
from ..errors import TrainingError
from .coco import is_coco, read_coco_source
from .landmarks import is_landmarks, read_landmarks_source
from .negatives import photos_below, read_negatives
from .source import Source
from .table import is_table, read_complete_table, read_table
from .voc import is_voc, read_voc_source
from .widerface import is_widerface, read_widerface_source


class _Format(NamedTuple):
    """A format.

    Attributes
    ----------
    read : callable
        Reads a path that is said to have the format.
    recognises : callable, optional
        Whether a path has the format. None: it must be named.
    read_recognised : callable, optional
        Reads a path that has been recognised, if that differs.
    read_named : callable, optional
        Reads the objects of some names; None if objects have no names.
    """

    read: Callable[[Path], Source]
    recognises: Callable[[Path], bool] | None
    read_recognised: Callable[[Path], Source] | None = None
    read_named: Callable[[Path, Collection[str]], Source] | None = None


_FORMATS = {
    "widerface": _Format(read_widerface_source, is_widerface),
    "voc": _Format(read_voc_source, is_voc, read_named=read_voc_source),
    "table": _Format(read_complete_table, is_table, read_table),
    "landmarks": _Format(read_landmarks_source, is_landmarks),
    "coco": _Format(read_coco_source, is_coco, read_named=read_coco_source),
    # Photographs without annotations are not taken for photographs without faces.
    "negatives": _Format(read_negatives, None),
}
FORMATS = tuple(_FORMATS)

_SUFFIXES = (".csv", ".parquet", ".json", ".xml")  # of files that may hold annotations
_MOST_NAMED = 5


def read_source(path: Path, format_name: str | None = None, names: Collection[str] = ()) -> Source:
    """Read the photographs of a path, unchecked.

    Parameters
    ----------
    path : Path
        Path that exists.
    format_name : str, optional
        One of `FORMATS`. Default: recognised from what lies there.
    names : collection of str
        Names of the objects that are faces, in formats whose objects have names. Default: all
        objects are faces.

    Raises
    ------
    TrainingError, DatasetError
        If the format is not recognised, the files have another one, or name no photograph.
    OSError
        If a file cannot be read.
    MissingExtraError
        If a package is missing that the format needs.
    """
    if format_name is not None:
        found, read = _FORMATS[format_name], _FORMATS[format_name].read
    else:
        found = _recognised(path)
        read = found.read_recognised or found.read
    named = found.read_named if names else None
    source = read(path) if named is None else named(path, names)
    if not source.images:
        raise TrainingError(f"{path_name(str(path))}: its annotations name no photograph")
    return source


def has_names(format_name: str) -> bool:
    """Return whether the objects of a format have names.

    Parameters
    ----------
    format_name : str
        One of `FORMATS`.
    """
    return _FORMATS[format_name].read_named is not None


def _recognised(path: Path) -> _Format:
    for each in _FORMATS.values():
        if each.recognises is not None and each.recognises(path):
            return each
    files = _annotation_files(path)
    if files:
        raise TrainingError(
            f"{path_name(str(path))}: not recognised as annotated photographs; name one of its "
            f"files {', '.join(files)}, or the format, as in FORMAT:PATH, where FORMAT is one of "
            f"{', '.join(FORMATS)}"
        )
    if path.is_dir() and photos_below(path):
        raise TrainingError(
            f"{path_name(str(path))}: photographs without annotations; if there is no face in "
            f"them, name them as negatives:{path}"
        )
    raise TrainingError(
        f"{path_name(str(path))}: not recognised as annotated photographs; name the format, as in "
        f"FORMAT:PATH, where FORMAT is one of {', '.join(FORMATS)}"
    )


def _annotation_files(path: Path) -> list[str]:
    if not path.is_dir():
        return []
    files = sorted(path.iterdir())
    return [each.name for each in files if each.suffix.lower() in _SUFFIXES][:_MOST_NAMED]
