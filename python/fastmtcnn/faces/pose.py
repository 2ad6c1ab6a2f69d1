"""How a face is turned, as far as five landmarks tell."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..detections import Detections

# A face of average proportions from the front: to image right, down, and away from the viewer, in
# units of the distance between the eyes. In the plane the template of ArcFace; the depths are
# those of a nose of 25 mm before eyes that are 63 mm apart, and of mouth corners 2 mm before them.
_MODEL = np.array(
    [
        (-0.5, 0.0, 0.0),
        (0.5, 0.0, 0.0),
        (0.0, 0.57, -0.40),
        (-0.41, 1.15, -0.03),
        (0.41, 1.15, -0.03),
    ]
)
_CENTRED = _MODEL - _MODEL.mean(axis=0)
_SOLVE = np.linalg.pinv(_CENTRED)


class Pose(NamedTuple):
    """How faces are turned, in degrees.

    Attributes
    ----------
    yaw : ndarray of float64, shape (n,)
        About the vertical axis; above 0 for a face that looks towards image right.
    pitch : ndarray of float64, shape (n,)
        About the horizontal axis; above 0 for a face that looks down.
    roll : ndarray of float64, shape (n,)
        In the plane of the image, -180 to 180; above 0 for a face turned clockwise.
    """

    yaw: npt.NDArray[np.float64]
    pitch: npt.NDArray[np.float64]
    roll: npt.NDArray[np.float64]


def estimate_pose(landmarks: Detections | npt.ArrayLike) -> Pose:
    """Estimate how faces are turned.

    Five points of a face of average proportions, seen from afar, are fitted to the landmarks by
    least squares (an affine camera), and the nearest rotation is taken. Roll is about as exact as
    the landmarks. Yaw and pitch hang on one point, the nose: they tell a frontal face from a half
    profile, not 10 degrees from 15. A nose longer or shorter than average, or one landmark that is
    a tenth of the distance between the eyes off, moves them by some 10 degrees, and pitch has a
    constant part that differs from face to face. MTCNN finds few faces beyond 60 degrees of yaw.

    Parameters
    ----------
    landmarks : Detections or array_like, shape (n, 5, 2)
        x, y in pixels, in the order of `Detections`.

    Returns
    -------
    Pose
        Yaw, pitch and roll, each of shape (n,); NaN where landmarks coincide or are not finite.

    Raises
    ------
    ValueError, TypeError
        If the landmarks are of another shape or no numbers.

    Examples
    --------
    >>> import fastmtcnn
    >>> found = fastmtcnn.MTCNN().detect(fastmtcnn.sample_photo())
    >>> fastmtcnn.estimate_pose(found).roll.round()
    array([3.])
    """
    if isinstance(landmarks, Detections):
        landmarks = landmarks.landmarks
    try:
        points = np.asarray(landmarks, np.float64)
    except (TypeError, ValueError):
        raise TypeError(
            f"landmarks must be of shape (n, 5, 2), got {type(landmarks).__name__}"
        ) from None
    if points.ndim != 3 or points.shape[1:] != (5, 2):
        raise ValueError(f"landmarks must be of shape (n, 5, 2), got {points.shape}")
    centred = points - points.mean(axis=1, keepdims=True)
    camera = np.swapaxes(_SOLVE @ centred, 1, 2)  # (n, 2, 3): scale and the first two axes
    sound = np.isfinite(camera).all(axis=(1, 2))
    sound[sound] &= np.abs(camera[sound]).max(axis=(1, 2)) > 0
    left, _, right = np.linalg.svd(np.where(sound[:, None, None], camera, 1), full_matrices=False)
    axes = left @ right
    across, down = axes[:, 0], axes[:, 1]
    ahead = np.cross(across, down)
    # rotation = Rz(roll) Rx(pitch) Ry(-yaw), its rows `across`, `down` and `ahead`
    pitch = np.arcsin(np.clip(ahead[:, 1], -1, 1))
    yaw = np.arctan2(ahead[:, 0], ahead[:, 2])
    roll = np.arctan2(-across[:, 1], down[:, 1])
    degrees = [np.where(sound, np.degrees(angle), np.nan) for angle in (yaw, pitch, roll)]
    return Pose(*degrees)
