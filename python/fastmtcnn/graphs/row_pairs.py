"""Convolutions made for two rows at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .chains import RewriteError
from .fast_graph import Array, Graph, Layer, Maps, Part
from .fast_layers import check_growing, convolution, prelu, select


def pairs_then_pool(graph: Graph, maps: Maps, layer: Layer) -> Maps:
    """Add convolution, PRelu and pooling, with the convolution made for two rows at once.

    This is Winograd's F(2, 3), along columns only: of four rows d and the three rows g of the
    kernel it makes two rows, even = m0 + m1 + m2 and odd = m1 - m2 + m3, with four products of
    rows instead of six:

        m0 = (d0 - d2) g0              m1 = (d1 + d2) (g0 + g1 + g2) / 2
        m3 = (d1 - d3) (-g2)           m2 = (d2 - d1) (g0 - g1 + g2) / 2

    Even and odd rows stay apart until the pooling, which joins them. Source: Lavin and Gray, "Fast
    Algorithms for Convolutional Neural Networks", CVPR 2016.

    Parameters
    ----------
    graph : Graph
        Gets the nodes.
    maps : Maps
        What is before the layer; its number of rows is known.
    layer : Layer
        The layer, with a kernel of three rows and a pooling.

    Raises
    ------
    RewriteError
        If the sizes of the layer do not allow it, or a slope above 1 comes before the pooling.
    """
    number = layer.number
    layer, mixing = select(layer, np.arange(layer.slopes.size))
    check_growing(layer)
    height = maps.height + 1 - layer.weight.shape[2]
    pairs = -(-height // 2)
    if layer.weight.shape[2] != 3 or (layer.pool != 3 and height % 2):
        raise RewriteError(f"layer {number} cannot be made in pairs of rows")
    padding = max(0, 2 * pairs + 2 - maps.height - maps.surplus)

    def product(i: int, taps: Sequence[float], kernel: Array, addend: Array | str) -> str:
        rows = [
            graph.sum_rows(
                f"rows{number}_{i}_{part.name}", part.name, part.mixing.shape[1], taps, padding
            )
            for part in maps.parts
        ]
        moved = [part._replace(name=name) for part, name in zip(maps.parts, rows, strict=True)]
        return convolution(graph, f"conv{number}_{i}", moved, kernel, addend)

    g0, g1, g2 = np.split(layer.weight, 3, axis=2)
    m1 = product(1, [0, 1, 1, 0], (g0 + g1 + g2) / 2, layer.bias)
    m2 = product(2, [0, -1, 1, 0], (g0 - g1 + g2) / 2, np.zeros(layer.bias.size))
    total = graph.add("Add", f"total{number}", m1, m2)
    opposite = graph.scale(f"opposite{number}", m2, np.full(layer.bias.size, -1.0))
    difference = graph.add("Add", f"difference{number}", opposite, m1)
    even = product(0, [1, 0, -1, 0], g0, total)
    odd = product(3, [0, 1, 0, -1], -g2, difference)

    even = prelu(graph, f"{number}_even", even, layer.slopes)
    odd = prelu(graph, f"{number}_odd", odd, layer.slopes)
    even = graph.pool_columns(f"pool{number}_even", even, layer.pool - 1, layer.pool)
    odd = graph.pool_columns(f"pool{number}_odd", odd, 1, layer.pool)
    last = _maximum(graph, number, even, odd, layer.bias.size)
    pooled = layer.height(maps.height)
    return Maps([Part(last, mixing)], pooled, pairs - pooled)


def _maximum(graph: Graph, number: str, one: str, other: str, channels: int) -> str:
    """Add max(u, v) as v + relu(u - v)."""
    opposite = graph.scale(f"less{number}", other, np.full(channels, -1.0))
    more = graph.add("Relu", f"more{number}", graph.add("Add", f"excess{number}", opposite, one))
    return graph.add("Add", f"maximum{number}", more, other)
