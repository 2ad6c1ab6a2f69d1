"""Tracks the faces of a whole video, of which both sides of each gap are known."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..detections import Detections
from ..faces.overlaps import areas
from ..faces.tracking import Tracker

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MAX_GAP = 30  # frames that a track survives without its face
_RECENT = 6  # detections from which a velocity is fitted, within twice as many frames
# Limits for joining two tracks, in face sizes: the distance of faces at rest (neighbours are
# farther apart), how much more the speed explains, the distance in all; and the ratio of sizes.
_APART, _OF_SPEED, _MAX_APART, _MAX_RATIO = 0.8, 1.0, 2.5, 1.6


class Track(NamedTuple):
    """The detections of a face.

    Attributes
    ----------
    frames : ndarray of int64, shape (n,)
        Frames on which it was detected, in order.
    boxes : ndarray of float64, shape (n, 4)
        Its boxes there.
    landmarks : ndarray of float64, shape (n, 5, 2)
        Its landmarks.
    """

    frames: Ints
    boxes: Floats
    landmarks: Floats

    def before(self, end: int) -> Track:
        """Return the detections before one of them.

        Parameters
        ----------
        end : int
            Index of the detection.
        """
        return Track(self.frames[:end], self.boxes[:end], self.landmarks[:end])

    def since(self, start: int) -> Track:
        """Return one of the detections and those after it.

        Parameters
        ----------
        start : int
            Index of the detection.
        """
        return Track(self.frames[start:], self.boxes[start:], self.landmarks[start:])

    def first_velocity(self, alone: npt.ArrayLike = (0.0, 0.0)) -> Floats:
        """Return the velocity at the start in pixels a frame, by least squares.

        Parameters
        ----------
        alone : array_like of two float
            Result if there is a single detection near.
        """
        near = self.frames - self.frames[0] < 2 * _RECENT
        return _slope(self.frames[near][:_RECENT], self.boxes[near][:_RECENT], alone)

    def last_velocity(self, alone: npt.ArrayLike = (0.0, 0.0)) -> Floats:
        """Return the velocity at the end in pixels a frame, by least squares.

        Parameters
        ----------
        alone : array_like of two float
            Result if there is a single detection near.
        """
        near = self.frames[-1] - self.frames < 2 * _RECENT
        return _slope(self.frames[near][-_RECENT:], self.boxes[near][-_RECENT:], alone)


def _slope(frames: Ints, boxes: Floats, alone: npt.ArrayLike) -> Floats:
    if len(frames) < 2:
        return np.asarray(alone, np.float64)
    times, middles = frames - frames.mean(), centres(boxes)
    return np.asarray(times @ (middles - middles.mean(axis=0)) / (times @ times))


def centres(boxes: Floats) -> Floats:
    """Return the centres of boxes.

    Parameters
    ----------
    boxes : ndarray of float64, shape (..., 4)
        Boxes.
    """
    return (boxes[..., :2] + boxes[..., 2:]) / 2


def sizes(boxes: Floats) -> Floats:
    """Return the square roots of the areas of boxes, at least 1.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
        Boxes.
    """
    return np.sqrt(np.maximum(areas(boxes), 1.0))


def track(found: Sequence[Detections], cuts: Sequence[int], max_gap: int = 0) -> list[Ints]:
    """Return the ids of the faces of each frame; no track continues over a cut.

    The tracks of `Tracker` are changed where both sides of a gap say otherwise. Where a face has
    turned back while it was missed, two tracks are joined. Where another face appears so far from
    the one that is missed that the speed does not explain it, the track is split: both may be
    there.

    Parameters
    ----------
    found : sequence of Detections
        Faces of all frames.
    cuts : sequence of int
        First frames of the shots but the first, in order.
    max_gap : int
        Number of frames without its face that a track survives, at least 30.
    """
    max_gap = max(max_gap, _MAX_GAP)
    ids: list[Ints] = []
    used = 0
    for first, end in zip([0, *cuts], [*cuts, len(found)], strict=True):
        tracker = Tracker(max_age=max_gap)
        ids += [tracker.update(each) + used for each in found[first:end]]
        used = max([used, *(int(each.max()) for each in ids[first:end] if len(each))])
    for number, each in tracks_of(found, ids).items():
        for start, end in _others(each):
            used += 1
            for frame in each.frames[start:end].tolist():
                ids[frame][ids[frame] == number] = used
    tracks = tracks_of(found, ids)
    earlier = _continued(tracks, cuts, max_gap)
    names = {number: number for number in tracks}
    for number in sorted(earlier, key=lambda number: int(tracks[number].frames[0])):
        names[number] = names[earlier[number]]
    order: dict[int, int] = {}  # by appearance, from 1
    return [
        np.array([order.setdefault(names[n], len(order) + 1) for n in each.tolist()], np.int64)
        for each in ids
    ]


def _others(seen: Track) -> list[tuple[int, int]]:
    """Return the parts of a track, from and to which detection, that are of another face."""
    starts = [0]
    for at in (np.flatnonzero(np.diff(seen.frames) > 1) + 1).tolist():
        before, after = seen.before(at).since(starts[-1]), seen.since(at)
        end = _End.of(0, before, -1, before.last_velocity())
        if end.distance(_End.of(0, after, 0, after.first_velocity())) is None:
            starts.append(at)
    return list(zip(starts[1:], [*starts[2:], len(seen.frames)], strict=False))


def tracks_of(found: Sequence[Detections], ids: Sequence[Ints]) -> dict[int, Track]:
    """Return the detections of each track by its id.

    Parameters
    ----------
    found : sequence of Detections
        Faces of all frames.
    ids : sequence of ndarray
        Tracks of these faces.
    """
    seen: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for frame, numbers in enumerate(ids):
        for face, number in enumerate(numbers.tolist()):
            seen[number].append((frame, face))
    return {
        number: Track(
            np.array([frame for frame, _ in places], np.int64),
            np.array([found[frame].boxes[face] for frame, face in places], np.float64),
            np.array([found[frame].landmarks[face] for frame, face in places], np.float64),
        )
        for number, places in seen.items()
    }


class _End(NamedTuple):
    """The first or the last detection of a track."""

    frame: int
    number: int
    centre: Floats
    velocity: Floats
    size: float

    @classmethod
    def of(cls, number: int, track: Track, at: int, velocity: Floats) -> _End:
        box = track.boxes[at]
        return cls(
            int(track.frames[at]), number, centres(box), velocity, float(sizes(box[None])[0])
        )

    def distance(self, later: _End) -> float | None:
        """Return the distance of a later start in face sizes, None if it is too far."""
        steps, size = later.frame - self.frame, (self.size + later.size) / 2
        way = later.centre - self.centre
        explained = (self.velocity * steps, later.velocity * steps, 0)
        apart = min(float(np.hypot(*(way - each))) for each in explained) / size
        speed = (np.hypot(*self.velocity) + np.hypot(*later.velocity)) / 2
        limit = min(_APART + _OF_SPEED * speed * steps / size, _MAX_APART)
        ratio = max(self.size, later.size) / min(self.size, later.size)
        return apart if apart <= limit and ratio <= _MAX_RATIO else None


def _continued(tracks: dict[int, Track], cuts: Sequence[int], max_gap: int) -> dict[int, int]:
    """Return which tracks continue which other ones; the nearest ends are joined first."""
    starts = sorted(
        (_End.of(number, each, 0, each.first_velocity()) for number, each in tracks.items()),
        key=lambda start: start.frame,
    )
    frames = [start.frame for start in starts]
    pairs: list[tuple[float, int, int]] = []
    for number, each in tracks.items():
        end = _End.of(number, each, -1, each.last_velocity())
        shot = bisect_right(cuts, end.frame)
        limit = min([end.frame + max_gap + 2, *cuts[shot : shot + 1]])
        for start in starts[bisect_right(frames, end.frame) : bisect_left(frames, limit)]:
            distance = end.distance(start)
            if distance is not None:
                pairs.append((distance, start.number, number))
    earlier: dict[int, int] = {}
    taken: set[int] = set()
    for _, later, number in sorted(pairs):
        if later not in earlier and number not in taken:
            earlier[later] = number
            taken.add(number)
    return earlier
