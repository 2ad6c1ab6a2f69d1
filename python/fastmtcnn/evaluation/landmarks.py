"""Errors of detected landmarks, compared with ground truth."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import checks
from ..detections import LANDMARK_NAMES, Detections
from ..errors import warn_renamed
from .matching import Boxes, paired

NUM_POINTS = (5, 68)  # numbers of points that a face may have in a data set

_EYES = (slice(36, 42), slice(42, 48))  # of 68
_NOSE, _MOUTH = 30, (48, 54)

Points = npt.NDArray[np.float64]


class LandmarkErrors(NamedTuple):
    """The errors of the landmarks of several faces.

    Attributes
    ----------
    points : ndarray of float64, shape (n, 5)
        Distance of each landmark of each face from the ground truth, as a share of the distance
        between the eyes; infinity for a face that was not found.
    """

    points: Points

    @property
    def faces(self) -> Points:
        """Mean over the landmarks of each face, shape (n,)."""
        mean: Points = self.points.mean(axis=1)
        return mean

    @property
    def num_found(self) -> int:
        """Number of faces that were found."""
        return int(np.isfinite(self.faces).sum())

    @property
    def mean(self) -> float:
        """Mean error of the faces that were found (NME); NaN if there is none."""
        found = self.faces[np.isfinite(self.faces)]
        return float(found.mean()) if len(found) else math.nan

    @property
    def mean_by_landmark(self) -> dict[str, float]:
        """Mean error of each landmark over the faces that were found; NaN if there is none."""
        found = self.points[np.isfinite(self.faces)]
        means = found.mean(axis=0) if len(found) else np.full(5, math.nan)
        return dict(zip(LANDMARK_NAMES, means.tolist(), strict=True))

    def failure_rate(self, limit: float) -> float:
        """Return the share of all faces that were not found or whose error is above a limit.

        Parameters
        ----------
        limit : float
            Limit of a face's mean error, as a share of the distance between the eyes.

        Returns
        -------
        float
            0 to 1; NaN if there is no face.
        """
        return float(np.mean(self.faces > limit)) if len(self.points) else math.nan

    def auc(self, limit: float) -> float:
        """Return the area under the curve (AUC) of the cumulative errors up to a limit.

        Parameters
        ----------
        limit : float
            Error at which the curve ends, as a share of the distance between the eyes.

        Returns
        -------
        float
            The area relative to that of faces without any error, 0 to 1; NaN if there is no face.
        """
        below = np.minimum(self.faces, limit)
        return float(np.mean(1 - below / limit)) if len(self.points) else math.nan

    def area(self, limit: float) -> float:
        """Return `auc`, whose former name this is."""
        warn_renamed("method 'area' of LandmarkErrors", "auc")
        return self.auc(limit)


def five_points(points: npt.ArrayLike) -> Points:
    """Return MTCNN's five landmarks for the 68 points of a face as in 300-W.

    Parameters
    ----------
    points : array_like, shape (68, 2) or (5, 2)
        x, y of the points in pixels. Five points are returned unchanged: eye at image left, eye at
        image right, nose, mouth corner at image left, mouth corner at image right.

    Returns
    -------
    ndarray of float64, shape (5, 2)
        x, y of the landmarks: an eye is the mean of its six points (37 to 42 and 43 to 48, counted
        from 1), the nose is its tip (31), the corners of the mouth are the outer ones (49 and 55).

    Raises
    ------
    ValueError
        If there are neither 68 points nor 5.
    """
    array = np.asarray(points, np.float64)
    if array.shape not in [(number, 2) for number in NUM_POINTS]:
        raise ValueError(f"a face must have 5 or 68 points x, y, got shape {array.shape}")
    if len(array) == 5:
        return array
    eyes = [array[eye].mean(axis=0) for eye in _EYES]
    return np.stack([*eyes, array[_NOSE], *(array[corner] for corner in _MOUTH)])


def landmark_errors(truth: Iterable[npt.ArrayLike], found: Iterable[Detections]) -> LandmarkErrors:
    """Compare detected landmarks with ground truth.

    A face is found if the centre of its five annotated points lies in a detected box. If several
    boxes contain it, the one whose landmarks have the nearest centre matches. Each box matches one
    face at most, the nearest pairs first. Boxes that match no face are ignored.

    Parameters
    ----------
    truth : iterable of array_like, shape (n, 5, 2)
        x, y of the annotated landmarks of the faces of each image, in the order of `Detections`, in
        pixels of the image.
    found : iterable of Detections
        Detections of each image, in the same order.

    Returns
    -------
    LandmarkErrors
        Errors of all annotated faces, image by image, divided by the distance between the annotated
        eyes.

    Raises
    ------
    ValueError
        If the numbers of images differ, landmarks have another shape or are not finite, or the eyes
        of a face coincide.
    """
    errors = [np.empty((0, 5))]
    for each, detections in paired(truth, found):
        faces = checks.rows("landmarks", each, 5, 2)
        if not np.isfinite(faces).all():
            raise ValueError("landmarks must be finite, got some that are not")
        between = np.linalg.norm(faces[:, 0] - faces[:, 1], axis=1)
        if (between == 0).any():
            raise ValueError("the eyes of a face must not coincide")
        of_image = np.full((len(faces), 5), np.inf)
        landmarks = detections.landmarks.astype(np.float64)
        for face, box in _pairs(faces, detections.boxes.astype(np.float64), landmarks):
            distances = np.linalg.norm(landmarks[box] - faces[face], axis=1)
            of_image[face] = distances / between[face]
        errors.append(of_image)
    return LandmarkErrors(np.concatenate(errors))


def _pairs(faces: Points, boxes: Boxes, landmarks: Points) -> Iterable[tuple[int, int]]:
    middles, found = faces.mean(axis=1), landmarks.mean(axis=1)
    inside = (middles[:, None] >= boxes[:, :2]) & (middles[:, None] <= boxes[:, 2:])
    distances = np.linalg.norm(middles[:, None] - found, axis=2)
    distances[~inside.all(axis=2)] = np.inf
    taken_faces, taken_boxes = set(), set()
    for index in np.argsort(distances, axis=None, kind="stable").tolist():
        face, box = divmod(index, len(boxes))
        if not math.isfinite(distances[face, box]):
            return
        if face not in taken_faces and box not in taken_boxes:
            taken_faces.add(face)
            taken_boxes.add(box)
            yield face, box
