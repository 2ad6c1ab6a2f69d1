from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from fastmtcnn.training import TrainingSet
from fastmtcnn.training.data.splitting import Split
from fastmtcnn.training.reporting.gathering import data_summaries, notes_of, stage_summaries
from fastmtcnn.training.reporting.summary import DataSummary
from tests.support.annotated import annotated
from tests.support.runs import log_lines, recall


def test_data_of_a_run() -> None:
    points = np.full((3, 5, 2), np.nan)
    points[1:] = 5.0
    faces = annotated([[0, 0, 9, 9]] * 3, [False, False, True], points, name="own/a")
    own = TrainingSet("own", [faces, annotated([], name="own/b")], 2.0, True, "voc", "voc:photos")
    kept = dataclasses.replace(own, images=[annotated([[0, 0, 9, 9]], name="own/c")])
    guard = TrainingSet("guard", [annotated([], name="guard/a")], 1.0, True, "", "wider")
    parts = Split(training=[own], held_back=[kept], watched=[kept], guard=[guard])
    assert data_summaries(parts, {"own": "CC0"}) == [
        DataSummary("own", "voc:photos", 3, 3, 1, 1, 2.0, "CC0"),
        DataSummary("guard", "wider", 1, 0, 0, 1, 1.0, ""),
    ]


def test_notes_of_a_run_that_was_interrupted() -> None:
    missing = {"stage": "data", "event": "note", "text": "own: 1 photograph is missing"}
    short = {"stage": "rnet", "event": "note", "text": "the time is over"}
    lines: list[dict[str, Any]] = [missing, *log_lines(("pnet",)), missing, short]
    assert notes_of(lines) == ["Own: 1 photograph is missing.", "The time is over."]


def test_stages_of_a_run() -> None:
    lines: list[dict[str, object]] = log_lines(("pnet", "onet"))
    counts = {"positive": 7, "negative": 21}
    first_of_onet = next(k for k, line in enumerate(lines) if line["stage"] == "onet")
    mined = {"stage": "onet", "event": "samples", "step": 0, "seconds": 290.0, "counts": counts}
    lines.insert(first_of_onet, mined)
    after = {"pnet": recall("pnet", 0.8)}
    pnet, onet = stage_summaries(lines, {"onet": "context"}, {"pnet": 384}, after=after)
    assert (pnet.key, pnet.architecture, pnet.steps, pnet.batch) == ("pnet", "original", 4000, 384)
    assert (pnet.seconds, pnet.samples) == (280.0, {})
    assert pnet.after is after["pnet"]
    assert pnet.before is None
    assert pnet.sheet is None
    assert (onet.key, onet.architecture, onet.seconds) == ("onet", "context", 280.0)
    assert onet.samples == counts


def test_nothing_was_trained() -> None:
    assert stage_summaries([], {}, {}) == []
