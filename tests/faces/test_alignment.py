"""Aligned crops: the transform, the pixels, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

import fastmtcnn
from benchmarks.baseline import alignment as baseline
from fastmtcnn import _core
from fastmtcnn.faces.alignment import TEMPLATES
from tests.support.helpers import GOLDEN, golden_image, random_image

ARCFACE = np.array(
    [
        *((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366)),
        *((41.5493, 92.3655), (70.7299, 92.2041)),
    ]
)
RECORDED = json.loads((GOLDEN / "mtcnn_pytorch.json").read_text(encoding="utf-8"))["results"]
BORDERS: tuple[Literal["constant", "replicate", "reflect"], ...] = (
    "constant",
    "replicate",
    "reflect",
)


def recorded_faces() -> list[tuple[str, NDArray[np.float64]]]:
    """Every image that was recorded with default options, and the landmarks in it."""
    found: dict[str, NDArray[np.float64]] = {}
    for record in RECORDED:
        if record["landmarks"]:
            found.setdefault(record["image"], np.array(record["landmarks"], float))
    return list(found.items())


FACES = recorded_faces()


def moved(transforms: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points of shape (n, k, 2) under transforms of shape (n, 2, 3)."""
    return points @ np.swapaxes(transforms[:, :, :2], 1, 2) + transforms[:, None, :, 2]


def transform_of(scale: float, degrees: float, x: float, y: float) -> NDArray[np.float64]:
    a, b = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    return np.array([[a, -b, x], [b, a, y]])


# ---- the transform


@pytest.mark.parametrize("count", [2, 3, 5, 68])
def test_the_similarity_of_umeyama(count: int) -> None:
    rng = np.random.default_rng(count)
    points, targets = rng.normal(0, 50, (200, count, 2)), rng.normal(60, 20, (count, 2))
    expected = [baseline.fit_similarity(each, targets) for each in points]
    np.testing.assert_allclose(_core.fit_similarities(points, targets), expected, atol=1e-9)


def test_mirrored_points_are_not_mirrored_back() -> None:
    """The best reflection would be exact; the best rotation is what counts."""
    points = ARCFACE[None] * (-1, 1)
    fitted = _core.fit_similarities(points, ARCFACE)
    np.testing.assert_allclose(fitted[0], baseline.fit_similarity(points[0], ARCFACE), atol=1e-9)
    assert np.linalg.det(fitted[0, :, :2]) > 0


@pytest.mark.optional
def test_the_similarity_of_scikit_image() -> None:
    transform = pytest.importorskip("skimage.transform")
    for _, landmarks in FACES:
        ours = fastmtcnn.similarity_transforms(landmarks)
        for points, mine in zip(landmarks, ours, strict=True):
            other = transform.estimate_transform("similarity", points, ARCFACE)
            np.testing.assert_allclose(mine, other.params[:2], atol=1e-9)


def test_two_points_meet_their_targets() -> None:
    transform = fastmtcnn.similarity_transforms([[10, 20], [10, 40]], 9, [[2, 2], [6, 2]])
    # A quarter turn counterclockwise at a fifth of the size.
    np.testing.assert_allclose(transform, [[0, 0.2, -2], [-0.2, 0, 4]], atol=1e-12)


def test_a_template_that_is_met_leaves_the_image_as_it_is() -> None:
    transform = fastmtcnn.similarity_transforms(ARCFACE)
    np.testing.assert_allclose(transform, [[1, 0, 0], [0, 1, 0]], atol=1e-12)


@pytest.mark.parametrize(
    ("size", "margin", "expected"),
    [
        (224, 0.0, 2 * ARCFACE),
        (112, 0.5, (ARCFACE + 56) / 2),
        (56, -0.25, (ARCFACE / 2 - 14) * 2),
        ((112, 152), 0.0, ARCFACE + np.array([20, 0])),
        ((132, 112), 0.0, ARCFACE + np.array([0, 10])),
    ],
)
def test_size_and_margin(
    size: int | tuple[int, int], margin: float, expected: NDArray[np.float64]
) -> None:
    transform = fastmtcnn.similarity_transforms(ARCFACE, size, margin=margin)
    np.testing.assert_allclose(moved(transform[None], ARCFACE[None])[0], expected, atol=1e-9)


