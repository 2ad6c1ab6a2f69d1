"""Where faces are guessed, from detections that are given."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("scipy")

from fastmtcnn import Detections
from fastmtcnn.video.gaps import Guesses, guesses
from fastmtcnn.video.tracks import track

pytestmark = pytest.mark.optional

PICTURE = (640, 480)
SIDE = 40.0
OFFSETS = np.array([[12, 15], [28, 15], [20, 22], [14, 30], [26, 30]], float) - SIDE / 2


def detections(*centres: tuple[float, float], side: float = SIDE) -> Detections:
    middle = np.array(centres, np.float32).reshape(-1, 2)
    half = side / 2
    return Detections(
        np.concatenate([middle - half, middle + half], axis=1),
        np.ones(len(middle), np.float32),
        (middle[:, None] + OFFSETS * side / SIDE).astype(np.float32),
    )


def faces(
    number: int, seen: Iterable[int], way: Callable[[int], tuple[float, float]]
) -> list[Detections]:
    found = [Detections.empty()] * number
    for frame in seen:
        found[frame] = detections(way(frame))
    return found


def right(frame: int) -> tuple[float, float]:
    return 100 + 3 * frame, 200


def guessed(
    found: list[Detections], before: int = 0, after: int = 0, cuts: tuple[int, ...] = ()
) -> dict[int, Guesses]:
    ids = track(found, cuts, before + after)
    return guesses(found, ids, cuts, PICTURE, before, after)


def centre(box: NDArray[np.float64]) -> NDArray[np.float64]:
    return (box[:2] + box[2:]) / 2


def test_a_gap_is_interpolated() -> None:
    seen = [*range(10), *range(20, 30)]
    found = guessed(faces(30, seen, right))
    assert sorted(found) == list(range(10, 20))
    sides = []
    for frame, each in found.items():
        assert each.ids.tolist() == [1]
        np.testing.assert_allclose(centre(each.boxes[0]), right(frame), atol=1e-4)
        np.testing.assert_allclose(each.landmarks[0], right(frame) + OFFSETS, atol=1e-4)
        sides.append(each.boxes[0, 2] - each.boxes[0, 0])
    # For each frame from the nearer end: 1.5 % of 40 and 10 % of 3 pixels, on both sides.
    wanted = [SIDE + 2 * (0.6 + 0.3) * min(k + 1, 10 - k) for k in range(10)]
    np.testing.assert_allclose(sides, wanted, atol=1e-4)


def test_a_bend_is_followed() -> None:
    def round_(frame: int) -> tuple[float, float]:
        return 320 + 80 * math.sin(frame / 12), 240 + 80 * math.cos(frame / 12)

    for frame, each in guessed(faces(52, [*range(20), *range(32, 52)], round_)).items():
        # The chord of this arc lies up to 10 pixels from it.
        np.testing.assert_allclose(centre(each.boxes[0]), round_(frame), atol=3)


def test_before_and_after() -> None:
    found = guessed(faces(60, range(20, 40), right), before=7, after=5)
    assert sorted(found) == [*range(13, 20), *range(40, 45)]
    for frame, each in found.items():
        np.testing.assert_allclose(centre(each.boxes[0]), right(frame), atol=1e-3)
        since = 20 - frame if frame < 20 else frame - 39
        width = SIDE + 2 * since * (0.02 * SIDE + 0.25 * 3)
        assert each.boxes[0, 2] - each.boxes[0, 0] == pytest.approx(width, abs=1e-3)
    assert guessed(faces(60, range(20, 40), right)) == {}


def test_a_face_that_was_found_once() -> None:
    found = guessed(faces(9, [4], right), before=2, after=3)
    assert sorted(found) == [2, 3, 5, 6, 7]
    for each in found.values():
        np.testing.assert_allclose(centre(each.boxes[0]), right(4), atol=1e-4)


def test_the_margin_has_a_limit() -> None:
    found = guessed(faces(200, [0], right), after=150)
    assert len(found) == 150
    assert found[150].boxes[0, 2] - found[150].boxes[0, 0] == pytest.approx(2 * SIDE)


def test_guesses_end_where_the_face_leaves_the_picture() -> None:
    def leaving(frame: int) -> tuple[float, float]:
        return 600 + 6 * frame, 200  # the left side of the box reaches the border on frame 10

    assert sorted(guessed(faces(40, range(5), leaving), after=30)) == [5, 6, 7, 8, 9]
    found = guessed(faces(40, range(5, 10), lambda frame: (6 * frame - 10, 200)), before=5)
    assert sorted(found) == [0, 1, 2, 3, 4]


def test_guesses_end_at_cuts() -> None:
    number = faces(60, [*range(20, 25), *range(35, 40)], right)
    assert sorted(guessed(number, before=12, after=12)) == [
        *range(8, 20),
        *range(25, 35),
        *range(40, 52),
    ]
    cut = guessed(number, before=12, after=12, cuts=(15, 27, 40))
    assert sorted(cut) == [*range(15, 20), *range(25, 35)]
    assert {int(each.ids[0]) for frame, each in cut.items() if frame < 27} == {1}
    assert {int(each.ids[0]) for frame, each in cut.items() if frame >= 27} == {2}


def test_long_gaps() -> None:
    """A track lasts over 30 frames without its face, or as many as are covered anyway."""
    assert len(guessed(faces(60, [*range(10), *range(40, 60)], right))) == 30
    assert len(guessed(faces(60, [*range(10), *range(41, 60)], right))) == 0
    assert len(guessed(faces(60, [*range(10), *range(46, 60)], right), before=18, after=18)) == 36


def test_half_a_face_does_not_lead_astray() -> None:
    """A detection of the part beside a post is covered, and the whole face, too."""
    number = faces(40, [*range(12), 17, *range(22, 40)], right)
    x, y = right(17)
    number[17] = detections((x + 12, y), side=26)
    found = guessed(number)
    assert sorted(found) == list(range(12, 22))
    for frame, each in found.items():
        (x, y), box = right(frame), each.boxes[0]
        assert (box[:2] <= [x - SIDE / 2, y - SIDE / 2]).all()
        assert (box[2:] >= [x + SIDE / 2, y + SIDE / 2]).all()


def test_a_face_that_turns_back_while_it_is_missed() -> None:
    """Its track begins anew, by its velocity; it is the same face."""

    def turning(frame: int) -> tuple[float, float]:
        return 300 + 0.5 * (frame - 22) ** 2, 200

    found = faces(40, [*range(6, 18), *range(27, 40)], turning)
    assert {int(each[0]) for each in track(found, ()) if len(each)} == {1}
    more = guessed(found)
    assert sorted(more) == list(range(18, 27))
    for frame, each in more.items():
        np.testing.assert_allclose(
            centre(each.boxes[0]), turning(frame), atol=8
        )  # a line would be 12 off


def numbers(found: list[Detections]) -> list[int]:
    return sorted({int(number) for each in track(found, ()) for number in each})


def test_neighbours_are_not_joined() -> None:
    """One is no longer detected, then another one is, who sits beside: both are covered."""
    found = faces(40, range(15), lambda _: (300, 200))
    found[25:] = [detections((300 + 0.7 * SIDE, 200))] * 15
    assert numbers(found) == [1]
    found[25:] = [detections((300 + 1.3 * SIDE, 200))] * 15
    assert numbers(found) == [1, 2]
    more = guessed(found, before=12, after=12)
    for frame in range(15, 25):
        places = sorted(centre(box)[0] for box in more[frame].boxes)
        np.testing.assert_allclose(places, [300, 300 + 1.3 * SIDE], atol=1e-3)
    found[25:] = [detections((300, 200), side=2 * SIDE)] * 15
    assert numbers(found) == [1, 2]


def test_two_faces_that_cross() -> None:
    """One of them is hidden for 10 frames: both are covered where they are."""

    def left(frame: int) -> tuple[float, float]:
        return 400 - 3 * frame, 210

    found = [
        detections(right(frame), *([] if 45 <= frame < 55 else [left(frame)]))
        for frame in range(100)
    ]
    more = guessed(found)
    assert sorted(more) == list(range(45, 55))
    for frame, each in more.items():
        np.testing.assert_allclose(centre(each.boxes[0]), left(frame), atol=1e-3)


def test_no_faces() -> None:
    assert guessed([Detections.empty()] * 5, 12, 12) == {}
    assert guessed([], 12, 12) == {}
