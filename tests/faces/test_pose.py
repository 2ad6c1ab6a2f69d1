"""Yaw, pitch and roll: of a model that is turned, and of photographs that are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import fastmtcnn
from fastmtcnn.faces.pose import _MODEL
from tests.support.helpers import golden_image


def seen(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """Landmarks of the model face turned first by yaw, then by pitch, then by roll."""
    y, p, r = np.radians([yaw, pitch, roll])
    points = _MODEL
    # To look towards image right, the nose, which is nearest, moves there.
    points = points @ np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    # To look down, it moves down.
    points = points @ np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    x, y_ = points[:, 0], points[:, 1]
    turned = np.stack([x * np.cos(r) - y_ * np.sin(r), x * np.sin(r) + y_ * np.cos(r)], axis=1)
    return turned * 37.5 + (200, 150)


@pytest.mark.parametrize("yaw", [-60, -20, 0, 35])
@pytest.mark.parametrize("pitch", [-40, 0, 25])
@pytest.mark.parametrize("roll", [-170, -90, -15, 0, 45, 180])
def test_a_model_that_is_turned(yaw: float, pitch: float, roll: float) -> None:
    pose = fastmtcnn.estimate_pose(seen(yaw, pitch, roll)[None])
    np.testing.assert_allclose([pose.yaw[0], pose.pitch[0]], [yaw, pitch], atol=1e-6)
    assert abs((pose.roll[0] - roll + 180) % 360 - 180) < 1e-6


def test_signs() -> None:
    """By hand: the nose goes where the face looks, the eye at image right goes down."""
    frontal = seen(0, 0, 0)
    assert seen(20, 0, 0)[2, 0] > frontal[2, 0]
    assert seen(0, 20, 0)[2, 1] - seen(0, 20, 0)[0, 1] > frontal[2, 1] - frontal[0, 1]
    assert seen(0, 0, 20)[1, 1] > seen(0, 0, 20)[0, 1]


def test_a_mirrored_face() -> None:
    landmarks = fastmtcnn.MTCNN(40).detect(golden_image("crowd.png")).landmarks
    pose = fastmtcnn.estimate_pose(landmarks)
    mirrored = fastmtcnn.estimate_pose(landmarks[:, [1, 0, 2, 4, 3]] * np.array([-1, 1]))
    np.testing.assert_allclose(mirrored.yaw, -pose.yaw, atol=1e-4)
    np.testing.assert_allclose(mirrored.pitch, pose.pitch, atol=1e-4)
    np.testing.assert_allclose(mirrored.roll, -pose.roll, atol=1e-4)


def test_a_photograph_that_is_turned() -> None:
    from PIL import Image

    photo = Image.fromarray(golden_image("astronaut.png"))
    detector = fastmtcnn.MTCNN(60)
    upright = fastmtcnn.estimate_pose(detector.detect(photo)).roll
    for degrees in (-20, 15):
        turned = photo.rotate(-degrees, Image.Resampling.BICUBIC)  # Pillow counts the other way
        roll = fastmtcnn.estimate_pose(detector.detect(turned)).roll
        assert abs(roll[0] - upright[0] - degrees) < 3


def test_what_has_no_pose() -> None:
    landmarks = np.stack([np.ones((5, 2)), np.full((5, 2), np.nan), seen(10, 0, 0)])
    pose = fastmtcnn.estimate_pose(landmarks)
    for angles in pose:
        assert np.isnan(angles).tolist() == [True, True, False]
    assert [angles.shape for angles in fastmtcnn.estimate_pose(np.zeros((0, 5, 2)))] == [(0,)] * 3


def test_refused() -> None:
    with pytest.raises(ValueError, match=r"landmarks must be of shape \(n, 5, 2\), got \(5, 2\)"):
        fastmtcnn.estimate_pose(np.zeros((5, 2)))
    with pytest.raises(TypeError, match=r"landmarks must be of shape \(n, 5, 2\), got str"):
        fastmtcnn.estimate_pose("turned")
