"""Networks of a training beside the shipped ones, on photographs held back, at equal time.

Thresholds of different networks mean different things. So each chooses its own, on every second
photograph, for several losses of average precision and several smallest faces; the others tell what
time and average precision these have. Then every setting of the shipped networks that no faster one
of theirs equals is compared with what a run's networks reach in at most that time. Time is the
processor's, of one thread, without decoding.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import thread_time
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.training.programs import Clock, Table, parser, percent, points, publish
from benchmarks.training.sets import some
from fastmtcnn import Detections
from fastmtcnn.cascade.cascade import Cascade
from fastmtcnn.evaluation import GroundTruth, voc_curve
from fastmtcnn.files.images import DEFAULT_MAX_PIXELS, as_rgb
from fastmtcnn.training import AnnotatedImage, Goal
from fastmtcnn.training.data.reading import read_sets
from fastmtcnn.training.judging.searching import Thresholds, ground_truth, open_cascade
from fastmtcnn.training.judging.thresholds import choose_thresholds

BEST = Goal("average_precision", 1.0)
TOLERANCE = 0.03  # of times that count as equal
HEIGHTS: Mapping[str, tuple[float, float]] = {
    "all": (0.0, float("inf")),
    "10-20": (10.0, 20.0),
    "20-40": (20.0, 40.0),
    "below 40": (0.0, 40.0),
    "40-80": (40.0, 80.0),
    "from 80": (80.0, float("inf")),
}


class Setting(NamedTuple):
    """What networks find with some options, and how long it takes.

    Attributes
    ----------
    min_face_size : float
        Smallest face searched for, in pixels.
    cost : float
        Share of the average precision that each of the first two thresholds may cost.
    thresholds : tuple of three floats
        The chosen thresholds.
    milliseconds : float
        Processor time a photograph.
    precision : dict of str to float
        Average precision by range of heights, 0 to 1.
    """

    min_face_size: float
    cost: float
    thresholds: Thresholds
    milliseconds: float
    precision: dict[str, float]


def held_back_of(runs: Sequence[Path], images: Sequence[AnnotatedImage]) -> list[AnnotatedImage]:
    """Return the photographs that all of the runs held back.

    Parameters
    ----------
    runs : sequence of Path
        Folders of runs. Names of photographs must be those of the runs: the same sets.
    images : sequence of AnnotatedImage
        Photographs of the sets.
    """
    names = [set((run / "held_back.txt").read_text("utf-8").splitlines()) for run in runs]
    common = set.intersection(*names)
    return [image for image in images if image.name in common]


def precision_by_height(
    truth: Sequence[GroundTruth], found: Sequence[Detections]
) -> dict[str, float]:
    """Return the average precision (VOC) of the faces of each range of heights.

    Boxes on faces of other heights are ignored.
    """
    return {
        name: voc_curve([each.within_heights(*limits) for each in truth], found).average_precision
        for name, limits in HEIGHTS.items()
    }


def front(settings: Sequence[Setting], height: str = "all") -> list[Setting]:
    """Return the settings than which no faster one is as good, from fast to slow."""
    best: list[Setting] = []
    for each in sorted(settings, key=lambda one: (one.milliseconds, -one.precision[height])):
        if not best or each.precision[height] > best[-1].precision[height]:
            best.append(each)
    return best


def within(settings: Sequence[Setting], milliseconds: float, height: str) -> Setting | None:
    """Return the setting with the highest average precision in at most that time, if any.

    The time may be 3 % longer, since it cannot be told more exactly.
    """
    fast = [each for each in settings if each.milliseconds <= (1 + TOLERANCE) * milliseconds]
    return max(fast, key=lambda each: each.precision[height], default=None)


def gains(
    shipped: Sequence[Setting], trained: Sequence[Setting], height: str
) -> list[tuple[Setting, Setting | None, float]]:
    """Return each setting of the shipped networks' front, what is as fast, and what it gains."""
    found = []
    for each in front(shipped, height):
        other = within(trained, each.milliseconds, height)
        gain = float("nan")
        if other is not None:
            gain = other.precision[height] - each.precision[height]
        found.append((each, other, gain))
    return found


