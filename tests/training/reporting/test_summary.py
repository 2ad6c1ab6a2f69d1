from __future__ import annotations

import math

import pytest

from fastmtcnn.training.reporting.summary import Part, verdicts
from fastmtcnn.training.reporting.tables import (
    data_table,
    duration,
    figures_table,
    percent,
    recall_table,
    stages_table,
    thresholds_table,
)
from tests.support.runs import choice, figures, part, run_summary


@pytest.mark.parametrize(
    ("before", "after", "level", "beginning"),
    [
        (0.76, 0.885, "good", "+12.5 points of average precision on the held-back part, compared"),
        (0.76, 0.762, "neutral", "Nothing was gained: +0.2 points of average precision"),
        (0.76, 0.758, "neutral", "Nothing was gained: -0.2 points"),
        (0.76, 0.70, "bad", "Nothing was gained: -6.0 points"),
        (0.76, math.nan, "bad", "The held-back part has no face"),
    ],
)
def test_verdict_on_the_own_part(before: float, after: float, level: str, beginning: str) -> None:
    (verdict,) = verdicts(run_summary(parts=[part(before, after)]))
    assert verdict.level == level
    assert verdict.text.startswith(beginning)


@pytest.mark.parametrize(
    ("after", "level", "beginning"),
    [
        (0.80, "good", "The networks lost at most 1 point on the guard set wider: +0.0 points"),
        (0.7901, "good", "The networks lost at most 1 point on the guard set wider: -1.0 points"),
        (0.789, "bad", "The networks got worse on the guard set wider, by more than 1 point: -1.1"),
    ],
)
def test_verdict_on_the_guard_set(after: float, level: str, beginning: str) -> None:
    _, verdict = verdicts(run_summary(parts=[part(0.7, 0.8), part(0.8, after, "guard")]))
    assert verdict.level == level
    assert verdict.text.startswith(beginning)


def test_limit_of_the_guard_set() -> None:
    summary = run_summary(parts=[part(0.8, 0.78, "guard")], guard_limit=0.015)
    assert "by more than 1.5 points: -2.0 points" in verdicts(summary)[0].text
    assert verdicts(run_summary(parts=summary.parts, guard_limit=0.03))[0].level == "good"


def test_run_from_random_weights_is_compared_with_nothing() -> None:
    summary = run_summary(parts=[Part("held-back part", "own", figures(0.8))])
    assert verdicts(summary) == [
        ("neutral", "Average precision on the held-back part is 80.0%."),
    ]
    assert math.isnan(summary.parts[0].gain)
    guard = Part("guard", "guard", figures(0.8))
    assert verdicts(run_summary(parts=[guard])) == []


def test_figures_by_hand() -> None:
    table = figures_table(part(0.76, 0.885))
    assert table.header == ["", "shipped networks", "after", "change"]
    rows = {name: cells for name, *cells in table.rows}
    assert rows["average precision at IoU 0.5"] == ["76.0 %", "88.5 %", "+12.5 points"]
    assert rows["average precision, faces of 20 to 40 px (120 faces)"][:2] == ["56.0 %", "68.5 %"]
    assert rows["average precision, faces of 80 px or more (1,200 faces)"][1] == "93.5 %"
    assert not any("10 to 20" in name for name in rows)  # no face is so small
    assert rows["false positives a photograph"] == ["0.25", "0.25", "+0.00"]
    assert rows["landmark error"] == ["5.6 %", "5.6 %", "+0.0 points"]
    assert rows["processor time a photograph"] == ["46 ms", "46 ms", "–"]  # noqa: RUF001
    assert rows["thresholds"][0] == "0.6, 0.7, 0.8"


def test_figures_without_comparison_or_operating_point() -> None:
    table = figures_table(Part("part", "own", figures(math.nan, operating=None)))
    assert table.header == ["", "after"]
    assert table.rows[0] == ["average precision at IoU 0.5", "–"]  # noqa: RUF001
    assert not any(name == "recall" for name, _ in table.rows)


def test_other_tables() -> None:
    summary = run_summary()
    assert data_table(summary.data).rows[1] == [
        *("points", "landmarks80", "5,849", "0", "5,849", "5,849", "0.5", "not given"),
    ]
    pnet, _, onet = summary.stages
    recall = recall_table(pnet)
    assert recall is not None
    assert recall.header == ["boxes a photograph", "before", "after"]
    assert recall.rows == [
        *(["10", "50.0 %", "50.0 %"], ["30", "80.0 %", "85.0 %"], ["1,000", "95.1 %", "95.1 %"]),
    ]
    assert recall_table(onet) is None
    stages = stages_table(summary.stages)
    assert stages.header[4:] == ["positive samples", "negative samples", "time"]
    assert stages.rows[0] == ["P-Net", "original", "4,000", "384", "12,000", "36,000", "3 min"]
    thresholds = thresholds_table(choice())
    assert thresholds.rows[2] == ["threshold of O-Net", "0.02", "0.723", "0.723"]
    assert thresholds.rows[3] == ["recall", "95.0 %", "81.0 %", "81.5 %"]


def test_many_sets_are_bounded() -> None:
    summary = run_summary()
    table = data_table([*summary.data] * 100)
    assert len(table.rows) == 51
    assert table.rows[-1][0] == "150 more sets"
    assert {len(row) for row in table.rows} == {len(table.header)}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(12.3, "12 s"), (29, "29 s"), (45, "1 min"), (3600, "1 h 0 min"), (9000, "2 h 30 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_numbers_that_are_not_known() -> None:
    assert percent(math.nan) == duration(math.nan) == "–"  # noqa: RUF001
