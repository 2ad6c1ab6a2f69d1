from __future__ import annotations

from typing import Any

import numpy as np

from fastmtcnn.training.reporting.history import stage_history
from tests.support.runs import log_lines


def loss(step: int, value: object, seconds: float = 60.0, stage: str = "pnet") -> dict[str, Any]:
    return {"stage": stage, "event": "loss", "step": step, "seconds": seconds, "loss": value}


def test_curves_of_a_stage() -> None:
    history = stage_history(log_lines(), "pnet")
    assert [each.name for each in history.losses] == [
        *("all", "face classification", "bounding-box regression", "landmark localisation"),
    ]
    assert [each.name for each in history.rates] == ["learning rate"]
    assert [each.name for each in history.figures] == [
        *("recall, 10 boxes", "recall, 100 boxes", "recall, 300 boxes"),
    ]
    first = history.losses[0]
    assert first.steps.tolist() == list(range(100, 4001, 100))
    np.testing.assert_allclose(first.minutes, np.arange(1, 41) * 7 / 60)


def test_figures_of_onet_and_missing_losses() -> None:
    assert [each.name for each in stage_history(log_lines(), "onet").figures] == [
        *("average precision", "recall"),
    ]
    assert len(stage_history(log_lines(), "rnet").losses) == 3  # without landmarks


def test_repeated_steps_are_those_of_the_last_run() -> None:
    lines = [loss(1, 0.9), loss(2, 0.8), loss(3, 0.7), loss(2, 0.5), loss(4, 0.4)]
    (series,) = stage_history(lines, "pnet").losses
    assert series.steps.tolist() == [1, 2, 4]
    assert series.values.tolist() == [0.9, 0.5, 0.4]


def test_values_that_are_no_numbers_are_left_out() -> None:
    values = [0.9, None, "x", True, float("inf"), {"a": 1}, 0.5]
    lines = [loss(step, value) for step, value in enumerate(values)]
    (series,) = stage_history(
        [*lines, {"seconds": 1.0}, {"stage": "pnet", "step": None}], "pnet"
    ).losses
    assert series.values.tolist() == [0.9, 0.5]


def test_long_logs_are_thinned_out() -> None:
    (series,) = stage_history([loss(step, step / 7) for step in range(50_000)], "pnet").losses
    assert len(series.values) == 1000
    assert series.steps[[0, -1]].tolist() == [0, 49_999]
    np.testing.assert_array_equal(series.values, series.steps / 7)


def test_empty_log() -> None:
    history = stage_history([], "pnet")
    assert history.losses == history.rates == history.figures == []
