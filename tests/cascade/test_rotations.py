"""rotations: faces of turned photographs, beside those of the photographs mapped by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fastmtcnn import MTCNN, Detections
from tests.support.helpers import (
    assert_no_faces,
    assert_same,
    assert_same_detections,
    golden_image,
    random_image,
)

CROWD = "crowd.png"


def after(quarters: int, found: Detections, height: int, width: int) -> Detections:
    """Map faces of an image to where they are after ``np.rot90(image, quarters)``.

    Its element [i, j] becomes [width - 1 - j, i] with each quarter: x, y becomes y, width - 1 - x.
    """
    boxes, landmarks = found.boxes, found.landmarks
    for _ in range(quarters):
        x1, y1, x2, y2 = boxes.T
        boxes = np.stack([y1, width - 1 - x2, y2, width - 1 - x1], axis=1)
        x, y = landmarks[..., 0], landmarks[..., 1]
        landmarks = np.stack([y, width - 1 - x], axis=2)
        height, width = width, height
    return Detections(boxes, found.scores, landmarks)


def assert_near(found: Detections, expected: Detections) -> None:
    assert found.num_faces == expected.num_faces
    # To what single precision leaves of a coordinate after a subtraction and back.
    assert_same(found.scores, expected.scores)
    np.testing.assert_allclose(found.boxes, expected.boxes, rtol=0, atol=3e-4)
    np.testing.assert_allclose(found.landmarks, expected.landmarks, rtol=0, atol=3e-4)


def test_the_mapping_by_hand() -> None:
    image = random_image(7, 11)
    for quarters in range(4):
        point = Detections(
            np.array([[3, 2, 9, 4]], np.float32),
            np.array([1], np.float32),
            np.full((1, 5, 2), [3, 2], np.float32),
        )
        mapped = after(quarters, point, 7, 11)
        x, y = mapped.landmarks[0, 0].astype(int)
        turned = np.rot90(image, quarters)
        assert (turned[y, x] == image[2, 3]).all()
        x1, y1, x2, y2 = mapped.boxes[0].astype(int)
        part = np.rot90(image[2:5, 3:10], quarters)
        np.testing.assert_array_equal(turned[y1 : y2 + 1, x1 : x2 + 1], part)


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("name", ["crowd.png", "astronaut_333x277.png", "hopper_61x73.png"])
def test_faces_of_a_turned_photograph(name: str, quarters: int) -> None:
    image = golden_image(name)
    turned = np.rot90(image, quarters)
    expected = after(quarters, MTCNN(num_threads=1).detect(image), *image.shape[:2])
    # It takes the rest of a full turn to bring it upright.
    found = MTCNN(rotations=[360 - 90 * quarters], num_threads=1).detect(turned)
    pairs = [abs(found.boxes - box).max(axis=1) for box in expected.boxes]
    assert len(pairs) > 0
    chosen = [int(distance.argmin()) for distance in pairs]
    assert_near(found.select(chosen), expected)
    # What else is found was found in the photograph as it lies.
    as_it_lies = MTCNN(num_threads=1).detect(turned)
    others = sorted(set(range(found.num_faces)) - set(chosen))
    for k in others:
        assert (as_it_lies.boxes == found.boxes[k]).all(axis=1).any()


def test_upright_faces_keep_their_numbers() -> None:
    image = golden_image("astronaut.png")
    expected = MTCNN(num_threads=1).detect(image)
    found = MTCNN(rotations=(90, 180, 270), num_threads=1).detect(image)
    assert expected.num_faces == 1
    assert_same_detections(found.select([0]), expected)


def group(turns: Sequence[int]) -> NDArray[np.uint8]:
    """The same portrait beside itself, each turned by so many quarters."""
    portrait = golden_image("grace_hopper.png")
    side = min(portrait.shape[:2])
    square = portrait[:side, :side]
    return np.ascontiguousarray(np.hstack([np.rot90(square, turn) for turn in turns]))


def test_a_group_of_all_orientations() -> None:
    image = group([0, 1, 2, 3])
    side = image.shape[0]
    (face,) = MTCNN(min_score=0.99, num_threads=1).detect(image[:, :side]).faces()
    one = Detections(face.box[None], np.array([face.score], np.float32), face.landmarks[None])
    assert MTCNN(min_score=0.99, num_threads=1).detect(image).num_faces < 4
    found = MTCNN(min_score=0.99, rotations=(90, 180, 270), num_threads=1).detect(image)
    assert found.num_faces == 4
    for k in range(4):
        (here,) = np.flatnonzero(found.boxes[:, 0] // side == k)
        expected = after(k, one, side, side)
        # Each is in a larger image than the one alone, and so at other places of the pyramid.
        np.testing.assert_allclose(
            found.boxes[here], expected.boxes[0] + [k * side, 0, k * side, 0], rtol=0, atol=15
        )
        points = found.landmarks[here] - [k * side, 0]
        np.testing.assert_allclose(points, expected.landmarks[0], rtol=0, atol=10)
        # Which way up it is: from the eyes to the middle of the mouth, down turned by the angle.
        eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
        down = {0: (0, 1), 1: (1, 0), 2: (0, -1), 3: (-1, 0)}[k]
        direction = (mouth - eyes) / np.linalg.norm(mouth - eyes)
        assert direction @ down > 0.9


def united_by_hand(found: list[Detections], threshold: float) -> Detections:
    """Greedy NMS over the smaller box, in double precision, one box after the other."""
    boxes, scores, landmarks = (np.concatenate(parts) for parts in zip(*found, strict=True))
    kept: list[int] = []
    for k in sorted(range(len(scores)), key=lambda k: -scores[k]):
        x1, y1, x2, y2 = map(float, boxes[k])
        for other in kept:
            u1, v1, u2, v2 = map(float, boxes[other])
            width, height = min(x2, u2) - max(x1, u1) + 1, min(y2, v2) - max(y1, v1) + 1
            areas = (x2 - x1 + 1) * (y2 - y1 + 1), (u2 - u1 + 1) * (v2 - v1 + 1)
            if max(width, 0) * max(height, 0) / min(areas) > threshold:
                break
        else:
            kept.append(k)
    return Detections(boxes[kept], scores[kept], landmarks[kept])


@pytest.mark.parametrize("threshold", [0.7, 0.1])
def test_of_overlapping_orientations_the_best_stays(threshold: float) -> None:
    # With a low threshold for faces, the same ones are found in several orientations.
    image = golden_image(CROWD)[:400]
    options: dict[str, Any] = {
        "thresholds": (0.6, 0.4, 0.2),
        "nms_thresholds": (0.5, 0.7, 0.7, threshold),
        "num_threads": 1,
    }
    alone = MTCNN(**options)
    parts = [alone.detect(image)]
    for quarters in (1, 2, 3):
        turned = np.rot90(image, quarters)
        parts.append(after(4 - quarters, alone.detect(turned), *turned.shape[:2]))
    expected = united_by_hand(parts, threshold)
    assert expected.num_faces < sum(part.num_faces for part in parts) - 5
    assert_near(MTCNN(**options, rotations=(90, 180, 270)).detect(image), expected)


def test_the_best_are_first_and_limits_are_of_all() -> None:
    image = group([1, 0])
    detector = MTCNN(min_score=0.9, max_faces=1, rotations=(270,), num_threads=1)
    everything = MTCNN(min_score=0.9, rotations=(270,), num_threads=1).detect(image)
    assert everything.num_faces == 2
    assert (np.diff(everything.scores) <= 0).all()
    assert_same_detections(detector.detect(image), everything.select([0]))


def test_trace_is_of_the_image_as_it_is() -> None:
    image = group([2])
    plain = MTCNN(num_threads=1).trace(image)
    trace = MTCNN(rotations=(180,), num_threads=1).trace(image)
    assert trace.scales == plain.scales
    assert_same(trace.proposals, plain.proposals)
    assert_same(trace.onet.boxes, plain.onet.boxes)
    assert_same(trace.onet.network_scores, plain.onet.network_scores)
    assert trace.detections.num_faces > 0
    found = MTCNN(rotations=(180,), num_threads=1).detect(image)
    assert_same_detections(trace.detections, found)


def test_within_a_region() -> None:
    image = group([0, 3, 2])
    side = image.shape[0]
    detector = MTCNN(rotations=(90, 180), min_score=0.9, num_threads=1)
    alone = detector.detect(np.ascontiguousarray(image[:, side : 2 * side]))
    assert alone.num_faces == 1
    found = detector.detect(image, roi=(side, 0, 2 * side, side))
    assert_same(found.boxes, alone.boxes + np.array([side, 0, side, 0], np.float32))


def test_images_without_faces() -> None:
    detector = MTCNN(rotations=(90, 180, 270), num_threads=1)
    assert_no_faces(detector.detect(random_image(1, 1)))
    assert_no_faces(detector.detect(np.zeros((60, 300, 3), np.uint8)))


WANTED = "rotations must be some of 90, 180, 270, each once, got "


@pytest.mark.parametrize(
    ("rotations", "error"),
    [
        ((0,), ValueError),
        ((45,), ValueError),
        ((90, 90), ValueError),
        ((-90,), ValueError),
        ((90.0,), TypeError),
        ((True,), TypeError),
        (90, TypeError),
        ("90", TypeError),
        (None, TypeError),
        ({90}, TypeError),
    ],
    ids=repr,
)
def test_other_angles(rotations: Any, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        MTCNN(rotations=rotations)
    assert str(caught.value) == f"{WANTED}{rotations!r}"


@pytest.mark.parametrize("rotations", [[90, 270], (90, 270), np.array([90, 270])])
def test_forms_of_a_list(rotations: Any) -> None:
    assert "rotations=(90, 270)" in repr(MTCNN(rotations=rotations))
