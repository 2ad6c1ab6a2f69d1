"""views: what each shows the cascade, beside the baseline and beside searches done by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from benchmarks.baseline import views as baseline
from fastmtcnn import MTCNN, VARIANTS, Detections, explain
from fastmtcnn.cascade.views import VIEWS
from fastmtcnn.options import VIEWS as NAMES
from tests.support.helpers import (
    assert_no_faces,
    assert_same,
    assert_same_detections,
    golden_image,
    random_image,
)
from tests.support.native import baseline_of_default_engine

CROWD = "crowd.png"
LOW: dict[str, Any] = {"thresholds": (0.5, 0.4, 0.3)}


def assert_near(found: Detections, expected: tuple[Any, ...]) -> None:
    """The same faces; those of nearly equal scores may have changed places."""
    boxes, scores, landmarks = expected
    assert found.num_faces == len(scores)
    order = [int(abs(boxes - box).max(axis=1).argmin()) for box in found.boxes]
    assert sorted(order) == list(range(len(scores)))
    np.testing.assert_allclose(found.boxes, boxes[order], rtol=0, atol=2e-3)
    np.testing.assert_allclose(found.scores, scores[order], rtol=0, atol=1e-5)
    np.testing.assert_allclose(found.landmarks, landmarks[order], rtol=0, atol=2e-3)


def test_all_names_have_a_view() -> None:
    assert tuple(VIEWS) == NAMES


@pytest.mark.parametrize("views", [*((name,) for name in NAMES), NAMES, NAMES[::-1]], ids=str)
@pytest.mark.parametrize("name", [CROWD, "astronaut_333x277.png", "hopper_61x73.png"])
def test_beside_the_baseline(name: str, views: tuple[str, ...]) -> None:
    image = golden_image(name)[:, :640]  # half the crowd, the others whole
    expected = baseline_of_default_engine(**LOW, views=views).detect(image)
    assert len(expected[1]) > 0
    assert_near(MTCNN(**LOW, views=views, num_threads=1).detect(image), expected)


def test_every_colour_in_grey() -> None:
    steps = np.arange(0, 256, 5, dtype=np.uint8)
    image = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 52, 3)
    assert_same(VIEWS["grey"].change(image), baseline.grey(image))


def test_mirror_searches_the_mirrored_image() -> None:
    image, width = golden_image(CROWD)[:, :-3], 1277
    detector = MTCNN(**LOW, num_threads=1)
    mirrored = detector.detect(image[:, ::-1])
    _, found = MTCNN(**LOW, views=("mirror",), num_threads=1).trace(image).views
    assert found.num_faces == mirrored.num_faces > 15
    assert_same(found.scores, mirrored.scores)
    np.testing.assert_allclose(found.boxes[:, 0], width - 1 - mirrored.boxes[:, 2], atol=1e-4)
    np.testing.assert_allclose(found.boxes[:, 2], width - 1 - mirrored.boxes[:, 0], atol=1e-4)
    assert_same(found.boxes[:, [1, 3]], mirrored.boxes[:, [1, 3]])
    eyes = found.landmarks[:, :2, 0]
    assert (eyes[:, 0] < eyes[:, 1])[found.scores > 0.9].all()  # the first is at image left


@pytest.mark.parametrize("variant", VARIANTS)
def test_half_step(variant: str) -> None:
    """Its levels lie at the geometric means of neighbouring levels of the image itself."""
    image = golden_image("astronaut_333x277.png")
    factor = VARIANTS[variant].factor
    detector = MTCNN(variant=variant, views=("half-step",), num_threads=1)
    other = MTCNN(20 / math.sqrt(factor), variant=variant, num_threads=1).trace(image)
    trace = detector.trace(image)
    between = np.sqrt(np.array(trace.scales[:-1]) * trace.scales[1:])
    np.testing.assert_allclose(other.scales[: len(between)], between, rtol=1e-9)
    assert_same_detections(trace.views[1], other.detections)


def test_half_step_of_a_narrow_range_of_sizes() -> None:
    image = golden_image(CROWD)
    detector = MTCNN(30, max_face_size=30, drop_larger=False, views=("half-step",), num_threads=1)
    assert detector.detect(image).num_faces > 0


def test_a_search_with_all_views_finds_more() -> None:
    """On this photograph, at least: the grey and the mirrored one show faces that it does not."""
    image = golden_image(CROWD)
    alone = MTCNN(**LOW, num_threads=1).detect(image)
    trace = MTCNN(**LOW, views=NAMES, num_threads=1).trace(image)
    assert_same_detections(trace.views[0], alone)
    assert len(trace.views) == 4
    assert trace.detections.num_faces > alone.num_faces
    expected = baseline.fuse(trace.views)
    assert_near(trace.detections, expected)


def test_the_stages_are_of_the_image_as_it_is() -> None:
    image = golden_image("astronaut_333x277.png")
    plain = MTCNN(num_threads=1).trace(image)
    trace = MTCNN(views=("grey", "half-step"), num_threads=1).trace(image)
    assert trace.scales == plain.scales
    assert_same(trace.proposals, plain.proposals)
    assert_same(trace.onet.network_scores, plain.onet.network_scores)


def test_with_rotations() -> None:
    """The views of each orientation are fused, then the orientations merged."""
    image = golden_image("astronaut_333x277.png")
    turned = np.ascontiguousarray(np.rot90(image, 2))
    upright = MTCNN(views=("grey", "mirror"), num_threads=1).detect(image)
    found = MTCNN(views=("grey", "mirror"), rotations=(180,), num_threads=1).detect(turned)
    face = int(abs(found.scores - upright.scores[0]).argmin())
    x1, y1, x2, y2 = upright.boxes[0]
    height, width = image.shape[:2]
    expected = [width - 1 - x2, height - 1 - y2, width - 1 - x1, height - 1 - y1]
    np.testing.assert_allclose(found.boxes[face], expected, rtol=0, atol=3e-4)


def test_in_a_region() -> None:
    image = golden_image(CROWD)
    detector = MTCNN(views=NAMES, num_threads=1)
    part = detector.trace(np.ascontiguousarray(image[100:500, 200:900]))
    within = detector.trace(image, roi=(200, 100, 900, 500))
    corner = np.array([200, 100], np.float32)
    for found, alone in zip(
        (within.detections, *within.views), (part.detections, *part.views), strict=True
    ):
        assert alone.num_faces > 3
        assert_same(found.boxes, alone.boxes + np.tile(corner, 2))
        assert_same(found.landmarks, alone.landmarks + corner)


def test_limits_are_of_the_fused_faces() -> None:
    image = golden_image(CROWD)
    everything = MTCNN(**LOW, views=NAMES, num_threads=1).detect(image)
    agreed = everything.scores >= 0.6
    assert 0 < agreed.sum() < everything.num_faces
    sure = MTCNN(**LOW, views=NAMES, min_score=0.6, num_threads=1).detect(image)
    assert_same_detections(sure, everything.select(agreed))
    first = MTCNN(**LOW, views=NAMES, max_faces=3, num_threads=1).detect(image)
    assert_same_detections(first, everything.select([0, 1, 2]))


def test_a_variant_of_whole_pixels_keeps_them() -> None:
    found = MTCNN(variant="mtcnn", views=NAMES, num_threads=1).detect(golden_image(CROWD))
    assert VARIANTS["mtcnn"].integer_output
    assert found.num_faces > 10
    assert_same(found.boxes, np.trunc(found.boxes))
    assert_same(found.landmarks, np.trunc(found.landmarks))


@pytest.mark.parametrize("shape", [(1, 1), (60, 300)])
def test_images_without_faces(shape: tuple[int, int]) -> None:
    assert_no_faces(MTCNN(views=NAMES, num_threads=1).detect(random_image(*shape)))


@pytest.mark.parametrize(
    ("views", "error", "said"),
    [
        (("gray",), ValueError, "each of views must be one of 'grey', 'mirror', 'half-step', got"),
        (("grey", "grey"), ValueError, "views must be some of 'grey', 'mirror', 'half-step', each"),
        ("grey", TypeError, "views must be a tuple or list of some of 'grey', 'mirror', 'half-st"),
        (None, TypeError, "views must be a tuple or list of some of 'grey', 'mirror', 'half-step'"),
    ],
)
def test_other_views(views: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error) as caught:
        MTCNN(views=views)
    assert str(caught.value).startswith(said)


def test_explanations_name_the_views() -> None:
    """One face is found by the grey view alone, which explain tells beside where it was lost."""
    image = golden_image(CROWD)
    detector = MTCNN(**LOW, views=("grey",), num_threads=1)
    trace = detector.trace(image)
    ours, grey = trace.views
    (face,) = [
        box
        for box in grey.boxes
        if abs(ours.boxes - box).max(axis=1).min() > 0.3 * (box[2] - box[0])
    ][:1]
    point = ((face[0] + face[2]) / 2, (face[1] + face[3]) / 2)
    why = explain(detector, image, point)
    assert why.found
    assert why.remark == "Views that show it: grey; views that lose it: the image itself."
    assert any(stage.is_lost for stage in why.stages)
    lost = explain(MTCNN(**LOW, num_threads=1), image, point)
    assert not lost.found
    (hint,) = (hint for hint in lost.hints if hint.startswith("views "))
    assert hint.startswith("views grey,mirror,half-step finds it: ")
    best = trace.detections.boxes[0]
    both = explain(detector, image, ((best[0] + best[2]) / 2, (best[1] + best[3]) / 2))
    assert both.remark == "Views that show it: the image itself, grey."
