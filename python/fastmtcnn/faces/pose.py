"""Head pose, estimated from five landmarks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .given import FacesLike, landmarks_of, numbers_or_none

# A frontal face of average proportions: x to image right, y down, z away from the viewer, in units
# of the distance between the eyes. x and y are those of ArcFace's template; the depths are those of
# a nose 25 mm, and of mouth corners 2 mm, before eyes that are 63 mm apart.
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
    """Head poses of faces, in degrees.

    Attributes
    ----------
    yaw : ndarray of float64, shape (n,)
        Rotation about the vertical axis; positive for a face that looks towards image right.
    pitch : ndarray of float64, shape (n,)
        Rotation about the horizontal axis; positive for a face that looks down.
    roll : ndarray of float64, shape (n,)
        Rotation in the plane of the image, -180 to 180; positive for a face rotated clockwise.
    """

    yaw: npt.NDArray[np.float64]
    pitch: npt.NDArray[np.float64]
    roll: npt.NDArray[np.float64]


def estimate_pose(landmarks: FacesLike) -> Pose:
    """Estimate the head poses of faces.

    Five points of a face of average proportions are fitted to the landmarks by least squares (with
    an affine camera), and the nearest rotation is taken. Roll is about as exact as the landmarks.
    Yaw and pitch depend on one point, the nose: they distinguish a frontal face from a half
    profile, but not 10 degrees from 15. If the nose is longer or shorter than average, or the error
    of one landmark is a tenth of the distance between the eyes, they change by about 10 degrees,
    and pitch has a constant offset that differs between people. MTCNN detects few faces with a yaw
    beyond 60 degrees.

    Parameters
    ----------
    landmarks : Detections, some `Face`, or array_like, shape (n, 5, 2)
        Faces, or x, y of the landmarks in pixels, in the order of `Detections`.

    Returns
    -------
    Pose
        Yaw, pitch and roll, each of shape (n,); NaN if landmarks coincide or are not finite.

    Raises
    ------
    ValueError, TypeError
        If the landmarks have another shape or are not numbers.

    Examples
    --------
    >>> import fastmtcnn
    >>> found = fastmtcnn.MTCNN().detect(fastmtcnn.sample_photo())
    >>> fastmtcnn.estimate_pose(found).roll.round()
    array([3.])
    """
    points = numbers_or_none(landmarks_of(landmarks))
    if points is None:
        raise TypeError(f"landmarks must be of shape (n, 5, 2), got {type(landmarks).__name__}")
    if points.ndim != 3 or points.shape[1:] != (5, 2):
        raise ValueError(f"landmarks must be of shape (n, 5, 2), got {points.shape}")
    centred = points - points.mean(axis=1, keepdims=True)
    camera = np.swapaxes(_SOLVE @ centred, 1, 2)  # (n, 2, 3): scale and the first two axes
    valid = np.isfinite(camera).all(axis=(1, 2))
    valid[valid] &= np.abs(camera[valid]).max(axis=(1, 2)) > 0
    left, _, right = np.linalg.svd(np.where(valid[:, None, None], camera, 1), full_matrices=False)
    axes = left @ right
    across, down = axes[:, 0], axes[:, 1]
    ahead = np.cross(across, down)
    # rotation = Rz(roll) Rx(pitch) Ry(-yaw), with the rows `across`, `down` and `ahead`
    pitch = np.arcsin(np.clip(ahead[:, 1], -1, 1))
    yaw = np.arctan2(ahead[:, 0], ahead[:, 2])
    roll = np.arctan2(-across[:, 1], down[:, 1])
    degrees = [np.where(valid, np.degrees(angle), np.nan) for angle in (yaw, pitch, roll)]
    return Pose(*degrees)
