"""Former names of the evaluation still work, and warn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fastmtcnn import evaluation
from fastmtcnn.evaluation import GroundTruth, LandmarkErrors, Predictions

BOX = np.array([[0.0, 0.0, 9.0, 9.0]])
YES, NO = np.array([True]), np.array([False])
OLD: Any = evaluation  # whose former names type checkers do not know
ERRORS = LandmarkErrors(np.full((1, 5), 0.025))


def curve(**change: Any) -> Any:
    precision, recall = np.array([1.0, 0.5]), np.array([0.5, 1.0])
    fields = {"num_false_positives": np.array([0, 2]), **change}
    if "num_wrong" in change:
        del fields["num_false_positives"]
    return OLD.Curve(
        precision=precision,
        recall=recall,
        thresholds=np.array([0.9, 0.8]),
        num_faces=2,
        **fields,
    )


@pytest.mark.parametrize(("former", "now"), [("Truth", "GroundTruth"), ("Found", "BoxesAndScores")])
def test_classes(former: str, now: str) -> None:
    with pytest.warns(DeprecationWarning, match=rf"evaluation\.{former} is deprecated, .*'{now}'"):
        assert getattr(evaluation, former) is getattr(evaluation, now)


def test_what_never_was() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Thruth'"):
        _ = evaluation.Thruth  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("use", "words", "expected"),
    [
        (lambda: OLD.GroundTruth(BOX, YES).counted, "'counted' of GroundTruth", [True]),
        (lambda: OLD.GroundTruth(BOX, counted=NO).valid, "'counted' of GroundTruth", [False]),
        (lambda: OLD.GroundTruth(BOX, YES)._replace(counted=NO).valid, "'counted' of Gr", [False]),
        (lambda: OLD.Matches(YES, NO, NO).right, "'right' of Matches", [True]),
        (lambda: OLD.Matches(right=YES, ignored=NO, faces=NO)[0], "'right' of Matches", [True]),
        (lambda: curve().num_wrong, "'num_wrong' of Curve", [0, 2]),
        (lambda: curve(num_wrong=np.array([1, 3]))[3], "'num_wrong' of Curve", [1, 3]),
        (lambda: [curve().recall_at(num_wrong=1)], r"'num_wrong' of Curve\.recall_at", [0.5]),
        # At recall 0 to 0.5 the precision is 1, above it is a half.
        (lambda: [curve().eleven_point_precision], "'eleven_point_precision'", [(6 + 2.5) / 11]),
        (lambda: [ERRORS.area(0.1)], "'area' of LandmarkErrors", [0.75]),
    ],
)
def test_attributes_and_arguments(use: Callable[[], Any], words: str, expected: list[Any]) -> None:
    with pytest.warns(DeprecationWarning, match=words) as warned:
        value = use()
    assert np.asarray(value).tolist() == pytest.approx(expected)
    assert {each.filename for each in warned} == {__file__}


def test_both_names_at_once() -> None:
    with pytest.raises(TypeError, match="'valid' or its former name 'counted', got both"):
        GroundTruth(BOX, valid=YES, counted=YES)  # type: ignore[call-arg]


def test_new_names_do_not_warn(recwarn: pytest.WarningsRecorder) -> None:
    matches = evaluation.match(Predictions(BOX, np.ones(1)), GroundTruth.of(BOX))
    assert matches.true_positives.tolist() == [True]
    assert curve()._replace(num_faces=3).recall_at(0) == 0.5
    assert ERRORS.auc(0.1) == pytest.approx(0.75)
    assert not recwarn.list
