"""``fastmtcnn train``."""

from __future__ import annotations

import math
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ... import checks
from ...errors import FastMTCNNError, reason, unknown_name
from ...extras import MissingExtraError
from ...training import PRESETS, Data, Goal, Machine, Settings, train
from ...training.data.splitting import SHARE
from ...training.errors import StoppedElsewhereError
from ...training.judging.thresholds import DEFAULT_GOAL
from ...training.settings import STAGES
from ..app import app, usage_errors, work_errors
from ..data_check import check_data
from ..messages import describe, print_error, print_info, write_stdout
from ..numbers import number, whole_number
from ..output_names import refuse_dash
from ..text_tables import plain_table
from ..training import ProgressObserver, Stopped, StopRequest

if TYPE_CHECKING:
    from ...training.outcome import Comparison, Outcome

_UNITS = {"s": 1, "m": 60, "h": 3600, "": 1}
_SIGNALLED = 128


@app.command("train")
def train_command(
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA...",
            # A backslash keeps Rich from taking a bracket for markup.
            help="Sets of annotated photographs, each [FORMAT:]PATH\\[@WEIGHT] with one of the "
            "formats widerface, voc, coco, table, landmarks and negatives.",
            show_default=False,
        ),
    ],
    out: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            "--out",
            metavar="RUN",
            help="Folder of the run: models, report, log.",
            show_default=False,
        ),
    ] = None,
    check_only: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Check the photographs and their faces, and stop. With --output, also draws "
            "samples.",
        ),
    ] = False,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="shipped|DIR",
            help="Fine-tune the shipped networks, or those in a folder.",
            show_default=False,
        ),
    ] = None,
    stages: Annotated[
        str | None,
        typer.Option(
            metavar="pnet,rnet,onet",
            help="Networks to train. Default: all; with --from, rnet and onet.",
            show_default=False,
        ),
    ] = None,
    preset: Annotated[
        str, typer.Option(metavar="NAME", help=f"Recipe: {' or '.join(PRESETS)}.")
    ] = "modern",
    steps: Annotated[
        str | None,
        typer.Option(
            metavar="N,N,N",
            help="Steps of each network, or one number for all. Default: the preset's.",
            show_default=False,
        ),
    ] = None,
    epochs: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="X",
            help="Times that each network sees its positives, instead of --steps.",
            show_default=False,
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="T",
            help="Time that the training may take, such as 45m or 2h, instead of --steps.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Name of the objects of VOC or COCO that are faces; may be repeated. Default: all "
            "objects.",
            show_default=False,
        ),
    ] = None,
    validation: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DATA", help="Set to hold back instead of a part of DATA.", show_default=False
        ),
    ] = None,
    guard: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DATA",
            help="Set that must not get worse; with --from, half of it is learned from.",
            show_default=False,
        ),
    ] = None,
    held_back: Annotated[
        float, typer.Option(parser=number, metavar="X", help="Share of DATA to hold back.")
    ] = SHARE,
    precision: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="X",
            help=f"Precision that the thresholds are chosen for. Default: {DEFAULT_GOAL.value:g}.",
            show_default=False,
        ),
    ] = None,
    recall: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="X",
            help="Recall that they are chosen for instead.",
            show_default=False,
        ),
    ] = None,
    architecture: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NET=NAME",
            help="Architecture of a network, such as onet=context.",
            show_default=False,
        ),
    ] = None,
    hard_fraction: Annotated[
        float,
        typer.Option(
            parser=number,
            metavar="X",
            help="Share of a mini-batch, with the highest loss, that counts.",
        ),
    ] = 0.7,
    min_face_size: Annotated[
        float,
        typer.Option(
            parser=number, metavar="N", help="Smallest face to learn to propose, in pixels."
        ),
    ] = 20.0,
    no_mirror: Annotated[
        bool,
        typer.Option(
            "--no-mirror",
            help="Mirror no samples: for boxes that lie to one side of the faces.",
        ),
    ] = False,
    seed: Annotated[
        int, typer.Option(parser=whole_number, metavar="N", help="Seed of all that is random.")
    ] = 0,
    device: Annotated[
        str, typer.Option(metavar="NAME", help="Device of PyTorch; auto: a GPU if there is one.")
    ] = "auto",
    num_threads: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="Number of threads. Default: the number of cores.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="Processes that make samples. Default: the number of threads.",
            show_default=False,
        ),
    ] = None,
    samples: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Folder of samples, which several runs may share. Default: RUN/samples.",
            show_default=False,
        ),
    ] = None,
    licence: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SET=TEXT",
            help="Licence of the photographs of a set, for the model card.",
            show_default=False,
        ),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Delete the run that RUN holds, and begin again.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> None:
    """Train P-Net, R-Net and O-Net with annotated photographs, or fine-tune them.

    If it is interrupted, the same command goes on. Afterwards MTCNN(models="RUN"), or --models RUN
    of other commands, uses the networks and the thresholds that were chosen for them.

    Exit status: 0; 1 if something could not be read, written or trained; 2 if the command is wrong;
    130 if it was interrupted.
    """
    with usage_errors():
        _check_numbers(
            (checks.positive, "--epochs", epochs),
            (checks.open_fraction, "--held-back", held_back),
            (checks.fraction, "--precision", precision),
            (checks.fraction, "--recall", recall),
            (checks.fraction, "--hard-fraction", hard_fraction),
            (checks.pixels, "--min-face-size", min_face_size),
            (checks.threads, "--num-threads", num_threads),
            (checks.threads, "--workers", workers),
        )
        run = _folder("--output", out)
        licences = _pairs("--licence", licence)
        sets = Data(data, validation or (), guard or (), held_back, licences, name or ())
    if check_only:
        if not check_data(sets, preset, run, quiet, fine_tunes=start is not None):
            raise typer.Exit(1)
        return
    if run is None:
        raise typer.BadParameter("a folder for the run is needed", param_hint="--output")
    with usage_errors():
        every = STAGES if start is None else STAGES[1:]
        names = every if stages is None else tuple(stages.split(","))
        architectures = _pairs("--architecture", architecture)
        for key in architectures:
            if key not in STAGES:
                raise unknown_name("the network of --architecture", key, STAGES)
        settings = Settings(
            preset=preset,
            stages=names,  # type: ignore[arg-type]  # it is checked there
            start=start,
            steps=None if steps is None else _steps(steps, len(names)),
            epochs=epochs,
            seconds=None if time is None else _seconds(time),
            seed=seed,
            hard_fraction=hard_fraction,
            architectures=architectures,
            min_face_size=min_face_size,
            mirror=not no_mirror,
        )
        goal = _goal(precision, recall)
        machine = Machine(device, num_threads, workers, _folder("--samples", samples))
    stop = StopRequest()
    is_first = os.environ.get("RANK", "0") == "0"  # of the processes that torchrun started
    observer = ProgressObserver(quiet or not is_first, stop)
    try:
        with work_errors(), stop.listening(), observer.showing():
            outcome = train(
                *(sets, run, settings),
                goal=goal,
                machine=machine,
                restart=restart,
                observer=observer,
                command=shlex.join(["fastmtcnn", *sys.argv[1:]]),
            )
    except Stopped as stopped:
        print_info(f"stopped; repeat the command to go on with {run}")
        raise typer.Exit(_SIGNALLED + stopped.signal) from None
    except StoppedElsewhereError:
        raise typer.Exit(1) from None
    except (FastMTCNNError, MissingExtraError, ValueError, TypeError) as error:
        print_error(describe(error))
        raise typer.Exit(1) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print_error(f"{where}{reason(error)}; repeat the command to go on with {run}")
        raise typer.Exit(1) from None
    if outcome is not None and not write_stdout(_summary(outcome, run)):
        raise typer.Exit(1)


