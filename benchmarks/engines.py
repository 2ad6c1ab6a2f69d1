"""Whole detections by both engines, in turns in one process: time, and time outside the networks.

The faces of both are compared before anything is timed: as many, boxes and landmarks within 2e-3
pixels, scores within 3e-6.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

import fastmtcnn
from fastmtcnn import Detections
from fastmtcnn.cascade.cascade import Cascade
from fastmtcnn.networks.native import Engine, native_target
from fastmtcnn.networks.network import Network, Outputs, WrappedNetwork

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.files import crowd
from benchmarks.sizes import Pixels, fitted, mixed

REFERENCE: Engine = "onnxruntime"
NATIVE: Engine = "native"
ENGINES = (REFERENCE, NATIVE)
PIXELS, SCORES = 2e-3, 3e-6  # by which faces may differ


@dataclass
class Times:
    """Seconds of each round by both clocks."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def medians(self) -> tuple[float, float]:
        """Return the medians of CPU and wall time."""
        return statistics.median(self.cpu), statistics.median(self.wall)


def timed(work: Callable[[], object], times: Times) -> None:
    """Do some work and add its times."""
    cpu, wall = process_time(), perf_counter()
    work()
    times.wall.append(perf_counter() - wall)
    times.cpu.append(process_time() - cpu)


def in_turns(work: Sequence[Callable[[], object]], rounds: int) -> list[Times]:
    """Time pieces of work in turns, so that a slow moment of the machine hits all of them."""
    all_times = [Times() for _ in work]
    for number in range(rounds + 1):  # the first round warms up
        for piece, times in zip(work, all_times, strict=True):
            timed(piece, times if number else Times())
    return all_times


class StoppedNetwork(WrappedNetwork):
    """A network that adds its times to those of all networks of a detection."""

    def __init__(self, network: Network, clocks: list[float]) -> None:
        super().__init__(network)
        self.clocks = clocks

    def __call__(self, batch: npt.NDArray[np.float32]) -> Outputs:
        """Run the network."""
        cpu, wall = process_time(), perf_counter()
        outputs = self.network(batch)
        self.clocks[1] += perf_counter() - wall
        self.clocks[0] += process_time() - cpu
        return outputs


def outside(cascade: Cascade, image: Pixels) -> Callable[[Times], None]:
    """Return a function that detects in one thread and adds the time outside the networks."""
    clocks = [0.0, 0.0]
    wrapped = cascade.wrap_networks(lambda network: StoppedNetwork(network, clocks))

    def run(times: Times) -> None:
        clocks[:] = 0.0, 0.0
        whole = Times()
        timed(lambda: wrapped.run([image]), whole)
        times.cpu.append(whole.cpu[0] - clocks[0])
        times.wall.append(whole.wall[0] - clocks[1])

    return run


def assert_same_faces(one: Detections, other: Detections) -> None:
    """Compare the faces of an image by both engines."""
    assert one.num_faces == other.num_faces
    for mine, its, tolerance in zip(one, other, (PIXELS, SCORES, PIXELS), strict=True):
        np.testing.assert_allclose(mine, its, rtol=0, atol=tolerance)


def row(name: str, faces: int, times: Sequence[Times]) -> list[str]:
    """Return a line of the table: medians of both engines by both clocks, and ratios."""
    cells = [name, str(faces)]
    for mine, its in zip(*(each.medians() for each in times), strict=True):
        cells += [f"{mine * 1e3:.2f}", f"{its * 1e3:.2f}", f"{mine / its:.2f}"]
    return cells


def detect_rows(image: Pixels, settings: dict[str, Any], rounds: int, what: str) -> list[list[str]]:
    """Return the lines of one image: the whole detection and, in one thread, outside."""
    detectors = [fastmtcnn.MTCNN(**settings, engine=engine) for engine in ENGINES]
    found = [detector.detect(image) for detector in detectors]
    assert_same_faces(*found)
    whole = in_turns([partial(detector.detect, image) for detector in detectors], rounds)
    rows = [row(what, found[0].num_faces, whole)]
    if settings["num_threads"] == 1:
        runs = [outside(detector.cascade, image) for detector in detectors]
        times = [Times() for _ in runs]
        for _ in range(rounds):
            for run, one in zip(runs, times, strict=True):
                run(one)
        rows.append(row("  outside the networks", found[0].num_faces, times))
    return rows


def batch_row(settings: dict[str, Any], count: int, rounds: int) -> list[str]:
    """Return the line of a batch of images of many sizes."""
    images = mixed(crowd(), count)
    detectors = [fastmtcnn.MTCNN(**settings, engine=engine) for engine in ENGINES]
    found = [detector.detect_batch(images) for detector in detectors]
    for one, other in zip(*found, strict=True):
        assert_same_faces(one, other)
    times = in_turns([partial(detector.detect_batch, images) for detector in detectors], rounds)
    name = f"batch of {count}, 320x200 to 1280x800, {described(settings)}"
    return row(name, sum(each.num_faces for each in found[0]), times)


def described(settings: dict[str, Any]) -> str:
    """Return the settings as text."""
    threads = settings["num_threads"]
    count = "1 thread" if threads == 1 else f"{threads} threads"
    return f"min_face_size {settings['min_face_size']}, {count}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return lines of cells as text, the first column to the left."""
    header = ["", "faces"]
    for clock in ("CPU", "wall"):
        header += [f"{clock} ms {REFERENCE}", NATIVE, "ratio"]
    lines = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--sizes", nargs="*", default=["1280x720", "1920x1080", "3840x2160"])
    parser.add_argument("--min-face-sizes", nargs="+", type=int, default=[40, 20])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--batch", type=int, default=32, help="images of the batch; 0 for none")
    parser.add_argument("--rounds", type=int, default=15, help="detections by each engine")
    options = parser.parse_args()
    if native_target() is None:
        parser.error("the native engine needs AVX2 with FMA, AVX-512 or NEON")
    photo, rows = crowd(), []
    for threads in options.threads:
        for min_face_size in options.min_face_sizes:
            settings = {"min_face_size": min_face_size, "num_threads": threads}
            for size in options.sizes:
                width, height = map(int, size.split("x"))
                name = f"{size}, {described(settings)}"
                rows += detect_rows(fitted(photo, width, height), settings, options.rounds, name)
            if options.batch:
                rows.append(batch_row(settings, options.batch, max(options.rounds // 3, 1)))
    lines = [
        f"crowd.png; medians of {options.rounds} rounds in turns, of the batch of a third as many; "
        f"onnxruntime {onnxruntime.__version__} with the fast twins, native kernels "
        f"{native_target()}, {os.cpu_count()} cores",
        table(rows),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
