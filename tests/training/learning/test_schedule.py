"""Learning rates, beside numbers computed by hand."""

from __future__ import annotations

import pytest

from fastmtcnn.training.learning.schedule import Schedule


def test_warm_up_and_cosine() -> None:
    schedule = Schedule(104, 1.0, "cosine", warm_up=4 / 104)
    assert [schedule.rate_at(step) for step in range(4)] == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert schedule.rate_at(4) == pytest.approx(1)
    assert schedule.rate_at(54) == pytest.approx(0.505)  # half way: the mean of 1 and 0.01
    assert schedule.rate_at(103) == pytest.approx(0.01, abs=5e-4)
    rates = [schedule.rate_at(step) for step in range(4, 104)]
    assert rates == sorted(rates, reverse=True)


def test_steps() -> None:
    schedule = Schedule(1000, 0.01, "steps", warm_up=0)
    by_step = {0: 1, 399: 1, 400: 0.1, 699: 0.1, 700: 0.01, 899: 0.01, 900: 0.001, 999: 0.001}
    for step, share in by_step.items():
        assert schedule.rate_at(step) == pytest.approx(0.01 * share)


@pytest.mark.parametrize("decay", ["cosine", "steps"])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_few_steps(decay: str, steps: int) -> None:
    schedule = Schedule(steps, 0.1, decay)  # type: ignore[arg-type]
    assert all(0 < schedule.rate_at(step) <= 0.1 for step in range(steps))
