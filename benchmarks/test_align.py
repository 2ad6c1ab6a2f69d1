"""Aligned crops beside those of OpenCV and scikit-image, which the extra ``test`` lacks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest

import fastmtcnn
from fastmtcnn import _core
from fastmtcnn.faces.alignment import TEMPLATES

Compare: TypeAlias = Callable[..., None]
SIZE = 112
TARGETS = np.ascontiguousarray(TEMPLATES["arcface"] * SIZE)

pytestmark = pytest.mark.benchmark(max_time=1.5, min_rounds=15)


@pytest.fixture(scope="module")
def landmarks(crowd: _core.Image) -> npt.NDArray[np.float64]:
    """Return the landmarks of the faces that are found in the crowd."""
    found = fastmtcnn.MTCNN(20).detect(crowd)
    return found.landmarks.astype(np.float64)


def assert_near(most: float) -> Callable[[Any, Any], None]:
    """Return a check of gray levels."""

    def check(ours: npt.NDArray[Any], other: npt.NDArray[Any]) -> None:
        assert np.abs(np.asarray(ours, float) - np.asarray(other, float)).max() <= most

    return check


def describe(landmarks: npt.NDArray[np.float64]) -> str:
    scales = np.hypot(*fastmtcnn.similarity_transforms(landmarks)[:, :, 0].T)
    scale = f"{scales.min():.2f} to {scales.max():.2f}"
    return f"{len(landmarks)} faces of 1280x801 to {SIZE}x{SIZE}, scales {scale}"


def test_fit(compare: Compare, landmarks: npt.NDArray[np.float64]) -> None:
    transform = pytest.importorskip("skimage.transform")

    def reference() -> npt.NDArray[np.float64]:
        fitted = (transform.estimate_transform("similarity", each, TARGETS) for each in landmarks)
        return np.stack([each.params[:2] for each in fitted])

    compare(
        "similarity transforms, scikit-image",
        lambda: fastmtcnn.similarity_transforms(landmarks),
        reference,
        target=3.0,
        settings=describe(landmarks),
        check=assert_near(1e-6),
    )


def test_warp_opencv(
    compare: Compare, crowd: _core.Image, landmarks: npt.NDArray[np.float64]
) -> None:
    cv2 = pytest.importorskip("cv2", minversion="5")
    cv2.setNumThreads(1)
    transforms = fastmtcnn.similarity_transforms(landmarks)

    def reference() -> list[npt.NDArray[np.uint8]]:
        return [cv2.warpAffine(crowd, each, (SIZE, SIZE)) for each in transforms]

    compare(
        f"warp, OpenCV {cv2.__version__}",
        partial(_core.warp, crowd, transforms, SIZE, SIZE),
        reference,
        target=1.0,
        settings=describe(landmarks),
        check=assert_near(1),
    )


def test_align_opencv(
    compare: Compare, crowd: _core.Image, landmarks: npt.NDArray[np.float64]
) -> None:
    cv2 = pytest.importorskip("cv2", minversion="5")
    cv2.setNumThreads(1)

    def reference() -> npt.NDArray[np.uint8]:
        crops = []
        for each in landmarks:
            # All points are inliers, so that this is a fit by least squares.
            fitted, _ = cv2.estimateAffinePartial2D(each, TARGETS, ransacReprojThreshold=1e6)
            crops.append(cv2.warpAffine(crowd, fitted, (SIZE, SIZE)))
        return np.stack(crops)

    compare(
        f"align, OpenCV {cv2.__version__}",
        lambda: fastmtcnn.align(crowd, landmarks),
        reference,
        target=1.0,
        settings=describe(landmarks),
        check=assert_near(2),
    )


def test_align_scikit_image(
    compare: Compare, crowd: _core.Image, landmarks: npt.NDArray[np.float64]
) -> None:
    transform = pytest.importorskip("skimage.transform")

    def reference() -> npt.NDArray[np.float64]:
        crops = []
        for each in landmarks:
            fitted = transform.estimate_transform("similarity", each, TARGETS)
            crops.append(
                transform.warp(
                    crowd, fitted.inverse, None, (SIZE, SIZE), mode="edge", preserve_range=True
                )
            )
        return np.stack(crops)

    compare(
        "align, scikit-image",
        lambda: fastmtcnn.align(crowd, landmarks, border="replicate"),
        reference,
        target=3.0,
        settings=describe(landmarks),
        check=assert_near(1),
    )


def test_align_for_a_recogniser(
    compare: Compare, crowd: _core.Image, landmarks: npt.NDArray[np.float64]
) -> None:
    """Crops as a network takes them, beside the same made of the uint8 crops by NumPy."""

    def reference() -> npt.NDArray[np.float32]:
        crops = fastmtcnn.align(crowd, landmarks)
        planes = (crops.transpose(0, 3, 1, 2) - np.float32(127.5)) / np.float32(128)
        return np.ascontiguousarray(planes)

    compare(
        "align, normalised planes, NumPy",
        lambda: fastmtcnn.align(crowd, landmarks, normalize=(127.5, 128), layout="chw"),
        reference,
        target=1.2,
        settings=describe(landmarks),
        check=np.testing.assert_array_equal,
    )
