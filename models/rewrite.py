"""Rewrite a plain network exactly, into a graph that onnxruntime's CPU provider runs well.

That provider keeps maps in blocks of 8 or 16 channels from convolution to convolution, but leaves
this layout, slowly, for every PRelu and for a pooling with ceil_mode. The graphs made here compute
the same function from convolutions, additions, Relu and pooling without ceil_mode.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import onnx
from graphs import Array, Chain, Graph, Indices, Layer, Maps, Part, RewriteError
from onnx import TensorProto, helper

# Channels of a block with AVX-512; with other instructions a block holds a divisor of it.
BLOCK = 16

DESCRIPTION = """\
{plain}
Rewritten for speed on CPUs by models/rewrite.py: the same function of `image`, with only the
second channel, that of a face, of `probabilities`."""


def rewrite(plain: onnx.ModelProto, narrow: bool = False) -> onnx.ModelProto:
    """Return a graph for the CPU that computes what a plain one does.

    Parameters
    ----------
    plain : onnx.ModelProto
        A network as `convert.py` makes them.
    narrow : bool
        Give maps of fewer channels than a block to the next convolution as they are, out of the
        blocked layout: faster with AVX-512. Else they are filled up to a block.

    Returns
    -------
    onnx.ModelProto
        The same function of `image`, up to rounding. Outputs: `probabilities` with one channel,
        that of a face, then `offsets` and, if the plain graph has them, `landmarks`.
    """
    graph = Graph()
    chain = Chain(plain.graph)
    shape = plain.graph.input[0].type.tensor_type.shape
    maps = Maps([Part("image", np.eye(3))], shape.dim[2].dim_value)
    while chain.next_is("Conv", "PRelu"):
        maps = _stage(graph, maps, _take_layer(chain), narrow)

    if chain.next_is("Transpose"):
        last = _first_dense(graph, chain, maps)
        weight, bias, sizes = _heads(chain)
        heads = graph.dense("heads", last, weight, bias)
    else:
        weight, bias, sizes = _heads(chain)
        heads = _convolution(graph, "heads", maps.parts, weight, bias)
    probabilities, *others = sizes
    graph.split(heads, {"log_odds": 1, **{name: sizes[name] for name in others}})
    # Sigmoid of onnxruntime is less exact and exceeds 1.
    one = graph.constant("one", np.array(1.0))
    odds = graph.add("Exp", "odds", "log_odds")
    graph.add("Div", probabilities, one, graph.add("Add", "denominator", odds, one))

    outputs = []
    for output in plain.graph.output:
        shape = [dim.dim_param or dim.dim_value for dim in output.type.tensor_type.shape.dim]
        shape[1] = sizes[output.name]
        outputs.append(helper.make_tensor_value_info(output.name, TensorProto.FLOAT, shape))
    return helper.make_model(
        helper.make_graph(
            graph.nodes, f"{plain.graph.name}_fast", plain.graph.input, outputs, graph.initializers
        ),
        ir_version=plain.ir_version,
        opset_imports=plain.opset_import,
        producer_name="fastmtcnn models/rewrite.py",
        doc_string=DESCRIPTION.format(plain=plain.doc_string),
    )


def _take_layer(chain: Chain) -> Layer:
    conv, prelu = chain.take("Conv"), chain.take("PRelu")
    weight, bias = conv.constants
    slopes = prelu.constants[0].ravel()
    if (slopes == 1).any():
        raise RewriteError(f"{prelu.name} has a slope of 1")
    size = 0
    if chain.next_is("MaxPool"):
        pool = chain.take("MaxPool")
        size, width = pool.attributes["kernel_shape"]
        strides, ceil_mode = pool.attributes["strides"], pool.attributes.get("ceil_mode")
        if (width, strides, ceil_mode) != (size, [2, 2], 1):
            raise RewriteError(f"{pool.name} is not square with stride 2 and ceil_mode")
    return Layer(conv.name.removeprefix("conv"), weight, bias, slopes, size)


def _stage(graph: Graph, maps: Maps, layer: Layer, narrow: bool) -> Maps:
    """Add a convolution, its PRelu and perhaps a pooling.

    A PRelu with a slope of at least 0 grows with its input, so that it may follow the pooling,
    where the maps are a quarter in size. With a negative slope that takes a second channel; if
    there are more of these than the last block has room for, the PRelu comes first.
    """
    outputs, inputs = layer.weight.shape[:2]
    every = np.arange(outputs)
    # Found by trial: only here do the products spared outweigh the sums added.
    if layer.pool and maps.height and min(inputs, outputs // 4) >= BLOCK:
        return _pairs_then_pool(graph, maps, layer)
    if maps.surplus:
        raise RewriteError(f"no convolution in pairs of rows takes the maps before {layer.number}")
    height = layer.height(maps.height) if maps.height else 0
    growing = np.flatnonzero(layer.slopes >= 0)
    bent = np.flatnonzero(layer.slopes < 0)
    if layer.pool and bent.size <= -outputs % BLOCK:
        join = _pool_then_join(graph, maps.parts, layer, growing, bent, narrow)
        return Maps([join], height)
    if layer.pool == 0 or inputs >= BLOCK:
        return Maps([_prelu_then_pool(graph, maps.parts, layer, every)], height)
    # So cheap a convolution may be cut in two: whole blocks of growing channels, and the rest.
    # The largest slopes go first, since one above 1 must not come before a pooling.
    order = growing[np.argsort(-layer.slopes[growing], kind="stable")]
    early = order[: order.size // BLOCK * BLOCK]
    late = np.setdiff1d(every, early)
    first, second = (layer._replace(number=layer.number + half) for half in "ab")
    parts = [_prelu_then_pool(graph, maps.parts, second, late)]
    if early.size:
        parts.insert(0, _pool_then_prelu(graph, maps.parts, first, early))
    return Maps(parts, height)


def _pool_then_prelu(graph: Graph, parts: Sequence[Part], layer: Layer, channels: Indices) -> Part:
    layer, mixing = _select(layer, channels)
    number = layer.number
    last = _convolution(graph, f"conv{number}", parts, layer.weight, layer.bias)
    last = graph.pool(f"pool{number}", last, layer.pool)
    return Part(_prelu(graph, number, last, layer.slopes), mixing)


def _prelu_then_pool(graph: Graph, parts: Sequence[Part], layer: Layer, channels: Indices) -> Part:
    layer, mixing = _select(layer, channels)
    number = layer.number
    last = _convolution(graph, f"conv{number}", parts, layer.weight, layer.bias)
    last = _prelu(graph, number, last, layer.slopes)
    if layer.pool:
        _check_growing(layer)
        last = graph.pool(f"pool{number}", last, layer.pool)
    return Part(last, mixing)


def _pool_then_join(
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
    last = _convolution(graph, f"conv{number}", parts, wide.weight, wide.bias)
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


def _pairs_then_pool(graph: Graph, maps: Maps, layer: Layer) -> Maps:
    """Add convolution, PRelu and pooling, with the convolution made for two rows at once.

    This is Winograd's F(2, 3), along columns only: of four rows d and the three rows g of the
    kernel it makes two rows, even = m0 + m1 + m2 and odd = m1 - m2 + m3, with four products of
    rows instead of six:

        m0 = (d0 - d2) g0              m1 = (d1 + d2) (g0 + g1 + g2) / 2
        m3 = (d1 - d3) (-g2)           m2 = (d2 - d1) (g0 - g1 + g2) / 2

    Even and odd rows stay apart until the pooling, which joins them.
    """
    number = layer.number
    layer, mixing = _select(layer, np.arange(layer.slopes.size))
    _check_growing(layer)
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
        return _convolution(graph, f"conv{number}_{i}", moved, kernel, addend)

    g0, g1, g2 = np.split(layer.weight, 3, axis=2)
    m1 = product(1, [0, 1, 1, 0], (g0 + g1 + g2) / 2, layer.bias)
    m2 = product(2, [0, -1, 1, 0], (g0 - g1 + g2) / 2, np.zeros(layer.bias.size))
    total = graph.add("Add", f"total{number}", m1, m2)
    opposite = graph.scale(f"opposite{number}", m2, np.full(layer.bias.size, -1.0))
    difference = graph.add("Add", f"difference{number}", opposite, m1)
    even = product(0, [1, 0, -1, 0], g0, total)
    odd = product(3, [0, 1, 0, -1], -g2, difference)

    even = _prelu(graph, f"{number}_even", even, layer.slopes)
    odd = _prelu(graph, f"{number}_odd", odd, layer.slopes)
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


def _check_growing(layer: Layer) -> None:
    # The factor that _prelu leaves out is negative then, and a pooling takes the wrong end.
    if (layer.slopes > 1).any():
        raise RewriteError(f"a slope above 1 comes before a pooling in layer {layer.number}")


def _select(layer: Layer, channels: Indices) -> tuple[Layer, Array]:
    """Return these channels of a layer, in whole blocks, and the mixing for `_prelu` of them."""
    rows = np.zeros((-(-channels.size // BLOCK) * BLOCK, layer.slopes.size))
    rows[np.arange(channels.size), channels] = 1
    return layer.combine(rows), (rows * (1 - layer.slopes)).T


def _prelu(graph: Graph, number: str, source: str, slopes: Array) -> str:
    """Add a PRelu without its factors 1 - a: relu(c) + a / (1 - a) c."""
    positive = graph.add("Relu", f"relu{number}", source)
    linear = graph.scale(f"linear{number}", source, slopes / (1 - slopes))
    return graph.add("Add", f"prelu{number}", linear, positive)


def _convolution(
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


def _first_dense(graph: Graph, chain: Chain, maps: Maps) -> str:
    """Add the first dense layer, its columns in the order of a flatten without transposition."""
    part, *others = maps.parts
    if others or maps.surplus or chain.take("Transpose").attributes["perm"] != [0, 3, 2, 1]:
        raise RewriteError("the first dense layer does not follow a PRelu and a transposition")
    chain.take("Flatten")
    layer, prelu = chain.take("Gemm"), chain.take("PRelu")
    weight, bias = layer.constants
    mixing = part.mixing
    side = math.isqrt(weight.shape[1] // len(mixing))
    weight = weight.reshape(-1, side, side, len(mixing)).transpose(0, 3, 2, 1)
    weight = np.einsum("oihw,ij->ojhw", weight, mixing).reshape(len(bias), -1)
    last = graph.add("Flatten", "flatten", part.name, axis=1)
    last = graph.dense(layer.name, last, weight, bias)
    # Of a vector it is as fast as whatever could replace it.
    slopes = graph.constant(f"{prelu.name}.weight", prelu.constants[0])
    return graph.add("PRelu", prelu.name, last, slopes)


def _heads(chain: Chain) -> tuple[Array, Array, dict[str, int]]:
    """Return the heads as one layer, with the name and the size of each output.

    The first output is l0 - l1: softmax gives the second of two classes, that of a face, the
    probability 1 / (1 + exp(l0 - l1)).
    """
    op = "Gemm" if chain.next_is("Gemm") else "Conv"
    weight, bias = chain.take(op).constants
    weights, biases = [weight[:1] - weight[1:]], [bias[:1] - bias[1:]]
    sizes = {chain.take("Softmax").name: 1}
    while chain:
        head = chain.take(op)
        weights.append(head.constants[0])
        biases.append(head.constants[1])
        sizes[head.name] = head.constants[1].size
    return np.concatenate(weights), np.concatenate(biases), sizes
