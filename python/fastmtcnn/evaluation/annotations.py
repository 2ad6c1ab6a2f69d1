"""Annotation files, and the images that they belong to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from xml.etree import ElementTree

from ..errors import first_line, shortened
from ..files.folders import is_left_out
from .errors import DatasetError
from .inputs import open_input

_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
_MOST_NAMES = 20  # in a message


def wanted_names(
    name: str | Collection[str] | None, known: Collection[str], where: Path
) -> frozenset[str] | None:
    """Return the names of the objects that are faces; None if all objects are.

    Parameters
    ----------
    name : str, collection of str or None
        The names that a user chose.
    known : collection of str
        Names of all objects.
    where : Path
        What to name in the message.

    Raises
    ------
    DatasetError
        If no object has one of the names.
    """
    if name is None:
        return None
    wanted = frozenset([name] if isinstance(name, str) else name)
    missing = sorted(wanted - frozenset(known))
    if missing:
        listed = shortened(f"{sorted(known)[:_MOST_NAMES]}")
        further = len(known) - _MOST_NAMES
        others = f" and {further} others" if further > 0 else ""
        raise DatasetError(
            f"{where}: the name of a face must be one of {listed}{others}, got {missing[0]!r}"
        )
    return wanted


def files_below(folder: Path, suffix: str) -> list[Path]:
    """Return the files with a suffix in a folder and below, sorted by path.

    Parameters
    ----------
    folder : Path
        Folder to search.
    suffix : str
        Suffix of the files in lower case, such as ``".xml"``. Upper case matches, too.

    Raises
    ------
    DatasetError
        If there is no such file.
    """
    files = sorted(
        path
        for path in folder.rglob("*.*")
        if path.suffix.lower() == suffix and not _is_hidden(path.relative_to(folder))
    )
    if not files:
        raise DatasetError(f"{folder}: it must contain annotations, files named *{suffix}")
    return files


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".") or any(map(is_left_out, path.parts[:-1]))


def image_of(file: Path, folders: Iterable[Path], name: str = "") -> Path:
    """Return the path of the image of an annotation file; if none exists, the expected path.

    Parameters
    ----------
    file : Path
        Path of the annotation file.
    folders : iterable of Path
        Folders to search, the most likely one first.
    name : str
        File name of the image according to the annotations. If it is empty or no such image
        exists, the image with the name of the annotation file and an image suffix is taken.

    Raises
    ------
    DatasetError
        If several images have the name of the annotation file.
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
        # On a file system that ignores case, .jpg and .JPG are the same file.
        others = [path for path in there if not path.samefile(there[0])]
        if others:
            raise DatasetError(f"{file}: its image may be {there[0]} or {others[0]}")
        if there:
            return there[0]
    return named[0] if named else candidates[0][0]


def parse_xml(file: Path) -> ElementTree.Element:
    """Return the root element of an XML file.

    Parameters
    ----------
    file : Path
        Path of the file.

    Raises
    ------
    DatasetError
        If the file is not XML.
    OSError
        If the file cannot be read.
    """
    with open_input(file) as content:
        try:
            return ElementTree.parse(content).getroot()
        except (ElementTree.ParseError, ValueError, LookupError) as error:
            raise DatasetError(f"{file}: not XML: {first_line(error)}") from error
