"""Files of annotations and the images that they are of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

from ..errors import first_line
from .errors import DatasetError

_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


def files_below(folder: Path, suffix: str) -> list[Path]:
    """Return the files of a kind in a folder and below, in order.

    Parameters
    ----------
    folder : Path
        The folder.
    suffix : str
        Of their names, in small letters; capitals are found, too.

    Raises
    ------
    DatasetError
        If there is none.
    """
    files = sorted(path for path in folder.rglob("*.*") if path.suffix.lower() == suffix)
    if not files:
        raise DatasetError(f"{folder}: no annotations in it, which would be files named *{suffix}")
    return files


def image_of(file: Path, folders: Iterable[Path], name: str = "") -> Path:
    """Return where the image of a file of annotations is; where it should be, if it is nowhere.

    Parameters
    ----------
    file : Path
        Of the annotations.
    folders : iterable of Path
        Where to look, the likeliest first.
    name : str
        That the annotations give the image, if any. Otherwise it has the file's, without suffix.

    Raises
    ------
    DatasetError
        If several images have the file's name.
    """
    folders = list(folders)
    named = [folder / name for folder in folders if name]
    for path in named:
        if path.is_file():
            return path
    suffixes = [*_SUFFIXES, *(suffix.upper() for suffix in _SUFFIXES)]
    candidates = [[folder / f"{file.stem}{suffix}" for suffix in suffixes] for folder in folders]
    for paths in candidates:
        there = [path for path in paths if path.is_file()]
        # Where capitals make no difference, both are the same file.
        others = [path for path in there if not path.samefile(there[0])]
        if others:
            raise DatasetError(f"{file}: it may be of {there[0]} or of {others[0]}")
        if there:
            return there[0]
    return named[0] if named else candidates[0][0]


def parse_xml(file: Path) -> ElementTree.Element:
    """Return the root of a file of XML.

    Parameters
    ----------
    file : Path
        The file.

    Raises
    ------
    DatasetError
        If it is something else.
    OSError
        If it cannot be read.
    """
    with file.open("rb") as content:
        try:
            return ElementTree.parse(content).getroot()
        except (ElementTree.ParseError, ValueError, LookupError) as error:
            raise DatasetError(f"{file}: no XML: {first_line(error)}") from error
