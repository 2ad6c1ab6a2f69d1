"""Guesses where the faces of tracks are on the frames on which they were not detected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..detections import Detections
from .tracks import Floats, Ints, Track, centres, sizes, tracks_of

# How much larger a guessed box is on each side: for each frame since the face was seen, as shares
# of its size (the square root of its area) and of the distance it moves in a frame.
_GROWTH, _OF_SPEED = 0.02, 0.25
_GROWTH_IN_GAPS, _OF_SPEED_IN_GAPS = 0.015, 0.1
_MAX_GROWTH = 0.5  # of its size
_AROUND = 15  # frames before and after a detection whose sides are compared with its own
_WHOLE = 0.85  # least side, as a share of the usual one there, where the whole face is detected
_MAX_BEND = 0.5  # of its size, by which the way through a gap differs from a line


class Guesses(NamedTuple):
    """The guessed faces of a frame.

    Attributes
    ----------
    ids : ndarray of int64, shape (n,)
        Their tracks.
    boxes : ndarray of float64, shape (n, 4)
        Boxes, which are larger the longer the face has not been seen.
    landmarks : ndarray of float64, shape (n, 5, 2)
        Landmarks.
    """

    ids: Ints
    boxes: Floats
    landmarks: Floats


def guesses(
    found: Sequence[Detections],
    ids: Sequence[Ints],
    cuts: Sequence[int],
    size: tuple[int, int],
    before: int,
    after: int,
) -> dict[int, Guesses]:
    """Guess the faces on the frames around and between those on which a track was detected.

    Between two detections, box and landmarks are interpolated, with the velocities on both sides of
    the gap. Before the first and after the last one, they move on at the velocity there.

    Parameters
    ----------
    found : sequence of Detections
        Faces of all frames.
    ids : sequence of ndarray
        Tracks of these faces.
    cuts : sequence of int
        First frames of the shots but the first, which no guess crosses.
    size : (int, int)
        Width and height of the picture; a guess ends where its box leaves it.
    before, after : int
        Number of frames before the first and after the last detection of a track.

    Returns
    -------
    dict of int to Guesses
        The guesses by index of the frame; frames without any are missing.
    """
    starts = np.array([0, *cuts])
    ends = np.array([*cuts, len(found)])
    collected: dict[int, list[tuple[int, Floats, Floats]]] = defaultdict(list)
    for number, each in tracks_of(found, ids).items():
        shot = int(np.searchsorted(starts, each.frames[0], side="right")) - 1
        first = max(int(each.frames[0]) - before, int(starts[shot]))
        last = min(int(each.frames[-1]) + after, int(ends[shot]) - 1)
        for guess in _guesses_of(each, np.arange(first, last + 1), size):
            collected[guess.frame].append((number, guess.box, guess.landmarks))
    return {
        frame: Guesses(
            np.array([number for number, _, _ in each], np.int64),
            np.array([box for _, box, _ in each]),
            np.array([points for _, _, points in each]),
        )
        for frame, each in collected.items()
    }


class _Guess(NamedTuple):
    frame: int
    box: Floats
    landmarks: Floats


def _guesses_of(seen: Track, frames: Ints, size: tuple[int, int]) -> Iterator[_Guess]:
    """Yield the guesses of a track on those frames on which it was not detected, or half hidden."""
    missing = np.setdiff1d(frames, seen.frames)
    boxes, landmarks, shows = _guess(seen, missing, size)
    whole = _is_whole(seen)
    if not whole.all():
        # Whether a part of the face was found or another size is right: both are covered.
        doubtful = np.setdiff1d(frames, seen.frames[whole])
        others = Track(seen.frames[whole], seen.boxes[whole], seen.landmarks[whole])
        wide, landmarks, also = _guess(others, doubtful, size)
        at = np.searchsorted(doubtful, missing)
        wide[at, :2] = np.minimum(wide[at, :2], boxes[:, :2])
        wide[at, 2:] = np.maximum(wide[at, 2:], boxes[:, 2:])
        also[at] |= shows
        missing, boxes, shows = doubtful, wide, also
    for k in np.flatnonzero(shows):
        yield _Guess(int(missing[k]), boxes[k], landmarks[k])


def _is_whole(seen: Track) -> npt.NDArray[np.bool_]:
    """Return which detections are as wide and high as most of those on the frames around them."""
    sides = seen.boxes[:, 2:] - seen.boxes[:, :2]
    firsts = np.searchsorted(seen.frames, seen.frames - _AROUND)
    lasts = np.searchsorted(seen.frames, seen.frames + _AROUND, side="right")
    # Where many are of a part of the face, the large ones are those of the whole.
    usual = [np.quantile(sides[a:b], 0.75, axis=0) for a, b in zip(firsts, lasts, strict=True)]
    return np.asarray((sides >= _WHOLE * np.array(usual)).all(axis=1))


def _guess(
    seen: Track, missing: Ints, size: tuple[int, int]
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Return boxes and landmarks on the missing frames, and which of them lie in the picture."""
    points = np.concatenate([seen.boxes.reshape(-1, 2, 2), seen.landmarks], axis=1)
    columns = points.reshape(len(points), -1).T
    placed = np.stack([np.interp(missing, seen.frames, column) for column in columns], axis=1)
    placed = placed.reshape(len(missing), *points.shape[1:])
    lengths = sizes(placed[:, :2].reshape(-1, 4))

    early, late = missing < seen.frames[0], missing > seen.frames[-1]
    inside = ~(early | late)
    right = np.searchsorted(seen.frames, missing)
    left = np.clip(right - 1, 0, len(seen.frames) - 1)
    right = np.clip(right, 0, len(seen.frames) - 1)
    since_left, until_right = missing - seen.frames[left], seen.frames[right] - missing
    shifts, speeds = np.zeros((len(missing), 2)), np.zeros(len(missing))
    for end in np.unique(left[late]):
        velocity = seen.before(int(end) + 1).last_velocity()
        shifts[late], speeds[late] = velocity * since_left[late, None], np.hypot(*velocity)
    for start in np.unique(right[early]):
        velocity = seen.since(int(start)).first_velocity()
        shifts[early], speeds[early] = -velocity * until_right[early, None], np.hypot(*velocity)
    for end in np.unique(left[inside]):
        gap = inside & (left == end)
        share = since_left[gap] / (since_left[gap] + until_right[gap])
        shifts[gap], speeds[gap] = _bend(seen, int(end), share, lengths[gap])
    placed += shifts[:, None]
    boxes = placed[:, :2].reshape(-1, 4)

    nearest = np.minimum(np.abs(since_left), np.abs(until_right))
    rates = np.where(
        inside,
        _GROWTH_IN_GAPS * lengths + _OF_SPEED_IN_GAPS * speeds,
        _GROWTH * lengths + _OF_SPEED * speeds,
    )
    growth = np.minimum(nearest * rates, _MAX_GROWTH * lengths)[:, None] * [-1, -1, 1, 1]
    shows = np.asarray((boxes[:, :2] < size).all(axis=1) & (boxes[:, 2:] > 0).all(axis=1))
    # What has left the picture does not come back by itself.
    shows[late] = np.logical_and.accumulate(shows[late])
    shows[early] = np.logical_and.accumulate(shows[early][::-1])[::-1]
    return boxes + growth, placed[:, 2:], shows | inside


def _bend(seen: Track, end: int, share: Floats, lengths: Floats) -> tuple[Floats, float]:
    """Return what a cubic (Hermite) adds to the line between two detections, and the speed.

    The cubic has the velocities of the detections before and after the gap.
    """
    length = int(seen.frames[end + 1] - seen.frames[end])
    way = centres(seen.boxes[end + 1]) - centres(seen.boxes[end])
    first = seen.before(end + 1).last_velocity(way / length) * length - way
    second = seen.since(end + 1).first_velocity(way / length) * length - way
    t = share[:, None]
    bend = t * (1 - t) * ((1 - t) * first - t * second)
    longest = np.maximum(np.linalg.norm(bend, axis=1) / (_MAX_BEND * lengths), 1)
    return bend / longest[:, None], float(np.hypot(*way)) / length
