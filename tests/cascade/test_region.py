"""roi: what is found in a part of an image, beside what is found in the part alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from fastmtcnn import MTCNN, VARIANTS, Detections, ImageError
from tests.support.helpers import (
    GOLDEN,
    assert_no_faces,
    assert_same,
    assert_same_detections,
    golden_image,
)

CROWD = "crowd.png"
ROI = (400, 150, 960, 500)


def shifted(found: Detections, x: int, y: int) -> Detections:
    """By hand, in single precision as the result is."""
    return Detections(
        found.boxes + np.array([x, y, x, y], np.float32),
        found.scores,
        found.landmarks + np.array([x, y], np.float32),
    )


def crop_of(roi: tuple[int, int, int, int]) -> Any:
    x1, y1, x2, y2 = roi
    return np.ascontiguousarray(golden_image(CROWD)[y1:y2, x1:x2])


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("roi", [ROI, (0, 0, 240, 400), (900, 0, 1280, 801)])
def test_as_in_the_crop(roi: tuple[int, int, int, int], variant: str) -> None:
    detector = MTCNN(variant=variant, num_threads=1)
    alone = detector.detect(crop_of(roi))
    assert 1 < alone.num_faces < 20
    found = detector.detect(golden_image(CROWD), roi=roi)
    assert_same_detections(found, shifted(alone, *roi[:2]))


def test_the_whole_image(detector: MTCNN) -> None:
    image = golden_image(CROWD)
    found = detector.detect(image, roi=(0, 0, 1280, 801))
    assert_same_detections(found, detector.detect(image))


@pytest.mark.parametrize(
    ("roi", "inside"),
    [
        ((-50, -10, 240, 400), (0, 0, 240, 400)),
        ((900, 0, 9999, 10**30), (900, 0, 1280, 801)),
        (np.array([400, 150, 960, 500]), ROI),
        ([400, 150, 960, np.uint16(500)], ROI),
    ],
)
def test_what_reaches_outside_is_cut_off(
    detector: MTCNN, roi: Any, inside: tuple[int, int, int, int]
) -> None:
    image = golden_image(CROWD)
    assert_same_detections(detector.detect(image, roi=roi), detector.detect(image, roi=inside))


def test_limits_are_those_of_the_crop() -> None:
    options: dict[str, Any] = {"clip": True, "max_faces": 2, "max_faces_by": "center_weighted_size"}
    roi = (30, 0, 300, 180)
    detector = MTCNN(**options, num_threads=1)
    alone = detector.detect(crop_of(roi))
    assert (alone.boxes[:, 3] == 179).any()
    found = detector.detect(golden_image(CROWD), roi=roi)
    assert_same_detections(found, shifted(alone, 30, 0))


def test_trace(detector: MTCNN) -> None:
    trace = detector.trace(golden_image(CROWD), roi=ROI)
    alone = detector.trace(crop_of(ROI))
    box = np.array([400, 150, 400, 150])
    assert trace.scales == alone.scales
    assert_same(trace.proposals[:, :4], alone.proposals[:, :4] + box)
    assert_same(trace.proposals[:, 4:], alone.proposals[:, 4:])
    for crops, crops_alone in ((trace.rnet, alone.rnet), (trace.onet, alone.onet)):
        assert_same(crops.boxes, crops_alone.boxes + box)
        assert_same(crops.scores, crops_alone.scores)
        assert_same(crops.network_scores, crops_alone.network_scores)
    assert_same_detections(trace.detections, shifted(alone.detections, 400, 150))


def test_every_kind_of_image(detector: MTCNN) -> None:
    path = GOLDEN / CROWD
    expected = shifted(detector.detect(crop_of(ROI)), 400, 150)
    with PIL.Image.open(path) as opened:
        pil = opened.convert("RGBA")
    for image in (path, path.read_bytes(), pil, np.asfortranarray(golden_image(CROWD))):
        assert_same_detections(detector.detect(image, roi=ROI), expected)


def test_of_bgr() -> None:
    bgr = golden_image(CROWD)[:, :, ::-1]
    expected = MTCNN(num_threads=1).detect(golden_image(CROWD), roi=ROI)
    found = MTCNN(channel_order="bgr", num_threads=1).detect(bgr, roi=ROI)
    assert_same_detections(found, expected)


def test_one_pixel(detector: MTCNN) -> None:
    assert_no_faces(detector.detect(golden_image(CROWD), roi=(1279, 800, 1280, 801)))


def test_the_detector_stays_as_it_is(detector: MTCNN) -> None:
    image = golden_image("hopper_61x73.png")
    before = detector.detect(image)
    detector.detect(image, roi=(0, 0, 9, 9))
    stream = detector.detect_stream([image, image], roi=(0, 0, 9, 9))
    next(stream)
    assert_same_detections(detector.detect(image), before)
    assert_no_faces(next(stream))


@pytest.mark.parametrize(
    "roi", [(1280, 0, 1300, 50), (0, 801, 50, 900), (-50, 0, 0, 50), (0, -9, 50, -1)]
)
def test_outside_the_image(detector: MTCNN, roi: Any) -> None:
    with pytest.raises(ImageError) as caught:
        detector.detect(golden_image(CROWD), roi=roi)
    assert str(caught.value) == (
        f"roi must have pixels in common with the image of 1280x801, got {roi}"
    )


def test_of_several_images_some_may_be_too_small(detector: MTCNN, tmp_path: Path) -> None:
    images = [golden_image(CROWD), golden_image("hopper_61x73.png")]
    roi = (400, 150, 960, 500)
    expected = [detector.detect(images[0], roi=roi), Detections.empty()]
    for method in (detector.detect_batch, detector.detect_stream):
        found = list(method(images, roi=roi, on_error="empty"))
        for one, other in zip(found, expected, strict=True):
            assert_same_detections(one, other)
        with pytest.raises(ImageError, match=r"image 1: roi must have pixels .* of 61x73, got"):
            list(method(images, roi=roi))


WANTED = "roi must be four whole numbers x1, y1, x2, y2 with x1 < x2 and y1 < y2, got "


@pytest.mark.parametrize(
    ("roi", "error"),
    [
        ((1, 2, 3), ValueError),
        ((1, 2, 3, 4, 5), ValueError),
        ((), ValueError),
        ((5, 0, 5, 9), ValueError),
        ((0, 9, 5, 3), ValueError),
        ((0.0, 0, 5, 5), TypeError),
        ((0, 0, True, 5), TypeError),
        ((0, 0, None, 5), TypeError),
        ("0123", TypeError),
        (7, TypeError),
        (np.zeros((2, 2), int), TypeError),
        (np.array([0.0, 0, 9, 9]), TypeError),
        (slice(0, 5), TypeError),
    ],
    ids=repr,
)
@pytest.mark.parametrize("method", ["detect", "trace", "detect_batch", "detect_stream"])
def test_no_rectangle(detector: MTCNN, roi: Any, error: type[Exception], method: str) -> None:
    image: Any = golden_image(CROWD)
    with pytest.raises(error) as caught:
        getattr(detector, method)([image] if "_" in method else image, roi=roi)
    assert str(caught.value) == f"{WANTED}{roi!r}"
