"""PReLU beside PyTorch's."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch
from torch import Tensor, nn

from fastmtcnn.training.learning.prelu import PReLU

pytestmark = pytest.mark.optional


def results(layer: nn.Module, inputs: Tensor, weights: Tensor) -> list[Tensor]:
    inputs = inputs.clone(memory_format=torch.preserve_format).requires_grad_()
    outputs = layer(inputs)
    (outputs * weights).sum().backward()
    slopes = next(layer.parameters())
    assert inputs.grad is not None
    assert slopes.grad is not None
    return [outputs.detach(), inputs.grad, slopes.grad]


@pytest.mark.parametrize("shape", [(5, 7, 4, 3), (6, 7), (1, 7, 1, 1)])
@pytest.mark.parametrize("last", [False, True], ids=["contiguous", "channels_last"])
def test_equals_that_of_pytorch(shape: tuple[int, ...], last: bool) -> None:
    random = torch.Generator().manual_seed(1)
    inputs, weights = (torch.randn(shape, generator=random, dtype=torch.float64) for _ in range(2))
    inputs.view(-1)[::5] = 0  # where PyTorch takes the slope's side
    if last and len(shape) == 4:
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    theirs, mine = nn.PReLU(7, dtype=torch.float64), PReLU(7, 0.25).double()
    assert (mine.weight == theirs.weight).all()
    with torch.no_grad():
        for layer in (theirs, mine):
            layer.weight.copy_(torch.linspace(-0.5, 1.5, 7))
    kept = inputs != 0
    expected, actual = results(theirs, inputs, weights), results(mine, inputs, weights)
    torch.testing.assert_close(actual[0], expected[0], rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(actual[1][kept], expected[1][kept], rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(actual[2], expected[2], rtol=1e-5, atol=1e-6)


def test_the_gradient_at_zero_is_that_of_a_positive_input() -> None:
    layer = PReLU(1, 0.25)
    outputs, of_inputs, of_slope = results(layer, torch.zeros(1, 1), torch.ones(1, 1))
    assert outputs.item() == 0
    assert of_inputs.item() == 1
    assert of_slope.item() == 0


def test_in_lower_precision() -> None:
    layer = PReLU(3, 0.25)
    inputs = torch.tensor([[-2.0, 0.5, -1.0]], dtype=torch.bfloat16)
    outputs, of_inputs, of_slopes = results(layer, inputs, torch.ones_like(inputs))
    assert outputs.dtype == of_inputs.dtype == torch.bfloat16
    assert outputs.tolist() == [[-0.5, 0.5, -0.25]]
    assert of_inputs.tolist() == [[0.25, 1.0, 0.25]]
    assert of_slopes.dtype == torch.float32
    assert of_slopes.tolist() == [-2.0, 0.0, -1.0]
