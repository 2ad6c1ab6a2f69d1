"""The course of a run, read from its log."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_MOST_POINTS = 1000  # of a curve; more cannot be seen

_LOSSES = {
    "loss": "all",
    "class_loss": "face classification",
    "box_loss": "bounding-box regression",
    "landmark_loss": "landmark localisation",
}
_FIGURES = {
    "average_precision": "average precision",
    "recall": "recall",
    "landmark_error": "landmark error",
}


@dataclass(frozen=True, eq=False)
class Series:
    """A curve.

    Attributes
    ----------
    name : str
        What it shows.
    steps : ndarray of float64, shape (n,)
        Steps of the stage, rising.
    minutes : ndarray of float64, shape (n,)
        Minutes since the run began, without interruptions.
    values : ndarray of float64, shape (n,)
        The values, all finite.
    """

    name: str
    steps: npt.NDArray[np.float64]
    minutes: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]


@dataclass(frozen=True)
class StageHistory:
    """The course of the training of one network.

    Attributes
    ----------
    key : str
        The network.
    losses, rates, figures : list of Series
        Losses, learning rate, and figures on the watched photographs; those without values are
        left out.
    """

    key: str
    losses: list[Series]
    rates: list[Series]
    figures: list[Series]


def stage_history(lines: Iterable[Mapping[str, Any]], key: str) -> StageHistory:
    """Return the course of one stage.

    Parameters
    ----------
    lines : iterable of mapping
        Lines of a log, from `read_log`.
    key : str
        The stage.

    Returns
    -------
    StageHistory
        Curves of at most 1000 points. Where an interrupted run has repeated steps, the later values
        are taken.
    """
    own = [line for line in lines if line.get("stage") == key and _is_number(line.get("step"))]
    losses = _last_runs([line for line in own if line.get("event") == "loss"])
    figures = _last_runs([line for line in own if line.get("event") == "figures"])
    counts = sorted(
        {name for line in figures for name in _counts(line) if name.isdecimal()}, key=int
    )
    shown = [
        _series(losses, title, lambda line, n=name: line.get(n)) for name, title in _LOSSES.items()
    ]
    rates = [_series(losses, "learning rate", lambda line: line.get("rate"))]
    judged = [
        *(
            _series(figures, f"recall, {name} boxes", lambda line, n=name: _counts(line).get(n))
            for name in counts
        ),
        *(
            _series(figures, title, lambda line, n=name: line.get(n))
            for name, title in _FIGURES.items()
        ),
    ]
    return StageHistory(key, _with_values(shown), _with_values(rates), _with_values(judged))


def _last_runs(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return lines without those whose steps were repeated after an interruption."""
    kept: list[Mapping[str, Any]] = []
    for line in lines:
        while kept and kept[-1]["step"] >= line["step"]:
            kept.pop()
        kept.append(line)
    return kept


def _counts(line: Mapping[str, Any]) -> Mapping[str, Any]:
    recall = line.get("recall")
    return recall if isinstance(recall, Mapping) else {}


def _series(lines: Sequence[Mapping[str, Any]], name: str, value_of: Any) -> Series:  # noqa: ANN401
    points = [
        (float(line["step"]), float(line["seconds"]) / 60, float(value_of(line)))
        for line in lines
        if _is_number(value_of(line))
    ]
    if len(points) > _MOST_POINTS:
        chosen = np.linspace(0, len(points) - 1, _MOST_POINTS).round().astype(int)
        points = [points[k] for k in chosen]
    return Series(name, *np.array(points, np.float64).reshape(-1, 3).T)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _with_values(series: Iterable[Series]) -> list[Series]:
    return [each for each in series if len(each.values)]
