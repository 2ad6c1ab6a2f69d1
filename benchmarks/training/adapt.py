"""What fine-tuning of the shipped networks gains on a set of photographs, and what it costs.

The shipped networks are judged at their best thresholds on the photographs held back, the
fine-tuned ones at the thresholds that the training chose; both also on the half of the guard set
that the training did not learn from.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.training.programs import (
    Clock,
    Table,
    add_length,
    machine_of,
    parser,
    percent,
    points,
    publish,
    settings_of,
)
from benchmarks.training.sets import shortened
from fastmtcnn import MTCNN
from fastmtcnn.evaluation import LandmarkErrors, landmark_errors, read_landmarks
from fastmtcnn.training import Data, Goal, train
from fastmtcnn.training.data.splitting import take_replay
from fastmtcnn.training.finishing import images_of
from fastmtcnn.training.judging.figures import CascadeFigures, cascade_figures
from fastmtcnn.training.judging.searching import NetworkSource, Thresholds
from fastmtcnn.training.judging.thresholds import choose_thresholds
from fastmtcnn.training.settings import STAGES

BEST = Goal("average_precision", 1.0)
LANDMARK_THRESHOLDS = (0.5, 0.5, 0.3)  # so that nearly all faces are found by all networks


def landmark_figures(before: LandmarkErrors, after: LandmarkErrors) -> dict[str, float]:
    """Return errors before and after, of the faces found each time and of those found both times.

    Parameters
    ----------
    before, after : LandmarkErrors
        Errors of the same faces.
    """
    both = np.isfinite(before.faces) & np.isfinite(after.faces)
    return {
        "faces": len(both),
        "found_before": before.num_found,
        "found_after": after.num_found,
        "before": before.mean,
        "after": after.mean,
        "before_of_both": LandmarkErrors(before.points[both]).mean,
        "after_of_both": LandmarkErrors(after.points[both]).mean,
    }


def errors_of(run: Path | None, file: Path, num_threads: int) -> LandmarkErrors:
    """Return the landmark errors of networks on the photographs of a landmark file."""
    annotated = read_landmarks(file)
    detector = MTCNN(
        models=run, thresholds=LANDMARK_THRESHOLDS, min_face_size=20, num_threads=num_threads
    )
    return landmark_errors(annotated.points, list(detector.detect_stream(annotated.paths)))


def main() -> None:
    """Train, measure, print."""
    made = parser(__doc__)
    made.add_argument("data", help="set to adapt to, as `fastmtcnn train` takes it")
    made.add_argument("--guard", action="append", default=[], help="set that must not get worse")
    made.add_argument(
        "--landmarks", type=Path, action="append", default=[], help="file of dlib, or others"
    )
    made.add_argument("--work", type=Path, required=True, help="new folder for set and run")
    made.add_argument("--held-back", type=float, default=1 / 3, help="share; default: a third")
    made.add_argument("--stages", nargs="+", choices=STAGES, default=("rnet", "onet"))
    made.add_argument("--photos", type=int, help="of the set; default: all")
    made.add_argument("--guard-photos", type=int, help="of each guard; default: all")
    made.add_argument("--min-face-size", type=float, default=20.0)
    made.add_argument(
        "--precision", type=float, help="what thresholds are chosen for; default: the best AP"
    )
    add_length(made, "15m")
    arguments = made.parse_args()
    clock = Clock()
    work = arguments.work
    guards = [
        shortened(each, arguments.guard_photos, work / f"guard{k}.csv")
        for k, each in enumerate(arguments.guard)
    ]
    data = Data(
        [shortened(arguments.data, arguments.photos, work / "set.csv")],
        guard=guards,
        held_back=arguments.held_back,
    )
    settings = settings_of(
        arguments,
        start="shipped",
        stages=tuple(arguments.stages),
        min_face_size=arguments.min_face_size,
    )
    goal = BEST if arguments.precision is None else Goal("precision", arguments.precision)
    outcome = train(data, work / "run", settings, goal=goal, machine=machine_of(arguments))
    assert outcome is not None
    trained = clock.read()
    figures = {
        "training": trained._asdict(),
        "alpha": None if outcome.blend is None else outcome.blend.choice.chosen.alpha,
        **_before_and_after(data, work / "run", outcome.thresholds.thresholds, arguments),
    }
    tables = [_table(figures)]
    if figures["landmarks"]:
        tables.append(_landmark_table(figures["landmarks"]))
    print("" if outcome.blend is None else outcome.blend.choice.reason)  # noqa: T201
    publish(arguments, tables, figures, clock)


def _before_and_after(
    data: Data, run: Path, thresholds: Thresholds, arguments: argparse.Namespace
) -> dict[str, Any]:
    parts = take_replay(data.read())  # half of the guard was learned from
    options = {"min_face_size": arguments.min_face_size}
    own = images_of(parts.held_back)
    best = choose_thresholds(
        None, own, BEST, options=options, num_threads=arguments.threads
    ).thresholds
    figures: dict[str, Any] = {"parts": {}, "landmarks": {}}
    for name, images in (("held back", own), ("guard", images_of(parts.guard))):
        if not images:
            continue
        pairs: tuple[tuple[str, NetworkSource, Thresholds], ...] = (
            ("shipped", None, best),
            ("fine-tuned", run, thresholds),
        )
        figures["parts"][name] = {
            who: _values(
                cascade_figures(
                    networks,
                    images,
                    options={**options, "thresholds": at},
                    num_threads=arguments.threads,
                )
            )
            for who, networks, at in pairs
        }
    for file in arguments.landmarks:
        before, after = (errors_of(each, file, arguments.threads) for each in (None, run))
        figures["landmarks"][str(file)] = landmark_figures(before, after)
    return figures


def _values(figures: CascadeFigures) -> dict[str, Any]:
    point = figures.operating
    assert point is not None
    return {
        "photographs": figures.num_images,
        "faces": figures.num_faces,
        "thresholds": point.thresholds,
        "average_precision": point.average_precision,
        "recall": point.recall,
        "precision": point.precision,
        "ranking_average_precision": figures.average_precision,
        "by_height": {
            f"{each.lowest:g}-{each.below:g}": each.average_precision
            for each in figures.by_height
            if each.num_faces
        },
    }


def _table(figures: dict[str, Any]) -> Table:
    names = ("average_precision", "recall", "precision", "ranking_average_precision")
    rows = []
    for part, networks in figures["parts"].items():
        for who, each in networks.items():
            thresholds = "/".join(f"{value:.2f}" for value in each["thresholds"])
            cells = [percent(each[name]) for name in names]
            rows.append([f"{part}, {who}", f"{each['faces']:,}", thresholds, *cells])
        gains = [networks["fine-tuned"][name] - networks["shipped"][name] for name in names]
        rows.append([f"{part}, gain", "", "", *map(points, gains)])
    title = "shipped networks at their best thresholds, fine-tuned ones at those chosen for them"
    header = ["", "faces", "thresholds", "AP", "recall", "precision", "AP at low thresholds"]
    return Table(title, header, rows)


def _landmark_table(landmarks: dict[str, dict[str, float]]) -> Table:
    names = ("before", "after", "before_of_both", "after_of_both")
    rows = [
        [
            *(Path(file).name, f"{each['faces']}"),
            f"{each['found_before']}, {each['found_after']}",
            *(percent(each[name]) for name in names),
        ]
        for file, each in landmarks.items()
    ]
    header = ["file", "faces", "found", "before", "after", "before, both", "after, both"]
    return Table("landmark error, % of the distance between the eyes", header, rows)


if __name__ == "__main__":
    main()
