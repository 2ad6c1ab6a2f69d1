"""PReLU with a faster gradient than PyTorch's on CPUs."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class PReLU(nn.Module):
    """Parametric ReLU with a slope for each channel.

    On CPUs, `torch.nn.PReLU` spends more time on its gradient than the convolution before it.

    Parameters
    ----------
    channels : int
        Number of channels, of images in shape (n, channels, height, width) or vectors in shape
        (n, channels).
    slope : float
        First slope of all channels.

    Attributes
    ----------
    weight : Parameter of float32, shape (channels,)
        The slopes, named as in PyTorch's layer.
    """

    def __init__(self, channels: int, slope: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), slope))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return max(x, 0) + slope * min(x, 0)."""
        outputs: Tensor = _Function.apply(inputs, self.weight)
        return outputs


class _Function(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, inputs: Tensor, slopes: Tensor) -> Tensor:  # noqa: ANN401
        below = inputs.clamp(max=0)
        less = (slopes - 1).to(inputs.dtype).view(-1, *(1,) * (inputs.ndim - 2))
        context.save_for_backward(below, less)
        return torch.addcmul(inputs, below, less)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        below, less = context.saved_tensors
        others = [axis for axis in range(gradient.ndim) if axis != 1]
        of_slopes = (gradient * below).sum(others, dtype=torch.float32)
        return torch.addcmul(gradient, gradient * (below < 0), less), of_slopes
