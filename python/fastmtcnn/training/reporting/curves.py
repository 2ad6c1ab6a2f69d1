"""Curves of a run, drawn by matplotlib."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...evaluation.figures import save_figure
from ...extras import importing
from ...networks.network import ROLES
from .history import Series, StageHistory, stage_history

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#1b1f24"  # colour of texts and lines, which the page replaces by its own

_WIDTH, _HEIGHT = 4.4, 7.6  # inches of a column, and of the figure
_COLOURS = ("#0a7f3f", "#1f6fb5", "#c2571a", "#7b4fb0", "#a8871d", "#5d6875")


def curves_figure(lines: Iterable[Mapping[str, Any]], title: str) -> Figure:
    """Draw losses, learning rate, and figures on held-back photographs of the stages of a run.

    Parameters
    ----------
    lines : iterable of mapping
        Lines of its log, from `read_log`.
    title : str
        Title above the figure.

    Returns
    -------
    matplotlib.figure.Figure
        A column for each stage that the log has; at least one.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    with importing("train"):
        import matplotlib as mpl
        from matplotlib.figure import Figure
    listed = list(lines)
    histories = {role.title: stage_history(listed, role.key) for role in ROLES}
    shown = {name: each for name, each in histories.items() if each.losses or each.figures} or dict(
        list(histories.items())[:1]
    )
    with mpl.rc_context(_style()):
        figure = Figure(figsize=(_WIDTH * len(shown), _HEIGHT), layout="constrained")
        figure.suptitle(title.encode(errors="replace").decode(), parse_math=False)
        grid = figure.subplots(3, len(shown), squeeze=False, height_ratios=(1, 0.45, 1))
        for column, (name, each) in zip(grid.T, shown.items(), strict=True):
            _draw_stage(column, name, each)
    return figure


def save_curves(figure: Figure, path: Path) -> list[Path]:
    """Write curves as PNG and as SVG, whose texts stay texts.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    path : Path
        Path of the files without suffix.

    Returns
    -------
    list of Path
        Paths of the files.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    with importing("train"):
        import matplotlib as mpl
    with mpl.rc_context(_style()):
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # it is laid out, which takes longer than to draw it
        return save_figure(figure, path)


def _style() -> Any:  # noqa: ANN401 (matplotlib 3.11 has a type of its own for the names)
    ink = dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK
    )
    return {**ink, "svg.fonttype": "none", "font.size": 9, "legend.frameon": False}


def _draw_stage(axes: Sequence[Axes], name: str, history: StageHistory) -> None:
    losses, rate, figures = axes
    losses.set(title=name, xlabel="steps", ylabel="loss", yscale="log")
    _draw(losses, history.losses, over_time=False)
    rate.set(xlabel="steps", ylabel="learning rate")
    _draw(rate, history.rates, over_time=False)
    rate.set_ylim(bottom=0)
    figures.set(xlabel="minutes since the run began", ylabel="%, held-back photographs")
    _draw(figures, history.figures, over_time=True)
    figures.set_ylim(0, 100)


def _draw(axes: Axes, series: Sequence[Series], over_time: bool) -> None:
    for number, each in enumerate(series):
        axes.plot(
            each.minutes if over_time else each.steps,
            100 * each.values if over_time else each.values,
            label=each.name,
            color=_COLOURS[number % len(_COLOURS)],
            marker="o" if over_time or len(each.values) == 1 else "",
            markersize=3,
            linewidth=1.4,
        )
    axes.grid(alpha=0.3)
    if len(series) > 1 or (over_time and series):
        # Below, where no line is.
        axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
    if not series:
        axes.text(0.5, 0.5, "no values", transform=axes.transAxes, ha="center", va="center")