def test_templates() -> None:
    np.testing.assert_allclose(TEMPLATES["arcface"] * 112, ARCFACE)
    facenet = TEMPLATES["facenet"]
    # Symmetric about the middle, and in the order of landmarks.
    np.testing.assert_allclose(facenet[[1, 0, 2, 4, 3]] * (-1, 1) + (1, 0), facenet)
    assert (facenet[[0, 2, 1]][:, 0] == np.sort(facenet[:3, 0])).all()


# ---- the pixels


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("samples", [1, 2, 3])
def test_pixels_by_the_baseline(border: Any, samples: int) -> None:
    rng = np.random.default_rng(samples)
    for seed in range(40):
        rows, columns = rng.integers(1, 60, 2).tolist()
        height, width = rng.integers(1, 50, 2).tolist()
        image = random_image(rows, columns, seed)
        scale = (
            1 / rng.uniform(samples - 0.85, samples + 0.05) if samples > 1 else rng.uniform(1, 5)
        )
        transform = transform_of(scale, rng.uniform(-180, 180), 0, 0)
        centre = transform[:, :2] @ rng.uniform(-0.2, 1.2, 2) * (columns, rows)
        transform[:, 2] = (width / 2, height / 2) - centre
        got = _core.warp(image, transform[None], height, width, border, (0, 0, 0), samples > 1)
        exact = baseline.warp(image, transform, height, width, border, samples)
        # Rounding to whole numbers, of means twice; the positions are of float32.
        assert np.abs(got[0] - exact).max() <= (0.51 if samples == 1 else 1.01)


@pytest.mark.optional
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("name", [name for name, _ in FACES])
def test_pixels_of_opencv(name: str, border: str) -> None:
    cv2 = pytest.importorskip("cv2")
    if int(cv2.__version__.split(".")[0]) < 5:
        pytest.skip("before OpenCV 5 warpAffine rounds positions to 1/32 of a pixel")
    image = golden_image(name)
    landmarks = dict(FACES)[name]
    mode = {"constant": cv2.BORDER_CONSTANT, "replicate": cv2.BORDER_REPLICATE}
    transforms = fastmtcnn.similarity_transforms(landmarks, margin=0.2)
    crops = fastmtcnn.align(image, landmarks, margin=0.2, border=border)  # type: ignore[arg-type]
    for transform, ours in zip(transforms, crops, strict=True):
        other = cv2.warpAffine(
            image, transform, (112, 112), borderMode=mode.get(border, cv2.BORDER_REFLECT_101)
        )
        assert np.abs(ours.astype(int) - other).max() <= 1


def test_a_shift_by_half_a_pixel() -> None:
    image = np.zeros((3, 4, 3), np.uint8)
    image[1] = [[10], [20], [40], [80]]
    got = _core.warp(image, np.array([[[1, 0, 0.5], [0, 1, 0]]]), 3, 5)
    # Halves are rounded up; beside the image there is black.
    assert got[0, 1, :, 0].tolist() == [5, 15, 30, 60, 40]
    assert got[0, [0, 2]].max() == 0


