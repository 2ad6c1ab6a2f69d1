"""Photographs without faces as a source."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ...errors import path_name
from ...files.decoding import is_named_as_photo
from ...files.folders import is_left_out
from ..errors import TrainingError
from .annotated import ImageFile
from .source import Source, SourceImage, no_points, relative_name


def photos_below(folder: Path) -> list[Path]:
    """Return the photographs in a folder and below, sorted by path.

    Parameters
    ----------
    folder : Path
        The folder. Files are chosen by their suffix. Hidden files and folders are left out, and
        folders in which programs keep thumbnails and deleted files.

    Raises
    ------
    OSError
        If a folder cannot be read.
    """
    found = []
    for where, folders, files in os.walk(folder, onerror=_fail):
        folders[:] = sorted(each for each in folders if not is_left_out(each))
        found += [Path(where) / name for name in files if is_named_as_photo(name)]
    return sorted(found)


def read_negatives(path: Path) -> Source:
    """Read a folder of photographs without faces.

    Parameters
    ----------
    path : Path
        The folder; photographs below it count.

    Raises
    ------
    TrainingError
        If there is no photograph.
    OSError
        If a folder cannot be read.
    """
    if not path.is_dir():
        raise TrainingError(
            f"{path_name(str(path))}: photographs without faces must be in a folder, got a file"
        )
    photos = photos_below(path)
    if not photos:
        raise TrainingError(f"{path_name(str(path))}: there is no photograph in it")
    images = [
        SourceImage(
            relative_name(str(photo.relative_to(path))),
            ImageFile(photo),
            np.empty((0, 4)),
            np.empty(0, bool),
            no_points(0),
        )
        for photo in photos
    ]
    return Source("negatives", images)


def _fail(error: OSError) -> None:
    raise error
