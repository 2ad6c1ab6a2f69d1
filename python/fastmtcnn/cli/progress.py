"""Progress of long work on standard error: a bar on a terminal, otherwise a line at times."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from ..errors import printable
from .messages import count, print_error, print_info

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_SECONDS_BETWEEN_LINES = 30


class Progress(NamedTuple):
    """Functions by which work reports its progress.

    Attributes
    ----------
    advance : callable
        Counts one more item that is done.
    error : callable
        Writes an error to standard error, above the bar if there is one, and returns False.
    """

    advance: Callable[[], None]
    error: Callable[[str], bool]


@contextlib.contextmanager
def progress_bar(
    total: int | Callable[[], int | None], what: str, quiet: bool
) -> Iterator[Progress]:
    """Show the progress of the work in the body of a with statement.

    Parameters
    ----------
    total : int or callable
        Number of items to do, or a function that returns it, or None while it is not known.
    what : str
        What an item is called, in the singular.
    quiet : bool
        Whether to show errors only.

    Yields
    ------
    Progress
        Functions by which the work reports its progress.
    """
    known = None if quiet else total() if callable(total) else total
    if quiet or (known is not None and known < 2):
        yield Progress(lambda: None, print_error)
        return
    now = total if callable(total) else lambda: known
    if has_terminal():
        with _bar(known, what) as (bar, task):

            def advance() -> None:
                if bar.tasks[0].total is None:
                    bar.update(task, total=now())
                bar.advance(task)

            yield Progress(advance, lambda message: _above(bar, message))
    else:
        yield Progress(_Lines(now, what).advance, print_error)


def has_terminal() -> bool:
    """Return whether standard error is a terminal that can show bars."""
    return (
        sys.stderr is not None
        and sys.stderr.isatty()
        and os.environ.get("TERM", "") not in ("dumb", "unknown")
    )


class _Terminal:
    """Standard error as a terminal whose loss, when it is closed, is no error of the work."""

    def __init__(self) -> None:
        self._stream = sys.stderr  # which rich replaces by a way back to here
        self.encoding = self._stream.encoding

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


@contextlib.contextmanager
def _bar(total: int | None, what: str) -> Iterator[tuple[Bar, TaskID]]:
    # Imported here, since it takes a moment and only terminals need it.
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
    console = Console(file=cast(IO[str], _Terminal()))
    with Progress(*columns, console=console, transient=True) as bar:
        yield bar, bar.add_task("", total=total)


def _above(bar: Bar, message: str) -> bool:
    bar.console.print(
        f"error: {printable(message)}", markup=False, highlight=False, emoji=False, soft_wrap=True
    )
    return False


class _Lines:
    def __init__(self, total: Callable[[], int | None], what: str) -> None:
        self._total, self._what = total, what
        self._done = 0
        self._began = self._last = time.monotonic()

    def advance(self) -> None:
        self._done += 1
        now = time.monotonic()
        total = self._total()
        if now - self._last < _SECONDS_BETWEEN_LINES or self._done == total:
            return
        self._last = now
        rate = self._done / (now - self._began)
        done, left = count(self._done, self._what), ""
        if total is not None:
            done = f"{self._done} of {count(total, self._what)}"
            left = f", {duration((total - self._done) / rate)} left"
        print_info(f"{done}, {rate:.1f} {self._what}s/s{left}")


def duration(seconds: float) -> str:
    """Return a time in seconds as hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
