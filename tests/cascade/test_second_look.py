"""second_look: what goes into it, what it must not change, and what becomes of a face there.

That its means are right, the comparison with the baseline in test_detector.py tells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fastmtcnn import MTCNN, VARIANTS, Detections, _core, explain
from fastmtcnn.cascade.cascade import Cascade
from fastmtcnn.cascade.refinement import run_on_crops
from fastmtcnn.cascade.stage_results import Squares
from fastmtcnn.explaining import stage_pictures
from fastmtcnn.networks.loading import Networks
from fastmtcnn.networks.network import Network, Outputs, WrappedNetwork
from tests.support.boxes import iou
from tests.support.helpers import GOLDEN, assert_same, assert_same_detections, golden_image

CROWD, HOPPER, NO_FACE = "crowd.png", "grace_hopper.png", "coffee_noface.png"
BADGE = (255, 510)  # what O-Net takes for a face by 0.806, and the second time by 0.695


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_it_leaves(variant: str) -> None:
    image = golden_image(CROWD)
    options: dict[str, Any] = {"variant": variant, "num_threads": 1}
    once, twice = MTCNN(**options).trace(image), MTCNN(second_look=True, **options).trace(image)
    assert once.second_look is None
    assert twice.second_look is not None
    for before, after in zip(once[:2], twice[:2], strict=True):
        assert_same(np.asarray(before), np.asarray(after))
    for name in ("boxes", "scores", "network_scores"):
        assert_same(getattr(once.onet, name), getattr(twice.onet, name))
    # It is shown what was found the first time, with the scores of then, and nothing else.
    assert_same(twice.second_look.scores, once.detections.scores)
    squares = twice.second_look.boxes
    assert len(squares) == once.detections.num_faces > 15
    assert all(iou(a, b) > 0.5 for a, b in zip(squares, once.detections.boxes, strict=True))
    above = twice.second_look.network_scores > MTCNN(**options).options["thresholds"][2]
    scores = twice.detections.scores.tolist()
    assert set(scores) <= set(twice.second_look.network_scores[above].tolist())
    assert scores == sorted(scores, reverse=True)
    assert above.sum() - 1 <= len(scores) <= above.sum()  # boxes that have moved may be suppressed


@pytest.mark.parametrize(
    "variant", [name for name in VARIANTS if not VARIANTS[name].integer_output]
)
def test_by_the_arithmetic_of_the_variant(variant: str) -> None:
    """From the boxes of the first look, which are float32: some squares are rounded otherwise."""
    image, arithmetic = golden_image(CROWD), VARIANTS[variant]
    options: dict[str, Any] = {"variant": variant, "num_threads": 1}
    first, trace = MTCNN(**options).detect(image), MTCNN(second_look=True, **options).trace(image)
    assert trace.second_look is not None
    inclusive, rounding = bool(arithmetic.square_extra), arithmetic.square_rounding
    squares = _core.square_boxes(first.boxes.astype(np.float64), inclusive, rounding)
    assert np.isclose(trace.second_look.boxes, squares, rtol=0, atol=1e-3).mean() > 0.9
    onet = MTCNN(**options).cascade.networks.onet
    source = _core.ResampleSource(image, arithmetic.resampling)
    shown = Squares(trace.second_look.boxes, first.scores)
    (seen,) = run_on_crops([source], [shown], onet, arithmetic, map)
    boxes = _core.apply_offsets(seen.clipped_boxes, seen.outputs.offsets)
    shift = arithmetic.landmark_shift
    landmarks = _core.project_landmarks(seen.clipped_boxes, seen.outputs.points, shift)
    scores = (first.scores + seen.outputs.scores) / 2
    assert_same(trace.second_look.network_scores, scores)
    for box, score, points in zip(*trace.detections, strict=True):
        (k,) = np.flatnonzero(scores == score)
        np.testing.assert_allclose(box, (first.boxes[k] + boxes[k]) / 2, atol=1e-3)
        np.testing.assert_allclose(points, (first.landmarks[k] + landmarks[k]) / 2, atol=1e-3)


def test_the_mean_must_exceed_the_last_threshold() -> None:
    image = golden_image(HOPPER)
    trace = MTCNN(second_look=True, num_threads=1).trace(image)
    assert trace.second_look is not None
    assert trace.second_look.scores[1] > 0.8 > trace.second_look.network_scores[1]
    assert trace.detections.num_faces == 1
    lower = MTCNN(second_look=True, thresholds=(0.6, 0.7, 0.75), num_threads=1).detect(image)
    mean = float(lower.scores[1])
    assert mean == trace.second_look.network_scores[1]
    for threshold, num_faces in ((mean, 1), (float(np.nextafter(mean, 0)), 2)):
        exact = MTCNN(second_look=True, thresholds=(0.6, 0.7, threshold), num_threads=1)
        assert exact.detect(image).num_faces == num_faces


def test_no_face_no_look() -> None:
    trace = MTCNN(second_look=True, num_threads=1).trace(golden_image(NO_FACE))
    assert trace.second_look is not None
    assert [len(part) for part in trace.second_look] == [0, 0, 0]
    assert trace.detections.num_faces == 0


def test_in_a_region() -> None:
    image = golden_image(CROWD)
    detector = MTCNN(second_look=True, num_threads=1)
    part = detector.trace(np.ascontiguousarray(image[100:500, 200:900]))
    within = detector.trace(image, roi=(200, 100, 900, 500))
    assert within.second_look is not None
    assert part.second_look is not None
    assert len(part.second_look.boxes) > 3
    assert_same(within.second_look.boxes, part.second_look.boxes + np.array([200, 100, 200, 100]))
    assert_same(within.second_look.network_scores, part.second_look.network_scores)


class Spoilt(WrappedNetwork):
    """An O-Net that at one of its calls says something else of what it takes for the best face."""

    def __init__(self, network: Network, call: int, output: str, value: float) -> None:
        super().__init__(network)
        self.calls, self.call, self.output, self.value = 0, call, output, value

    def __call__(self, batch: NDArray[np.float32]) -> Outputs:
        outputs = self.network(batch)
        self.calls += 1
        if self.calls == self.call:
            getattr(outputs, self.output)[outputs.scores.argmax()] = self.value
        return outputs


@pytest.fixture
def spoilt() -> Callable[[int, str, float], Detections]:
    """Return what finds faces when O-Net is spoilt; three, if it is not."""
    options: dict[str, Any] = {"thresholds": (0.6, 0.7, 0.2), "joint_scores": True}
    detector = MTCNN(second_look=True, num_threads=1, **options)
    image = golden_image(HOPPER)
    trace = detector.trace(image)
    assert len(trace.onet.boxes) <= 12  # what O-Net sees in one call
    assert trace.detections.num_faces == 3
    pnet, rnet, onet = detector.cascade.networks

    def detect(call: int, output: str, value: float) -> Detections:
        last = Spoilt(onet, call, output, value)
        cascade = Cascade(lambda: Networks(pnet, rnet, last), detector.cascade.options)
        (found,) = cascade.run([image])
        assert last.calls == 2
        return found.detections

    return detect


@pytest.mark.parametrize("output", ["offsets", "points"])
def test_what_is_no_number_is_dropped(
    output: str, spoilt: Callable[[int, str, float], Detections]
) -> None:
    whole = spoilt(0, output, 0.0)
    found = spoilt(2, output, np.nan)
    assert_same_detections(found, whole.select([1, 2]))


def test_a_face_that_is_moved_out_of_the_image_is_dropped(
    spoilt: Callable[[int, str, float], Detections],
) -> None:
    """Nothing is there to look at; others that come after it are as without it."""
    without = spoilt(1, "offsets", np.nan)
    assert without.num_faces >= 2
    assert_same_detections(spoilt(1, "offsets", 1000.0), without)


def test_what_it_must_be() -> None:
    with pytest.raises(TypeError, match="second_look must be True or False, got 'yes'"):
        MTCNN(second_look="yes")  # type: ignore[arg-type]


# ---- explained


def test_a_face_lost_at_the_second_look() -> None:
    image = golden_image(HOPPER)
    why = explain(MTCNN(second_look=True, num_threads=1), image, BADGE)
    assert (why.found, why.lost_at) == (False, "second look")
    *before, last = why.stages
    assert [stage.name for stage in before] == ["P-Net", "R-Net", "O-Net"]
    assert [stage.outcome for stage in before] == ["kept"] * 3
    trace = MTCNN(second_look=True, num_threads=1).trace(image)
    assert trace.second_look is not None
    assert last.score == pytest.approx(float(trace.second_look.network_scores[1]))
    assert last.box == tuple(trace.second_look.boxes[1])
    assert (last.num_boxes, last.num_above, last.outcome) == (1, 0, "below threshold")
    assert str(last) == (
        "second look: 1 box on the face, best 0.7504 at 243,498,268,523; none above 0.8: LOST HERE"
    )
    assert why.hints[0].startswith("thresholds 0.6,0.7,0.75 finds it: ")


def test_a_face_that_is_found_is_explained() -> None:
    why = explain(MTCNN(second_look=True, num_threads=1), golden_image("astronaut.png"), (224, 116))
    assert why.found
    assert [stage.name for stage in why.stages] == ["P-Net", "R-Net", "O-Net", "second look"]
    assert [stage.outcome for stage in why.stages] == ["kept"] * 4


def test_a_face_suppressed_at_the_second_look() -> None:
    options: dict[str, Any] = {"thresholds": (0.5, 0.5, 0.2), "num_threads": 1}
    detector = MTCNN(second_look=True, nms_thresholds=(0.5, 0.7, 0.7, 0.6), **options)
    why = explain(detector, golden_image(CROWD), (335.26, 148.3))
    last = why.stages[-1]
    assert (why.lost_at, last.outcome, last.num_above) == ("second look", "suppressed", 1)
    trace = detector.trace(golden_image(CROWD))
    assert last.rival is not None
    assert list(last.rival) in trace.detections.boxes.astype(float).tolist()
    assert why.hints[0].startswith("nms_thresholds 0.5,0.7,0.7,0.75 finds it: ")


@pytest.mark.parametrize(
    ("photo", "point", "options"),
    [
        (HOPPER, (255.15, 498.76), {"thresholds": (0.5, 0.5, 0.3)}),  # near its upper edge
        (CROWD, (37.278, 506.046), {"variant": "original"}),  # just beside the mean of both boxes
        (CROWD, (112.5, 270.5), {"variant": "mtcnn"}),
    ],
    ids=["edge", "original", "mtcnn"],
)
def test_the_border_of_a_face_that_is_found(
    photo: str, point: tuple[float, float], options: dict[str, Any]
) -> None:
    detector = MTCNN(second_look=True, num_threads=1, **options)
    why = explain(detector, golden_image(photo), point, try_others=False)
    assert why.found
    assert list(why.box or ()) in detector.detect(golden_image(photo)).boxes.tolist()
    assert [stage.outcome for stage in why.stages] == ["kept"] * 4
    assert all(stage.num_above > 0 for stage in why.stages)


@pytest.mark.parametrize("second_look", [False, True])
def test_a_face_found_in_the_turned_image(second_look: bool) -> None:
    turned = np.ascontiguousarray(golden_image("astronaut.png")[::-1, ::-1])
    detector = MTCNN(rotations=(180,), second_look=second_look, num_threads=1)
    why = explain(detector, turned, (287, 395))
    assert (why.found, why.stages, why.remark) == (True, (), "It was found in the turned image.")


def test_picture() -> None:
    image = golden_image(HOPPER)
    detector = MTCNN(second_look=True, num_threads=1)
    trace = detector.trace(image)
    pictures = stage_pictures(detector, image, trace)
    assert list(pictures) == ["pnet", "rnet", "onet", "second-look", "faces"]
    pixels = np.asarray(pictures["second-look"])[: len(image), : image.shape[1]].astype(int)
    coloured = np.ptp(pixels, axis=2) > 40  # the photograph is in grey
    assert trace.second_look is not None
    for x1, y1, x2, y2 in trace.second_look.boxes.astype(int):
        assert coloured[y1:y2, x1].all()
        assert coloured[y1, x1:x2].all()
        coloured[y1 - 3 : y2 + 4, x1 - 3 : x2 + 4] = False
    assert not coloured.any()


def test_a_face_that_does_not_come_so_far() -> None:
    strict = MTCNN(second_look=True, thresholds=(0.6, 0.7, 1.0), num_threads=1)
    why = explain(strict, golden_image("astronaut.png"), (224, 116), try_others=False)
    assert why.lost_at == "O-Net"
    assert [stage.name for stage in why.stages] == ["P-Net", "R-Net", "O-Net"]


def test_on_the_command_line() -> None:
    pytest.importorskip("typer")
    from typer.testing import CliRunner

    from fastmtcnn.cli import program

    result = CliRunner().invoke(program(), ["explain", str(GOLDEN / HOPPER), "--second-look"])
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-2:] == ["second look: 1 of 2 above 0.8", "1 face"]
