"""Faces as they may be passed to the functions that work on them, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import fastmtcnn
from fastmtcnn import Detections
from tests.support.helpers import assert_same, assert_same_detections, random_image

pytestmark = pytest.mark.filterwarnings("error")

IMAGE = random_image(120, 400)
NUMBERS = [0, 1, 2, 3, 4, 5]
WAYS: dict[str, Callable[[NDArray[np.float32]], Any]] = {
    "float32": lambda boxes: boxes,
    "float64": lambda boxes: boxes.astype(float),
    "integers": lambda boxes: boxes.astype(np.int64),
    "list of rows": lambda boxes: boxes.tolist(),
    "tuple of rows": lambda boxes: tuple(map(tuple, boxes.tolist())),
    "tuple of arrays": tuple,
    "list of arrays": list,
}


def detections(count: int) -> Detections:
    """Faces side by side, of which none touches another."""
    corners = [(20 + 70 * k, 30, 60 + 70 * k, 80) for k in range(count)]
    template = np.array([(15, 15), (30, 15), (22, 25), (16, 35), (29, 35)], np.float32)
    boxes = np.array(corners, np.float32).reshape(-1, 4)
    return Detections(
        boxes, np.linspace(0.9, 0.5, count, dtype=np.float32), template + boxes[:, None, :2]
    )


def covered(picture: Any) -> int:
    """Return how many of the faces are black in the middle."""
    pixels = np.asarray(picture)
    return sum(not pixels[45:65, 30 + 70 * k : 50 + 70 * k].any() for k in range(5))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", NUMBERS)
def test_every_one_of_the_boxes_is_covered(count: int, way: str) -> None:
    boxes = WAYS[way](detections(count).boxes)
    assert covered(fastmtcnn.blur(IMAGE, boxes, method="fill")) == count


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", NUMBERS)
def test_boxes_are_drawn_and_cut_out(count: int, way: str) -> None:
    found = detections(count)
    boxes = WAYS[way](found.boxes)
    expected = fastmtcnn.draw(IMAGE, found, scores=False, landmarks=False)
    assert_same(np.asarray(fastmtcnn.draw(IMAGE, boxes)), np.asarray(expected))
    crops = fastmtcnn.crop(IMAGE, boxes)
    assert len(crops) == count
    for k, crop in enumerate(crops):
        assert_same(crop, IMAGE[30:80, 20 + 70 * k : 60 + 70 * k])


def test_labels_of_boxes() -> None:
    boxes = detections(2).boxes
    named = np.asarray(fastmtcnn.draw(IMAGE, boxes, labels=["a", "b"]))
    expected = fastmtcnn.draw(
        IMAGE, detections(2), scores=False, landmarks=False, labels=["a", "b"]
    )
    assert_same(named, np.asarray(expected))
    with pytest.raises(ValueError, match="labels must be one str for each face, got 1 for 2 faces"):
        fastmtcnn.draw(IMAGE, boxes, labels=["a"])


@pytest.mark.parametrize("count", NUMBERS)
@pytest.mark.parametrize(
    "form",
    [tuple, lambda found: (found.boxes.tolist(), found.scores.tolist(), found.landmarks.tolist())],
    ids=["arrays", "lists"],
)
def test_the_three_arrays_as_a_tuple(count: int, form: Callable[[Detections], Any]) -> None:
    found = detections(count)
    assert covered(fastmtcnn.blur(IMAGE, form(found), method="fill")) == count
    expected = np.asarray(fastmtcnn.draw(IMAGE, found))
    assert_same(np.asarray(fastmtcnn.draw(IMAGE, form(found))), expected)
    assert len(fastmtcnn.crop(IMAGE, form(found))) == count
    assert_same(fastmtcnn.align(IMAGE, tuple(found)), fastmtcnn.align(IMAGE, found))
    selected = fastmtcnn.select_faces(tuple(found), "probability", count=9)  # type: ignore[arg-type]
    assert_same_detections(selected, found)


@pytest.mark.parametrize("count", NUMBERS[1:])
def test_faces_one_by_one(count: int) -> None:
    found = detections(count)
    faces = found.faces()
    assert covered(fastmtcnn.blur(IMAGE, faces, method="fill")) == count
    assert_same(np.asarray(fastmtcnn.draw(IMAGE, faces)), np.asarray(fastmtcnn.draw(IMAGE, found)))
    assert_same(fastmtcnn.align(IMAGE, faces), fastmtcnn.align(IMAGE, found))
    picture: Any = IMAGE
    for number, face in enumerate(faces, start=1):
        picture = fastmtcnn.blur(picture, face, method="fill")
        assert covered(picture) == number
    for one in (faces[0], faces[0].box):
        single: Any = fastmtcnn.crop(IMAGE, one)
        assert_same(single, fastmtcnn.crop(IMAGE, found)[0])
    assert_same(fastmtcnn.align(IMAGE, faces[0]), fastmtcnn.align(IMAGE, found)[0])


class OnAGpu:
    """Like a tensor that numpy cannot read."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise RuntimeError("copy it to the host first")


