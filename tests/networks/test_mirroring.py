"""mirror and joint_scores: beside numbers by hand, and beside what each network says alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fastmtcnn import MTCNN, _core
from fastmtcnn.networks.mirroring import MirroredNetwork
from fastmtcnn.networks.network import ONET, RNET, Outputs, WrappedNetwork
from tests.support.helpers import MODELS, assert_same, assert_same_detections, golden_image
from tests.support.networks import open_network


def row(*values: float) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.array([values], np.float32)


def test_the_mean_by_hand() -> None:
    straight = Outputs(
        np.array([0.5], np.float32),
        row(0.0, 0.25, 0.5, 0.75),
        row(0.25, 0.75, 0.5, 0.25, 0.75, 0.125, 0.125, 0.5, 0.75, 0.75),
    )
    # A face that looks to the left, seen in the mirror: its left eye is the other one's right.
    of_mirrored = Outputs(
        np.array([1.0], np.float32),
        row(-0.25, 0.25, 0.125, 0.5),
        row(0.125, 0.5, 0.25, 0.0, 0.5, 0.25, 0.375, 0.5, 1.0, 0.5),
    )
    crops = np.arange(12, dtype=np.float32).reshape(1, 3, 2, 2)

    class Answers(WrappedNetwork):
        def __call__(self, batch: NDArray[np.float32]) -> Outputs:
            if np.array_equal(batch, crops):
                return straight
            assert batch.tolist() == [[[[1, 0], [3, 2]], [[5, 4], [7, 6]], [[9, 8], [11, 10]]]]
            return of_mirrored

    mean = MirroredNetwork(Answers(open_network(ONET, MODELS / "onet.onnx")))(crops)
    assert mean.scores.tolist() == [0.75]
    assert mean.offsets.tolist() == [[-0.0625, 0.25, 0.375, 0.625]]
    xs = [(0.25 + 0.5) / 2, (0.75 + 0.875) / 2, (0.5 + 0.75) / 2, (0.25 + 0.5) / 2, (0.75 + 1) / 2]
    ys = [(0.125 + 0.375) / 2, (0.125 + 0.25) / 2, 0.5, (0.75 + 0.5) / 2, (0.75 + 1) / 2]
    assert mean.points.tolist() == [xs + ys]


@pytest.mark.parametrize("role", [RNET, ONET], ids=lambda role: role.key)
def test_a_mirrored_crop_gets_the_mirrored_answer(role: Any) -> None:
    image = golden_image("crowd.png")
    trace = MTCNN(num_threads=1).trace(image)
    boxes = (trace.rnet if role is RNET else trace.onet).boxes[:20]
    usable = boxes[_core.croppable_indices(boxes, *image.shape[:2])]
    crops = _core.crop(_core.ResampleSource(image), usable, role.size)
    flipped = np.ascontiguousarray(crops[..., ::-1])
    alone = open_network(role, MODELS / f"{role.key}.onnx")
    both = MirroredNetwork(alone)
    assert not np.array_equal(alone(crops).scores, alone(flipped).scores)
    said, of_flipped = both(crops), both(flipped)
    # Also to the last bit: of two numbers, either may come first.
    assert_same(said.scores, of_flipped.scores)
    assert_same(said.scores, (alone(crops).scores + alone(flipped).scores) / np.float32(2))
    x1, y1, x2, y2 = of_flipped.offsets.T
    assert_same(said.offsets, np.stack([-x2, y1, -x1, y2], axis=1))
    if role is ONET:
        xs, ys = of_flipped.points[:, :5], of_flipped.points[:, 5:]
        order = [1, 0, 2, 4, 3]
        np.testing.assert_allclose(said.points[:, :5], 1 - xs[:, order], rtol=0, atol=1e-6)
        assert_same(said.points[:, 5:], ys[:, order])


def test_no_crops() -> None:
    empty = np.zeros((0, 3, 48, 48), np.float32)
    said = MirroredNetwork(open_network(ONET, MODELS / "onet.onnx"))(empty)
    assert [part.shape for part in said] == [(0,), (0, 4), (0, 10)]
    assert all(part.dtype == np.float32 for part in said)


def test_joint_scores_are_products() -> None:
    image = golden_image("crowd.png")
    trace = MTCNN(joint_scores=True, num_threads=1).trace(image)
    plain = MTCNN(num_threads=1).trace(image)
    assert_same(trace.onet.boxes, plain.onet.boxes)
    assert_same(trace.onet.network_scores, plain.onet.network_scores)
    products = set((trace.onet.scores * trace.onet.network_scores).tolist())
    scores = trace.detections.scores
    assert len(scores) > 10
    assert set(scores.tolist()) <= products
    assert np.all(np.diff(scores) <= 0)
    assert scores.dtype == np.float32
    assert not set(scores.tolist()) & set(plain.detections.scores.tolist())


def test_the_last_threshold_stays_one_of_the_last_network() -> None:
    image = golden_image("crowd.png")
    options: dict[str, Any] = {"thresholds": (0.6, 0.7, 0.99), "num_threads": 1}
    joint = MTCNN(joint_scores=True, **options).detect(image)
    assert joint.num_faces == MTCNN(**options).detect(image).num_faces
    assert (joint.scores < 0.99).any()
    limited = MTCNN(joint_scores=True, min_score=0.99, **options).detect(image)
    assert_same_detections(limited, joint.filter(min_score=0.99))


@pytest.mark.parametrize(
    ("mirror", "error", "said"),
    [
        ("onet", TypeError, "mirror must be a tuple or list of some of .*, got 'onet'"),
        (True, TypeError, "mirror must be a tuple or list of some of .*, got True"),
        (["pnet"], ValueError, "each of mirror must be one of 'rnet', 'onet', got 'pnet'"),
        ([1], ValueError, "each of mirror must be one of 'rnet', 'onet', got 1"),
        ([["onet"]], ValueError, "each of mirror must be one of 'rnet', 'onet', got"),
        (("rnet", "rnet"), ValueError, "mirror must be some of 'rnet', 'onet', each once, got"),
    ],
)
def test_what_mirror_must_be(mirror: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        MTCNN(mirror=mirror)


def test_what_joint_scores_must_be() -> None:
    with pytest.raises(TypeError, match="joint_scores must be True or False, got 1"):
        MTCNN(joint_scores=1)  # type: ignore[arg-type]
