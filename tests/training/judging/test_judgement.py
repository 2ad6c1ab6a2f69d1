"""`Judgement` beside the functions that search for one figure alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

import fastmtcnn
from fastmtcnn import Detections
from fastmtcnn.cascade.cascade import Cascade
from fastmtcnn.training import AnnotatedImage
from fastmtcnn.training.judging import judgement
from fastmtcnn.training.judging.figures import cascade_figures, search_as_used
from fastmtcnn.training.judging.judgement import Judgement
from fastmtcnn.training.judging.stages import stage_recall
from fastmtcnn.training.judging.thresholds import Goal, choose_thresholds
from tests.support.annotated import golden_photographs

SIZE = {"min_face_size": 40.0}  # which is fast
THRESHOLDS = (0.6, 0.7, 0.8)
GOAL = Goal("precision", 0.9)


@pytest.fixture(scope="module")
def photographs() -> list[AnnotatedImage]:
    return golden_photographs(fastmtcnn.MTCNN(num_threads=1, min_face_size=40), shift=4)


@pytest.fixture(scope="module")
def judged(photographs: list[AnnotatedImage]) -> Judgement:
    return Judgement(None, photographs, SIZE, num_threads=1)


def test_figures(judged: Judgement, photographs: list[AnnotatedImage]) -> None:
    alone = cascade_figures(None, photographs, options={**SIZE, "thresholds": THRESHOLDS})
    found = judged.figures(THRESHOLDS)
    assert found.operating is not None
    assert alone.operating is not None
    point = replace(found.operating, seconds_per_image=alone.operating.seconds_per_image)
    assert replace(found, operating=point) == alone
    assert judged.average_precision == alone.average_precision


def test_landmarks_are_those_at_low_thresholds(
    judged: Judgement, photographs: list[AnnotatedImage]
) -> None:
    alone = cascade_figures(None, photographs, options=SIZE, operating=False)
    assert judged.landmarks == alone.landmarks


def test_chosen_thresholds(judged: Judgement, photographs: list[AnnotatedImage]) -> None:
    alone = choose_thresholds(None, photographs, GOAL, options=SIZE)
    found = judged.choose_thresholds(GOAL)
    point = replace(found.measured, seconds_per_image=alone.measured.seconds_per_image)
    assert replace(found, measured=point) == alone


@pytest.mark.parametrize("key", ["pnet", "rnet"])
def test_recall(judged: Judgement, photographs: list[AnnotatedImage], key: str) -> None:
    alone = stage_recall(None, photographs, key, options=SIZE)  # type: ignore[arg-type]
    found = judged.recall(key)  # type: ignore[arg-type]
    assert alone.seconds_per_image > 0
    assert replace(found, seconds_per_image=alone.seconds_per_image) == alone


def test_photographs_are_searched_once_for_each_set_of_thresholds(
    photographs: list[AnnotatedImage], monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[tuple[float, ...]] = []

    def counted(
        cascade: Cascade, images: Sequence[AnnotatedImage], num_threads: int | None = None
    ) -> tuple[float, list[Detections]]:
        searched.append(cascade.options.thresholds)
        return search_as_used(cascade, images, num_threads)

    monkeypatch.setattr(judgement, "search_as_used", counted)
    judged = Judgement(None, photographs[:2], SIZE, num_threads=1)
    thresholds = judged.choose_thresholds(GOAL).thresholds
    assert judged.figures(thresholds).operating is not None
    assert searched == [thresholds]
    judged.figures(THRESHOLDS)
    assert searched == [thresholds, THRESHOLDS]
