"""Annotations in the form of COCO as a source."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ...evaluation.coco import coco_annotations
from ...evaluation.errors import DatasetError
from .source import Source, from_annotations

_START = 4096  # bytes of a JSON file within which an object begins
_TRIED = 50  # images by which the folder of all is chosen
_PREFIX = "instances_"  # of COCO's own files: instances_train2017.json belongs to train2017


def is_coco(path: Path) -> bool:
    """Return whether a path is a JSON file, or a folder with one such file.

    Parameters
    ----------
    path : Path
        Any path.
    """
    if path.is_dir():
        return len(_json_files(path)) == 1
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(_START).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def read_coco_source(path: Path, names: Collection[str] | None = None) -> Source:
    """Read a JSON file in the form of COCO.

    Parameters
    ----------
    path : Path
        The file, or a folder with one such file in it or in its folder ``annotations``. Its images
        are in the folder of the file, in ``images`` or a folder named like the file beside it (the
        part ``instances_`` does not count), or in the same places one level higher: the first of
        these in which most of them are.
    names : collection of str, optional
        Names of the categories of faces. Default: all objects are faces.

    Raises
    ------
    DatasetError
        If the file has another format or no category with one of the names, or there is not
        exactly one.
    OSError
        If the file cannot be read.
    """
    file = path
    if path.is_dir():
        files = _json_files(path)
        if len(files) != 1:
            raise DatasetError(
                f"{path}: it must contain one .json file in the form of COCO, got {len(files)}"
            )
        file = files[0]
    annotations = coco_annotations(file, Path(), names)
    folder = _folder_of(file, annotations.paths[:_TRIED])
    moved = annotations._replace(paths=[folder / each for each in annotations.paths])
    return from_annotations("coco", moved)


def _json_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json")) or sorted(folder.glob("annotations/*.json"))


def _folder_of(file: Path, images: list[Path]) -> Path:
    places = [file.parent, file.parent.parent]
    names = ("", "images", file.stem.removeprefix(_PREFIX))
    candidates = [place / name for place in places for name in names]
    return max(candidates, key=lambda folder: sum((folder / each).is_file() for each in images))
