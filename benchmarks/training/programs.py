"""What the programs of this folder share: options, costs, tables, and the file of figures."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import fastmtcnn
from fastmtcnn.training import Machine, Settings

_UNITS = {"s": 1, "m": 60, "h": 3600}


class Cost(NamedTuple):
    """Time that something took, in seconds.

    Attributes
    ----------
    processor : float
        Of this process and of those that it waited for.
    wall : float
        On the clock.
    """

    processor: float
    wall: float


class Clock:
    """Measures what happens from its construction on."""

    def __init__(self) -> None:
        self._began = _now()

    def read(self) -> Cost:
        """Return the time since the beginning."""
        processor, wall = _now()
        return Cost(processor - self._began.processor, wall - self._began.wall)


def _now() -> Cost:
    of_others = os.times()
    own = time.process_time()  # finer than the times of the operating system
    return Cost(own + of_others.children_user + of_others.children_system, time.perf_counter())


class Table(NamedTuple):
    """A table to print.

    Attributes
    ----------
    title : str
        A line above it.
    header : sequence of str
        Names of the columns.
    rows : sequence of sequence of str
        The cells; the first of a row names it.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        """Return the lines, with columns aligned."""
        lines = [list(self.header), *map(list, self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        texts = [
            "  ".join(
                cell.rjust(width) if k else cell.ljust(width)
                for k, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        return "\n".join([self.title, *texts])


def percent(share: float | None) -> str:
    """Return a share as percent; a dash for NaN, and for what JSON has in its place."""
    return "-" if share is None or math.isnan(share) else f"{100 * share:.1f}"


def points(difference: float) -> str:
    """Return a difference of shares in points; a dash for NaN."""
    return "-" if math.isnan(difference) else f"{100 * difference:+.1f}"


def parser(description: str, *, seed: bool = True) -> argparse.ArgumentParser:
    """Return a parser with the options of all programs.

    Parameters
    ----------
    description : str
        What the program does.
    seed : bool, default True
        Whether there is an option for the seed.
    """
    made = argparse.ArgumentParser(description=description.splitlines()[0])
    made.add_argument("--out", type=Path, metavar="FILE", help="write the figures there, as JSON")
    made.add_argument("--threads", type=int, default=1, help="threads and processes; default: 1")
    if seed:
        made.add_argument("--seed", type=int, default=0, help="of all that is random")
    return made


def add_length(made: argparse.ArgumentParser, default: str) -> None:
    """Add the options ``--time`` and ``--steps`` to a parser.

    Parameters
    ----------
    made : ArgumentParser
        The parser.
    default : str
        Time of a training.
    """
    group = made.add_mutually_exclusive_group()
    group.add_argument(
        "--time", type=seconds_of, default=seconds_of(default), help=f"default: {default}"
    )
    group.add_argument("--steps", type=int, nargs="+", help="of each network, instead of a time")


def seconds_of(text: str) -> float:
    """Return a time such as ``"90s"``, ``"10m"`` or ``"2h"`` in seconds.

    Raises
    ------
    ArgumentTypeError
        If it has another form.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"a time must be such as 90s, 10m or 2h, got {text!r}")
    return float(match[1]) * _UNITS[match[2]]


def settings_of(arguments: argparse.Namespace, **others: Any) -> Settings:  # noqa: ANN401
    """Return the settings of a training.

    Parameters
    ----------
    arguments : Namespace
        With the options of `add_length`.
    others : object
        Attributes of the settings.
    """
    values = {"seed": arguments.seed, **others}
    if arguments.steps is None:
        return Settings(**values, seconds=arguments.time)
    steps = arguments.steps
    if len(steps) == 1:
        steps = steps * len(values.get("stages", Settings().stages))
    return Settings(**values, steps=tuple(steps))


def machine_of(arguments: argparse.Namespace) -> Machine:
    """Return the processor with as many threads and processes as were wanted."""
    return Machine("cpu", num_threads=arguments.threads, workers=arguments.threads)


def publish(
    arguments: argparse.Namespace,
    tables: Sequence[Table],
    figures: Mapping[str, Any],
    clock: Clock,
) -> None:
    """Print tables, settings and costs, and write the figures if that is wanted.

    Parameters
    ----------
    arguments : Namespace
        Options of the program.
    tables : sequence of Table
        The tables.
    figures : mapping of str to object
        All figures; NaN becomes null.
    clock : Clock
        Began with the program.
    """
    cost = clock.read()
    settings = {name: value for name, value in vars(arguments).items() if name != "out"}
    if settings.get("steps") is not None:
        settings.pop("time", None)  # a default that had no effect
    print("\n\n".join(map(str, tables)), end="\n\n")
    print("settings:", ", ".join(f"{name} {_shown(value)}" for name, value in settings.items()))
    print("machine:", ", ".join(f"{name} {value}" for name, value in machine().items()))
    print(f"{cost.processor:.0f} s of processor time, {cost.wall:.0f} s")
    if arguments.out is not None:
        content = {
            "settings": settings,
            "machine": machine(),
            "processor_seconds": cost.processor,
            "seconds": cost.wall,
            **figures,
        }
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(as_json(content), indent=1, allow_nan=False)
        arguments.out.write_text(f"{text}\n", encoding="utf-8")


def machine() -> dict[str, str]:
    """Return what the figures were measured on."""
    return {
        "processor": fastmtcnn.cpu_features()[0],
        "cores": str(len(os.sched_getaffinity(0)))
        if hasattr(os, "sched_getaffinity")
        else str(os.cpu_count()),
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "onnxruntime", "numpy")},
    }


def as_json(value: Any) -> Any:  # noqa: ANN401
    """Return a value as JSON has it: null for NaN and infinity, texts for what it lacks."""
    if isinstance(value, Mapping):
        return {str(key): as_json(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _shown(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
