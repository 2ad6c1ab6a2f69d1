"""The choice between old and fine-tuned networks, and the mixtures of their weights between them.

Wortsman and others, "Robust fine-tuning of zero-shot models", CVPR 2022 (WiSE-FT): networks whose
weights are (1 - alpha) * old + alpha * fine-tuned often keep what the old ones could do, with most
of what the fine-tuned ones learned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ... import checks

# Differences of average precision up to 0.3 points are chance in sets of some hundred photographs.
DEFAULT_NOISE = 0.003


@dataclass(frozen=True)
class BlendFigures:
    """How good the networks of one mixture are.

    Attributes
    ----------
    alpha : float
        Share of the fine-tuned weights, 0 (the old networks) to 1.
    average_precision : float
        On held-back photographs of the user's own, 0 to 1.
    guard_average_precision : float
        On the guard set, which must not get worse, 0 to 1; NaN if there is none.
    landmark_error : float
        Mean error of the landmarks, as a share of the distance between the eyes; NaN if it was not
        measured.
    """

    alpha: float
    average_precision: float
    guard_average_precision: float = math.nan
    landmark_error: float = math.nan


@dataclass(frozen=True)
class BlendChoice:
    """The chosen mixture.

    Attributes
    ----------
    chosen : BlendFigures
        Its figures.
    reason : str
        One sentence.
    """

    chosen: BlendFigures
    reason: str


def choose_blend(
    figures: Sequence[BlendFigures],
    *,
    guard_loss: float = 0.01,
    landmark_loss: float = 0.005,
    noise: float = DEFAULT_NOISE,
) -> BlendChoice:
    """Choose the share of the fine-tuned weights.

    Of the mixtures that lose at most the limits against the old networks, the one with the highest
    average precision on the user's photographs is the best; the chosen one is that with the
    smallest alpha which is not worse than the best by more than the noise, and better than the old
    networks by more than the noise. If there is none, the old networks are.

    Parameters
    ----------
    figures : sequence of BlendFigures
        Figures of several alphas, among them 0, in any order.
    guard_loss : float, default 0.01
        Largest loss of average precision on the guard set, 0 to 1.
    landmark_loss : float, default 0.005
        Largest growth of the landmark error, 0 to 1.
    noise : float, default 0.003
        Difference of average precision, 0 to 1, that may be chance.

    Raises
    ------
    ValueError, TypeError
        If a limit is not a number from 0 to 1, an alpha is not, alphas repeat, there are no figures
        of alpha 0, or its average precision is NaN.
    """
    selection = _select(figures, guard_loss, landmark_loss, noise)
    return BlendChoice(selection.chosen, _reason(selection))


def deciding_alpha(
    figures: Sequence[BlendFigures],
    *,
    guard_loss: float = 0.01,
    landmark_loss: float = 0.005,
    noise: float = DEFAULT_NOISE,
) -> float | None:
    """Return the mixture whose figure on the guard set the choice depends on next.

    The guard set need not be searched with all mixtures: as soon as this function returns None,
    `choose_blend` chooses what it would with the figures of all.

    Parameters
    ----------
    figures, guard_loss, landmark_loss, noise
        As for `choose_blend`; figures on the guard set that are not measured yet are NaN.

    Returns
    -------
    float or None
        Its alpha; None if the figures suffice.

    Raises
    ------
    ValueError, TypeError
        As `choose_blend`.
    """
    selection = _select(figures, guard_loss, landmark_loss, noise)
    for each in (selection.old, selection.best, selection.chosen):
        if math.isnan(each.guard_average_precision):
            return each.alpha
    return None


class _Selection(NamedTuple):
    old: BlendFigures
    best: BlendFigures
    chosen: BlendFigures
    num_refused: int


def _select(
    figures: Sequence[BlendFigures], guard_loss: float, landmark_loss: float, noise: float
) -> _Selection:
    for name, limit in (
        ("guard_loss", guard_loss),
        ("landmark_loss", landmark_loss),
        ("noise", noise),
    ):
        checks.fraction(name, limit)
    by_alpha = {checks.fraction("each alpha", each.alpha): each for each in figures}
    if len(by_alpha) < len(figures) or 0.0 not in by_alpha:
        alphas = ", ".join(f"{each.alpha:g}" for each in figures)
        raise ValueError(
            f"figures must have different alphas, among them 0, got {alphas or 'none'}"
        )
    old = by_alpha[0.0]
    if math.isnan(old.average_precision):
        raise ValueError("the average precision of alpha 0 must be a number, got nan: no faces?")
    within = [
        each
        for _, each in sorted(by_alpha.items())
        if each is old
        or not (
            _worse(old.guard_average_precision - each.guard_average_precision, guard_loss)
            or _worse(each.landmark_error - old.landmark_error, landmark_loss)
            or math.isnan(each.average_precision)
        )
    ]
    best = max(within, key=lambda each: each.average_precision)
    # Old networks are given up only for a gain that is hardly chance.
    enough = max(best.average_precision - noise, math.nextafter(old.average_precision + noise, 2))
    chosen = next((each for each in within if each.average_precision >= enough), old)
    return _Selection(old, best, chosen, len(by_alpha) - len(within))


def _worse(loss: float, limit: float) -> bool:
    """Return whether a loss exceeds its limit; NaN, which was not measured, does not."""
    return loss > limit


def _reason(selection: _Selection) -> str:
    old, best, chosen, num_refused = selection
    gain = 100 * (chosen.average_precision - old.average_precision)
    refused = "1 mixture loses" if num_refused == 1 else f"{num_refused} mixtures lose"
    beyond = f"; {refused} more than the limits" if num_refused else ""
    if chosen is old:
        return f"No mixture is better than the old networks by more than chance{beyond}."
    nearer = (
        f", within chance of the best, {best.alpha:g}, and nearer to the old networks"
        if chosen is not best
        else ", the best"
    )
    return (
        f"With {chosen.alpha:g} of the fine-tuned weights{nearer}, average precision is "
        f"{gain:+.1f} points{beyond}."
    )
