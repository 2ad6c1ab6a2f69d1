"""How far the work has come, on standard error: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from .messages import complain, count, note, shown

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_SECONDS_BETWEEN_LINES = 30


class Teller(NamedTuple):
    """Where the work tells how it goes.

    Attributes
    ----------
    advance : callable
        Called when one more is done.
    complain : callable
        Shows an error, and returns False.
    """

    advance: Callable[[], None]
    complain: Callable[[str], bool]


@contextlib.contextmanager
def telling(total: int, what: str, quiet: bool) -> Iterator[Teller]:
    """Tell of the progress as long as the work lasts.

    Parameters
    ----------
    total : int
        How many there are to do.
    what : str
        The singular of what they are.
    quiet : bool
        Whether to show errors only.
    """
    if quiet or total < 2:
        yield Teller(lambda: None, complain)
    elif _has_terminal():
        with _bar(total, what) as (bar, task):
            yield Teller(lambda: bar.advance(task), lambda message: _above(bar, message))
    else:
        yield Teller(_Lines(total, what).advance, complain)


def _has_terminal() -> bool:
    return (
        sys.stderr is not None
        and sys.stderr.isatty()
        and os.environ.get("TERM", "") not in ("dumb", "unknown")
    )


@contextlib.contextmanager
def _bar(total: int, what: str) -> Iterator[tuple[Progress, TaskID]]:
    # It takes a moment to import, and is of no use where there is no terminal.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.1f} {what}s/s" if task.speed else "")

    columns = [
        TextColumn(f"{what}s"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        TextColumn("left"),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield bar, bar.add_task("", total=total)


def _above(bar: Progress, message: str) -> bool:
    bar.console.print(
        f"error: {shown(message)}", markup=False, highlight=False, emoji=False, soft_wrap=True
    )
    return False


class _Lines:
    def __init__(self, total: int, what: str) -> None:
        self._total, self._what = total, what
        self._done = 0
        self._began = self._last = time.monotonic()

    def advance(self) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._last < _SECONDS_BETWEEN_LINES or self._done == self._total:
            return
        self._last = now
        rate = self._done / (now - self._began)
        left = (self._total - self._done) / rate
        note(
            f"{self._done} of {count(self._total, self._what)}, "
            f"{rate:.1f} {self._what}s/s, {_duration(left)} left"
        )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
