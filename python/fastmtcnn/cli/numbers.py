"""Numbers on the command line: typer's messages about others differ between its versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import typer

_Number = TypeVar("_Number", int, float)


def whole_number(text: Any) -> int:  # noqa: ANN401
    """Return a whole number, as the ``parser`` of an option.

    Parameters
    ----------
    text : str or int
        What the user wrote, or the default of the option.

    Raises
    ------
    typer.BadParameter
        If it is something else.
    """
    return _parsed(int, text, "a whole number")


def whole_number_from_1(text: Any) -> int:  # noqa: ANN401
    """Return a whole number of at least 1, as the ``parser`` of an option.

    Parameters
    ----------
    text : str or int
        As for `whole_number`.

    Raises
    ------
    typer.BadParameter
        If it is something else.
    """
    return _parsed(int, text, "a whole number of at least 1", lambda number: number >= 1)


def number(text: Any) -> float:  # noqa: ANN401
    """Return a number, as the ``parser`` of an option.

    Parameters
    ----------
    text : str or float
        As for `whole_number`.

    Raises
    ------
    typer.BadParameter
        If it is something else.
    """
    return _parsed(float, text, "a number")


def number_from_0(text: Any) -> float:  # noqa: ANN401
    """Return a number of at least 0, as the ``parser`` of an option.

    Parameters
    ----------
    text : str or float
        As for `whole_number`.

    Raises
    ------
    typer.BadParameter
        If it is something else.
    """
    return _parsed(float, text, "a number of at least 0", lambda number: number >= 0)


def _parsed(
    kind: Callable[[Any], _Number],
    text: Any,  # noqa: ANN401
    wanted: str,
    valid: Callable[[_Number], bool] = lambda _: True,
) -> _Number:
    try:
        value = kind(text)
        is_valid = valid(value)
    except ValueError:
        is_valid = False
    if not is_valid:
        raise typer.BadParameter(f"must be {wanted}, got {text!r}")
    return value
