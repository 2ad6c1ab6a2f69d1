"""What came of a training."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from ..graphs.writing import WrittenNetwork
from .blending import Blend
from .judging.figures import CascadeFigures
from .judging.thresholds import ThresholdChoice


@dataclass(frozen=True)
class Comparison:
    """Figures of the networks before and after training, on the same photographs.

    Attributes
    ----------
    before : CascadeFigures
        Of the networks that the training began with, or of the shipped ones if it began with
        random weights; with thresholds that are chosen in the same way.
    after : CascadeFigures
        Of the trained networks, with the chosen thresholds.
    """

    before: CascadeFigures
    after: CascadeFigures


@dataclass(frozen=True)
class Outcome:
    """What came of a training.

    Attributes
    ----------
    own : Comparison
        Figures on the held-back photographs.
    guard : Comparison or None
        Figures on the guard set; None if there is none.
    thresholds : ThresholdChoice
        The chosen thresholds.
    blend : Blend or None
        The mixture of old and fine-tuned weights; None without fine-tuning, or if no face is held
        back to choose it with.
    written : list of WrittenNetwork
        The files.
    """

    own: Comparison
    guard: Comparison | None
    thresholds: ThresholdChoice
    blend: Blend | None
    written: list[WrittenNetwork]

    @property
    def has_gained(self) -> bool:
        """Whether the trained networks differ from those that the training began with."""
        return self.blend is None or self.blend.choice.chosen.alpha > 0


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON values.

    Parameters
    ----------
    outcome : Outcome
        What came of a training.
    """
    blend = outcome.blend
    values: dict[str, Any] = _plain(
        {
            "own": asdict(outcome.own),
            "guard": None if outcome.guard is None else asdict(outcome.guard),
            "thresholds": asdict(outcome.thresholds),
            "blend": None
            if blend is None
            else {
                "alpha": blend.choice.chosen.alpha,
                "reason": blend.choice.reason,
                "figures": [asdict(each) for each in blend.figures],
            },
            "files": {each.key: each.problem for each in outcome.written},
        }
    )
    return values


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Return values that JSON has, with null for numbers that it lacks."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
