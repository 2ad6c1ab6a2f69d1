"""The architectures of the networks, as data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import unknown_name
from .metadata import Metadata

Shape: TypeAlias = tuple[int, ...]
Weights: TypeAlias = Mapping[str, NDArray[np.float32]]

NUM_CHANNELS = 3  # of the input: red, green, blue


class Conv(NamedTuple):
    """A convolution with stride 1, without padding.

    Attributes
    ----------
    name : str
    inputs, outputs : int
        Number of channels.
    kernel : int
        Height and width of the kernel.
    """

    name: str
    inputs: int
    outputs: int
    kernel: int

    def shapes(self) -> dict[str, Shape]:
        """Return the shapes of weight and bias."""
        weight = (self.outputs, self.inputs, self.kernel, self.kernel)
        return {f"{self.name}.weight": weight, f"{self.name}.bias": (self.outputs,)}


class Dense(NamedTuple):
    """A fully connected layer.

    Attributes
    ----------
    name : str
    inputs, outputs : int
        Number of values.
    """

    name: str
    inputs: int
    outputs: int

    def shapes(self) -> dict[str, Shape]:
        """Return the shapes of weight and bias."""
        weight = (self.outputs, self.inputs)
        return {f"{self.name}.weight": weight, f"{self.name}.bias": (self.outputs,)}


class PRelu(NamedTuple):
    """A parametric ReLU with one slope a channel.

    Attributes
    ----------
    name : str
    channels : int
    """

    name: str
    channels: int

    def shapes(self) -> dict[str, Shape]:
        """Return the shape of the slopes."""
        return {f"{self.name}.weight": (self.channels,)}


class Pool(NamedTuple):
    """A max pooling whose last window may reach over the edge (``ceil_mode``).

    Attributes
    ----------
    name : str
    kernel : int
        Height and width of a window.
    stride : int
    ceil_mode : bool
    """

    name: str
    kernel: int
    stride: int = 2
    ceil_mode: bool = True

    def shapes(self) -> dict[str, Shape]:
        """Return no shapes: a pooling has no parameters."""
        return {}


class Flatten(NamedTuple):
    """Maps to a vector, in the order column, row, channel: the original saw transposed images.

    Attributes
    ----------
    name : str
    """

    name: str = "flatten"

    def shapes(self) -> dict[str, Shape]:
        """Return no shapes: it has no parameters."""
        return {}


Layer: TypeAlias = Conv | Dense | PRelu | Pool | Flatten


class Head(NamedTuple):
    """An output of a network and the layer that computes it from the trunk.

    Attributes
    ----------
    output : str
        ``"probabilities"``, to which a softmax over the two channels leads, ``"offsets"`` or
        ``"landmarks"``.
    layer : Conv or Dense
    """

    output: str
    layer: Conv | Dense


@dataclass(frozen=True)
class Architecture:
    """One network, without its weights.

    Attributes
    ----------
    key : {"pnet", "rnet", "onet"}
        Place in the cascade.
    name : str
        Name among the architectures of this place.
    window : int
        Side in pixels of the crops that the network is trained on: P-Net's window, or the side of
        the input of R-Net and O-Net.
    trunk : tuple of Layer
        Layers from the image to the heads.
    heads : tuple of Head
        Outputs, in their order.
    crop_scale : float
        Side of a crop relative to that of the box; above 1, the crop shows what is around the box.
    stride : int or None
        Pixels from one window of P-Net to the next; None for R-Net and O-Net.
    """

    key: str
    name: str
    window: int
    trunk: tuple[Layer, ...]
    heads: tuple[Head, ...]
    crop_scale: float = 1.0
    stride: int | None = None

    @property
    def side(self) -> int | None:
        """Height and width of the input; None if they are free."""
        return self.window if self.stride is None else None

    @property
    def title(self) -> str:
        """Name of the network to show to people, such as ``"P-Net"``."""
        return f"{self.key[0].upper()}-Net"

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers: those of the trunk, then those of the heads."""
        return (*self.trunk, *(head.layer for head in self.heads))

    @property
    def shapes(self) -> dict[str, Shape]:
        """Shape of each tensor of the state dict, such as ``"conv1.weight"``, in its order."""
        return {name: shape for layer in self.layers for name, shape in layer.shapes().items()}

    @property
    def num_parameters(self) -> int:
        """Number of trained values: weights, biases and PReLU slopes."""
        return sum(map(math.prod, self.shapes.values()))

    @property
    def num_multiply_adds(self) -> int:
        """Multiply-adds for a cell of P-Net's map in a large image, or for a crop."""
        side, places, total = self.window, (self.stride or 0) ** 2, 0
        for layer in self.layers:
            if isinstance(layer, Conv):
                side += 1 - layer.kernel
                weights = layer.kernel**2 * layer.inputs * layer.outputs
                total += (places or side * side) * weights
            elif isinstance(layer, Dense):
                total += layer.inputs * layer.outputs
            elif isinstance(layer, Pool):
                side = pooled(side, layer)
                places //= layer.stride**2
        return total

    @property
    def metadata(self) -> Metadata:
        """What a file of this network must state: what differs from the original's."""
        original = ARCHITECTURES[self.key]["original"]
        return Metadata(
            architecture=None if self.name == "original" else self.name,
            window=None if self.window == original.window else self.window,
            stride=None if self.stride == original.stride else self.stride,
            crop_scale=None if self.crop_scale == original.crop_scale else self.crop_scale,
            multiply_adds=None
            if self.num_multiply_adds == original.num_multiply_adds
            else self.num_multiply_adds,
        )


