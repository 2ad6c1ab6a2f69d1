"""A run that is done, for the tests of its report, with figures that none has measured."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from fastmtcnn.training import ImageFile
from fastmtcnn.training.judging.figures import CascadeFigures, HeightFigures
from fastmtcnn.training.judging.points import LandmarkError, OperatingPoint
from fastmtcnn.training.judging.stages import StageRecall
from fastmtcnn.training.judging.thresholds import Goal, ThresholdChoice
from fastmtcnn.training.judging.worst import Miss
from fastmtcnn.training.reporting.summary import DataSummary, Part, RunSummary, StageSummary
from tests.support.helpers import GOLDEN


def figures(average_precision: float, **changes: object) -> CascadeFigures:
    """Figures of a cascade."""
    values: dict[str, object] = {
        "average_precision": average_precision,
        "by_height": [
            HeightFigures(10, 20, 0, math.nan),
            HeightFigures(20, 40, 120, average_precision - 0.2),
            HeightFigures(40, 80, 300, average_precision),
            HeightFigures(80, math.inf, 1200, average_precision + 0.05),
        ],
        "highest_recall": 0.95,
        "num_faces": 1620,
        "num_images": 142,
        "operating": OperatingPoint((0.6, 0.7, 0.8), 0.8125, 0.9, 0.25, 0.8, 1620, 0.0456),
        "landmarks": LandmarkError(0.0561, 950, 1000),
        **changes,
    }
    return CascadeFigures(**values)  # type: ignore[arg-type]


def part(before: float, after: float, role: str = "own") -> Part:
    name = "held-back part" if role == "own" else "guard set wider"
    return Part(name, role, figures(after), figures(before))  # type: ignore[arg-type]


def recall(key: str, at_30: float) -> StageRecall:
    return StageRecall(key, {10: 0.5, 30: at_30, 1000: 0.951}, 1620, 142, 812.0, 0.05)  # type: ignore[arg-type]


def choice(*notes: str) -> ThresholdChoice:
    estimated, measured, lowest = (
        OperatingPoint(thresholds, share, 0.875, 0.3, 0.7, 1620)
        for thresholds, share in (
            ((0.55, 0.6, 0.723), 0.81),
            ((0.55, 0.6, 0.723), 0.815),
            ((0.2, 0.1, 0.02), 0.95),
        )
    )
    return ThresholdChoice(
        thresholds=(0.55, 0.6, 0.723),
        goal=Goal("precision", 0.85),
        estimated=estimated,
        measured=measured,
        lowest=lowest,
        boxes_per_image=(120.0, 20.0),
        num_images=142,
        notes=list(notes),
    )


def misses() -> list[Miss]:
    """A missed face and a false positive in a photograph, and one whose file is gone."""
    face, other = np.array([170.0, 60, 275, 195]), np.array([300.0, 300, 340, 350])
    photo = ImageFile(GOLDEN / "astronaut.png")
    gone = ImageFile(GOLDEN / "no-such-file.png")
    annotated, found = face[None], other[None]
    return [
        Miss("missed", "golden/astronaut", photo, face, 0.0, annotated, found),
        Miss("false_positive", "golden/astronaut", photo, other, 0.987, annotated, found),
        Miss("false_positive", "golden/gone", gone, other, 0.9, annotated, found),
    ]


def run_summary(**changes: object) -> RunSummary:
    """A run that fine-tuned the networks, with all that a page may show."""
    values: dict[str, object] = {
        "name": "masked faces",
        "command": "fastmtcnn train voc:masked --from shipped --guard wider --output runs/masked",
        "finished": "2025-01-02 03:04 UTC",
        "seconds": 900.0,
        "settings": {"preset": "modern", "seed": 0, "stages": ("pnet", "rnet", "onet")},
        "versions": {"fastmtcnn": "0.1.0", "torch": "2.13.0"},
        "data": [
            DataSummary("masked", "voc:masked", 426, 1800, 0, 142, 1.0, "CC0"),
            DataSummary("points", "landmarks80", 5849, 5849, 5849, 0, 0.5),
        ],
        "stages": [
            StageSummary(
                key,
                steps=4000,
                batch=384,
                seconds=200.0,
                samples={"positive": 12_000, "negative": 36_000},
                before=recall(key, 0.8) if key != "onet" else None,
                after=recall(key, 0.85) if key != "onet" else None,
                sheet=Image.new("RGB", (300, 100), (40, 90, 60)),
            )
            for key in ("pnet", "rnet", "onet")
        ],
        "parts": [part(0.76, 0.885), part(0.81, 0.805, "guard")],
        "thresholds": choice(),
        "fine_tuned": True,
        "misses": misses(),
        "notes": ["With 0.75 of the fine-tuned weights, the best."],
        **changes,
    }
    return RunSummary(**values)  # type: ignore[arg-type]


def log_lines(stages: tuple[str, ...] = ("pnet", "rnet", "onet")) -> list[dict[str, object]]:
    """The log of a run, with falling losses and rising figures."""
    lines: list[dict[str, object]] = []
    seconds = 0.0
    for stage in stages:
        for step in range(100, 4001, 100):
            seconds += 7
            share = step / 4000
            common = {"stage": stage, "step": step, "seconds": seconds}
            loss = 0.7 * math.exp(-2 * share) + 0.05 * math.sin(step)
            lines.append(
                {
                    **common,
                    "event": "loss",
                    "loss": loss,
                    "class_loss": 0.6 * loss,
                    "box_loss": 0.1 * loss,
                    "landmark_loss": None if stage == "rnet" else 0.05 * loss,
                    "rate": 0.05 * (1 + math.cos(math.pi * share)) / 2,
                }
            )
            if step % 800 == 0:
                rising = 1 - math.exp(-3 * share)
                told = (
                    {"average_precision": 0.8 * rising, "recall": 0.9 * rising}
                    if stage == "onet"
                    else {"recall": {"10": 0.5 * rising, "100": 0.8 * rising, "300": 0.9 * rising}}
                )
                lines.append({**common, "event": "figures", **told})
    return lines
