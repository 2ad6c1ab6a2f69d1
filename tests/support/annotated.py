"""Annotated photographs made of the golden ones, and networks that say what a test wants."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import fastmtcnn
from fastmtcnn.training import AnnotatedImage, ImageFile
from tests.support.helpers import GOLDEN

NAMES = ("crowd.png", "astronaut.png", "grace_hopper.png", "coffee_noface.png")


def annotated(
    boxes: object,
    ignored: object = None,
    points: object = None,
    *,
    path: Path = GOLDEN / "astronaut.png",
    name: str = "set/astronaut",
) -> AnnotatedImage:
    """A photograph with these faces."""
    corners = np.asarray(boxes, np.float64).reshape(-1, 4)
    number = len(corners)
    return AnnotatedImage(
        name=name,
        file=ImageFile(path),
        boxes=corners,
        ignored=np.zeros(number, bool) if ignored is None else np.asarray(ignored, bool),
        points=np.full((number, 5, 2), np.nan)
        if points is None
        else np.asarray(points, np.float64),
    )


def golden_photographs(detector: fastmtcnn.MTCNN, *, shift: float = 0.0) -> list[AnnotatedImage]:
    """The golden photographs, with what the detector finds as their faces, moved to the right."""
    photographs = []
    for name in NAMES:
        found = detector.detect(GOLDEN / name)
        boxes: NDArray[np.float64] = found.boxes.astype(np.float64)
        boxes[:, [0, 2]] += shift
        photographs.append(
            annotated(
                boxes, points=found.landmarks, path=GOLDEN / name, name=f"golden/{Path(name).stem}"
            )
        )
    return photographs
