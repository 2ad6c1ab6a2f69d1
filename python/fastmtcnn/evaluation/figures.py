"""Figures of precision-recall, ROC and error curves, drawn by matplotlib."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..extras import importing
from ..files.atomic_write import replacing
from .precision_recall import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg")
_INCHES, _DPI = (6.4, 4.8), 150


def precision_recall_figure(curves: Mapping[str, Curve], title: str) -> Figure:
    """Draw precision against recall.

    Parameters
    ----------
    curves : mapping of str to Curve
        Curves by their names in the legend, which adds the average precision.
    title : str
        Title above the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    figure, axes = _empty(title)
    for name, curve in curves.items():
        shown = curve.recall > 0
        recall, precision = curve.recall[shown], curve.precision[shown]
        axes.plot(
            np.concatenate([[0], recall]),
            np.concatenate([precision[:1], precision]) if len(recall) else [0],
            label=name
            if math.isnan(curve.average_precision)
            else f"{name}  {100 * curve.average_precision:.1f} %",
        )
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.005), ylim=(0, 1.01))
    axes.legend(loc="lower left", title="average precision")
    return figure


def roc_figure(curves: Mapping[str, Curve], title: str) -> Figure:
    """Draw the true positive rate against the number of false positives, as FDDB does.

    Parameters
    ----------
    curves : mapping of str to Curve
        Curves of `voc_curve` by their names in the legend.
    title : str
        Title above the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    figure, axes = _empty(title)
    for name, curve in curves.items():
        axes.step(curve.num_false_positives, curve.recall, where="post", label=name)
    axes.set(xlabel="false positives", ylabel="true positive rate", ylim=(0, 1.01))
    axes.set_xlim(left=0)
    axes.legend(loc="lower right")
    return figure


def cumulative_figure(
    errors: Mapping[str, npt.NDArray[np.float64]], title: str, *, most: float = 0.2
) -> Figure:
    """Draw the cumulative distribution of landmark errors.

    Parameters
    ----------
    errors : mapping of str to ndarray of float64, shape (n,)
        Errors of the faces, as shares of the distance between the eyes, by their names in the
        legend; infinity for a face that was not found.
    title : str
        Title above the figure.
    most : float, default 0.2
        Error at which the axis ends.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    figure, axes = _empty(title)
    for name, each in errors.items():
        rising = np.sort(each)
        shares = np.arange(1, len(rising) + 1) / max(len(rising), 1)
        shown = rising <= most
        steps = np.concatenate([[0], rising[shown], [most]])
        reached = np.concatenate([[0], shares[shown], [np.mean(rising <= most)]])
        axes.step(100 * steps, reached, where="post", label=name)
    axes.set(
        xlabel="mean error of a face's landmarks, % of the distance between the eyes",
        ylabel="share of the faces",
        xlim=(0, 100 * most),
        ylim=(0, 1.01),
    )
    axes.legend(loc="lower right")
    return figure


def save_figure(figure: Figure, path: str | Path) -> list[Path]:
    """Write a figure as PNG and as SVG.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    path : str or Path
        Path of the files without suffix. The folder is created.

    Returns
    -------
    list of Path
        Paths of the files.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    with importing("evaluate"):
        import matplotlib as mpl
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    paths = [path.with_name(path.name + suffix) for suffix in SUFFIXES]
    for each in paths:
        content = io.BytesIO()
        # Without a date and with a fixed salt for ids, equal figures give equal files.
        with mpl.rc_context({"svg.hashsalt": "fastmtcnn"}):
            metadata = {"Date": None} if each.suffix == ".svg" else {}
            figure.savefig(content, format=each.suffix[1:], dpi=_DPI, metadata=metadata)
        with replacing(each) as file:
            file.write(content.getvalue())
    return paths


def _empty(title: str) -> tuple[Figure, Axes]:
    with importing("evaluate"):
        from matplotlib.figure import Figure
    figure = Figure(figsize=_INCHES, layout="constrained")
    axes = figure.add_subplot()
    # The title may come from a path: it is not a formula, and may contain undecodable bytes.
    axes.set_title(title.encode(errors="replace").decode(), parse_math=False)
    axes.grid(alpha=0.3)
    return figure, axes
