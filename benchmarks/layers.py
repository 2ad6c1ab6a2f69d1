"""Layers of the native engine: time, and share of what the processor's registers reach.

It needs a build that times the layers:

    pip install . -C cmake.define.FASTMTCNN_LAYER_CLOCK=ON

The peak is measured between the rounds. Clocks differ from moment to moment, so the shares are the
medians of those of each round.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import baseline
from benchmarks.files import MODELS, crowd
from fastmtcnn import _core
from fastmtcnn.cli.text_tables import plain_table
from fastmtcnn.diagnostics.multiply_adds import native_work
from fastmtcnn.graphs.reading import read_weights
from fastmtcnn.networks.architecture import find_architecture

LEVEL = (216, 384)
CROPS = {"rnet": (24, 32), "onet": (48, 12)}  # side and number
KERNELS: Mapping[str, Callable[..., Callable[[Any], object]]] = {
    "pnet": _core.NativePNet,
    "rnet": _core.NativeRNet,
    "onet": _core.NativeONet,
}
REPEATS = 10  # runs of a round
PEAK_SECONDS = 0.01  # of measuring the peak in each round


def workloads(target: str | None) -> dict[str, tuple[Callable[[], object], int]]:
    """Return what runs each network, and its number of cells or crops."""
    photo = crowd()
    level = baseline.resample(photo, *LEVEL)
    cells = (LEVEL[0] // 2 - 5) * (LEVEL[1] // 2 - 5)
    trace = baseline.BaselineMTCNN(MODELS).trace(photo)
    boxes = {"rnet": trace.rnet_boxes, "onet": trace.onet_boxes}
    inputs: dict[str, tuple[Any, int]] = {"pnet": (level, cells)}
    for key, (side, count) in CROPS.items():
        crops = baseline.crop(photo, boxes[key], side)
        inputs[key] = (np.resize(crops, (count, *crops.shape[1:])), count)
    found: dict[str, tuple[Callable[[], object], int]] = {}
    for key, (values, count) in inputs.items():
        plain = (MODELS / f"{key}.onnx").read_bytes()
        weights = read_weights(plain, find_architecture(key, "original"))
        found[key] = (partial(KERNELS[key](weights, target), values), count)
    return found


def shares(
    seconds: Sequence[Mapping[str, float]], peaks: Sequence[float], layer: str, work: float
) -> str:
    """Return the median share of the peak, in percent."""
    each = [work / took[layer] / peak for took, peak in zip(seconds, peaks, strict=True)]
    return f"{100 * statistics.median(each):.0f} %"


def rows_of(
    key: str, run: Callable[[], object], count: int, rounds: int, target: str | None
) -> list[list[str]]:
    """Return the lines of a network."""
    run()
    seconds: list[dict[str, float]] = []
    peaks: list[float] = []
    for _ in range(rounds):
        take_layer_seconds()
        for _ in range(REPEATS):
            run()
        seconds.append(take_layer_seconds())
        peaks.append(_core.measure_peak_macs(PEAK_SECONDS, target))
    total = [sum(took.values()) for took in seconds]
    work = {layer.name: layer for layer in native_work(key)}
    rows = []
    for name in seconds[0]:
        layer = work.get(name.partition(".")[2])
        share = statistics.median(
            took[name] / whole for took, whole in zip(seconds, total, strict=True)
        )
        microseconds = statistics.median(took[name] for took in seconds) / REPEATS * 1e6
        cells = [name, f"{microseconds:,.0f}", f"{100 * share:.0f} %"]
        for macs in () if layer is None else (layer.issued, layer.plain):
            cells.append(shares(seconds, peaks, name, macs * count * REPEATS))
        rows.append(cells if layer is not None else [*cells, "", ""])
    return rows


def take_layer_seconds() -> dict[str, float]:
    """Return the seconds of each layer since the last call."""
    taken: dict[str, float] = _core.take_layer_seconds()  # type: ignore[attr-defined]
    return taken


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=40, help="rounds of ten runs")
    parser.add_argument("--target", choices=_core.network_targets(), help="default: the fastest")
    options = parser.parse_args()
    if not hasattr(_core, "take_layer_seconds"):
        parser.error("fastmtcnn was built without FASTMTCNN_LAYER_CLOCK, see --help")
    header = ["layer", "us", "share", "issued, of peak", "plain, of peak"]
    rows = []
    for key, (run, count) in workloads(options.target).items():
        rows += rows_of(key, run, count, options.rounds, options.target)
    lines = [
        f"crowd.png, a level of {LEVEL[0]}x{LEVEL[1]}, 32 crops of R-Net and 12 of O-Net; medians "
        f"of {options.rounds} rounds of {REPEATS}, one thread, {options.target or 'fastest'} "
        f"kernels of {', '.join(_core.network_targets())}",
        plain_table(header, rows),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