def settings_of_networks(
    networks: Mapping[str, Path | None],
    images: Sequence[AnnotatedImage],
    arguments: argparse.Namespace,
) -> dict[str, list[Setting]]:
    """Return what networks reach with all sizes and costs, by name."""
    chosen_with, measured = images[::2], images[1::2]
    plans = [
        (name, size, cost)
        for name in networks
        for size in arguments.min_face_sizes
        for cost in arguments.costs
    ]
    cascades = []
    for name, size, cost in plans:
        options = {"min_face_size": size, "num_threads": 1}
        thresholds = choose_thresholds(
            networks[name], chosen_with, BEST, cost=cost, options=options, num_threads=1
        ).thresholds
        cascades.append(open_cascade(networks[name], {**options, "thresholds": thresholds}))
    truth = [ground_truth(image) for image in measured]
    found: dict[str, list[Setting]] = {name: [] for name in networks}
    runs = searched(cascades, measured, arguments.times)
    for (name, size, cost), cascade, run in zip(plans, cascades, runs, strict=True):
        pnet, rnet, onet = cascade.options.thresholds
        precision = precision_by_height(truth, run.found)
        setting = Setting(size, cost, (pnet, rnet, onet), run.milliseconds, precision)
        found[name].append(setting)
    return found


class Searched(NamedTuple):
    """What a cascade finds, and its mean processor time a photograph in milliseconds."""

    found: list[Detections]
    milliseconds: float


def searched(
    cascades: Sequence[Cascade], images: Sequence[AnnotatedImage], times: int
) -> list[Searched]:
    """Search photographs with all cascades in turn, so that a slow moment of the machine hits all.

    Parameters
    ----------
    cascades : sequence of Cascade
        Networks and options.
    images : sequence of AnnotatedImage
        The photographs.
    times : int
        Number of searches of each, the fastest of which counts.
    """
    found: list[list[Detections]] = [[] for _ in cascades]
    seconds = np.full((len(cascades), len(images), times), np.inf)
    for k, image in enumerate(images):
        pixels = as_rgb(image.file.read(), "rgb", DEFAULT_MAX_PIXELS)
        for time in range(times):
            for which, cascade in enumerate(cascades):
                began = thread_time()
                trace = cascade.run([pixels])[0]
                seconds[which, k, time] = thread_time() - began
                if time == 0:
                    found[which].append(trace.detections)
    means = 1000 * seconds.min(axis=2).mean(axis=1)
    return [Searched(*each) for each in zip(found, means.tolist(), strict=True)]


def main() -> None:
    """Measure, print."""
    made = parser(__doc__, seed=False)
    made.add_argument("runs", metavar="RUN", type=Path, nargs="+", help="folder of a run")
    made.add_argument("--data", nargs="+", required=True, help="the sets that they trained with")
    made.add_argument("--photos", type=int, help="of those held back by all; default: all")
    made.add_argument("--min-face-sizes", type=float, nargs="+", default=(10, 14, 20, 28))
    made.add_argument("--costs", type=float, nargs="+", default=(0.002, 0.01, 0.05))
    made.add_argument("--times", type=int, default=3, help="searches, the fastest of which counts")
    arguments = made.parse_args()
    clock = Clock()
    images = [image for each in read_sets(arguments.data) if each.complete for image in each.images]
    images = some(held_back_of(arguments.runs, images), arguments.photos)
    if len(images) < 2:
        made.error("the runs must have held back at least two photographs of the sets together")
    networks = {"shipped": None, **{str(run): run for run in arguments.runs}}
    found = settings_of_networks(networks, images, arguments)
    tables = [_settings_table(found, len(images))]
    for run in arguments.runs:
        tables.append(_gains_table(str(run), found["shipped"], found[str(run)]))
    figures: dict[str, Any] = {
        "photographs": [image.name for image in images],
        "networks": {name: [each._asdict() for each in some_] for name, some_ in found.items()},
    }
    publish(arguments, tables, figures, clock)


def _settings_table(found: Mapping[str, Sequence[Setting]], number: int) -> Table:
    rows = [
        [
            *(name, f"{each.min_face_size:g}", f"{100 * each.cost:g}"),
            *("/".join(f"{value:.2f}" for value in each.thresholds), f"{each.milliseconds:.1f}"),
            *(percent(each.precision[height]) for height in HEIGHTS),
        ]
        for name, settings in found.items()
        for each in sorted(settings, key=lambda one: one.milliseconds)
    ]
    title = (
        f"AP (VOC) by height on half of {number} photographs; thresholds chosen on the other half"
    )
    return Table(title, ["networks", "min px", "cost %", "thresholds", "ms", *HEIGHTS], rows)


def _gains_table(name: str, shipped: Sequence[Setting], trained: Sequence[Setting]) -> Table:
    rows = []
    for height in HEIGHTS:
        for each, other, gain in gains(shipped, trained, height):
            rows.append(
                [
                    *(height, f"{each.milliseconds:.1f}", percent(each.precision[height])),
                    "-" if other is None else f"{other.milliseconds:.1f}",
                    "-" if other is None else percent(other.precision[height]),
                    points(gain),
                ]
            )
    header = ["height", "shipped ms", "shipped AP", "ms", "AP", "gain"]
    return Table(f"{name}: the best that is as fast as the shipped networks", header, rows)


if __name__ == "__main__":
    main()