def test_landmarks_come_to_lie_where_the_transform_says() -> None:
    """A spot of light at each landmark of the recorded faces, found again in the crop."""
    for name, landmarks in FACES:
        height, width = golden_image(name).shape[:2]
        transforms = fastmtcnn.similarity_transforms(landmarks, margin=0.3)
        expected = moved(transforms, landmarks)
        np.testing.assert_allclose(
            expected.mean(axis=1),
            np.tile(((ARCFACE + 33.6) / 1.6).mean(axis=0), (len(landmarks), 1)),
        )
        for face, points in enumerate(landmarks):
            radius = 2.5 / np.hypot(*transforms[face, :, 0])
            for point, where in zip(points, expected[face], strict=True):
                rows, columns = np.mgrid[:height, :width]
                spot = np.exp(-((columns - point[0]) ** 2 + (rows - point[1]) ** 2) / radius**2)
                inside = 3 * radius < np.array([*point, *((width, height) - point)])
                if not inside.all():
                    continue
                image = np.repeat((255 * spot).astype(np.uint8)[..., None], 3, axis=2)
                crop = fastmtcnn.align(image, points, margin=0.3)[..., 0].astype(float)
                y, x = np.mgrid[:112, :112]
                found = np.array([(x * crop).sum(), (y * crop).sum()]) / crop.sum()
                assert np.abs(found - where).max() < 0.1


def test_faces_at_once_and_one_by_one() -> None:
    name, landmarks = max(FACES, key=lambda face: len(face[1]))
    image = golden_image(name)
    crops = fastmtcnn.align(image, landmarks, 96, margin=0.1)
    assert crops.shape == (len(landmarks), 96, 96, 3)
    for points, crop in zip(landmarks, crops, strict=True):
        np.testing.assert_array_equal(fastmtcnn.align(image, points, 96, margin=0.1), crop)


def test_kinds_of_result() -> None:
    image = golden_image("astronaut.png")
    found = fastmtcnn.MTCNN(40).detect(image)
    crops = fastmtcnn.align(image, found, (120, 100))
    assert crops.shape == (1, 120, 100, 3)
    assert crops.dtype == np.uint8
    assert crops.flags.c_contiguous
    first = fastmtcnn.align(image, found, (120, 100), layout="chw", normalize=(127.5, 128))
    assert first.shape == (1, 3, 120, 100)
    assert first.dtype == np.float32
    assert first.flags.c_contiguous
    exact = (crops.transpose(0, 3, 1, 2).astype(float) - 127.5) / 128
    np.testing.assert_array_equal(first, exact.astype(np.float32))
    last = fastmtcnn.align(image, found, (120, 100), normalize=(127.5, 128))
    np.testing.assert_array_equal(last, first.transpose(0, 2, 3, 1))
    planes = fastmtcnn.align(image, found, (120, 100), layout="chw")
    np.testing.assert_array_equal(planes, crops.transpose(0, 3, 1, 2))
    assert planes.flags.c_contiguous
    bgr = fastmtcnn.align(image[..., ::-1], found, (120, 100))
    np.testing.assert_array_equal(bgr, crops[..., ::-1])
    np.testing.assert_array_equal(
        fastmtcnn.align(GOLDEN / "astronaut.png", found.landmarks, (120, 100)), crops
    )


def test_no_face() -> None:
    image = golden_image("coffee_noface.png")
    none = fastmtcnn.Detections.empty()
    assert fastmtcnn.align(image, none).shape == (0, 112, 112, 3)
    assert fastmtcnn.align(image, none, layout="chw", normalize=(0, 1)).shape == (0, 3, 112, 112)
    assert fastmtcnn.similarity_transforms(none).shape == (0, 2, 3)


def test_what_lies_outside() -> None:
    image = np.full((20, 20, 3), 200, np.uint8)
    far = ARCFACE + 1000
    assert (fastmtcnn.align(image, far) == 0).all()
    assert (fastmtcnn.align(image, far, fill=(1, 2, 3)) == (1, 2, 3)).all()
    assert (fastmtcnn.align(image, far, fill=9) == 9).all()
    assert (fastmtcnn.align(image, far, border="replicate") == 200).all()
    assert (fastmtcnn.align(image, ARCFACE * 1e20, border="reflect") == 200).all()


def test_fewer_pixels_without_aliasing() -> None:
    """Of stripes a pixel wide an eighth of the size leaves gray, or without care stripes."""
    image = np.zeros((800, 800, 3), np.uint8)
    image[:, ::2] = 255
    points = ARCFACE * 6.5 + 20
    inner = slice(10, -10)
    smooth = fastmtcnn.align(image, points, antialias=True)[inner, inner]
    assert np.ptp(smooth.astype(int)) < 40
    assert np.ptp(fastmtcnn.align(image, points)[inner, inner].astype(int)) > 200


