from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from fastmtcnn.training.judging.blending import (
    BlendFigures,
    choose_blend,
    deciding_alpha,
)

NAN = math.nan


def test_best_within_the_limit_of_the_guard_set() -> None:
    choice = choose_blend(
        [
            BlendFigures(0.0, 0.70, 0.80),
            BlendFigures(0.25, 0.76, 0.799),
            BlendFigures(0.5, 0.80, 0.791),
            BlendFigures(0.75, 0.83, 0.785),
            BlendFigures(1.0, 0.84, 0.75),
        ]
    )
    assert choice.chosen.alpha == 0.5
    assert choice.reason == (
        "With 0.5 of the fine-tuned weights, the best, average precision is +10.0 points; "
        "2 mixtures lose more than the limits."
    )


def test_chance_goes_to_the_nearer_one_and_order_does_not_matter() -> None:
    figures = [
        BlendFigures(1.0, 0.85, 0.80),
        BlendFigures(0.0, 0.70, 0.80),
        BlendFigures(0.5, 0.8471, 0.80),
        BlendFigures(0.25, 0.846, 0.80),
    ]
    for order in (figures, figures[::-1]):
        choice = choose_blend(order)
        assert choice.chosen.alpha == 0.5
        assert "within chance of the best, 1, and nearer to the old" in choice.reason
    assert choose_blend(figures, noise=0).chosen.alpha == 1
    assert choose_blend(figures, noise=0.01).chosen.alpha == 0.25


def test_a_gain_within_chance_is_not_enough() -> None:
    figures = [BlendFigures(0.0, 0.56), BlendFigures(0.4, 0.562), BlendFigures(1.0, 0.5645)]
    assert choose_blend(figures).chosen.alpha == 1
    assert choose_blend(figures[:2]).chosen.alpha == 0
    # Just the noise is not more than it.
    exactly = [BlendFigures(0.0, 0.5), BlendFigures(0.4, 0.75)]
    assert choose_blend(exactly, noise=0.25).chosen.alpha == 0


def test_nothing_gained() -> None:
    figures = [BlendFigures(0.0, 0.70, 0.80), BlendFigures(0.5, 0.702, 0.81)]
    choice = choose_blend([*figures, BlendFigures(1.0, 0.9, 0.5)])
    assert choice.chosen.alpha == 0
    assert choice.reason == (
        "No mixture is better than the old networks by more than chance; "
        "1 mixture loses more than the limits."
    )


def test_landmarks_have_a_limit_too() -> None:
    figures = [BlendFigures(0.0, 0.7, NAN, 0.06), BlendFigures(0.5, 0.8, NAN, 0.064)]
    worse = BlendFigures(1.0, 0.9, NAN, 0.07)
    assert choose_blend([*figures, worse]).chosen.alpha == 0.5
    assert choose_blend([*figures, worse], landmark_loss=0.02).chosen.alpha == 1


def test_without_guard_set_and_landmarks() -> None:
    assert choose_blend([BlendFigures(0.0, 0.7), BlendFigures(1.0, 0.8)]).chosen.alpha == 1


def test_unknown_average_precision_is_not_chosen() -> None:
    assert choose_blend([BlendFigures(0.0, 0.7), BlendFigures(1.0, NAN)]).chosen.alpha == 0


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        ([], "among them 0, got none"),
        ([BlendFigures(0.5, 0.7)], "among them 0, got 0.5"),
        ([BlendFigures(0.0, 0.7), BlendFigures(0.0, 0.8)], "different alphas"),
        ([BlendFigures(0.0, 0.7), BlendFigures(1.5, 0.8)], "each alpha must be a number from 0"),
        ([BlendFigures(0.0, NAN)], "average precision of alpha 0 must be a number"),
    ],
)
def test_wrong_figures(figures: list[BlendFigures], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        choose_blend(figures)


def test_wrong_limit() -> None:
    with pytest.raises(ValueError, match="guard_loss must be a number from 0 to 1, got -1"):
        choose_blend([BlendFigures(0.0, 0.7)], guard_loss=-1)


@pytest.mark.parametrize("seed", range(40))
def test_figures_on_the_guard_set_that_do_not_matter_are_not_asked_for(seed: int) -> None:
    """Asked for one by one, they lead to the choice that all of them do."""
    rng = np.random.default_rng(seed)
    alphas = (0.0, 0.25, 0.5, 0.75, 1.0)
    full = [
        BlendFigures(
            alpha,
            0.8 + 0.01 * rng.integers(4) + 0.002 * rng.integers(3),
            0.9 - 0.01 * alpha * rng.integers(4),
            0.05 + 0.01 * alpha * rng.integers(2),
        )
        for alpha in alphas
    ]
    known = {each.alpha: replace(each, guard_average_precision=math.nan) for each in full}
    asked = []
    while (alpha := deciding_alpha(list(known.values()))) is not None:
        asked.append(alpha)
        known[alpha] = full[alphas.index(alpha)]
    assert choose_blend(list(known.values())).chosen == choose_blend(full).chosen
    assert len(set(asked)) == len(asked)
    assert asked[0] == 0.0


def test_no_figures_on_the_guard_set_are_asked_for_but_of_old_and_best() -> None:
    figures = [BlendFigures(0, 0.7, 0.9), BlendFigures(0.5, 0.75), BlendFigures(1, 0.8, 0.9)]
    assert deciding_alpha(figures) is None
