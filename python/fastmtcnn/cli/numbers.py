"""Numbers on the command line: typer's messages about others differ between its versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import typer

_Number = TypeVar("_Number", int, float)


def _parser(
    kind: Callable[[Any], _Number], wanted: str, least: float | None = None
) -> Callable[[Any], _Number]:
    """Return the ``parser`` of an option, which refuses what is no such number."""

    def parse(text: Any) -> _Number:  # noqa: ANN401 (typer passes defaults, too)
        try:
            value = kind(text)
        except ValueError:
            value = None
        # NaN is not at least anything.
        if value is None or (least is not None and not value >= least):
            raise typer.BadParameter(f"must be {wanted}, got {text!r}")
        return value

    return parse


whole_number = _parser(int, "a whole number")
whole_number_from_0 = _parser(int, "a whole number of at least 0", 0)
whole_number_from_1 = _parser(int, "a whole number of at least 1", 1)
number = _parser(float, "a number")
number_from_0 = _parser(float, "a number of at least 0", 0)