def pooled(side: int, pool: Pool) -> int:
    """Return the side of the maps behind a pooling.

    Parameters
    ----------
    side : int
        Height or width of the maps before it.
    pool : Pool
        The pooling.
    """
    steps = (side - pool.kernel) / pool.stride
    return (math.ceil(steps) if pool.ceil_mode else math.floor(steps)) + 1


def find_architecture(key: str, name: str) -> Architecture:
    """Return a named architecture.

    Parameters
    ----------
    key : str
        ``"pnet"``, ``"rnet"`` or ``"onet"``.
    name : str
        Name of the architecture, such as ``"original"``.

    Raises
    ------
    ValueError
        If there is no such network, or none of its architectures has this name.
    """
    if key not in ARCHITECTURES:
        raise unknown_name("network", key, ARCHITECTURES)
    if name not in ARCHITECTURES[key]:
        raise unknown_name(f"architecture of {key}", name, ARCHITECTURES[key])
    return ARCHITECTURES[key][name]


def _pnet(name: str, first: int, second: int, third: int) -> Architecture:
    return Architecture(
        key="pnet",
        name=name,
        window=12,
        stride=2,
        trunk=(
            Conv("conv1", NUM_CHANNELS, first, 3),
            PRelu("prelu1", first),
            Pool("pool1", 2),
            Conv("conv2", first, second, 3),
            PRelu("prelu2", second),
            Conv("conv3", second, third, 3),
            PRelu("prelu3", third),
        ),
        heads=(
            Head("probabilities", Conv("conv4_1", third, 2, 1)),
            Head("offsets", Conv("conv4_2", third, 4, 1)),
        ),
    )


def _rnet(name: str, crop_scale: float) -> Architecture:
    return Architecture(
        key="rnet",
        name=name,
        window=24,
        crop_scale=crop_scale,
        trunk=(
            Conv("conv1", NUM_CHANNELS, 28, 3),
            PRelu("prelu1", 28),
            Pool("pool1", 3),
            Conv("conv2", 28, 48, 3),
            PRelu("prelu2", 48),
            Pool("pool2", 3),
            Conv("conv3", 48, 64, 2),
            PRelu("prelu3", 64),
            Flatten(),
            Dense("dense4", 3 * 3 * 64, 128),
            PRelu("prelu4", 128),
        ),
        heads=(
            Head("probabilities", Dense("dense5_1", 128, 2)),
            Head("offsets", Dense("dense5_2", 128, 4)),
        ),
    )


def _onet(name: str, crop_scale: float, *, window: int = 48, first: int = 32) -> Architecture:
    last = {48: 3, 64: 5}[window]  # side of the maps that are flattened
    return Architecture(
        key="onet",
        name=name,
        window=window,
        crop_scale=crop_scale,
        trunk=(
            Conv("conv1", NUM_CHANNELS, first, 3),
            PRelu("prelu1", first),
            Pool("pool1", 3),
            Conv("conv2", first, 64, 3),
            PRelu("prelu2", 64),
            Pool("pool2", 3),
            Conv("conv3", 64, 64, 3),
            PRelu("prelu3", 64),
            Pool("pool3", 2),
            Conv("conv4", 64, 128, 2),
            PRelu("prelu4", 128),
            Flatten(),
            Dense("dense5", last * last * 128, 256),
            PRelu("prelu5", 256),
        ),
        heads=(
            Head("probabilities", Dense("dense6_1", 256, 2)),
            Head("offsets", Dense("dense6_2", 256, 4)),
            Head("landmarks", Dense("dense6_3", 256, 10)),
        ),
    )


# With 64 pixels a second layer of 32 channels would double O-Net's multiply-adds ("context64-wide",
# whose filters see faces at nearly the scale of the original's); 16 make it a quarter more.
ARCHITECTURES: Mapping[str, Mapping[str, Architecture]] = {
    key: {each.name: each for each in architectures}
    for key, architectures in {
        "pnet": (_pnet("original", 10, 16, 32), _pnet("wide", 16, 32, 48)),
        "rnet": (_rnet("original", 1.0), _rnet("context", 1.5)),
        "onet": (
            _onet("original", 1.0),
            _onet("context", 1.5),
            _onet("context64", 1.5, window=64, first=16),
            _onet("context64-wide", 1.5, window=64),
        ),
    }.items()
}
