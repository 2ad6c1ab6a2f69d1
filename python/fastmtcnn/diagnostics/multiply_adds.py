"""Multiply-adds of the networks: those of the plain graph, and those that the native engine issues.

The native engine computes convolutions by Winograd's algorithms (Lavin and Gray 2016), which need
fewer products. `NATIVE_LAYERS` is the table of its algorithms, layer by layer; what follows is
counted from it and from the architecture. Counted are the multiply-adds of the products with all
their padding. The transforms of inputs and outputs, activations and poolings are not counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from ..networks.architecture import Architecture, Conv, Dense, Pool, find_architecture, pooled

_ROLES = ("pnet", "rnet", "onet")


class Line(NamedTuple):
    """An algorithm for a convolution along one axis.

    Attributes
    ----------
    outputs : int
        Neighbouring outputs that are computed at a time; 1 if each is computed directly.
    taps : int
        Values of the filter.
    """

    outputs: int
    taps: int

    @property
    def products(self) -> int:
        """Number of products that give the outputs."""
        return self.outputs + self.taps - 1

    def __str__(self) -> str:
        """Return the name of the algorithm, such as ``"F(4,3)"``."""
        return "direct" if self.outputs == 1 else f"F({self.outputs},{self.taps})"


class Native(NamedTuple):
    """How the native engine computes a layer.

    Attributes
    ----------
    rows, columns : Line or None
        Algorithms of a convolution along both axes: F(m,r) on the rows makes m rows of outputs at a
        time. None for what is a product of matrices.
    channels : int
        Outputs that are computed, with those that fill up vectors. The heads of a network are one
        layer, in which the two logits of a face's probability are one output, their difference.
    """

    rows: Line | None
    columns: Line | None
    channels: int

    def __str__(self) -> str:
        """Return the algorithm, such as ``"F(4,3) x F(2,3)"``, rows first."""
        if self.rows is None or self.columns is None:
            return "matrix product"
        return f"{self.rows} x {self.columns}"


_DIRECT3, _F23, _F33, _F43, _F32 = (
    Line(outputs, taps) for outputs, taps in ((1, 3), (2, 3), (3, 3), (4, 3), (3, 2))
)
HEADS = "heads"

# As cpp/src/networks has it, by network and layer.
NATIVE_LAYERS: Mapping[str, Mapping[str, Native]] = {
    "pnet": {
        "conv1": Native(_F43, _DIRECT3, 10),
        "conv2": Native(_F43, _F23, 16),
        "conv3": Native(_F43, _F23, 32),
        HEADS: Native(None, None, 5),
    },
    "rnet": {
        "conv1": Native(_F43, _DIRECT3, 32),
        "conv2": Native(_F33, _F33, 48),
        "conv3": Native(_F32, _F32, 64),
        "dense4": Native(None, None, 128),
        HEADS: Native(None, None, 16),
    },
    "onet": {
        "conv1": Native(_F43, _DIRECT3, 32),
        "conv2": Native(_F33, _F33, 64),
        "conv3": Native(_F43, _F23, 64),
        "conv4": Native(_F32, _F32, 128),
        "dense5": Native(None, None, 256),
        HEADS: Native(None, None, 16),
    },
}


class LayerWork(NamedTuple):
    """Multiply-adds of a layer, for a cell of P-Net's map in a large image, or for a crop.

    Attributes
    ----------
    name : str
        Name of the layer, or ``"heads"`` for all outputs of the network.
    algorithm : Native
        How the native engine computes it.
    plain : int
        Multiply-adds of the layer as the graph states it.
    issued : int
        Multiply-adds that the native engine issues.
    """

    name: str
    algorithm: Native
    plain: int
    issued: int


def native_work(key: str) -> list[LayerWork]:
    """Return the multiply-adds of each layer of a network of the original architecture.

    Parameters
    ----------
    key : {"pnet", "rnet", "onet"}
        The network.
    """
    architecture = find_architecture(key, "original")
    algorithms = NATIVE_LAYERS[key]
    work: list[LayerWork] = []
    side, places = architecture.window, (architecture.stride or 0) ** 2
    for layer in architecture.trunk:
        if isinstance(layer, Conv):
            side += 1 - layer.kernel
            native = algorithms[layer.name]
            plain = (places or side * side) * layer.kernel**2 * layer.inputs * layer.outputs
            products = _products(native, side, places) * layer.inputs * native.channels
            work.append(LayerWork(layer.name, native, plain, products))
        elif isinstance(layer, Dense):
            native = algorithms[layer.name]
            plain = layer.inputs * layer.outputs
            work.append(LayerWork(layer.name, native, plain, layer.inputs * native.channels))
        elif isinstance(layer, Pool):
            side = pooled(side, layer)
            places //= layer.stride**2
    return [*work, _heads_work(architecture)]


def _products(native: Native, side: int, places: int) -> int:
    """Return the products of one channel of the input with one of the output.

    Tiles cover the map of a crop; P-Net's map is large, so that tiles at its border do not count.
    """
    rows, columns = native.rows, native.columns
    assert rows is not None
    assert columns is not None
    tile = rows.products * columns.products
    if places:
        return places * tile // (rows.outputs * columns.outputs)
    return math.ceil(side / rows.outputs) * math.ceil(side / columns.outputs) * tile


def _heads_work(architecture: Architecture) -> LayerWork:
    native = NATIVE_LAYERS[architecture.key][HEADS]
    heads = [head.layer for head in architecture.heads]
    plain = sum(layer.inputs * layer.outputs for layer in heads)
    return LayerWork(HEADS, native, plain, heads[0].inputs * native.channels)


# Of the original networks: P-Net for a cell of its map, R-Net and O-Net for a crop. Models of other
# architectures state their own.
MACS = {key: find_architecture(key, "original").num_multiply_adds for key in _ROLES}
NATIVE_MACS = {key: sum(layer.issued for layer in native_work(key)) for key in _ROLES}
