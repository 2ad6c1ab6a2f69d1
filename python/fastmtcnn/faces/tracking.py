"""Tracking of faces over the frames of a video."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .. import checks
from ..detections import Detections
from ..extras import importing
from ..renamed import former_keywords
from .given import given_arrays
from .overlaps import areas, overlaps

Floats = npt.NDArray[np.float64]

_MIN_GAIN, _MAX_GAIN = 0.25, 0.7  # share of an observed change of velocity that is applied
_WIDENING, _MAX_WIDENING = 0.1, 2.0  # of a missed face's distance limit: per frame, and in all
_IMPOSSIBLE = 1e6  # cost of a pair beyond the distance limit


class _Tracks(NamedTuple):
    """The active tracks; first those of the faces of the last frame, in its order."""

    ids: npt.NDArray[np.int64]
    boxes: Floats
    landmarks: Floats
    velocities: Floats  # pixels a frame, in x and y
    missed: npt.NDArray[np.int64]  # frames since the face was last detected
    moved: npt.NDArray[np.bool_]  # whether the face was detected more than once

    @classmethod
    def new(cls, ids: npt.NDArray[np.int64], boxes: Floats, landmarks: Floats) -> _Tracks:
        """Return tracks of faces that are detected for the first time, at rest."""
        n = len(ids)
        return cls(
            ids, boxes, landmarks, np.zeros((n, 2)), np.zeros(n, np.int64), np.zeros(n, bool)
        )

    def select(self, which: npt.NDArray[np.bool_] | slice) -> _Tracks:
        """Return the tracks of a mask or slice."""
        parts: list[Any] = [part[which] for part in self]
        return _Tracks(*parts)

    def joined(self, others: _Tracks) -> _Tracks:
        """Return these tracks followed by others."""
        parts: list[Any] = list(map(np.concatenate, zip(self, others, strict=True)))
        return _Tracks(*parts)

    def ahead(self, steps: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Return boxes and landmarks after further frames at constant velocity."""
        shift = self.velocities * np.reshape(steps, (-1, 1))
        return self.boxes + np.tile(shift, 2), self.landmarks + shift[:, None]


class Tracker:
    """Assigns ids to the faces of successive frames, the same id for the same face.

    The position of each track is predicted with constant velocity. Detections are assigned to
    tracks by intersection over union and by distance of the landmarks, with the least total cost
    (the Hungarian method, by `scipy.optimize.linear_sum_assignment`). The appearance of faces is
    not used.

    Parameters
    ----------
    max_age : int, default 30
        Number of consecutive frames without a detection that a track survives. If the face comes
        back later, it gets a new id. With 0, a track ends with the first frame without it.
        (``max_missed``, the former name of this argument, is deprecated.)
    max_distance : float, default 0.8
        Largest mean distance of a detection's landmarks from the predicted ones, in face sizes (the
        square root of the area of the box, averaged over both). The prediction for a missed face is
        less certain: with each missed frame the limit grows by a tenth, until it has doubled.

    Raises
    ------
    MissingExtraError
        If scipy is not installed.
    ValueError, TypeError
        If an option is invalid.

    Notes
    -----
    A detection that fits no track begins a new one at once, even if it is a false positive. A face
    that changes direction or stops while it is hidden may come back with a new id. Faces that cross
    are distinguished by their motion: they may exchange ids if they change direction where they
    meet, or if one of them is not detected there and the other one takes its place. Use one tracker
    for each stream of frames, in one thread.

    Examples
    --------
    >>> import fastmtcnn
    >>> detector, tracker = fastmtcnn.MTCNN(), fastmtcnn.Tracker()
    >>> photo = fastmtcnn.sample_photo()
    >>> [tracker.update(found).tolist() for found in detector.detect_batch([photo, photo])]
    [[1], [1]]
    """

    @former_keywords(max_missed="max_age")
    def __init__(self, *, max_age: int = 30, max_distance: float = 0.8) -> None:
        with importing("video"):
            import scipy.optimize  # noqa: F401 (fail at construction, not at the first update)
        self._max_age = checks.whole("max_age", max_age)
        if self._max_age < 0:
            raise ValueError(f"max_age must be at least 0, got {max_age!r}")
        self._max_distance = checks.pixels("max_distance", max_distance)
        self._next_id = 1
        self._seen = Detections.empty()
        self._tracks = _Tracks.new(np.zeros(0, np.int64), np.zeros((0, 4)), np.zeros((0, 5, 2)))

    def update(self, detections: Detections) -> npt.NDArray[np.int64]:
        """Continue the tracks with the faces of the next frame, and return the id of each.

        Parameters
        ----------
        detections : Detections
            Faces of the frame. Frames without faces must be passed, too.

        Returns
        -------
        ndarray of int64, shape (n,)
            Ids in the order of the detections, counted from 1. The id of a track that has ended is
            not used again.

        Raises
        ------
        ValueError, TypeError
            If a box or landmark is not finite, or an array has another shape or is missing.
        """
        found = Detections(*given_arrays("detections", detections))
        if not (np.isfinite(found.boxes).all() and np.isfinite(found.landmarks).all()):
            raise ValueError("detections must be finite, got some that are not")
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
        lost &= old.missed < self._max_age
        missing = old.select(lost)
        missing = missing._replace(missed=missing.missed + 1)
        self._tracks = current.joined(missing)
        self._seen = found
        return ids

    def predict(self, steps: float = 1.0) -> tuple[Detections, npt.NDArray[np.int64]]:
        """Predict the positions of the faces of the last frame.

        Parameters
        ----------
        steps : float, default 1
            Time after the last frame, in frames passed to `update`; it may be fractional.

        Returns
        -------
        detections : Detections
            The faces of the last frame in their order, moved at constant velocity, with their
            scores.
        ids : ndarray of int64, shape (n,)
            Ids of these faces.
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
        """Return the indices of tracks and detections that are assigned to each other."""
        from scipy.optimize import linear_sum_assignment

        expected, expected_landmarks = self._tracks.ahead(self._tracks.missed + 1)
        distances = _distances(expected, expected_landmarks, boxes, landmarks)
        widening = np.minimum(1 + self._tracks.missed * _WIDENING, _MAX_WIDENING)
        limits = self._max_distance * widening
        fits = distances <= limits[:, None]
        costs = np.where(fits, 1 - overlaps(expected, boxes) + distances, _IMPOSSIBLE)
        rows, columns = linear_sum_assignment(costs)
        kept = fits[rows, columns]
        return rows[kept], columns[kept]


def _centres(boxes: Floats) -> Floats:
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def _gains(speeds: Floats, moved: npt.NDArray[np.bool_]) -> Floats:
    """Return the share of an observed change of velocity to apply: all of it the first time.

    At low speeds, in face sizes a frame, the change is mostly noise of the detections, especially
    while a face is gradually hidden; at high speeds it is not.
    """
    return np.where(moved, np.clip(speeds, _MIN_GAIN, _MAX_GAIN), 1.0)


def _sizes(boxes: Floats) -> Floats:
    """Return the square roots of the areas in pixels, at least 1."""
    return np.sqrt(np.maximum(areas(boxes), 1.0))


def _distances(
    first: Floats, first_landmarks: Floats, second: Floats, second_landmarks: Floats
) -> Floats:
    """Return the mean landmark distances of all pairs in face sizes, shape (n, m)."""
    apart = np.linalg.norm(first_landmarks[:, None] - second_landmarks, axis=3)
    sizes = (_sizes(first)[:, None] + _sizes(second)) / 2
    return np.asarray(apart.mean(axis=2) / sizes)
