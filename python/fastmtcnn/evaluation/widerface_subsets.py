"""The easy, medium and hard subsets of WIDER FACE, as its evaluation tool lists them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import first_line
from ..extras import importing
from .errors import DatasetError
from .inputs import open_input
from .matching import Boxes, Mask

LEVELS = ("easy", "medium", "hard")


def read_levels(folder: Path, split: str) -> tuple[list[str], list[Boxes], dict[str, list[Mask]]]:
    """Read the ground truth of the evaluation tool.

    Parameters
    ----------
    folder : Path
        Folder with ``wider_face_SPLIT.mat`` and, for each of `LEVELS`, ``wider_LEVEL_SPLIT.mat``.
    split : str
        Split, the last part of the names of these files.

    Returns
    -------
    names : list of str
        Names of the images, ``"EVENT/NAME"`` without suffix.
    boxes : list of ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 of the faces of each image, in pixels of the image.
    levels : dict of str to list of ndarray of bool, shape (n,)
        Whether each face is valid, by level.

    Raises
    ------
    DatasetError
        If a file has another format.
    MissingExtraError
        If scipy is not installed.
    OSError
        If a file cannot be read.
    """
    path = folder / f"wider_face_{split}.mat"
    faces = _load(path)
    names: list[str] = []
    boxes: list[Boxes] = []
    try:
        for event, files, tables in zip(
            *(_cells(faces[key]) for key in ("event_list", "file_list", "face_bbx_list")),
            strict=True,
        ):
            for file, table in zip(_cells(files), _cells(tables), strict=True):
                names.append(f"{_text(event)}/{_text(file)}")
                rows = np.asarray(table, np.float64).reshape(-1, 4)
                boxes.append(np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:]], axis=1))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise _unlike(path, error) from error
    levels = {
        level: _masks(folder / f"wider_{level}_{split}.mat", [len(each) for each in boxes])
        for level in LEVELS
    }
    return names, boxes, levels


def _masks(path: Path, counts: list[int]) -> list[Mask]:
    masks = []
    try:
        lists = [each for event in _cells(_load(path)["gt_list"]) for each in _cells(event)]
        for numbers, count in zip(lists, counts, strict=True):
            indices = np.asarray(numbers).ravel().astype(np.intp) - 1  # MATLAB counts from 1
            if len(indices) and not 0 <= indices.min() <= indices.max() < count:
                raise ValueError(f"faces {indices.min() + 1} to {indices.max() + 1} of {count}")
            mask = np.zeros(count, bool)
            mask[indices] = True
            masks.append(mask)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, DatasetError):
            raise
        raise _unlike(path, error) from error
    return masks


def _load(path: Path) -> dict[str, Any]:
    with importing("evaluate"):
        from scipy.io import loadmat
    with open_input(path) as file:
        try:
            content: dict[str, Any] = loadmat(file)
        except Exception as error:  # a damaged file makes scipy raise errors of any class
            raise _unlike(path, error) from error
    return content


def _cells(array: npt.ArrayLike) -> list[Any]:
    """Return the contents of a MATLAB cell array, in MATLAB's order."""
    return list(np.asarray(array, object).ravel(order="F"))


def _text(cell: npt.ArrayLike) -> str:
    text = np.asarray(cell).ravel()
    while text.dtype == object:  # a cell in a cell
        text = np.asarray(text[0]).ravel()
    return str(text[0])


def _unlike(path: Path, error: Exception) -> DatasetError:
    return DatasetError(
        f"{path}: not the ground truth of WIDER FACE's evaluation tool: {first_line(error)}"
    )
