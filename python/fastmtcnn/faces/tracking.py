"""Which face of one frame is which face of the next."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .. import checks
from ..detections import Detections
from ..extras import importing
from .overlaps import areas, overlaps

Floats = npt.NDArray[np.float64]

_LEAST_GAIN, _MOST_GAIN = 0.25, 0.7  # share of a change of velocity that is believed
_WIDENING, _WIDEST = 0.1, 2.0  # of the limit of a face that was missed
_NEVER = 1e6  # cost of a pair that is out of the question


class _Tracks(NamedTuple):
    """Faces that are followed, those of the last frame first and in its order."""

    ids: npt.NDArray[np.int64]
    boxes: Floats
    landmarks: Floats
    velocities: Floats  # pixels a frame, in x and y
    missed: npt.NDArray[np.int64]  # frames since the face was last seen
    moved: npt.NDArray[np.bool_]  # whether the face was seen more than once

    @classmethod
    def new(cls, ids: npt.NDArray[np.int64], boxes: Floats, landmarks: Floats) -> _Tracks:
        """Return tracks of faces that are seen for the first time."""
        n = len(ids)
        return cls(
            ids, boxes, landmarks, np.zeros((n, 2)), np.zeros(n, np.int64), np.zeros(n, bool)
        )

    def select(self, which: npt.NDArray[np.bool_] | slice) -> _Tracks:
        """Return some of the tracks."""
        parts: list[Any] = [part[which] for part in self]
        return _Tracks(*parts)

    def joined(self, others: _Tracks) -> _Tracks:
        """Return these and others."""
        parts: list[Any] = list(map(np.concatenate, zip(self, others, strict=True)))
        return _Tracks(*parts)

    def ahead(self, steps: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Return boxes and landmarks after so many more frames at constant velocity."""
        shift = self.velocities * np.reshape(steps, (-1, 1))
        return self.boxes + np.tile(shift, 2), self.landmarks + shift[:, None]


