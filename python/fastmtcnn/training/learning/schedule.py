"""Learning rates as a function of the step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

Decay: TypeAlias = Literal["cosine", "steps"]

_MILESTONES = (0.4, 0.7, 0.9)  # shares of the steps after which "steps" divides the rate by 10
_LAST_SHARE = 0.01  # of the highest rate, at the end of "cosine"


@dataclass(frozen=True)
class Schedule:
    """Warm-up, then decay.

    Attributes
    ----------
    steps : int
        Number of steps.
    rate : float
        Highest learning rate.
    decay : {"cosine", "steps"}
        Half a period of a cosine down to a hundredth; or a tenth after 40, 70 and 90 % of the
        steps.
    warm_up : float
        Share of the steps in which the rate grows linearly to the highest.
    """

    steps: int
    rate: float
    decay: Decay = "cosine"
    warm_up: float = 0.03

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step.

        Parameters
        ----------
        step : int
            Number of the step, 0 to steps - 1.
        """
        rising = math.ceil(self.steps * self.warm_up)
        if step < rising:
            return self.rate * (step + 1) / (rising + 1)
        if self.decay == "steps":
            return self.rate / 10 ** sum(step >= share * self.steps for share in _MILESTONES)
        progress = (step - rising) / max(self.steps - rising, 1)
        return self.rate * (
            _LAST_SHARE + (1 - _LAST_SHARE) * (1 + math.cos(math.pi * progress)) / 2
        )
