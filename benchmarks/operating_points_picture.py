"""The plot of operating_points.py: time against average precision, and recall by height."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from benchmarks.operating_points import Times

OURS, OTHERS = "#1f6fb4", ("#d95f02", "#7b3294", "#4d9221", "#8c510a", "#737373")
OF_RECALL = ("no preset", "balanced", "best", "YuNet, full size")


class Point(NamedTuple):
    """A detector in the plot.

    Attributes
    ----------
    name : str
        What it is called.
    times : Times
        Milliseconds a photograph.
    precision : float
        Average precision in percent.
    recall : list of tuple of float
        Least height of a range, in pixels, and the recall of its faces from 0 to 1, at as many
        false positives as no preset has.
    is_ours : bool
        Whether it is a preset.
    """

    name: str
    times: Times
    precision: float
    recall: list[tuple[float, float]]
    is_ours: bool


def draw(points: Sequence[Point], path: Path) -> None:
    """Write the plot; the suffix of the file says which format.

    Parameters
    ----------
    points : sequence of Point
        The detectors.
    path : Path
        Of the file.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    _times(left, points)
    _recall(right, points)
    with mpl.rc_context({"svg.hashsalt": "fastmtcnn"}):
        metadata = {"Date": None} if path.suffix == ".svg" else {}
        figure.savefig(path, dpi=150, metadata=metadata)


def _times(axes: Axes, points: Sequence[Point]) -> None:
    ours = sorted((each for each in points if each.is_ours), key=lambda each: each.times.native)
    for label, times, fill in (
        ("fastmtcnn, native engine", [each.times.native for each in ours], OURS),
        ("fastmtcnn, onnxruntime", [each.times.onnxruntime or 0 for each in ours], "none"),
    ):
        precision = [each.precision for each in ours]
        axes.scatter(times, precision, s=46, facecolors=fill, edgecolors=OURS, label=label)
    for each in ours:
        _label(axes, each)
    families = dict.fromkeys(each.name.split(",")[0] for each in points if not each.is_ours)
    for family, colour in zip(families, OTHERS, strict=False):
        some = [each for each in points if each.name.split(",")[0] == family]
        times = [each.times.native for each in some]
        axes.plot(
            *(times, [each.precision for each in some]),
            color=colour, marker="s", linewidth=0.8, label=family,
        )  # fmt: skip
        for each in some:
            if "," in each.name:
                _label(axes, each)
    axes.set(
        xscale="log",
        xlabel="processor time a photograph, one thread, ms",
        ylabel="average precision, faces of 10 px and more, %",
    )
    ticks = [5, 10, 20, 50, 100, 200, 500, 1000]
    lowest, highest = axes.get_xlim()
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_xlim(lowest, highest)
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=3, frameon=False)


def _label(axes: Axes, point: Point) -> None:
    name = point.name.split(", ")[-1]
    at = (point.times.native, point.precision)
    weight = "bold" if point.is_ours else "normal"
    axes.annotate(
        name, at, xytext=(5, 5), textcoords="offset points", fontsize=9, fontweight=weight
    )


def _recall(axes: Axes, points: Sequence[Point]) -> None:
    by_name = {each.name: each for each in points}
    for name in OF_RECALL:
        if name not in by_name:
            continue
        recall = by_name[name].recall
        axes.plot(
            [f"{lowest:g}" for lowest, _ in recall],
            [100 * share for _, share in recall],
            marker="o",
            label=name,
        )
    axes.set(
        xlabel="height of the face from, px",
        ylabel="faces found at equal false positives, %",
        ylim=(0, 102),
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, frameon=False)
