"""Layers of the rewritten graphs: convolutions, PRelu and pooling that onnxruntime runs well."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .chains import RewriteError
from .fast_graph import Array, Graph, Indices, Layer, Part

# Channels of a block with AVX-512; with other instructions a block holds a divisor of it.
BLOCK = 16


def pool_then_prelu(graph: Graph, parts: Sequence[Part], layer: Layer, channels: Indices) -> Part:
    """Add a convolution and a pooling, and the PRelu behind them; the slopes are at least 0.

    Parameters
    ----------
    graph : Graph
        Gets the nodes.
    parts : sequence of Part
        What is before the layer.
    layer : Layer
        The layer.
    channels : ndarray of intp
        Those of its channels to compute.
    """
    layer, mixing = select(layer, channels)
    number = layer.number
    last = convolution(graph, f"conv{number}", parts, layer.weight, layer.bias)
    last = graph.pool(f"pool{number}", last, layer.pool)
    return Part(prelu(graph, number, last, layer.slopes), mixing)


def prelu_then_pool(graph: Graph, parts: Sequence[Part], layer: Layer, channels: Indices) -> Part:
    """Add a convolution and its PRelu, and the pooling behind them if there is one.

    Parameters
    ----------
    graph : Graph
        Gets the nodes.
    parts : sequence of Part
        What is before the layer.
    layer : Layer
        The layer.
    channels : ndarray of intp
        Those of its channels to compute.

    Raises
    ------
    RewriteError
        If a slope above 1 comes before a pooling.
    """
    layer, mixing = select(layer, channels)
    number = layer.number
    last = convolution(graph, f"conv{number}", parts, layer.weight, layer.bias)
    last = prelu(graph, number, last, layer.slopes)
    if layer.pool:
        check_growing(layer)
        last = graph.pool(f"pool{number}", last, layer.pool)
    return Part(last, mixing)


def pool_then_join(
    graph: Graph,
    parts: Sequence[Part],
    layer: Layer,
    growing: Indices,
    bent: Indices,
    narrow: bool,
) -> Part:
    """Add convolution, pooling and PRelu, with two channels for a negative slope.

    With a slope a < 0, the PRelu is max(c, a c): the convolution gives both, and after the
    pooling max(u, v) = v + relu(u - v) joins them.

    Parameters
    ----------
    graph : Graph
        Gets the nodes.
    parts : sequence of Part
        What is before the layer.
    layer : Layer
        The layer.
    growing, bent : ndarray of intp
        Its channels with slopes of at least 0, and those with negative ones.
    narrow : bool
        Whether fewer channels than a block stay as they are behind the pooling.
    """
    number = layer.number
    count = layer.slopes.size
    width = -(-(count + bent.size) // BLOCK) * BLOCK
    first = np.arange(growing.size)
    second = np.arange(growing.size, count)
    third = np.arange(count, count + bent.size)
    rows = np.zeros((width, count))
    rows[first, growing] = 1
    rows[second, bent] = layer.slopes[bent]
    rows[third, bent] = 1
    wide = layer.combine(rows)
    last = convolution(graph, f"conv{number}", parts, wide.weight, wide.bias)
    last = graph.pool(f"pool{number}", last, layer.pool)

    joined = count if narrow and count < BLOCK else width
    differences = np.zeros((joined, width, 1, 1))
    differences[first, first] = 1
    differences[second, third] = 1
    differences[second, second] = -1
    positive = graph.conv(f"difference{number}", last, differences)
    positive = graph.add("Relu", f"relu{number}", positive)
    rests = 1 - layer.slopes[growing]
    factors = np.zeros(width)
    factors[first] = layer.slopes[growing] / rests
    factors[second] = 1
    if joined == width:
        linear = graph.scale(f"linear{number}", last, factors)
    else:
        linear = graph.conv(f"linear{number}", last, np.diag(factors)[:joined, :, None, None])
    mixing = np.zeros((count, joined))
    mixing[growing, first] = rests
    mixing[bent, second] = 1
    return Part(graph.add("Add", f"prelu{number}", linear, positive), mixing)


def check_growing(layer: Layer) -> None:
    """Refuse slopes above 1 before a pooling.

    Raises
    ------
    RewriteError
        If there is one.
    """
    # The factor that prelu leaves out is negative then, and a pooling takes the wrong end.
    if (layer.slopes > 1).any():
        raise RewriteError(f"a slope above 1 comes before a pooling in layer {layer.number}")


def select(layer: Layer, channels: Indices) -> tuple[Layer, Array]:
    """Return these channels of a layer, in whole blocks, and the mixing for `prelu` of them."""
    rows = np.zeros((-(-channels.size // BLOCK) * BLOCK, layer.slopes.size))
    rows[np.arange(channels.size), channels] = 1
    return layer.combine(rows), (rows * (1 - layer.slopes)).T


def prelu(graph: Graph, number: str, source: str, slopes: Array) -> str:
    """Add a PRelu without its factors 1 - a: relu(c) + a / (1 - a) c."""
    positive = graph.add("Relu", f"relu{number}", source)
    linear = graph.scale(f"linear{number}", source, slopes / (1 - slopes))
    return graph.add("Add", f"prelu{number}", linear, positive)


def convolution(
    graph: Graph, name: str, parts: Sequence[Part], weight: Array, addend: Array | str
) -> str:
    """Add a convolution of parts, the sum of one for each, on top of a bias or a tensor."""
    last = addend
    for part in parts:
        folded = np.einsum("oihw,ij->ojhw", weight, part.mixing)
        one = name if len(parts) == 1 else f"{name}_{part.name}"
        if isinstance(last, str):
            last = graph.add("Add", f"{one}_sum", graph.conv(one, part.name, folded), last)
        else:
            last = graph.conv(one, part.name, folded, last)
    return str(last)
