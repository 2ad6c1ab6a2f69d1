"""Which columns of a table of faces hold what, and the values of a row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...detections import LANDMARK_NAMES
from ...errors import path_name
from ..errors import TrainingError
from .source import Floats
from .table_rows import Row

_PATHS = ("path", "file", "image_id")
_BOX = ("x1", "y1", "x2", "y2")
_THIRD_POINT = "x3"  # then x1, y1, x2, ... are points
_SIDE_FIRST = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
_CELEBA = ("lefteye", "righteye", "nose", "leftmouth", "rightmouth")
_POINTS = tuple(
    tuple(f"{name}_{axis}" for name in names for axis in "xy")
    for names in (LANDMARK_NAMES, _SIDE_FIRST, _CELEBA)
)
_FLAGS = {"": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}


class Columns(NamedTuple):
    """The columns of a table of faces.

    Attributes
    ----------
    path : str
        Column of the photographs' paths.
    box, points : tuple of str
        Columns of x1, y1, x2, y2 and of x, y of the five points; empty if there are none.
    ignored, group : str
        Columns of flags and of groups; empty if there are none.
    """

    path: str
    box: tuple[str, ...]
    points: tuple[str, ...]
    ignored: str
    group: str


def has_boxes(names: Sequence[str]) -> bool:
    """Return whether columns are those of a table of faces with boxes.

    Parameters
    ----------
    names : sequence of str
        Names of the columns.
    """
    return _path_of(names) != "" and set(names) >= {*_BOX} and _THIRD_POINT not in names


def has_points(names: Sequence[str]) -> bool:
    """Return whether columns are those of a table of faces with five points.

    Parameters
    ----------
    names : sequence of str
        Names of the columns.
    """
    return _path_of(names) != "" and any(set(names) >= set(points) for points in _POINTS)


def columns_of(file: Path, names: Sequence[str], *, needs_boxes: bool = True) -> Columns:
    """Return the columns of a table of faces.

    Parameters
    ----------
    file : Path
        The table, for messages.
    names : sequence of str
        Names of its columns.
    needs_boxes : bool, default True
        Whether to refuse a table that has points but no boxes.

    Raises
    ------
    TrainingError
        If columns are missing.
    """
    path = _path_of(names)
    box = tuple(name for name in _BOX if name in names and _THIRD_POINT not in names)
    points = max(_POINTS, key=lambda each: len(set(each) & set(names)))
    there = set(points) & set(names)
    missing = [] if path else ["path (or file)"]
    if there:
        missing += [name for name in points if name not in there]
    if box or needs_boxes or not there:
        missing += [name for name in _BOX if name not in box]
    if missing:
        raise TrainingError(
            f"{path_name(str(file))}: a table of faces must have the columns path (or file), "
            f"{', '.join(_BOX)}, and optionally all of eye_left_x, eye_left_y, ... mouth_right_y: "
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
        )
    ignored, group = (name if name in names else "" for name in ("ignored", "group"))
    return Columns(path, box, points if there else (), ignored, group)


def path_cell(columns: Columns, row: Row) -> str:
    """Return the path of a row's photograph, or raise ValueError if it is empty."""
    value = row.cells[columns.path]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{columns.path} must be the path of a photograph, got {value!r}")
    return value


def box_cells(columns: Columns, row: Row) -> Floats | None:
    """Return the box of a row, None if its cells are empty, or raise ValueError."""
    return _numbers(columns.box, row)


def point_cells(columns: Columns, row: Row) -> Floats | None:
    """Return the points of a row, shape (5, 2), None if all are empty or NaN, or raise ValueError.

    Infinite numbers are returned.
    """
    numbers = _numbers(columns.points, row)
    if numbers is None or np.isnan(numbers).all():
        return None
    if np.isnan(numbers).any():
        raise ValueError("a face must have five points or none, got some that are NaN")
    return numbers.reshape(5, 2)


def flag_cell(columns: Columns, row: Row) -> bool:
    """Return whether a row's face is ignored, or raise ValueError."""
    value = row.cells[columns.ignored] if columns.ignored else None
    text = "" if _is_empty(value) else str(value).strip().lower().removesuffix(".0")
    if text not in _FLAGS:
        raise ValueError(f"{columns.ignored} must be 0 or 1, got {value!r}")
    return _FLAGS[text]


def group_cell(columns: Columns, row: Row) -> str:
    """Return the group of a row's photograph; empty if there is none."""
    value = row.cells[columns.group] if columns.group else None
    return "" if _is_empty(value) else str(value)


def _path_of(names: Sequence[str]) -> str:
    return next((name for name in _PATHS if name in names), "")


def _numbers(names: tuple[str, ...], row: Row) -> Floats | None:
    values = [row.cells[name] for name in names]
    empty = [name for name, value in zip(names, values, strict=True) if _is_empty(value)]
    if len(empty) == len(names):
        return None
    if empty:
        raise ValueError(
            f"{names[0]} to {names[-1]} must all be there or none, {empty[0]} is empty"
        )
    return np.array([_number(*each) for each in zip(names, values, strict=True)])


def _number(name: str, value: Any) -> float:  # noqa: ANN401 (a cell)
    try:
        if isinstance(value, bool):
            raise TypeError
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be a number, got {value!r}") from None


def _is_empty(value: object) -> bool:
    if isinstance(value, float):  # of Parquet, in which pandas writes NaN for an empty cell
        return math.isnan(value)
    return value is None or (isinstance(value, str) and not value.strip())