def _check_numbers(*options: tuple[Callable[[str, object], float], str, float | None]) -> None:
    """Refuse numbers by the names that their options have here."""
    for check, option, value in options:
        if value is not None:
            check(option, value)


def _folder(option: str, text: str | None) -> Path | None:
    if text == "":
        raise ValueError(f"{option} must be the path of a folder, got ''")
    refuse_dash(text, option, "a folder")
    return None if text is None else Path(text)


def _steps(text: str, number: int) -> tuple[int, ...]:
    try:
        steps = tuple(checks.count("--steps", int(each)) for each in text.split(","))
    except ValueError:
        raise ValueError(f"--steps must be whole numbers such as 5000,3000, got {text!r}") from None
    return steps * number if len(steps) == 1 else steps


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    if match is None:
        raise ValueError(f"--time must be a duration such as 90s, 45m or 2h, got {text!r}")
    return checks.positive("--time", float(match[1]) * _UNITS[match[2]])


def _pairs(option: str, texts: Sequence[str] | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise ValueError(f"{option} must be NAME=TEXT, got {text!r}")
        if name in pairs:
            raise ValueError(
                f"{option} must be there once for each name, got {name}={pairs[name]} and {text}"
            )
        pairs[name] = value
    return pairs


def _goal(precision: float | None, recall: float | None) -> Goal:
    if precision is not None and recall is not None:
        raise ValueError("--precision and --recall exclude each other: one follows from the other")
    if recall is not None:
        return Goal("recall", recall)
    return DEFAULT_GOAL if precision is None else Goal("precision", precision)


def _summary(outcome: Outcome, out: Path) -> str:
    rows = _rows("held back", outcome.own)
    if outcome.guard is not None:
        rows += _rows("guard", outcome.guard)
    header = ("photographs", "networks", "AP", "recall", "precision", "landmark error")
    thresholds = ", ".join(f"{each:.2f}" for each in outcome.thresholds.thresholds)
    lines = [plain_table(header, rows), f"thresholds {thresholds}"]
    lines += outcome.thresholds.notes
    if outcome.blend is not None:
        lines.append(outcome.blend.choice.reason)
    if not outcome.has_gained:
        lines.append("Nothing was gained: the run holds the networks that it began with.")
    lines.append(f"{out}: use it with MTCNN(models={str(out)!r}) or --models {out}")
    return "\n".join(lines) + "\n"


def _rows(what: str, figures: Comparison) -> list[tuple[str, ...]]:
    rows = []
    for name, each in (("before", figures.before), ("after", figures.after)):
        point = each.operating
        operating = () if point is None else (point.recall, point.precision)
        shares = (each.average_precision, *operating, each.landmarks.mean)
        rows.append((what, name, *map(_percent, shares)))
    return rows


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{100 * share:.1f} %"
