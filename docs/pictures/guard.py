"""What the accuracy guard has recorded, as curves and as a table: what docs/guard.md shows."""

from __future__ import annotations

import json
import math
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

Row = dict[str, float]

TITLES = {
    "size": "height of the face, in pixels",
    "close": "height of the face, in percent of the picture's",
    "roll": "turned in the plane, in degrees",
    "light": "all values multiplied by",
    "contrast": "contrast multiplied by",
    "blur": "blurred, standard deviation in percent of the face's height",
    "noise": "noise in each value, standard deviation in grey levels",
    "jpeg": "quality of the JPEG file",
    "cut off": "percent of the face outside the picture",
    "covered below": "percent covered from the chin upwards",
    "covered above": "percent covered from the forehead downwards",
    "covered beside": "percent covered from one side",
    "crowd": "percent covered by the next face",
}
_PANELS = {
    ("size", "height of the face, pixels"): [
        ("default", "default options"),
        ("min_face_size 40", "min_face_size=40"),
        ("preset accurate", 'preset "accurate"'),
    ],
    ("roll", "turned, degrees"): [
        ("default", "default options"),
        ("rotations", "rotations, mirror"),
    ],
    ("blur", "blur, percent of the face's height"): [("default", "default options")],
}
_LAST = {"roll": 90.0}  # beyond, what is found is not taken for what it is
_COLOURS = ("#00796b", "#d1495b", "#3d5a9e")
_STYLES = ("o-", "s--", "^:")


def levels() -> dict[str, dict[str, dict[str, Row]]]:
    """Return what is recorded: by way, series and level."""
    path = ROOT / "tests" / "accuracy" / "levels.json"
    content = json.loads(path.read_text(encoding="ascii"))
    return {
        way: {
            name: {
                level: dict(zip(content["columns"], row, strict=True))
                for level, row in rows.items()
            }
            for name, rows in series.items()
        }
        for way, series in content["levels"].items()
    }


def table() -> str:
    """Return the page's table: what is found with default options."""
    recorded = levels()["default"]
    lines = ["| what | faces found (error of the landmarks) |", "|---|---|"]
    for series, title in TITLES.items():
        cells = [f"{level}: {_told(row)}" for level, row in recorded[series].items()]
        lines.append(f"| {title} | {' · '.join(cells)} |")
    return "\n".join(lines)


def _told(row: Row) -> str:
    if not row["found"]:
        return "none"
    return f"**{row['found'] / row['faces']:.0%}** ({row['error']:.0%})"


def make(folder: Path) -> None:
    """Write the picture; it needs matplotlib.

    Parameters
    ----------
    folder : Path
        Where to.
    """
    matplotlib: Any = import_module("matplotlib")
    matplotlib.use("Agg")
    pyplot: Any = import_module("matplotlib.pyplot")
    recorded = levels()
    figure, panels = pyplot.subplots(1, 3, figsize=(11, 3.3), dpi=110, sharey=True)
    for axes, ((series, title), ways) in zip(panels, _PANELS.items(), strict=True):
        for (way, label), colour, style in zip(ways, _COLOURS, _STYLES, strict=False):
            points = {
                float(level): 100 * row["found"] / row["faces"]
                for level, row in recorded[way][series].items()
                if float(level) <= _LAST.get(series, math.inf)
            }
            axes.plot(*zip(*points.items(), strict=True), style, color=colour, label=label, ms=4)
        axes.set_xlabel(title)
        axes.grid(alpha=0.3)
        axes.set_ylim(-3, 103)
        if len(ways) > 1:
            axes.legend(fontsize=8, loc="lower right" if series == "size" else "lower center")
    panels[0].set_ylabel("faces found, %")
    panels[0].set_xscale("log")
    ticks = [10, 14, 20, 28, 40, 57, 80, 120]
    panels[0].set_xticks(ticks, [str(tick) for tick in ticks])
    panels[0].minorticks_off()
    panels[1].set_xticks(range(-90, 91, 30))
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(folder / "guard.png")
    pyplot.close(figure)