class Tracker:
    """Gives the faces of successive frames ids that stay the same from frame to frame.

    Each face that is followed is expected where constant velocity has taken it, and gets the
    detection that fits best by overlap and by distance of the landmarks, in the assignment that
    fits best as a whole (the Hungarian method, by `scipy.optimize.linear_sum_assignment`). What a
    face looks like plays no part.

    Parameters
    ----------
    max_missed : int, default 30
        Frames in a row without it after which a face is given up. If it comes back later, it is
        a new one. 0 gives it up at once.
    max_distance : float, default 0.8
        Largest mean distance of a detection's landmarks from those expected, in face sizes (the
        square root of the area of the box, averaged over both). What is expected of a face that
        was missed is less certain: for each frame this grows by a tenth, until it has doubled.

    Raises
    ------
    MissingExtraError
        If scipy is not installed.
    ValueError, TypeError
        If an option is wrong.

    Notes
    -----
    A detection that fits no face is a new one at once, also if it is a mistake of the detector's.
    A face that turns or stops while it is hidden may come back with a new id. Two faces that
    cross are told apart by how they move: they may exchange ids if they change direction where
    they meet, or if one of them is not detected then and the other one takes its place. A tracker
    belongs to one stream of frames and one thread.

    Examples
    --------
    >>> import fastmtcnn
    >>> detector, tracker = fastmtcnn.MTCNN(), fastmtcnn.Tracker()
    >>> photo = fastmtcnn.sample_photo()
    >>> [tracker.update(found).tolist() for found in detector.detect_batch([photo, photo])]
    [[1], [1]]
    """

    def __init__(self, *, max_missed: int = 30, max_distance: float = 0.8) -> None:
        with importing("video"):
            import scipy.optimize  # noqa: F401 (missing, it had better be known now)
        self._max_missed = checks.whole("max_missed", max_missed)
        if self._max_missed < 0:
            raise ValueError(f"max_missed must be at least 0, got {max_missed!r}")
        self._max_distance = checks.pixels("max_distance", max_distance)
        self._next_id = 1
        self._seen = Detections.empty()
        self._tracks = _Tracks.new(np.zeros(0, np.int64), np.zeros((0, 4)), np.zeros((0, 5, 2)))

    def update(self, detections: Detections) -> npt.NDArray[np.int64]:
        """Take the faces of the next frame, and return the id of each.

        Parameters
        ----------
        detections : Detections
            Of the frame, also if it is without faces.

        Returns
        -------
        ndarray of int64, shape (n,)
            Ids in the order of the detections; the first one given is 1, and none is given to
            two faces, nor again after its face was given up.

        Raises
        ------
        ValueError
            If a box or landmark is not finite, or an array has another shape.
        """
        found = _checked(detections)
        boxes, landmarks = found.boxes.astype(np.float64), found.landmarks.astype(np.float64)
        old = self._tracks
        rows, columns = self._matches(boxes, landmarks)

        new = np.ones(found.num_faces, bool)
        new[columns] = False
        ids: npt.NDArray[np.int64] = np.zeros(found.num_faces, np.int64)
        ids[columns] = old.ids[rows]
        ids[new] = np.arange(self._next_id, self._next_id + new.sum())
        self._next_id += int(new.sum())

        current = _Tracks.new(ids, boxes, landmarks)
        elapsed = old.missed[rows, None] + 1
        velocities, sizes = old.velocities[rows], _sizes(boxes[columns])
        changes = (_centres(boxes[columns]) - _centres(old.boxes[rows])) / elapsed - velocities
        gains = _gains(np.linalg.norm(velocities, axis=1) / sizes, old.moved[rows])
        current.velocities[columns] = velocities + gains[:, None] * changes
        current.moved[columns] = True

        lost = np.ones(len(old.ids), bool)
        lost[rows] = False
        lost &= old.missed < self._max_missed
        missing = old.select(lost)
        missing = missing._replace(missed=missing.missed + 1)
        self._tracks = current.joined(missing)
        self._seen = found
        return ids

    def predict(self, steps: float = 1.0) -> tuple[Detections, npt.NDArray[np.int64]]:
        """Return where the faces of the last frame are expected later.

        Parameters
        ----------
        steps : float, default 1
            How much later, in frames as given to `update`; need not be a whole number.

        Returns
        -------
        detections : Detections
            The last ones, moved at constant velocity, with their scores and in their order.
        ids : ndarray of int64, shape (n,)
            Their ids.
        """
        n = self._seen.num_faces
        current = self._tracks.select(slice(n))
        boxes, landmarks = current.ahead(np.full(n, checks.finite("steps", steps)))
        moved = self._seen._replace(
            boxes=boxes.astype(np.float32), landmarks=landmarks.astype(np.float32)
        )
        return moved, current.ids.copy()

    def _matches(
        self, boxes: Floats, landmarks: Floats
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Return the indices of the tracks and of the detections that belong together."""
        from scipy.optimize import linear_sum_assignment

        expected, expected_landmarks = self._tracks.ahead(self._tracks.missed + 1)
        distances = _distances(expected, expected_landmarks, boxes, landmarks)
        limits = self._max_distance * np.minimum(1 + self._tracks.missed * _WIDENING, _WIDEST)
        fits = distances <= limits[:, None]
        costs = np.where(fits, 1 - overlaps(expected, boxes) + distances, _NEVER)
        rows, columns = linear_sum_assignment(costs)
        kept = fits[rows, columns]
        return rows[kept], columns[kept]


def _checked(detections: Detections) -> Detections:
    boxes, scores, landmarks = map(np.asarray, detections)
    n = len(boxes)
    shapes = [part.shape for part in (boxes, scores, landmarks)]
    if shapes != [(n, 4), (n,), (n, 5, 2)]:
        raise ValueError(
            "detections must be arrays of shapes (n, 4), (n,) and (n, 5, 2), "
            f"got {', '.join(map(str, shapes))}"
        )
    if not (np.isfinite(boxes).all() and np.isfinite(landmarks).all()):
        raise ValueError("detections must be finite, got some that are not")
    return Detections(boxes, scores, landmarks)


def _centres(boxes: Floats) -> Floats:
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def _gains(speeds: Floats, moved: npt.NDArray[np.bool_]) -> Floats:
    """Return how much of a change of velocity to believe, all of it the first time.

    In small steps, in face sizes a frame, most of it is noise of the detections, above all where
    a face is hidden bit by bit; in large ones little is.
    """
    return np.where(moved, np.clip(speeds, _LEAST_GAIN, _MOST_GAIN), 1.0)


def _sizes(boxes: Floats) -> Floats:
    """Return the square roots of the areas, at least a pixel."""
    return np.sqrt(np.maximum(areas(boxes), 1.0))


def _distances(
    first: Floats, first_landmarks: Floats, second: Floats, second_landmarks: Floats
) -> Floats:
    """Return the mean distance of the landmarks of each two faces in face sizes, shape (n, m)."""
    apart = np.linalg.norm(first_landmarks[:, None] - second_landmarks, axis=3)
    sizes = (_sizes(first)[:, None] + _sizes(second)) / 2
    return np.asarray(apart.mean(axis=2) / sizes)