# ---- what is refused

IMAGE = random_image(20, 30)
REFUSED: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "landmarks: shape": (
        lambda: fastmtcnn.align(IMAGE, np.zeros((2, 4, 2))),
        ValueError,
        r"landmarks must be of shape \(n, 5, 2\) or \(5, 2\), got shape \(2, 4, 2\)",
    ),
    "landmarks: kind": (
        lambda: fastmtcnn.align(IMAGE, "eyes"),
        TypeError,
        r"landmarks must be of shape \(n, 5, 2\) or \(5, 2\), got str",
    ),
    "landmarks: NaN": (
        lambda: fastmtcnn.align(IMAGE, np.full((1, 5, 2), np.nan)),
        ValueError,
        "landmarks must be finite numbers, got some that are not",
    ),
    "landmarks: coincide": (
        lambda: fastmtcnn.align(IMAGE, [ARCFACE, np.ones((5, 2))]),
        ValueError,
        "the landmarks of face 1 must differ as those of the template do, got",
    ),
    "size: zero": (
        lambda: fastmtcnn.align(IMAGE, ARCFACE, 0),
        ValueError,
        "size must be a whole number of at least 1, got 0",
    ),
    "size: large": (
        lambda: fastmtcnn.align(IMAGE, ARCFACE, (112, 5000)),
        ValueError,
        "size must be at most 4096 pixels, got 5000",
    ),
    "size: three": (
        lambda: fastmtcnn.align(IMAGE, ARCFACE, (1, 2, 3)),  # type: ignore[arg-type]
        ValueError,
        r"size must be a whole number, or height and width, got \(1, 2, 3\)",
    ),
    "template: name": (
        lambda: fastmtcnn.align(IMAGE, ARCFACE, template="arc"),
        ValueError,
        "template must be one of 'arcface', 'facenet', got 'arc'",
    ),
    "template: shape": (
        lambda: fastmtcnn.align(IMAGE, ARCFACE, template=[1, 2]),
        ValueError,
        r"at least two points of shape \(k, 2\), got shape \(2,\)",
    ),
    "margin": (
        lambda: fastmtcnn.align(IMAGE, ARCFACE, margin=-0.5),
        ValueError,
        r"margin must be a number above -0\.5 and at most 100, got -0\.5",
    ),
    "border": (
        lambda: fastmtcnn.align(IMAGE, ARCFACE, border="wrap"),  # type: ignore[arg-type]
        ValueError,
        "border must be one of 'constant', 'replicate', 'reflect', got 'wrap'",
    ),
    "layout": (
        lambda: fastmtcnn.align(IMAGE, ARCFACE, layout="nchw"),  # type: ignore[arg-type]
        ValueError,
        "layout must be one of 'hwc', 'chw', got 'nchw'",
    ),
    "fill": (
        lambda: fastmtcnn.align(IMAGE, ARCFACE, fill=256),
        ValueError,
        "fill must be a whole number from 0 to 255, or three of them, got 256",
    ),
    "fill: kind": (
        lambda: fastmtcnn.align(IMAGE, ARCFACE, fill=0.5),  # type: ignore[arg-type]
        TypeError,
        r"fill must be a whole number from 0 to 255, or three of them, got 0\.5",
    ),
    "normalize": (
        lambda: fastmtcnn.align(IMAGE, ARCFACE, normalize=(127.5, 0)),
        ValueError,
        r"normalize must be two numbers, mean and scale, the second not 0, got \(127\.5, 0\)",
    ),
    "image": (
        lambda: fastmtcnn.align(IMAGE.astype(float), ARCFACE),
        TypeError,
        "uint8",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    call, kind, message = REFUSED[name]
    with pytest.raises(kind, match=message):
        call()
