"""Rewrite a plain network exactly, into a graph that onnxruntime's CPU provider runs well.

That provider keeps maps in blocks of 8 or 16 channels from convolution to convolution, but leaves
this layout, slowly, for every PRelu and for a pooling with ceil_mode. The graphs made here compute
the same function from convolutions, additions, Relu and pooling without ceil_mode.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ..extras import importing
from .chains import Chain, RewriteError
from .fast_graph import Array, Graph, Layer, Maps, Part
from .fast_layers import BLOCK, convolution, pool_then_join, pool_then_prelu, prelu_then_pool
from .row_pairs import pairs_then_pool

with importing("train"):
    import onnx
    from onnx import TensorProto, helper

# Of each network the files of its fast twins, and whether `rewrite` leaves maps narrow in them.
FAST_FILES: Mapping[str, Mapping[str, bool]] = {
    "pnet": {"pnet_fast.onnx": False, "pnet_fast_avx512.onnx": True},
    "rnet": {"rnet_fast.onnx": False},
    "onet": {"onet_fast.onnx": False},
}

NOTE = """\
Rewritten for speed on CPUs: the same function of `image`, with only the second channel, that of a
face, of `probabilities`."""


def rewrite(
    plain: onnx.ModelProto,
    narrow: bool = False,
    *,
    producer: str = "fastmtcnn",
    note: str = NOTE,
    metadata: Mapping[str, str] | None = None,
) -> onnx.ModelProto:
    """Return a graph for the CPU that computes what a plain one does.

    Parameters
    ----------
    plain : onnx.ModelProto
        A network as `build` makes them.
    narrow : bool
        Give maps of fewer channels than a block to the next convolution as they are, out of the
        blocked layout: faster with AVX-512. Else they are filled up to a block.
    producer : str
        Name of the program that makes the model.
    note : str
        What to add to the documentation of the plain model.
    metadata : mapping of str to str, optional
        Entries beside those of the plain model.

    Returns
    -------
    onnx.ModelProto
        The same function of ``image``, up to rounding. Outputs: ``probabilities`` with one channel,
        that of a face, then ``offsets`` and, if the plain graph has them, ``landmarks``.

    Raises
    ------
    RewriteError
        If the graph is not built as the plain networks are, or a slope cannot be rewritten.
    """
    graph = Graph()
    outputs = []
    sizes = _add_layers(graph, plain, narrow)
    for output in plain.graph.output:
        shape = [dim.dim_param or dim.dim_value for dim in output.type.tensor_type.shape.dim]
        shape[1] = sizes[output.name]
        outputs.append(helper.make_tensor_value_info(output.name, TensorProto.FLOAT, shape))
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, f"{plain.graph.name}_fast", plain.graph.input, outputs, graph.initializers
        ),
        ir_version=plain.ir_version,
        opset_imports=plain.opset_import,
        producer_name=producer,
        doc_string=f"{plain.doc_string}\n{note}",
    )
    properties = {entry.key: entry.value for entry in plain.metadata_props}
    helper.set_model_props(model, {**properties, **(metadata or {})})
    return model


def _add_layers(graph: Graph, plain: onnx.ModelProto, narrow: bool) -> dict[str, int]:
    """Add all layers; return the number of channels of each output."""
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
        heads = convolution(graph, "heads", maps.parts, weight, bias)
    probabilities, *others = sizes
    graph.split(heads, {"log_odds": 1, **{name: sizes[name] for name in others}})
    # Sigmoid of onnxruntime is less exact and exceeds 1.
    one = graph.constant("one", np.array(1.0))
    odds = graph.add("Exp", "odds", "log_odds")
    graph.add("Div", probabilities, one, graph.add("Add", "denominator", odds, one))
    return sizes


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
        return pairs_then_pool(graph, maps, layer)
    if maps.surplus:
        raise RewriteError(f"no convolution in pairs of rows takes the maps before {layer.number}")
    height = layer.height(maps.height) if maps.height else 0
    growing = np.flatnonzero(layer.slopes >= 0)
    bent = np.flatnonzero(layer.slopes < 0)
    if layer.pool and bent.size <= -outputs % BLOCK:
        join = pool_then_join(graph, maps.parts, layer, growing, bent, narrow)
        return Maps([join], height)
    if layer.pool == 0 or inputs >= BLOCK:
        return Maps([prelu_then_pool(graph, maps.parts, layer, every)], height)
    # So cheap a convolution may be cut in two: whole blocks of growing channels, and the rest.
    # The largest slopes go first, since one above 1 must not come before a pooling.
    order = growing[np.argsort(-layer.slopes[growing], kind="stable")]
    early = order[: order.size // BLOCK * BLOCK]
    late = np.setdiff1d(every, early)
    first, second = (layer._replace(number=layer.number + half) for half in "ab")
    parts = [prelu_then_pool(graph, maps.parts, second, late)]
    if early.size:
        parts.insert(0, pool_then_prelu(graph, maps.parts, first, early))
    return Maps(parts, height)


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
