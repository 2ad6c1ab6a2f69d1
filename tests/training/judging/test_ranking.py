"""Low thresholds for networks whose scores mean something else."""

from __future__ import annotations

import numpy as np
import pytest

import fastmtcnn
from fastmtcnn.networks.loading import read_shipped
from fastmtcnn.training import AnnotatedImage
from fastmtcnn.training.judging.figures import cascade_figures
from fastmtcnn.training.judging.ranking import ranking_thresholds
from fastmtcnn.training.judging.searching import RANKING_THRESHOLDS, open_cascade
from fastmtcnn.training.judging.stages import stage_recall
from tests.support.annotated import golden_photographs

onnx = pytest.importorskip("onnx")

pytestmark = pytest.mark.optional

SHIFT = 1.0  # of the face's logit


def with_lower_scores(key: str, layer: str) -> bytes:
    """The shipped network with lower face scores: p / (1 - p) is divided by e^SHIFT."""
    from onnx import numpy_helper

    model = onnx.load_model_from_string(read_shipped(f"{key}.onnx"))
    (bias,) = (each for each in model.graph.initializer if each.name == f"{layer}.bias")
    values = numpy_helper.to_array(bias) - np.array([0, SHIFT], np.float32)
    bias.CopyFrom(numpy_helper.from_array(values, bias.name))
    content: bytes = model.SerializeToString()
    return content


@pytest.fixture(scope="module")
def lower() -> dict[str, bytes]:
    return {
        "pnet": with_lower_scores("pnet", "conv4_1"),
        "rnet": with_lower_scores("rnet", "dense5_1"),
        "onet": read_shipped("onet.onnx"),
    }


@pytest.fixture(scope="module")
def photographs() -> list[AnnotatedImage]:
    return golden_photographs(fastmtcnn.MTCNN(num_threads=1))


def odds(probability: float) -> float:
    return probability / (1 - probability)


def test_thresholds_follow_the_scores(
    lower: dict[str, bytes], photographs: list[AnnotatedImage]
) -> None:
    options = {"min_face_size": 20, "num_threads": 1}
    found = ranking_thresholds(open_cascade(None, options), photographs, num_threads=1)
    shifted = ranking_thresholds(open_cascade(lower, options), photographs, num_threads=1)
    assert all(low <= high for low, high in zip(found, RANKING_THRESHOLDS, strict=True))
    for one, other in zip(shifted[:2], found[:2], strict=True):
        assert 0.02 <= one < other
        # Lower only as far as the scores are; the shipped networks' thresholds may be cut.
        assert odds(one) > 0.95 * odds(other) / np.exp(SHIFT)
    assert shifted[2] == found[2] == RANKING_THRESHOLDS[2]


def test_the_last_stage_that_matters(photographs: list[AnnotatedImage]) -> None:
    cascade = open_cascade(None, {"num_threads": 1})
    pnet, rnet, _ = ranking_thresholds(cascade, photographs, num_threads=1)
    assert ranking_thresholds(cascade, photographs, "pnet", num_threads=1) == (
        pnet,
        *RANKING_THRESHOLDS[1:],
    )
    assert ranking_thresholds(cascade, []) == RANKING_THRESHOLDS
    assert rnet <= RANKING_THRESHOLDS[1]


def test_networks_of_the_same_ranking_are_worth_the_same(
    lower: dict[str, bytes], photographs: list[AnnotatedImage]
) -> None:
    options = {"min_face_size": 20}
    shipped, other = (
        cascade_figures(networks, photographs, options=options, operating=False)
        for networks in (None, lower)
    )
    assert other.highest_recall == pytest.approx(shipped.highest_recall, abs=0.01)
    assert other.average_precision == pytest.approx(shipped.average_precision, abs=0.01)


def test_the_number_of_boxes_is_that_of_the_shipped_networks(
    lower: dict[str, bytes], photographs: list[AnnotatedImage]
) -> None:
    options = {"min_face_size": 20}
    for key in ("pnet", "rnet"):
        numbers = [
            stage_recall(networks, photographs, key, options=options).boxes_per_image
            for networks in (None, lower)
        ]
        assert numbers[1] == pytest.approx(numbers[0], rel=0.1)
        fixed = stage_recall(
            lower, photographs, key, options=options, low_thresholds=RANKING_THRESHOLDS
        )
        assert fixed.boxes_per_image < 0.8 * numbers[1]
