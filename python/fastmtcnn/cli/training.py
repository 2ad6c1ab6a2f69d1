"""Progress of a training on standard error, and signals that stop it."""

from __future__ import annotations

import contextlib
import math
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from ..runtime.interrupts import ending_signals
from ..training import Observer, Progress
from .messages import print_info
from .progress import duration, has_terminal

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_SECONDS_BETWEEN_LINES = 30
_TITLES = {"pnet": "P-Net", "rnet": "R-Net", "onet": "O-Net"}
_MOST_PROBLEMS = 10


class Stopped(BaseException):
    """A signal asked the training to stop; nothing that handles errors takes it for one.

    Attributes
    ----------
    signal : int
        Number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = number


class StopRequest:
    """Remembers the first signal that asks to stop; a second one stops at once."""

    def __init__(self) -> None:
        self._signal: int | None = None
        self._is_at_once = False

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to SIGINT, SIGTERM and SIGHUP, unless ignored, in the body of a with statement."""
        before = {each: signal.signal(each, self._note) for each in ending_signals()}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self._is_at_once or self._signal is not None:
            raise Stopped(number)
        self._signal = number

    def at_once(self) -> None:
        """Let the next signal stop wherever it comes, or stop now if one came."""
        self.check()
        self._is_at_once = True

    def check(self) -> None:
        """Raise `Stopped` if a signal came."""
        if self._signal is not None:
            raise Stopped(self._signal)


class ProgressObserver(Observer):
    """Shows the progress of a training: bars on a terminal, otherwise a line at times.

    Parameters
    ----------
    quiet : bool
        Whether to show problems only.
    stop : StopRequest
        Is asked after every step whether to stop.
    """

    def __init__(self, quiet: bool, stop: StopRequest) -> None:
        self._quiet, self._stop = quiet, stop
        self._bars: Bars | None = None
        self._task: TaskID | None = None
        self._shown = ""
        self._last_line = -math.inf
        self._began = 0.0
        self._begun_at = 0
        self._problems = 0

    @contextlib.contextmanager
    def showing(self) -> Iterator[None]:
        """Show bars in the body of a with statement, if there is a terminal."""
        if self._quiet or not has_terminal():
            yield
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(),
            TextColumn("left"),
        )
        with RichProgress(*columns, console=Console(stderr=True)) as self._bars:
            yield
        self._bars = None

    def mining(self, key: str, done: int, total: int, problems: list[str]) -> None:
        """Show how many photographs samples were made of."""
        for problem in problems:
            self._problems += 1
            if self._problems <= _MOST_PROBLEMS:
                print_info(f"left out: {problem}")
            elif self._problems == _MOST_PROBLEMS + 1:
                print_info("further photographs are left out; log.jsonl names them")
        self._show(f"{_TITLES[key]}, samples of photographs", done, total, "")

    def samples(self, key: str, totals: Mapping[Any, int], files: list[Path]) -> None:
        """Show how many samples there are."""
        numbers = ", ".join(f"{number:,} {kind.name.lower()}" for kind, number in totals.items())
        size = sum(path.stat().st_size for path in files) / 1e6
        self._say(f"{_TITLES[key]}: {numbers} samples, {size:.0f} MB")

    def progress(self, key: str, progress: Progress) -> None:
        """Show steps, loss and speed."""
        note = f"loss {progress.losses['total']:.3f}, {progress.samples_per_second:,.0f} samples/s"
        self._show(f"{_TITLES[key]}, steps", progress.step, progress.steps, note)

    def figures(self, key: str, step: int, figures: Mapping[str, float]) -> None:
        """Show figures of the networks so far."""
        known = {name: each for name, each in figures.items() if not math.isnan(each)}
        text = ", ".join(f"{name.replace('_', ' ')} {each:.1%}" for name, each in known.items())
        self._say(f"{_TITLES[key]}, step {step:,}: {text}")

    def note(self, key: str, text: str) -> None:
        """Show a warning, even if no progress is shown."""
        print_info(f"warning: {text}")

    def finishing(self, num_photos: int) -> None:
        """Say what takes so long, and let a signal stop it."""
        self._say(f"choosing thresholds and measuring on {num_photos:,} photographs")
        self._stop.at_once()

    def check(self) -> None:
        """Stop if a signal came."""
        self._stop.check()

    def _say(self, text: str) -> None:
        if self._quiet:
            return
        if self._bars is not None:
            self._bars.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            print_info(text)

    def _show(self, what: str, done: int, total: int, note: str) -> None:
        if self._quiet:
            return
        begins = what != self._shown
        now = time.monotonic()
        if begins:
            self._shown, self._began, self._begun_at = what, now, done
        if self._bars is not None:
            if begins:
                self._task = self._bars.add_task(what, total=total, note=note)
            assert self._task is not None
            self._bars.update(self._task, completed=done, total=total, note=note)
            return
        if now - self._last_line < _SECONDS_BETWEEN_LINES and done != total:
            return
        self._last_line = now
        rate = (done - self._begun_at) / max(now - self._began, 1e-9)
        left = f", {duration((total - done) / rate)} left" if rate > 0 and done < total else ""
        print_info(f"{what}: {done:,} of {total:,}{', ' if note else ''}{note}{left}")
