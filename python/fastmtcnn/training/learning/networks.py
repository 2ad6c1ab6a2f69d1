"""The networks in PyTorch, built from their architectures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from ...networks.architecture import Architecture, Conv, Dense, Flatten, Pool, PRelu
from ...networks.network import NUM_POINTS
from .prelu import PReLU

Initialization: TypeAlias = Literal["he", "xavier"]
Weights: TypeAlias = Mapping[str, npt.NDArray[np.float32]]

_POINTS_HEAD = "landmarks"
_FIRST_SLOPE = 0.25
_STD_OF_HEADS = 0.01
# On CPUs a mini-batch goes through the network in parts whose largest feature maps, of 5 to 8 MB,
# stay in the caches, and for which malloc has pages. Found by trial: 1.2 to 1.5 times as fast.
_PIXELS_AT_ONCE = 96_000


class TrainedNetwork(nn.Module):
    """A network of the cascade, for crops of its own size.

    P-Net and R-Net learn landmarks, too, by a head that no exported model has: the third task
    improves the features of the other two.

    Parameters
    ----------
    architecture : Architecture
        The architecture.

    Attributes
    ----------
    architecture : Architecture
        As given.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.layers = nn.ModuleDict(
            {
                layer.name: _module(layer)
                for layer in architecture.trunk
                if not isinstance(layer, Flatten)
            }
        )
        heads = {head.output: head.layer for head in architecture.heads}
        if _POINTS_HEAD not in heads:
            heads[_POINTS_HEAD] = heads["offsets"]._replace(
                name="training_landmarks", outputs=NUM_POINTS
            )
        self.heads = nn.ModuleDict({output: _module(layer) for output, layer in heads.items()})
        self.to(memory_format=torch.channels_last)  # by trial: a third faster on CPUs
        self._at_once = max(1, _PIXELS_AT_ONCE // architecture.window**2)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Run the network.

        Parameters
        ----------
        images : Tensor of float32, shape (n, 3, side, side)
            (pixel - 127.5) / 128.

        Returns
        -------
        tuple of Tensor, shapes (n, 2), (n, 4) and (n, 10)
            Log-odds of background and face, offsets, and points.
        """
        images = images.contiguous(memory_format=torch.channels_last)
        parts = images.split(self._at_once if images.device.type == "cpu" else len(images))
        outputs = [self._run(part) for part in parts]
        log_odds, offsets, points = (torch.cat(each) for each in zip(*outputs, strict=True))
        return log_odds, offsets, points

    def _run(self, last: Tensor) -> list[Tensor]:
        for layer in self.architecture.trunk:
            if isinstance(layer, Flatten):  # column, row, channel
                last = last.permute(0, 3, 2, 1).flatten(1)
            else:
                last = self.layers[layer.name](last)
        names = ("probabilities", "offsets", _POINTS_HEAD)
        return [self.heads[name](last).flatten(1) for name in names]

    def initialize(self, kind: Initialization, seed: int) -> None:
        """Draw all weights at random.

        Parameters
        ----------
        kind : {"he", "xavier"}
            He's normal distribution for layers before a PReLU with a slope of 0.25, with heads of
            a small standard deviation; or Glorot's uniform distribution for all. Source: He and
            others, "Delving Deep into Rectifiers", ICCV 2015.
        seed : int
            Seed of the random numbers.
        """
        generator = torch.Generator().manual_seed(seed)
        heads = set(self.heads.values())
        with torch.no_grad():
            for module in [*self.layers.values(), *self.heads.values()]:
                if isinstance(module, PReLU):
                    module.weight.fill_(_FIRST_SLOPE)
                    continue
                if isinstance(module, nn.MaxPool2d):
                    continue
                weight = module.weight
                inputs, outputs = weight[0].numel(), weight[:, 0].numel()
                if kind == "xavier":
                    bound = math.sqrt(6 / (inputs + outputs))
                    weight.uniform_(-bound, bound, generator=generator)
                elif module in heads:
                    weight.normal_(0, _STD_OF_HEADS, generator=generator)
                else:
                    std = math.sqrt(2 / ((1 + _FIRST_SLOPE**2) * inputs))
                    weight.normal_(0, std, generator=generator)
                module.bias.zero_()

    def load(self, weights: Weights) -> None:
        """Take the weights of a model; what it lacks, the head for training, stays.

        Parameters
        ----------
        weights : mapping of str to ndarray of float32
            As in the state dict of the architecture.
        """
        with torch.no_grad():
            for name, tensor in self._tensors().items():
                tensor.copy_(torch.from_numpy(np.array(weights[name])))

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the weights of the architecture, as in its state dict."""
        return {
            name: np.array(tensor.detach().cpu().numpy(), np.float32, order="C")
            for name, tensor in self._tensors().items()
        }

    def _tensors(self) -> dict[str, Tensor]:
        modules: dict[str, nn.Module] = dict(self.layers.items())
        for head in self.architecture.heads:
            modules[head.layer.name] = self.heads[head.output]
        return {
            name: getattr(modules[name.partition(".")[0]], name.partition(".")[2])
            for name in self.architecture.shapes
        }


def _module(layer: Conv | Dense | PRelu | Pool) -> nn.Module:
    if isinstance(layer, Conv):
        return nn.Conv2d(layer.inputs, layer.outputs, layer.kernel)
    if isinstance(layer, Dense):
        return nn.Linear(layer.inputs, layer.outputs)
    if isinstance(layer, PRelu):
        return PReLU(layer.channels, _FIRST_SLOPE)
    return nn.MaxPool2d(layer.kernel, layer.stride, ceil_mode=layer.ceil_mode)
