"""Checks of arguments: each returns the value in its final type.

Otherwise it raises a TypeError or ValueError that names what was wanted and what came.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Real

import numpy as np
import numpy.typing as npt

from .errors import unknown_name

_MOST_THREADS = 1024
_LARGEST_CROP = 4096
_LARGEST_MARGIN = 100


def _real(name: str, value: object, wanted: str, valid: Callable[[float], bool]) -> float:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise TypeError(f"{name} must be {wanted}, got {value!r}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not valid(number):
        raise ValueError(f"{name} must be {wanted}, got {value!r}")
    return number


def _integer(name: str, value: object, wanted: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be {wanted}, got {value!r}")
    return int(value)


def pixels(name: str, value: object) -> float:
    """Return a finite number of pixels above 0."""
    wanted = "a finite number of pixels above 0"
    return _real(name, value, wanted, lambda number: math.isfinite(number) and number > 0)


def positive(name: str, value: object) -> float:
    """Return a finite number above 0."""
    wanted = "a finite number above 0"
    return _real(name, value, wanted, lambda number: math.isfinite(number) and number > 0)


def finite(name: str, value: object) -> float:
    """Return a finite number."""
    return _real(name, value, "a finite number", math.isfinite)


def margin(name: str, value: object) -> float:
    """Return a margin that is above -0.5, which would leave nothing of a box, and at most 100."""
    wanted = f"a number above -0.5 and at most {_LARGEST_MARGIN}"
    return _real(name, value, wanted, lambda number: -0.5 < number <= _LARGEST_MARGIN)


def open_fraction(name: str, value: object) -> float:
    """Return a number above 0 and below 1."""
    return _real(name, value, "a number above 0 and below 1", lambda number: 0 < number < 1)


def fraction(name: str, value: object) -> float:
    """Return a number from 0 to 1."""
    return _real(name, value, "a number from 0 to 1", lambda number: 0 <= number <= 1)


def fractions(name: str, values: object, count: int) -> tuple[float, ...]:
    """Return `count` numbers from 0 to 1."""
    wanted = f"{count} numbers from 0 to 1"
    listed = _listed(name, values, wanted)
    if len(listed) != count:
        raise ValueError(f"{name} must be {wanted}, got {len(listed)}: {values!r}")
    return tuple(fraction(f"each of {name}", value) for value in listed)


def _listed(name: str, values: object, wanted: str) -> list[object]:
    is_list = isinstance(values, Sequence) and not isinstance(values, (str, bytes))
    if not is_list and not (isinstance(values, np.ndarray) and values.ndim == 1):
        raise TypeError(f"{name} must be {wanted}, got {values!r}")
    return list(values)  # type: ignore[call-overload, no-any-return]


def whole(name: str, value: object) -> int:
    """Return a whole number of any sign."""
    return _integer(name, value, "a whole number")


def wholes(name: str, values: object, wanted: str) -> list[int]:
    """Return a list of whole numbers.

    Parameters
    ----------
    name : str
        Name of the argument, for messages.
    values : object
        Its value.
    wanted : str
        What it must be, for messages.
    """
    listed = _listed(name, values, wanted)
    try:
        return [_integer(name, value, wanted) for value in listed]
    except TypeError:
        raise TypeError(f"{name} must be {wanted}, got {values!r}") from None


def distinct_names(name: str, values: object, valid: Sequence[str]) -> tuple[str, ...]:
    """Return some of the valid names, each at most once."""
    wanted = f"some of {', '.join(map(repr, valid))}, each once"
    if isinstance(values, (str, bytes)) or not isinstance(values, Sequence):
        raise TypeError(f"{name} must be a tuple or list of {wanted}, got {values!r}")
    for value in values:
        if value not in valid:
            raise unknown_name(f"each of {name}", value, valid)
    if len(set(values)) < len(values):
        raise ValueError(f"{name} must be {wanted}, got {values!r}")
    return tuple(values)


def distinct_whole_numbers(name: str, values: object, valid: Sequence[int]) -> tuple[int, ...]:
    """Return some of the valid whole numbers, each at most once."""
    wanted = f"some of {', '.join(map(str, valid))}, each once"
    numbers = tuple(wholes(name, values, wanted))
    if len(set(numbers)) < len(numbers) or not set(numbers) <= set(valid):
        raise ValueError(f"{name} must be {wanted}, got {values!r}")
    return numbers


def rectangle(name: str, values: object) -> tuple[int, int, int, int]:
    """Return the whole numbers x1, y1, x2, y2 of a rectangle with x1 < x2 and y1 < y2."""
    wanted = "four whole numbers x1, y1, x2, y2 with x1 < x2 and y1 < y2"
    corners = wholes(name, values, wanted)
    if len(corners) != 4 or not (corners[0] < corners[2] and corners[1] < corners[3]):
        raise ValueError(f"{name} must be {wanted}, got {values!r}")
    x1, y1, x2, y2 = corners
    return x1, y1, x2, y2


def count(name: str, value: object) -> int:
    """Return a whole number of at least 1."""
    wanted = "a whole number of at least 1"
    number = _integer(name, value, wanted)
    if number < 1:
        raise ValueError(f"{name} must be {wanted}, got {value!r}")
    return number


def rows(name: str, values: npt.ArrayLike, *shape: int) -> npt.NDArray[np.float64]:
    """Return an array of shape (n, *shape); n may be 0."""
    array = np.asarray(values, np.float64)
    if array.size == 0:
        return np.empty((0, *shape))
    if array.shape[1:] != shape:
        wanted = ", ".join(map(str, ("n", *shape)))
        raise ValueError(f"{name} must be of shape ({wanted}), got shape {array.shape}")
    return array


def side(name: str, value: object) -> int:
    """Return the number of pixels of a side of a crop."""
    return _up_to(name, value, _LARGEST_CROP, " pixels")


def threads(name: str, value: object) -> int:
    """Return a number of threads."""
    return _up_to(name, value, _MOST_THREADS)


def _up_to(name: str, value: object, most: int, unit: str = "") -> int:
    number = count(name, value)
    if number > most:
        raise ValueError(f"{name} must be at most {most}{unit}, got {value!r}")
    return number


def flag(name: str, value: object) -> bool:
    """Return True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return bool(value)
