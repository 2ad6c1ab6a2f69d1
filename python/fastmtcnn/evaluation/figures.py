"""Curves as pictures."""

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
        By what the legend calls them, to which it adds the average precision.
    title : str
        Above the picture.

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
        By what the legend calls them; of `voc_curve`.
    title : str
        Above the picture.

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
        axes.step(curve.num_wrong, curve.recall, where="post", label=name)
    axes.set(xlabel="false positives", ylabel="true positive rate", ylim=(0, 1.01))
    axes.set_xlim(left=0)
    axes.legend(loc="lower right")
    return figure


def cumulative_figure(
    errors: Mapping[str, npt.NDArray[np.float64]], title: str, *, most: float = 0.2
) -> Figure:
    """Draw which share of the faces has at most an error of so much.

    Parameters
    ----------
    errors : mapping of str to ndarray of float64, shape (n,)
        By what the legend calls them: of each face, as a share of the distance between the eyes;
        infinity for one that was not found.
    title : str
        Above the picture.
    most : float, default 0.2
        Where the axis ends.

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
    """Write a picture as PNG and as SVG.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The picture.
    path : str or Path
        Of the files, without suffix. The folder is made.

    Returns
    -------
    list of Path
        Of the files.

    Raises
    ------
    OSError
        If one cannot be written.
    """
    with importing("evaluate"):
        import matplotlib as mpl
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    paths = [path.with_name(path.name + suffix) for suffix in SUFFIXES]
    for each in paths:
        content = io.BytesIO()
        # The same file from the same numbers: no date, and no names made up.
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
    # What comes from outside is no formula, and may be no Unicode.
    axes.set_title(title.encode(errors="replace").decode(), parse_math=False)
    axes.grid(alpha=0.3)
    return figure, axes
