"""The operators of a plain network, in the form in which its ONNX file holds them.

`graphs.building` writes files from this list; `native_weights` compares files with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from .architecture import Architecture, Conv, Dense, Flatten, Pool, PRelu, Shape

Attribute: TypeAlias = int | tuple[int, ...]

IMAGE = "image"  # the input of all networks


class Operator(NamedTuple):
    """A node of a graph.

    Attributes
    ----------
    op : str
        Type of the operator, of ONNX's default domain.
    source, output : str
        Names of the value that it takes and of the one that it computes.
    tensors : mapping of str to tuple of int
        Names and shapes of the constants that it takes after the source, in their order.
    attributes : mapping of str to int or tuple of int
        Those that differ from the operator's defaults, or whose default depends on the rank.
    """

    op: str
    source: str
    output: str
    tensors: Mapping[str, Shape]
    attributes: Mapping[str, Attribute]


def plain_operators(architecture: Architecture) -> list[Operator]:
    """Return the operators of a network in the order of the file.

    Parameters
    ----------
    architecture : Architecture
        The network.

    Returns
    -------
    list of Operator
        The first one takes `IMAGE`. The names of the heads are outputs of the network.
    """
    operators = []
    last, is_flat = IMAGE, False

    def add(op: str, output: str, tensors: Mapping[str, Shape], **attributes: Attribute) -> None:
        nonlocal last
        operators.append(Operator(op, last, output, tensors, attributes))
        last = output

    def add_layer(layer: Conv | Dense, output: str) -> None:
        if isinstance(layer, Dense):
            add("Gemm", output, layer.shapes(), transB=1)
        else:
            add("Conv", output, layer.shapes(), kernel_shape=(layer.kernel, layer.kernel))

    for layer in architecture.trunk:
        if isinstance(layer, Pool):
            sides = {
                "kernel_shape": (layer.kernel, layer.kernel),
                "strides": (layer.stride, layer.stride),
            }
            add("MaxPool", layer.name, {}, **sides, ceil_mode=int(layer.ceil_mode))
        elif isinstance(layer, PRelu):
            # ONNX aligns the slope with the last axis, which for maps is not the channel.
            ones = () if is_flat else (1, 1)
            slopes = {name: (*shape, *ones) for name, shape in layer.shapes().items()}
            add("PRelu", layer.name, slopes)
        elif isinstance(layer, Flatten):
            # The dense layers were trained on maps of a transposed image: width before height.
            add("Transpose", "width_height_channel", {}, perm=(0, 3, 2, 1))
            add("Flatten", layer.name, {}, axis=1)
            is_flat = True
        else:
            add_layer(layer, layer.name)

    trunk = last
    for output, head in architecture.heads:
        last = trunk
        if output == "probabilities":
            add_layer(head, head.name)
            add("Softmax", output, {}, axis=1)
        else:
            add_layer(head, output)
    return operators
