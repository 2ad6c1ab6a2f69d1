"""Which kind of sample a window is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as stnp
from numpy.typing import NDArray

from fastmtcnn.training.samples.faces import Faces
from fastmtcnn.training.samples.records import Kind
from fastmtcnn.training.samples.settings import Reference, WindowSettings
from tests.support.annotated import annotated

UNUSED = 255
WINDOW = np.array([[0.0, 0, 100, 100]])


def faces_of(
    boxes: object, ignored: object = None, reference: Reference = "rectangle", min_face: float = 10
) -> Faces:
    image = annotated(boxes, ignored)
    return Faces.of(image, WindowSettings(reference=reference, min_face=min_face))


@pytest.mark.parametrize(
    ("height", "kind"),
    [
        (100, Kind.POSITIVE),
        (65, Kind.POSITIVE),
        (64.9, Kind.PART),
        (40, Kind.PART),
        (39.9, UNUSED),
        (30, UNUSED),
        (29.9, Kind.NEGATIVE),
        (1, Kind.NEGATIVE),
    ],
)
def test_the_bounds_of_the_iou_with_the_rectangle(height: float, kind: int) -> None:
    kinds, nearest = faces_of([[0, 0, 100, height]]).label(WINDOW)
    assert kinds.tolist() == [kind]
    assert nearest.tolist() == [0]


def test_the_square_around_a_narrow_face() -> None:
    narrow = [[30, 0, 70, 100]]
    assert faces_of(narrow).label(WINDOW)[0].tolist() == [Kind.PART]
    assert faces_of(narrow, reference="square").label(WINDOW)[0].tolist() == [Kind.POSITIVE]


def test_faces_that_are_too_small_are_ignored() -> None:
    boxes = [[0, 0, 9.9, 9.9], [50, 50, 60, 55]]
    faces = faces_of(boxes)
    assert faces.boxes.tolist() == boxes[1:]
    assert faces.ignored.tolist() == boxes[:1]


def test_windows_on_ignored_faces_are_not_used() -> None:
    faces = faces_of([[0, 0, 100, 100], [300, 300, 400, 400]], [True, False])
    windows = np.array(
        [
            [0.0, 0, 100, 100],
            [0, 0, 100, 160],
            [200, 0, 300, 100],
            [300, 300, 400, 400],
            [20, 20, 60, 60],  # a part of a crowd: an IoU of 0.16, but covered wholly
            [80, 0, 180, 100],
        ]
    )
    kinds = [UNUSED, UNUSED, Kind.NEGATIVE, Kind.POSITIVE, UNUSED, Kind.NEGATIVE]
    assert faces.label(windows)[0].tolist() == kinds


def test_an_ignored_face_beside_one_to_learn() -> None:
    faces = faces_of([[0, 0, 100, 100], [0, 0, 100, 80]], [False, True])
    windows = np.array([[0.0, 0, 100, 100], [0, 0, 100, 82]])
    assert faces.label(windows)[0].tolist() == [Kind.POSITIVE, UNUSED]


def test_no_face() -> None:
    kinds, nearest = faces_of(np.empty((0, 4))).label(WINDOW)
    assert (kinds.tolist(), nearest.tolist()) == ([Kind.NEGATIVE], [0])


def iou(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - width * height
    return float(width * height / union)


def square(box: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half = max(box[2] - box[0], box[3] - box[1]) / 2
    return np.array([x - half, y - half, x + half, y + half])


def kind_of(window: NDArray[np.float64], faces: Faces) -> int:
    """A slow implementation for one window."""
    form = square if faces.reference == "square" else lambda box: box
    best = max([iou(window, form(box)) for box in faces.boxes], default=0.0)
    unsure = max([iou(window, form(box)) for box in faces.ignored], default=0.0)
    area = (window[2] - window[0]) * (window[3] - window[1])
    for box in faces.ignored:
        width = min(window[2], box[2]) - max(window[0], box[0])
        height = min(window[3], box[3]) - max(window[1], box[1])
        if width > 0 and height > 0 and width * height / area >= 0.5 and best < 0.3:
            return UNUSED
    if best < 0.3:
        return Kind.NEGATIVE if unsure < 0.3 else UNUSED
    if best < 0.4 or best < unsure:
        return UNUSED
    return Kind.POSITIVE if best >= 0.65 else Kind.PART


corners = stnp.arrays(np.float64, (6, 2), elements=st.integers(0, 40))
sides = stnp.arrays(np.float64, (6, 2), elements=st.integers(10, 40))


@settings(deadline=None)
@given(corners, sides, st.integers(0, 63), st.sampled_from(["square", "rectangle"]))
def test_a_loop_over_windows_and_faces(
    first: NDArray[np.float64], size: NDArray[np.float64], mask: int, reference: Reference
) -> None:
    boxes = np.hstack([first, first + size])
    ignored = [bool(mask >> k & 1) for k in range(6)]
    faces = faces_of(boxes, ignored, reference)
    windows = np.array(
        [[x, y, x + s, y + s] for x in (0, 13, 30) for y in (0, 9, 31) for s in (8, 21, 40)], float
    )
    assert faces.label(windows)[0].tolist() == [kind_of(window, faces) for window in windows]
