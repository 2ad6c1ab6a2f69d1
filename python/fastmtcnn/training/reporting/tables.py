"""The tables of a run, as texts: the page and the model card show the same."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ...networks.network import ROLES
from ...options import Options
from ..checking.tables import Table
from ..judging.figures import CascadeFigures, HeightFigures
from ..judging.thresholds import ThresholdChoice
from .summary import DataSummary, Part, RunSummary, StageSummary

NOTHING = "–"  # noqa: RUF001

_MOST_ROWS = 50  # of a table; the others are counted
_OPTIONS = {"start": "from", "seconds": "time", "architectures": "architecture"}
_TITLES = {role.key: role.title for role in ROLES}


def title_of(key: str) -> str:
    """Return the name of a network to show to people, such as ``"P-Net"``."""
    return _TITLES.get(key, key)


def percent(value: float) -> str:
    """Return a share as percent with one decimal; a dash for NaN."""
    return NOTHING if math.isnan(value) else f"{100 * value:.1f} %"


def duration(seconds: float) -> str:
    """Return a time in words, such as ``"1 h 23 min"``; a dash for NaN."""
    if math.isnan(seconds):
        return NOTHING
    minutes = round(seconds / 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{seconds:.0f} s"


def data_table(data: Sequence[DataSummary]) -> Table:
    """Return the sets of a run."""
    header = ["set", "source", "photographs", "held back", "faces", "with points", "weight"]
    rows = [
        [
            *(each.name, each.source, f"{each.num_images:,}", f"{each.num_held_back:,}"),
            *(f"{each.num_faces:,}", f"{each.num_with_points:,}", f"{each.weight:g}"),
            each.licence or "not given",
        ]
        for each in data
    ]
    return _bounded(Table([*header, "licence"], rows), "sets")


def stages_table(stages: Sequence[StageSummary]) -> Table:
    """Return how the networks were trained."""
    kinds = list(dict.fromkeys(kind for each in stages for kind in each.samples))
    rows = [
        [
            *(title_of(each.key), each.architecture, f"{each.steps:,}", f"{each.batch:,}"),
            *(f"{each.samples[kind]:,}" if kind in each.samples else NOTHING for kind in kinds),
            duration(each.seconds),
        ]
        for each in stages
    ]
    header = ["network", "architecture", "steps", "batch"]
    return Table([*header, *(f"{kind.replace('_', ' ')} samples" for kind in kinds), "time"], rows)


def recall_table(stage: StageSummary) -> Table | None:
    """Return the recall of a stage at several numbers of boxes; None if it was not measured."""
    if stage.after is None:
        return None
    before = {} if stage.before is None else stage.before.recall
    header = ["boxes a photograph", *(["before"] if before else []), "after"]
    rows = [
        [
            f"{count:,}",
            *([percent(before.get(count, math.nan))] if before else []),
            percent(recall),
        ]
        for count, recall in stage.after.recall.items()
    ]
    return Table(header, rows)


def figures_table(part: Part) -> Table:
    """Return figures before and after, and their differences."""
    after = _figures(part.after)
    if part.before is None:
        return Table(["", "after"], [[name, text] for name, (text, _, _) in after.items()])
    before = _figures(part.before)
    rows = []
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, _NONE), after.get(name, _NONE)
        change = (new[1] - old[1]) * old[2]
        shown = NOTHING if math.isnan(change) else f"{change:+.{1 if old[2] == 100 else 2}f}"
        rows.append(
            [
                name,
                old[0],
                new[0],
                shown + (" points" if old[2] == 100 and shown != NOTHING else ""),
            ]
        )
    return Table(["", part.before_name, "after", "change"], rows)


_Figure = tuple[str, float, float]  # shown, value, factor of a difference: 100 for points
_NONE: _Figure = (NOTHING, math.nan, 1)


def _figures(figures: CascadeFigures) -> dict[str, _Figure]:
    """Return figures by their names."""

    def share(value: float) -> _Figure:
        return percent(value), value, 100

    found = {"average precision at IoU 0.5": share(figures.average_precision)}
    for each in figures.by_height:
        if each.num_faces:
            name = f"average precision, {_range(each)} ({each.num_faces:,} faces)"
            found[name] = share(each.average_precision)
    point = figures.operating
    if point is not None:
        found["recall"] = share(point.recall)
        found["precision"] = share(point.precision)
        number = point.false_positives_per_image
        text = NOTHING if math.isnan(number) else f"{number:.2f}"
        found["false positives a photograph"] = (text, number, 1)
    if figures.landmarks.num_faces:
        found["landmark error"] = share(figures.landmarks.mean)
    if point is not None:
        time = 1000 * point.seconds_per_image
        text = NOTHING if math.isnan(time) else f"{time:.0f} ms"
        found["processor time a photograph"] = (text, math.nan, 1)
        found["thresholds"] = (", ".join(f"{each:g}" for each in point.thresholds), math.nan, 1)
    return found


def _range(each: HeightFigures) -> str:
    if math.isinf(each.below):
        return f"faces of {each.lowest:g} px or more"
    if each.lowest == 0:
        return f"faces below {each.below:g} px"
    return f"faces of {each.lowest:g} to {each.below:g} px"


def origin_of(summary: RunSummary) -> str:
    """Return in words what a training began with."""
    start = summary.settings.get("start")
    if not summary.fine_tuned:
        return "random weights"
    if start == "shipped":
        return "the shipped networks"
    return f"the networks of {start}" if start else "other networks"


def detector_of(summary: RunSummary, folder: str) -> str:
    """Return the Python expression of a detector that searches as the run was measured."""
    size = _min_face_size(summary)
    return f"fastmtcnn.MTCNN(models={folder!r}{f', min_face_size={size}' if size else ''})"


def size_argument(summary: RunSummary) -> str:
    """Return the option of the command line that `detector_of` has as a parameter."""
    size = _min_face_size(summary)
    return f" --min-face-size {size}" if size else ""


def _min_face_size(summary: RunSummary) -> str:
    """Return the size of the run; empty if it is the default."""
    size = summary.settings.get("min_face_size", Options().min_face_size)
    return "" if size == Options().min_face_size else f"{size:g}"


def option_texts(settings: Mapping[str, object]) -> dict[str, str]:
    """Return settings by the names of their options, with values as these are written.

    Parameters
    ----------
    settings : mapping of str to JSON values
        Attributes of `Settings`, and others. Those that are None or empty are left out.
    """
    return {
        _OPTIONS.get(name, name).replace("_", "-"): _text(value)
        for name, value in settings.items()
        if value is not None and value not in ((), [], {}, "")
    }


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{name}={each}" for name, each in value.items())
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return str(value)


def thresholds_table(choice: ThresholdChoice) -> Table:
    """Return the chosen thresholds, and what was estimated and measured of them."""
    columns = (choice.lowest, choice.estimated, choice.measured)
    rows = [
        [f"threshold of {role.title}", *(f"{each.thresholds[k]:g}" for each in columns)]
        for k, role in enumerate(ROLES)
    ]
    rows += [
        ["recall", *(percent(each.recall) for each in columns)],
        ["precision", *(percent(each.precision) for each in columns)],
        ["average precision", *(percent(each.average_precision) for each in columns)],
    ]
    return Table(["", "lowest", "chosen, estimated", "chosen, measured"], rows)


def _bounded(table: Table, what: str) -> Table:
    more = len(table.rows) - _MOST_ROWS
    if more <= 0:
        return table
    rest = [f"{more:,} more {what}", *[""] * (len(table.header) - 1)]
    return Table(table.header, [*table.rows[:_MOST_ROWS], rest])
