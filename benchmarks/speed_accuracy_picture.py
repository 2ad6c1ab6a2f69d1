"""The plot of speed_accuracy.py: time against average precision, and which settings are best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastmtcnn import PRESETS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = Mapping[str, Any]

TITLES = {"30": "faces of 30 px and more", "10-30": "faces of 10 to 30 px"}
# By which networks see crops mirrored too, whether scores are joint, and whether O-Net looks twice.
KINDS = {
    ((), False, False): ("plain", "#8a8a8a"),
    ((), True, False): ("joint scores", "#111111"),
    ((), False, True): ("second look", "#c5b0d5"),
    (("onet",), False, False): ("mirror O-Net", "#9ecae1"),
    (("rnet", "onet"), False, False): ("mirror both", "#fdae6b"),
    (("onet",), True, False): ("mirror O-Net, joint scores", "#1f77b4"),
    (("rnet", "onet"), True, False): ("mirror both, joint scores", "#d95f02"),
    (("onet",), True, True): ("mirror O-Net, joint scores, second look", "#17becf"),
    (("rnet", "onet"), True, True): ("mirror both, joint scores, second look", "#7b3294"),
}
MARKERS = {
    "modelscope": ("v", "variant modelscope"),
    "facenet-pytorch": ("^", "variant facenet-pytorch"),
    "original": ("s", "variant original"),
    "mtcnn": ("D", "variant mtcnn"),
    0.6: ("<", "factor 0.6"),
    0.79: (">", "factor 0.79"),
}


def draw(table: Sequence[Row], path: Path) -> None:
    """Write the plot.

    Parameters
    ----------
    table : sequence of mapping
        Of `summarise`.
    path : Path
        Of the file; its suffix says which format.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    fronts = {name: front(table, name) for name in TITLES}
    numbers: dict[int, int] = {}
    for k in sorted({k for each in fronts.values() for k in each}, key=lambda k: _time(table[k])):
        numbers[k] = len(numbers) + 1
    figure = Figure(figsize=(11, 5.2 + 0.1 * len(numbers)), layout="constrained")
    rows = figure.add_gridspec(2, 2, height_ratios=(5.0, 0.2 + 0.1 * len(numbers)))
    for column, (name, title) in enumerate(TITLES.items()):
        panel = figure.add_subplot(rows[0, column])
        _panel(panel, table, name, fronts[name], numbers)
        panel.set_title(title)
    figure.legend(*panel.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    lines = [
        f"{number:2d}  {table[k]['name']}  ({_time(table[k]):.0f} ms)"
        for k, number in numbers.items()
    ]
    half = (len(lines) + 1) // 2
    for column, part in enumerate((lines[:half], lines[half:])):
        legend = figure.add_subplot(rows[1, column])
        legend.axis("off")
        legend.text(0, 1, "\n".join(part), va="top", fontsize=8)
    with mpl.rc_context({"svg.hashsalt": "fastmtcnn"}):
        metadata = {"Date": None} if path.suffix == ".svg" else {}
        figure.savefig(path, dpi=150, metadata=metadata)


def front(table: Sequence[Row], name: str) -> list[int]:
    """Return the settings than which none is both faster and more precise, the fastest first.

    Parameters
    ----------
    table : sequence of mapping
        Of `summarise`.
    name : str
        Range of heights.
    """
    order = sorted(range(len(table)), key=lambda k: (_time(table[k]), -_precision(table[k], name)))
    best: list[int] = []
    for k in order:
        if not best or _precision(table[k], name) > _precision(table[best[-1]], name):
            best.append(k)
    return best


def _panel(
    axes: Axes, table: Sequence[Row], name: str, best: Sequence[int], numbers: Mapping[int, int]
) -> None:
    there = {_kind(row) for row in table}
    for kind, (label, colour) in KINDS.items():
        if kind not in there:
            continue
        for marker in ("o", *(marker for marker, _ in MARKERS.values())):
            rows = [row for row in table if _kind(row) == kind and _marker(row) == marker]
            axes.scatter(
                [_time(row) for row in rows],
                [100 * _precision(row, name) for row in rows],
                color=colour,
                marker=marker,
                s=18,
                label=label if marker == "o" else None,
            )
    for marker, label in MARKERS.values():
        axes.scatter([], [], color="black", marker=marker, s=18, label=label)
    presets = [row for row in table if row["name"] in PRESETS]
    for row in presets:
        axes.annotate(
            row["name"],
            (_time(row), 100 * _precision(row, name)),
            xytext=(6, -10),
            textcoords="offset points",
            fontsize=9,
            fontweight="bold",
        )
    axes.scatter(
        [_time(row) for row in presets],
        [100 * _precision(row, name) for row in presets],
        facecolors="none",
        edgecolors="black",
        s=70,
    )
    axes.plot(
        [_time(table[k]) for k in best],
        [100 * _precision(table[k], name) for k in best],
        color="black",
        linewidth=0.8,
        zorder=0,
    )
    for k in best:
        axes.annotate(
            str(numbers[k]),
            (_time(table[k]), 100 * _precision(table[k], name)),
            xytext=(-4, 4),
            textcoords="offset points",
            ha="right",
            fontsize=8,
        )
    axes.set(xscale="log", xlabel="ms an image, one thread", ylabel="average precision, %")
    ticks = [20, 30, 50, 100, 200, 400]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.grid(alpha=0.3)


def _time(row: Row) -> float:
    return float(row["milliseconds"])


def _precision(row: Row, name: str) -> float:
    return float(row["precision"][name]["all_images"])


def _kind(row: Row) -> tuple[tuple[str, ...], bool, bool]:
    options = row["options"]
    joint, second = (options.get(name, False) for name in ("joint_scores", "second_look"))
    return tuple(options.get("mirror", ())), joint, second


def _marker(row: Row) -> str:
    """Return that of the variant or else of the factor, if one is given."""
    options = row["options"]
    marker, _ = MARKERS.get(options.get("variant", options.get("factor")), ("o", ""))
    return marker
