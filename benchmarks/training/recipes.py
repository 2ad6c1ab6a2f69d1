"""What each part of a recipe brings: `paper` beside `modern`, and each difference alone.

"paper, with X of modern" tells what X brings on its own; "modern, with X of paper" what is lost
without it. All trainings take the same time. Architectures are compared in the same way.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.training.programs import (
    Clock,
    Table,
    add_length,
    as_json,
    machine_of,
    parser,
    percent,
    publish,
    settings_of,
)
from benchmarks.training.sets import shortened
from fastmtcnn.training import PRESETS, Data, Preset, train
from fastmtcnn.training.data.annotated import AnnotatedImage
from fastmtcnn.training.finishing import images_of
from fastmtcnn.training.judging.figures import cascade_figures
from fastmtcnn.training.judging.stages import stage_recall
from fastmtcnn.training.settings import StageSettings

Change = Callable[[Preset, Preset], Preset]


def of_preset(*names: str) -> Change:
    """Return a change that takes attributes of a preset from another one."""

    def change(base: Preset, other: Preset) -> Preset:
        return replace(base, **{name: getattr(other, name) for name in names})

    return change


def of_stages(take: Callable[[StageSettings, StageSettings], StageSettings]) -> Change:
    """Return a change that takes something of each network's settings from another preset."""

    def change(base: Preset, other: Preset) -> Preset:
        stages = {key: take(each, other.stages[key]) for key, each in base.stages.items()}
        return replace(base, stages=stages)

    return change


def of_each_stage(*names: str) -> Change:
    """Return a change that takes attributes of each network's settings from another preset."""
    return of_stages(
        lambda base, other: replace(base, **{name: getattr(other, name) for name in names})
    )


def of_windows(*names: str) -> Change:
    """Return a change that takes attributes of how windows are drawn from another preset."""

    def take(base: StageSettings, other: StageSettings) -> StageSettings:
        values = {name: getattr(other.windows, name) for name in names}
        return replace(base, windows=replace(base.windows, **values))

    return of_stages(take)


CHANGES: Mapping[str, Change] = {
    "reference": of_windows("reference"),
    "smallest-face": of_windows("min_face"),
    "rotation": of_windows("rotated", "max_angle"),
    "windows": of_windows(
        "tries", "crop_tries", "smallest", "largest", "shift", "beside", "anywhere"
    ),
    "colour": of_each_stage("colour"),
    "rounds": of_each_stage("rounds"),
    "batch-and-rate": of_each_stage("batch", "rate"),
    "initialization": of_preset("initialization"),
    "schedule": of_preset("decay", "warm_up"),
    "nesterov": of_preset("nesterov"),
    "hard-tasks": of_preset("hard_tasks"),
}
ARCHITECTURES: Mapping[str, Mapping[str, str]] = {
    "wide": {"pnet": "wide"},
    "context": {"rnet": "context", "onet": "context"},
    "context64": {"rnet": "context", "onet": "context64"},
    "wide-context": {"pnet": "wide", "rnet": "context", "onet": "context"},
}

_NO_SHARES = ("seed", "training", "trained with", "ms")  # among the figures of a run


@dataclass(frozen=True)
class Recipe:
    """What is trained.

    Attributes
    ----------
    name : str
        Its name, and the beginning of the names of its runs.
    preset : Preset
        The recipe.
    architectures : mapping of str to str
        Architectures other than the original ones.
    """

    name: str
    preset: Preset
    architectures: Mapping[str, str] = field(default_factory=dict)


def all_recipes() -> dict[str, Recipe]:
    """Return all recipes by name: the presets, changes of both, and architectures."""
    paper, modern = PRESETS["paper"], PRESETS["modern"]
    recipes = [Recipe("paper", paper), Recipe("modern", modern)]
    for name, change in CHANGES.items():
        recipes.append(Recipe(f"paper+{name}", change(paper, modern)))
        recipes.append(Recipe(f"modern-{name}", change(modern, paper)))
    recipes += [Recipe(f"modern@{name}", modern, each) for name, each in ARCHITECTURES.items()]
    return {each.name: each for each in recipes}


