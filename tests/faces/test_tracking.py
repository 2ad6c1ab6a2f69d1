"""Ids of faces over frames: hand-made sequences, and assignments counted out by brute force."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

pytest.importorskip("scipy")

import fastmtcnn
from fastmtcnn import Detections, Tracker
from fastmtcnn.extras import MissingExtraError

pytestmark = pytest.mark.optional

MARKS = np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)])  # of the box


def faces(*places: tuple[float, ...]) -> Detections:
    """Faces with their upper left corner at x, y, and a third number as size, else 40."""
    corners = np.array([place[:2] for place in places], float).reshape(-1, 2)
    sizes = np.array([place[2] if len(place) > 2 else 40 for place in places], float)
    boxes = np.hstack([corners, corners + sizes[:, None]])
    landmarks = corners[:, None] + MARKS * sizes[:, None, None]
    return Detections(
        boxes.astype(np.float32), np.full(len(places), 0.9, np.float32), landmarks.astype("f4")
    )


def ids_of(frames: Sequence[Detections], **options: Any) -> list[list[int]]:
    tracker = Tracker(**options)
    return [tracker.update(frame).tolist() for frame in frames]


def test_ids_are_int64_from_1() -> None:
    tracker = Tracker()
    ids = tracker.update(faces((0, 0), (100, 0)))
    assert (str(ids.dtype), ids.tolist()) == ("int64", [1, 2])
    ids[:] = 7  # which is the caller's own
    assert tracker.update(faces((0, 0), (100, 0))).tolist() == [1, 2]
    ids = tracker.update(Detections.empty())
    assert (str(ids.dtype), ids.shape) == ("int64", (0,))


def test_order_of_detections_does_not_matter() -> None:
    frames = [faces((0, 0), (100, 0), (0, 100)), faces((2, 101), (1, 1), (103, 0))]
    assert ids_of(frames) == [[1, 2, 3], [3, 1, 2]]


def test_moving_and_growing_face() -> None:
    frames = [faces((10 + 12 * k, 20 + 5 * k, 40 + 2 * k)) for k in range(60)]
    assert ids_of(frames) == [[1]] * 60


def test_crossing_faces() -> None:
    """They come as near as 10 pixels, a quarter of their size, and are always both seen."""
    frames = [faces((100 + 5 * k, 100), (400 - 5 * k, 110)) for k in range(60)]
    assert ids_of(frames) == [[1, 2]] * 60
    mixed = [frame.select([1, 0] if k % 2 else [0, 1]) for k, frame in enumerate(frames)]
    assert ids_of(mixed) == [[2, 1] if k % 2 else [1, 2] for k in range(60)]


def test_crossing_faces_one_hidden_by_the_other() -> None:
    frames = []
    for k in range(60):
        both = faces((100 + 5 * k, 100), (400 - 5 * k, 104))
        frames.append(both.select([0]) if 24 <= k <= 36 else both)
    expected = [[1] if 24 <= k <= 36 else [1, 2] for k in range(60)]
    assert ids_of(frames) == expected


@pytest.mark.parametrize(("missing", "back"), [(1, 1), (5, 1), (6, 2), (50, 2)])
def test_face_that_vanishes_and_comes_back(missing: int, back: int) -> None:
    """It moves on in the meantime, and is given up after five frames."""
    seen = [faces((10 + 6 * k, 50)) for k in range(100)]
    frames = seen[:20] + [Detections.empty()] * missing + seen[20 + missing :]
    ids = ids_of(frames, max_age=5)
    assert ids[:20] == [[1]] * 20
    assert ids[20 + missing :] == [[back]] * (80 - missing)


def test_ids_are_never_used_again() -> None:
    here, nothing = faces((0, 0)), Detections.empty()
    assert ids_of([here, nothing, here, nothing, here], max_age=0) == [[1], [], [2], [], [3]]


def test_default_of_missed_frames() -> None:
    for missing, back in ((30, 1), (31, 2)):
        frames = [faces((0, 0)), *[Detections.empty()] * missing, faces((0, 0))]
        assert ids_of(frames)[-1] == [back]


def test_gate() -> None:
    """All landmarks move 0.5 of the size, of which 20 pixels are: one side of the limit each."""
    frames = [faces((0, 0)), faces((20, 0))]
    assert ids_of(frames, max_distance=0.51) == [[1], [1]]
    assert ids_of(frames, max_distance=0.49) == [[1], [2]]
    # Missed twice, the limit is 1.2 as far.
    frames = [faces((0, 0)), Detections.empty(), Detections.empty(), faces((20, 0))]
    assert ids_of(frames, max_distance=0.5 / 1.2 + 0.01)[-1] == [1]
    assert ids_of(frames, max_distance=0.5 / 1.2 - 0.01)[-1] == [2]


def test_a_stranger_beside_a_lost_face_is_new() -> None:
    frames = [faces((0, 0), (200, 0)), faces((0, 0)), faces((0, 0), (300, 0))]
    assert ids_of(frames) == [[1, 2], [1], [1, 3]]


def test_many_faces() -> None:
    """A grid of 400 faces, each of which moves about; ids must follow every one."""
    rng = np.random.default_rng(3)
    places = np.stack(np.meshgrid(np.arange(20), np.arange(20)), -1).reshape(-1, 2) * 60.0
    tracker = Tracker()
    first = tracker.update(faces(*map(tuple, places)))
    assert sorted(first) == list(range(1, 401))
    for _ in range(10):
        places += rng.uniform(-4, 4, places.shape)
        order = rng.permutation(400)
        ids = tracker.update(faces(*map(tuple, places[order])))
        np.testing.assert_array_equal(ids, first[order])


def test_predict() -> None:
    tracker = Tracker()
    for k in range(10):
        tracker.update(faces((10 + 8 * k, 50), (300, 200 - 4 * k)))
    detections, ids = tracker.predict(2.5)
    expected = faces((10 + 8 * 11.5, 50), (300, 200 - 4 * 11.5))
    for part, expected_part in zip(detections, expected, strict=True):
        assert part.dtype == np.float32
        np.testing.assert_allclose(part, expected_part, atol=1e-3)
    assert ids.tolist() == [1, 2]
    assert tracker.update(faces((90, 50), (300, 160))).tolist() == [1, 2]  # which changed nothing
    tracker.update(Detections.empty())
    detections, ids = tracker.predict()
    assert (detections.num_faces, ids.tolist()) == (0, [])


def brute_force(costs: NDArray[Any], fits: NDArray[np.bool_]) -> tuple[int, float]:
    """Most pairs that fit, and least cost of so many, among all assignments."""
    rows, columns = costs.shape
    best = (0, 0.0)
    for size in range(min(rows, columns), 0, -1):
        found = [
            costs[chosen, others].sum()
            for chosen in map(list, itertools.combinations(range(rows), size))
            for others in map(list, itertools.permutations(range(columns), size))
            if fits[chosen, others].all()
        ]
        if found:
            return size, min(found)
    return best


def pair_costs(old: Detections, new: Detections) -> tuple[NDArray[Any], NDArray[Any]]:
    """Cost of each pair and distance of its landmarks, one by one and in other words."""
    shape = (old.num_faces, new.num_faces)
    costs, distances = np.zeros(shape), np.zeros(shape)
    for (i, a), (j, b) in itertools.product(enumerate(old.faces()), enumerate(new.faces())):
        width = min(a.box[2], b.box[2]) - max(a.box[0], b.box[0])
        height = min(a.box[3], b.box[3]) - max(a.box[1], b.box[1])
        shared = float(width * height) if width > 0 and height > 0 else 0.0
        areas = [float((f.box[2] - f.box[0]) * (f.box[3] - f.box[1])) for f in (a, b)]
        size = (areas[0] ** 0.5 + areas[1] ** 0.5) / 2
        moved = [float(np.hypot(*(p - q))) for p, q in zip(a.landmarks, b.landmarks, strict=True)]
        distances[i, j] = sum(moved) / 5 / size
        costs[i, j] = 1 - shared / (sum(areas) - shared) + distances[i, j]
    return costs, distances


@pytest.mark.parametrize("seed", range(40))
def test_assignment_equals_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def crowd() -> Detections:
        places = np.column_stack([rng.uniform(0, 80, (n := rng.integers(1, 7), 2)),
                                  rng.uniform(25, 50, n)])  # fmt: skip
        return faces(*map(tuple, places))

    old, new = crowd(), crowd()
    tracker = Tracker()
    before = tracker.update(old).tolist()
    after = tracker.update(new).tolist()
    assert len(set(after)) == len(after)
    pairs = [(before.index(track), j) for j, track in enumerate(after) if track in before]
    assert all(track > max(before) for track in after if track not in before)
    costs, distances = pair_costs(old, new)
    fits = distances <= 0.8
    assert all(fits[pair] for pair in pairs)
    size, cost = brute_force(costs, fits)
    assert len(pairs) == size
    assert sum(costs[pair] for pair in pairs) == pytest.approx(cost, abs=1e-5)


@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize("broken", [np.zeros((3, 3)), np.zeros(5), [[1]]])
def test_other_shapes(part: int, broken: ArrayLike) -> None:
    parts: list[Any] = list(faces((0, 0), (50, 50)))
    parts[part] = np.asarray(broken)
    tracker = Tracker()
    tracker.update(faces((0, 0)))
    with pytest.raises(ValueError, match=r"shapes \(n, 4\), \(n,\) and \(n, 5, 2\), got "):
        tracker.update(Detections(*parts))
    assert tracker.update(faces((0, 0))).tolist() == [1]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite(value: float) -> None:
    broken = faces((0, 0))
    broken.landmarks[0, 3, 1] = value
    with pytest.raises(ValueError, match="detections must be finite"):
        Tracker().update(broken)


def test_boxes_without_area() -> None:
    """They come of clipping; they may be lost, but do no harm."""
    frames = [faces((0, 0, 0), (100, 0))] * 2
    ids = ids_of(frames)
    assert ids[0] == [1, 2]
    assert ids[1][1] == 2


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"max_age": -1}, ValueError, "max_age must be at least 0, got -1"),
        ({"max_age": 1.5}, TypeError, "max_age must be a whole number, got 1.5"),
        ({"max_distance": 0}, ValueError, "max_distance must be a finite number"),
        ({"max_distance": "x"}, TypeError, "max_distance must be a finite number"),
    ],
)
def test_wrong_options(options: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        Tracker(**options)


def test_missing_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "scipy"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(MissingExtraError, match=r'needs scipy.*pip install "fastmtcnn\[video\]"'):
        Tracker()


def test_real_faces(detector: fastmtcnn.MTCNN) -> None:
    photo = fastmtcnn.sample_photo()
    found = detector.detect(photo)
    assert ids_of([found, found]) == [[1], [1]]


def test_former_name_of_max_age() -> None:
    former: Any = Tracker
    with pytest.warns(DeprecationWarning, match="'max_missed' of Tracker is .* use 'max_age'"):
        tracker = former(max_missed=0)
    here = faces((0, 0))
    ids = [tracker.update(found).tolist() for found in (here, Detections.empty(), here)]
    assert ids == [[1], [], [2]]
    with pytest.raises(TypeError, match="takes 'max_age' or its former name 'max_missed'"):
        former(max_age=1, max_missed=1)