ANYTHING_ELSE: dict[str, tuple[Any, str]] = {
    "None": (None, "got NoneType"),
    "text": ("faces", "got str"),
    "number": (7, "got int"),
    "tensor": (OnAGpu(), "got OnAGpu"),
    "dicts": (detections(3).to_dicts(), "got a list of dict; Detections.from_dicts takes these"),
    "batch": ([detections(1)] * 3, "got a list of Detections"),
    "two of three": (tuple(detections(3))[:2], "got a tuple of ndarray"),
    "five columns": (np.zeros((3, 5)), "got shape (3, 5)"),
    "three coordinates": (np.zeros(3), "got shape (3,)"),
    "landmarks": (np.zeros((3, 5, 2)), "got shape (3, 5, 2)"),
    "shares of the image": (
        [(0.05, 0.25, 0.15, 0.67), (0.22, 0.25, 1, 0.67)],
        "got only values from 0 to 1: multiply boxes in shares of the image by its size",
    ),
    "ragged": ([[1, 2, 3, 4], [5, 6, 7]], "got a list of list"),
    "no boxes": ((None, None, None), "got NoneType for the boxes"),
    "no scores": (detections(3)._replace(scores=None), "got NoneType for the scores"),  # type: ignore[arg-type]
    "a score too few": (
        detections(3)._replace(scores=np.ones(2, np.float32)),
        "got (3, 4), (2,), (3, 5, 2)",
    ),
    "the scores of three": (
        (np.zeros((1, 4)), np.zeros(4), np.zeros((4, 5, 2))),
        "got (1, 4), (4,), (4, 5, 2)",
    ),
}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "blur": lambda faces: fastmtcnn.blur(IMAGE, faces),
    "draw": lambda faces: fastmtcnn.draw(IMAGE, faces),
    "crop": lambda faces: fastmtcnn.crop(IMAGE, faces),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("name", ANYTHING_ELSE)
def test_anything_else(name: str, function: str) -> None:
    faces, got = ANYTHING_ELSE[name]
    what = "boxes" if function == "crop" else "detections"
    with pytest.raises((ValueError, TypeError), match=f"^{what} must be .*{re.escape(got)}$"):
        FUNCTIONS[function](faces)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: fastmtcnn.align(IMAGE, None), "landmarks must be of shape .*, got NoneType"),  # type: ignore[arg-type]
        (
            lambda: fastmtcnn.align(IMAGE, detections(3).boxes),
            r"landmarks must be of shape .*, got shape \(3, 4\); boxes alone are not enough",
        ),
        (
            lambda: fastmtcnn.align(IMAGE, detections(1).boxes[0]),
            r"landmarks must be of shape .*, got shape \(4,\); boxes alone are not enough",
        ),
        (lambda: fastmtcnn.align(IMAGE, OnAGpu()), "landmarks must be of shape .*, got OnAGpu"),
        (lambda: fastmtcnn.estimate_pose(OnAGpu()), "landmarks must be of shape .*, got OnAGpu"),
        (lambda: fastmtcnn.estimate_pose(None), "landmarks must be of shape .*, got NoneType"),  # type: ignore[arg-type]
        (
            lambda: fastmtcnn.select_faces(detections(3).boxes, "largest"),  # type: ignore[arg-type]
            r"detections must be the Detections of one image, got shape \(3, 4\)",
        ),
        (
            lambda: fastmtcnn.select_faces(tuple(detections(3).boxes), "largest"),  # type: ignore[arg-type]
            r"detections must be the Detections of one image, got shape \(3, 4\)",
        ),
        (
            lambda: fastmtcnn.draw(IMAGE, [[np.nan, 1, 2, 3]]),
            "detections must have coordinates that are numbers, got NaN",
        ),
    ],
)
def test_what_needs_more_than_boxes(call: Callable[[], Any], sentence: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{sentence}$"):
        call()


@pytest.mark.optional
@pytest.mark.parametrize("faces", [detections(3).boxes, tuple(detections(3).boxes), None])
def test_a_tracker_needs_landmarks(faces: Any) -> None:
    pytest.importorskip("scipy")
    with pytest.raises(TypeError, match="detections must be the Detections of one image, got"):
        fastmtcnn.Tracker().update(faces)
