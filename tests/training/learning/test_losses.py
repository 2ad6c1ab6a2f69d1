"""The losses, beside hand-computed numbers and a slow implementation in plain Python."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from fastmtcnn.networks.architecture import find_architecture
from fastmtcnn.training.learning.losses import (
    LossWeights,
    face_losses,
    hard_mean,
    multitask_losses,
    squared_errors,
)
from fastmtcnn.training.learning.networks import TrainedNetwork
from fastmtcnn.training.samples.records import Kind

pytestmark = pytest.mark.optional

N, P, T, L = Kind.NEGATIVE, Kind.POSITIVE, Kind.PART, Kind.LANDMARK


def test_cross_entropy_by_hand() -> None:
    log_odds = torch.tensor([[0.0, 0.0], [0.0, math.log(3)], [0.0, math.log(3)]])
    losses = face_losses(log_odds, torch.tensor([True, True, False]))
    expected = [math.log(2), -math.log(0.75), -math.log(0.25)]
    np.testing.assert_allclose(losses.numpy(), expected, rtol=1e-6)


def test_squared_error_by_hand() -> None:
    outputs = torch.tensor([[1.0, 2, 3, 4], [0, 0, 0, 0]])
    targets = torch.tensor([[1.0, 1, 1, 1], [0.5, 0, 0, -0.5]])
    assert squared_errors(outputs, targets).tolist() == [0 + 1 + 4 + 9, 0.5]


@pytest.mark.parametrize(
    ("losses", "fraction", "counted"),
    [
        ([], 0.7, []),
        ([5.0], 0.7, []),  # floor(0.7) is 0
        ([5.0], 1.0, [0]),
        ([1.0, 2.0], 0.7, [1]),
        ([3.0, 1.0, 2.0], 0.7, [0, 2]),
        ([1.0, 1.0, 1.0], 0.7, [0, 1]),  # the first of equal ones
        ([2.0, 1.0, 2.0, 2.0], 0.5, [0, 2]),
        ([0.0, 0.0, 0.0, 0.0], 1.0, [0, 1, 2, 3]),
    ],
)
def test_which_samples_have_a_gradient(
    losses: list[float], fraction: float, counted: list[int]
) -> None:
    values = torch.tensor(losses, requires_grad=True)
    mean = hard_mean(values, fraction)
    mean.backward()
    expected = [1 / len(counted) if k in counted else 0.0 for k in range(len(losses))]
    assert mean.item() == pytest.approx(
        sum(losses[k] for k in counted) / len(counted) if counted else 0
    )
    assert values.grad is not None
    np.testing.assert_allclose(values.grad.numpy(), np.array(expected, np.float32), rtol=1e-6)


@pytest.mark.parametrize("fraction", [0.1, 0.3, 0.55, 0.7, 0.9, 1.0])
def test_the_number_is_the_floor_of_the_decimal_product(fraction: float) -> None:
    """In binary 0.7 * 90 is below 63."""
    assert int(0.7 * 90) == 62
    for count in range(200):
        values = torch.rand(count, generator=torch.Generator().manual_seed(count))
        values.requires_grad_()
        hard_mean(values, fraction).backward()
        assert values.grad is not None
        expected = math.floor(Fraction(str(fraction)) * count)
        assert int((values.grad != 0).sum()) == expected
        if 0 < expected < count:
            largest = values.detach()[values.grad != 0].min()
            assert largest >= values.detach()[values.grad == 0].max()


def slow_losses(
    log_odds: list[list[float]],
    out_offsets: list[list[float]],
    out_points: list[list[float]],
    kinds: list[int],
    offsets: list[list[float]],
    points: list[list[float]],
    fractions: tuple[float, float],
) -> tuple[float, float, float]:
    """Means of the three losses, by loops over samples."""
    face, box, landmark = [], [], []
    for k, kind in enumerate(kinds):
        if kind in (N, P):
            background, is_face = log_odds[k]
            chance = 1 / (1 + math.exp(background - is_face))
            face.append(-math.log(chance if kind == P else 1 - chance))
        if kind in (P, T):
            box.append(sum((a - b) ** 2 for a, b in zip(out_offsets[k], offsets[k], strict=True)))
        if kind == L:
            landmark.append(
                sum((a - b) ** 2 for a, b in zip(out_points[k], points[k], strict=True))
            )

    def mean(losses: list[float], fraction: float) -> float:
        hardest = sorted(losses, reverse=True)[: math.floor(Fraction(str(fraction)) * len(losses))]
        return sum(hardest) / len(hardest) if hardest else 0.0

    return mean(face, fractions[0]), mean(box, fractions[1]), mean(landmark, fractions[1])


MIXES = [
    [N] * 12 + [P] * 4 + [T] * 4 + [L] * 8,
    [N] * 9 + [P],
    [N, P, T, L],
    [P] * 3 + [T] * 2,
    [N] * 30 + [P] * 10 + [T] * 10 + [L] * 21,
]


@pytest.mark.parametrize("kinds", MIXES, ids=len)
@pytest.mark.parametrize("all_tasks", [False, True])
@pytest.mark.parametrize("fraction", [0.7, 1.0, 0.3])
def test_equals_a_slow_implementation(kinds: list[int], all_tasks: bool, fraction: float) -> None:
    rng = np.random.default_rng(len(kinds))
    arrays = [rng.normal(0, 1, (len(kinds), k)).astype(np.float32) for k in (2, 4, 10, 4, 10)]
    log_odds, out_offsets, out_points, offsets, points = arrays
    has_box = np.isin(kinds, (P, T))
    offsets[~has_box] = np.nan  # where there is no truth
    points[np.array(kinds) != L] = np.nan
    losses = multitask_losses(
        (torch.from_numpy(log_odds), torch.from_numpy(out_offsets), torch.from_numpy(out_points)),
        torch.tensor(kinds, dtype=torch.uint8),
        torch.from_numpy(offsets),
        torch.from_numpy(points),
        LossWeights(1, 0.5, 0.25),
        fraction,
        all_tasks,
    )
    face, box, landmark = slow_losses(
        log_odds.tolist(),
        out_offsets.tolist(),
        out_points.tolist(),
        kinds,
        offsets.tolist(),
        points.tolist(),
        (fraction, fraction if all_tasks else 1.0),
    )
    np.testing.assert_allclose(losses.face.item(), face, rtol=1e-5)
    np.testing.assert_allclose(losses.box.item(), box, rtol=1e-5)
    np.testing.assert_allclose(losses.landmark.item(), landmark, rtol=1e-5)
    np.testing.assert_allclose(losses.total.item(), face + box / 2 + landmark / 4, rtol=1e-5)


@pytest.mark.parametrize("key", ["pnet", "rnet", "onet"])
def test_samples_left_out_have_no_gradient_at_all(key: str) -> None:
    """Seen in the gradients of the images, which a network keeps apart."""
    network = TrainedNetwork(find_architecture(key, "original"))
    network.initialize("he", 1)
    side = network.architecture.window
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(10, 3, side, side, generator=generator, requires_grad=True)
    kinds = torch.tensor([N] * 6 + [P] * 4, dtype=torch.uint8)
    outputs = network(images)
    losses = multitask_losses(
        outputs, kinds, torch.zeros(10, 4), torch.zeros(10, 10), LossWeights(1, 0, 0), 0.7
    )
    losses.total.backward()
    each = face_losses(outputs[0].detach(), kinds == P)
    hardest = set(torch.argsort(each, descending=True)[:7].tolist())
    assert images.grad is not None
    for k in range(10):
        assert bool((images.grad[k] != 0).any()) == (k in hardest)


def test_an_empty_mini_batch_of_a_kind_still_has_gradients_of_zero() -> None:
    """So that processes that train together agree on which weights have one."""
    network = TrainedNetwork(find_architecture("onet", "original"))
    images = torch.zeros(3, 3, 48, 48)
    kinds = torch.tensor([N, N, P], dtype=torch.uint8)
    losses = multitask_losses(
        network(images), kinds, torch.zeros(3, 4), torch.zeros(3, 10), LossWeights(), 0.7, True
    )
    losses.total.backward()
    assert all(each.grad is not None for each in network.parameters())
    assert losses.landmark.item() == 0
    assert not network.heads["landmarks"].weight.grad.any()
