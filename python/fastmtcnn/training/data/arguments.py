"""Arguments that name a set of annotated photographs: ``[FORMAT:]PATH[@WEIGHT]``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

from ...errors import path_name, unknown_name
from ..errors import TrainingError
from .formats import FORMATS


class DataArgument(NamedTuple):
    """A set of photographs that a user names.

    Attributes
    ----------
    path : Path
        Path that exists.
    format : str, optional
        One of `FORMATS`; None if it was not named.
    weight : float
        Weight of the set, above 0.
    """

    path: Path
    format: str | None
    weight: float


def parse_argument(argument: str) -> DataArgument:
    """Return the parts of ``[FORMAT:]PATH[@WEIGHT]``.

    A path that exists is taken as it is, whatever colons and at signs are in its name.

    Parameters
    ----------
    argument : str
        The argument.

    Raises
    ------
    TrainingError
        If the path does not exist, or the format or weight is not valid.
    """
    if _exists(argument):
        return DataArgument(Path(argument), None, 1.0)
    prefix, colon, rest = argument.partition(":")
    format_name = prefix.lower() if colon and prefix.lower() in FORMATS else None
    text = argument if format_name is None else rest
    if _exists(text):
        return DataArgument(Path(text), format_name, 1.0)
    path, at, weight = text.rpartition("@")
    if at and _exists(path):
        return DataArgument(Path(path), format_name, _weight(argument, weight))
    if colon and format_name is None and _exists(rest.rpartition("@")[0] or rest):
        raise TrainingError(str(unknown_name(f"the format in {argument!r}", prefix, FORMATS)))
    raise TrainingError(f"{path_name(path if at else text)}: there is no such file or folder")


def _exists(path: str) -> bool:
    try:
        return path != "" and Path(path).exists()
    except (OSError, ValueError):  # too long, not allowed to look, or with a NUL
        return False


def _weight(argument: str, text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not (math.isfinite(weight) and weight > 0):
        raise TrainingError(
            f"the weight of a set must be a finite number above 0, got {text!r} in {argument!r}"
        )
    return weight
