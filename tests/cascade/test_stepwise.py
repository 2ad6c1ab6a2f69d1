from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

import fastmtcnn
from fastmtcnn.cascade.cascade import Cascade
from fastmtcnn.cascade.stepwise import detections_at, run_until
from fastmtcnn.graphs.building import build, serialise
from fastmtcnn.graphs.reading import read_weights, recognise
from fastmtcnn.networks.architecture import find_architecture
from fastmtcnn.networks.loading import Networks, read_shipped
from fastmtcnn.networks.network import WrappedNetwork
from tests.support.helpers import assert_same_detections, golden_image, random_image

LOW = (0.3, 0.2, 0.1)


class Refuses(WrappedNetwork):
    """A network that must not be run."""

    def __call__(self, batch: object) -> object:  # type: ignore[override]
        raise AssertionError(f"{self.role.title} was run")


@pytest.mark.parametrize("variant", fastmtcnn.VARIANTS)
def test_higher_threshold_of_onet_is_exact(variant: str) -> None:
    image = golden_image("crowd.png")
    low = fastmtcnn.MTCNN(variant=variant, thresholds=LOW, num_threads=1)
    (stages,) = run_until(low.cascade, [image], "onet")
    assert stages.onet is not None
    for onet in (0.1, 0.5, 0.95):
        thresholds = (*LOW[:2], onet)
        high = fastmtcnn.MTCNN(variant=variant, thresholds=thresholds, num_threads=1)
        expected = high.detect(image)
        assert expected.num_faces > 2
        assert_same_detections(detections_at(stages.onet, low.cascade, thresholds), expected)


def test_networks_that_see_context() -> None:
    models = {}
    for key in ("rnet", "onet"):
        content = read_shipped(f"{key}.onnx")
        weights = read_weights(content, recognise(content))
        models[key] = serialise(build(find_architecture(key, "context"), weights, "For a test."))
    image = golden_image("crowd.png")
    low, high = (
        fastmtcnn.MTCNN(thresholds=thresholds, models=models, num_threads=1)
        for thresholds in ((0.5, 0.01, 0.01), (0.5, 0.01, 0.1))
    )
    assert low.cascade.networks.onet.crop_scale == 1.5
    (stages,) = run_until(low.cascade, [image], "onet")
    assert stages.onet is not None
    expected = high.detect(image)
    assert expected.num_faces > 0
    assert_same_detections(detections_at(stages.onet, low.cascade, (0.5, 0.01, 0.1)), expected)


@pytest.mark.parametrize("variant", ["mtcnn-pytorch", "original", "facenet-pytorch"])
def test_boxes_of_each_stage_are_those_of_the_trace(variant: str) -> None:
    image = golden_image("crowd.png")
    detector = fastmtcnn.MTCNN(variant=variant, thresholds=LOW, num_threads=1)
    trace = detector.trace(image)
    (stages,) = run_until(detector.cascade, [image], "onet")
    assert stages.rnet is not None
    assert stages.onet is not None
    assert stages.num_left_out == 0

    boxes, scores, offsets = np.split(trace.proposals, [4, 5], axis=1)
    extra = detector.cascade.options.variant.proposal_extra
    sides = np.tile(boxes[:, 2:] - boxes[:, :2] + extra, 2)
    np.testing.assert_allclose(stages.pnet.boxes, boxes + offsets * sides, atol=1e-4)
    np.testing.assert_array_equal(stages.pnet.scores, scores.astype(np.float32))

    # What R-Net kept is what O-Net saw, as squares around the same centres.
    assert stages.rnet.scores.shape == (len(trace.onet.scores), 2)
    np.testing.assert_array_equal(stages.rnet.scores[:, 1], trace.onet.scores)
    pairs = set(zip(trace.rnet.scores.tolist(), trace.rnet.network_scores.tolist(), strict=True))
    assert set(map(tuple, stages.rnet.scores.tolist())) <= pairs
    refined, squares = stages.rnet.boxes, trace.onet.boxes
    np.testing.assert_allclose(
        refined[:, :2] + refined[:, 2:], squares[:, :2] + squares[:, 2:], atol=4
    )

    triples = np.array(sorted(map(tuple, stages.onet.scores.tolist())))
    passed = trace.onet.network_scores.astype(np.float64) > LOW[2]
    expected = np.column_stack([stages.rnet.scores, trace.onet.network_scores])[passed]
    np.testing.assert_array_equal(triples, np.array(sorted(map(tuple, expected.tolist()))))
    assert stages.onet.landmarks.shape == (len(triples), 5, 2)


@pytest.mark.parametrize(("last", "num_run"), [("pnet", 1), ("rnet", 2)])
def test_later_networks_are_not_run(last: Literal["pnet", "rnet"], num_run: int) -> None:
    cascade = fastmtcnn.MTCNN(num_threads=1).cascade
    networks = Networks(*cascade.networks[:num_run], *map(Refuses, cascade.networks[num_run:]))
    partly = Cascade(lambda: networks, cascade.options)
    image = golden_image("astronaut.png")
    (stages,) = run_until(partly, [image], last)
    (all_stages,) = run_until(cascade, [image], "onet")
    assert stages.onet is None
    assert (stages.rnet is None) == (last == "pnet")
    np.testing.assert_array_equal(stages.pnet.boxes, all_stages.pnet.boxes)


def test_rnet_sees_the_highest_scored_proposals_only() -> None:
    cascade = fastmtcnn.MTCNN(thresholds=(0.3, 0.0, 0.0), num_threads=1).cascade
    cascade = cascade.replace(nms_thresholds=(0.5, 0.7, 1.0, 1.0))  # R-Net drops none
    (everything,) = run_until(cascade, [golden_image("crowd.png")], "rnet")
    (stages,) = run_until(cascade, [golden_image("crowd.png")], "rnet", most_proposals=20)
    assert everything.rnet is not None
    assert stages.rnet is not None
    assert len(stages.pnet.scores) == len(everything.pnet.scores) == 20 + stages.num_left_out
    expected = np.sort(everything.rnet.scores[:, 0])[::-1][:20]
    np.testing.assert_array_equal(np.sort(stages.rnet.scores[:, 0])[::-1], expected)


def test_image_without_proposals() -> None:
    cascade = fastmtcnn.MTCNN(thresholds=(0.999999, 0.9, 0.9), num_threads=1).cascade
    (stages,) = run_until(cascade, [random_image(40, 60)], "onet")
    assert stages.rnet is not None
    assert stages.onet is not None
    assert stages.pnet.scores.shape == (0, 1)
    assert stages.rnet.scores.shape == (0, 2)
    assert stages.onet.scores.shape == (0, 3)
    assert detections_at(stages.onet, cascade, (1.0, 0.9, 0.9)).num_faces == 0


def test_unknown_stage() -> None:
    cascade = fastmtcnn.MTCNN(num_threads=1).cascade
    with pytest.raises(ValueError, match="last must be one of 'pnet', 'rnet', 'onet', got 'qnet'"):
        run_until(cascade, [random_image(40, 60)], "qnet")  # type: ignore[arg-type]