def main() -> None:
    """Train, measure, print."""
    recipes = all_recipes()
    made = parser(__doc__, seed=False)
    made.add_argument("data", nargs="+", help="sets, as `fastmtcnn train` takes them")
    made.add_argument("--work", type=Path, required=True, help="folder of the runs")
    made.add_argument("--seeds", type=int, nargs="+", default=(0, 1))
    made.add_argument("--photos", type=int, help="of the first set; default: all")
    made.add_argument(
        "--recipes",
        nargs="+",
        choices=recipes,
        default=list(recipes),
        metavar="NAME",
        help=f"of {', '.join(recipes)}",
    )
    add_length(made, "20m")
    arguments = made.parse_args()
    clock = Clock()
    first = shortened(arguments.data[0], arguments.photos, arguments.work / "some.csv")
    data = Data([first, *arguments.data[1:]])
    held_back = images_of(data.read().held_back)
    found: dict[str, list[dict[str, Any]]] = {}
    for seed in arguments.seeds:  # in turn, so that something can be told before all are done
        for name in arguments.recipes:
            figures = figures_of(recipes[name], seed, data, held_back, arguments)
            found.setdefault(name, []).append(figures)
            print(f"{name}, seed {seed}: AP {percent(figures['AP'])}", flush=True)  # noqa: T201
    publish(arguments, [table(found)], {"recipes": found}, clock)


def figures_of(
    recipe: Recipe,
    seed: int,
    data: Data,
    held_back: Sequence[AnnotatedImage],
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Return the figures of a run, which is trained unless its figures are there.

    Parameters
    ----------
    recipe : Recipe
        What is trained.
    seed : int
        Seed of the training.
    data : Data
        The photographs.
    held_back : sequence of AnnotatedImage
        Those that are held back of them.
    arguments : Namespace
        Options of the program.
    """
    run = arguments.work / f"{recipe.name}-{seed}"
    path = arguments.work / f"{recipe.name}-{seed}.json"
    trained_with = as_json(
        {name: getattr(arguments, name) for name in ("data", "photos", "time", "steps")}
    )
    if path.exists():
        figures: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if figures["trained with"] != trained_with:
            raise SystemExit(f"error: {path}: a run with other options; use another --work")
        return figures
    settings = settings_of(
        argparse.Namespace(**{**vars(arguments), "seed": seed}),
        preset=recipe.preset,
        architectures=recipe.architectures,
    )
    clock = Clock()
    train(data, run, settings, machine=machine_of(arguments))
    cost = clock.read()
    options = {"min_face_size": settings.min_face_size}
    threads = arguments.threads
    cascade = cascade_figures(run, held_back, options=options, num_threads=threads)
    figures = {"seed": seed, "AP": cascade.average_precision, "recall": cascade.highest_recall}
    for each in cascade.by_height:
        figures[f"AP {each.lowest:g}-{each.below:g} px"] = each.average_precision
    proposals = stage_recall(run, held_back, "pnet", options=options, num_threads=threads)
    for number in (100, 300):
        figures[f"P-Net at {number}"] = proposals.recall[number]
    point = cascade.operating
    figures["ms"] = float("nan") if point is None else 1000 * point.seconds_per_image
    figures["training"] = cost._asdict()
    figures["trained with"] = trained_with
    path.write_text(json.dumps(as_json(figures), indent=1) + "\n", encoding="utf-8")
    return figures


def table(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Table:
    """Return the means over the seeds, and of the AP the largest distance of two seeds."""
    first = next(iter(found.values()))[0]
    names = [name for name in first if name not in _NO_SHARES]
    rows = []
    for recipe, runs in found.items():
        precisions = [float("nan") if each["AP"] is None else each["AP"] for each in runs]
        spread = max(precisions) - min(precisions)
        means = [_mean([each[name] for each in runs]) for name in names]
        time = _mean([each["ms"] for each in runs])
        rows.append([recipe, str(len(runs)), *map(percent, means), percent(spread), f"{time:.0f}"])
    header = ["recipe", "seeds", *names, "AP, spread", "ms a photograph"]
    return Table("on the photographs held back, means over the seeds, in %", header, rows)


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None and value == value]
    return statistics.fmean(known) if known else float("nan")


if __name__ == "__main__":
    main()
