"""What options cost in time and bring in accuracy, on photographs with ground truth.

Average precision is that of PASCAL VOC (every score is a threshold, intersection over union 0.5);
time is the processor's, in one thread, images decoded beforehand.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import thread_time
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import PIL.Image

import fastmtcnn
from fastmtcnn.evaluation import GroundTruth, read_widerface, recall_by_height, widerface_curve
from fastmtcnn.evaluation.precision_recall import MatchedScores, match_images

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.speed_accuracy_picture import draw

Options = Mapping[str, Any]
HEIGHTS = {
    "30": (30.0, math.inf),
    "10-30": (10.0, 30.0),
    "20": (20.0, math.inf),
    "all": (0.0, math.inf),
}
RESAMPLES = 300
SEED = 0

ONET: Options = {"mirror": ("onet",)}
BOTH: Options = {"mirror": ("rnet", "onet")}
JOINT: Options = {"joint_scores": True}
SECOND: Options = {"second_look": True}
PAPER: Options = {"min_face_size": 10, "thresholds": (0.5, 0.5, 0.3)}
LOW: Options = {"min_face_size": 10, "thresholds": (0.3, 0.3, 0.1)}


class Setting(NamedTuple):
    """Options of a detector, and what to call them."""

    name: str
    options: Options


def one_by_one() -> list[Setting]:
    """Return the settings that tell what each option brings; others are compared with the first."""
    return [
        Setting("plain", PAPER),
        Setting("mirror O-Net", {**PAPER, **ONET}),
        Setting("mirror both", {**PAPER, **BOTH}),
        Setting("joint scores", {**PAPER, **JOINT}),
        Setting("second look", {**PAPER, **SECOND}),
        Setting("mirror both, joint scores", {**PAPER, **BOTH, **JOINT}),
        Setting("mirror both, joint scores, second look", {**PAPER, **BOTH, **JOINT, **SECOND}),
        Setting("low thresholds", LOW),
        Setting("low thresholds, mirror both, joint scores", {**LOW, **BOTH, **JOINT}),
        Setting("the same, second look", {**LOW, **BOTH, **JOINT, **SECOND}),
    ]


def looks() -> list[Setting]:
    """Return settings of joint scores without a second look and with it."""
    return [
        Setting(
            f"{size} px, {'/'.join(f'{each:g}' for each in thresholds)}, {word} look",
            {
                "min_face_size": size,
                "thresholds": thresholds,
                "min_score": thresholds[-1],
                **more,
                **JOINT,
                "second_look": second,
            },
        )
        for size, thresholds, more in (
            (40, (0.5, 0.55, 0.55), {**ONET, "factor": 0.6}),
            (20, (0.5, 0.55, 0.55), ONET),
            (20, (0.3, 0.45, 0.45), BOTH),
        )
        for word, second in (("one", False), ("second", True))
    ]


def grid() -> list[Setting]:
    """Return settings over all that sets the time."""
    best: Options = {**BOTH, **JOINT}
    settings: list[Options] = []
    for size in (10, 14, 20, 28, 40):
        for thresholds in (None, PAPER["thresholds"], LOW["thresholds"]):
            settings += [
                {"min_face_size": size, "thresholds": thresholds, **more}
                for more in ({}, {**ONET, **JOINT}, best)
                if thresholds is not None or more is not best
            ]
            if thresholds is not None:
                settings.append({"min_face_size": size, "thresholds": thresholds, **best, **SECOND})
    others: list[Options] = [{"factor": factor} for factor in (0.6, 0.79)]
    others += [{"variant": variant} for variant in list(fastmtcnn.VARIANTS)[1:]]
    settings += [
        {**PAPER, "min_face_size": size, **other, **more}
        for size in (10, 20, 40)
        for other in others
        for more in ({}, best)
    ]
    named = [Setting(name, options) for name, options in fastmtcnn.PRESETS.items()]
    return [*named, *(Setting(_name(options), options) for options in settings)]


def _name(options: Options) -> str:
    parts = [f"{options['min_face_size']:g} px"]
    if options["thresholds"] is not None:
        parts.append("/".join(f"{threshold:g}" for threshold in options["thresholds"]))
    parts += [str(options[name]) for name in ("factor", "variant") if name in options]
    if "mirror" in options:
        parts.append("mirror " + "+".join(options["mirror"]))
    if "joint_scores" in options:
        parts.append("joint")
    if "second_look" in options:
        parts.append("second look")
    return ", ".join(parts)


class Run(NamedTuple):
    """What a setting found, and how long it took."""

    found: list[fastmtcnn.Detections]
    seconds: list[float]
    num_false: int | None


def measure(
    paths: Sequence[Path], faceless: Sequence[Path], settings: Sequence[Setting]
) -> list[Run]:
    """Run all settings, image by image, so that a slow moment of the machine hits all.

    Ctrl-C ends it; what is returned then is of as many of the first images as were done.

    Parameters
    ----------
    paths : sequence of Path
        Photographs.
    faceless : sequence of Path
        Photographs without a face, maybe none.
    settings : sequence of Setting
        With which to look for faces.
    """
    detectors = [fastmtcnn.MTCNN(**each.options, num_threads=1) for each in settings]
    found: list[list[fastmtcnn.Detections]] = [[] for _ in settings]
    seconds: list[list[float]] = [[] for _ in settings]
    with suppress(KeyboardInterrupt):
        for pixels in _decoded(paths):
            for k, detector in enumerate(detectors):
                start = thread_time()
                found[k].append(detector.detect(pixels))
                seconds[k].append(thread_time() - start)
    done = len(found[-1])
    false = [0] * len(settings)
    for pixels in _decoded(faceless):
        for k, detector in enumerate(detectors):
            false[k] += detector.detect(pixels).num_faces
    return [
        Run(found[k][:done], seconds[k][:done], false[k] if faceless else None)
        for k in range(len(settings))
    ]


def _decoded(paths: Iterable[Path]) -> Iterator[npt.NDArray[np.uint8]]:
    for path in paths:
        with PIL.Image.open(path) as file:
            yield np.asarray(file.convert("RGB"))


def summarise(
    settings: Sequence[Setting], runs: Sequence[Run], truth: Mapping[str, Sequence[GroundTruth]]
) -> list[dict[str, Any]]:
    """Return the figures of each setting, as JSON values.

    Parameters
    ----------
    settings, runs : sequences of Setting and of Run
        What was measured; gains are over the first.
    truth : mapping of str to sequence of GroundTruth
        By range of heights; of each image, with the faces that count.
    """
    count = len(runs[0].found)
    random = np.random.default_rng(SEED)
    resamples = random.integers(0, count, (RESAMPLES, count))
    plain = {name: match_images(faces, runs[0].found) for name, faces in truth.items()}
    of_plain = {name: [_precision(each, r) for r in resamples] for name, each in plain.items()}
    table = []
    for setting, run in zip(settings, runs, strict=True):
        row: dict[str, Any] = {
            "name": setting.name,
            "options": dict(setting.options),
            "milliseconds": 1e3 * float(np.mean(run.seconds)),
            "time": sum(run.seconds) / sum(runs[0].seconds),
            "false_positives": run.num_false,
            "precision": {},
        }
        for name, faces in truth.items():
            scores = match_images(faces, run.found)
            gains = np.array([_precision(scores, r) for r in resamples]) - of_plain[name]
            row["precision"][name] = {
                "all_images": _precision(scores, range(count)),
                "even_images": _precision(scores, range(0, count, 2)),
                "odd_images": _precision(scores, range(1, count, 2)),
                "right": sum(map(len, scores.true_positives)),
                "wrong": sum(map(len, scores.false_positives)),
                "faces": sum(scores.num_faces),
                "widerface": widerface_curve(faces, run.found).average_precision,
                "gain_2.5%": float(np.nanpercentile(gains, 2.5)),
                "gain_97.5%": float(np.nanpercentile(gains, 97.5)),
            }
        row["recall"] = [
            {"from": each.lowest, "faces": each.num_faces, "found": each.num_found}
            for each in recall_by_height(truth["all"], run.found)
        ]
        table.append(row)
    return table


def _precision(scores: MatchedScores, images: Iterable[int]) -> float:
    return scores.take(images).curve().average_precision


def show(table: Sequence[Mapping[str, Any]]) -> None:
    """Print a line for each setting."""
    print(  # noqa: T201
        f"{'':50s} {'ms':>6s} {'time':>5s}  AP of faces from 30 px, gain [95 %], even and odd"
        "  | AP 10-30 px, gain [95 %], even and odd | AP all | false"
        " | of 20 px and more: true, false positives, precision, recall | recall by height"
    )
    first = table[0]["precision"]
    for row in table:
        cells = []
        for name in ("30", "10-30"):
            each = row["precision"][name]
            gain = each["all_images"] - first[name]["all_images"]
            cells.append(
                f"{100 * each['all_images']:5.2f} {100 * gain:+6.2f} "
                f"[{100 * each['gain_2.5%']:+6.2f}, {100 * each['gain_97.5%']:+6.2f}] "
                f"{100 * each['even_images']:5.2f} {100 * each['odd_images']:5.2f}"
            )
        larger = row["precision"]["20"]
        right, wrong = larger["right"], larger["wrong"]
        recalls = " ".join(
            f"{each['from']:g}:{100 * each['found'] / max(each['faces'], 1):.0f}"
            for each in row["recall"]
        )
        print(  # noqa: T201
            f"{row['name']:50s} {row['milliseconds']:6.1f} {row['time']:5.2f}  "
            f"{'  |  '.join(cells)}  |  {100 * row['precision']['all']['all_images']:5.2f}  |  "
            f"{row['false_positives']}  |  "
            f"{right} {wrong} {right / max(right + wrong, 1):.3f} {right / larger['faces']:.3f}"
            f"  |  {recalls}"
        )


def main() -> None:
    """Measure, print the table, write the numbers and the picture."""
    groups = {"options": one_by_one, "looks": looks, "grid": grid}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path, help="with images/ and bbx_gt.txt as WIDER FACE has it")
    parser.add_argument("--group", choices=groups, default="grid")
    parser.add_argument("--images", type=int, metavar="N", help="so many, chosen at random")
    parser.add_argument("--no-faces", type=Path, help="folder of photographs without a face")
    parser.add_argument("--json", type=Path, help="file for the numbers")
    parser.add_argument("--picture", type=Path, help="file for the plot, .svg or .png")
    arguments = parser.parse_args()

    if arguments.images is not None and arguments.images < 1:
        parser.error(f"--images must be at least 1, got {arguments.images}")
    data = read_widerface(arguments.root)
    shuffled = np.random.default_rng(SEED).permutation(len(data.names))[: arguments.images]
    data = data.subset([data.names[k] for k in shuffled])
    level = list(data.levels)[-1]  # the most faces
    truth = {
        name: data.truth(level, min_height=lowest, max_height=below)
        for name, (lowest, below) in HEIGHTS.items()
    }
    suffixes = PIL.Image.registered_extensions()
    files = sorted(arguments.no_faces.iterdir()) if arguments.no_faces else []
    faceless = [path for path in files if path.suffix.lower() in suffixes]
    settings = groups[arguments.group]()
    runs = measure(data.paths, faceless, settings)
    done = len(runs[0].found)
    truth = {name: faces[:done] for name, faces in truth.items()}
    table = summarise(settings, runs, truth)
    show(table)
    if arguments.json:
        content = {"images": done, "processor": fastmtcnn.cpu_features()[0]}
        arguments.json.write_text(json.dumps({**content, "settings": table}, indent=1) + "\n")
    if arguments.picture:
        draw(table, arguments.picture)


if __name__ == "__main__":
    main()
