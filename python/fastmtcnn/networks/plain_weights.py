"""The weights of a file whose graph is that of a plain network, operator by operator."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt

from ..errors import ModelError
from .architecture import Architecture
from .onnx_file import Attribute, Node, OnnxFile, shown
from .plain_graph import IMAGE, Operator, plain_operators

_OLDEST_OPSET = 13  # before, Softmax meant something else
_SQUARE: Mapping[str, Attribute] = {
    "auto_pad": "NOTSET",
    "dilations": (1, 1),
    "pads": (0, 0, 0, 0),
    "strides": (1, 1),
}
_DEFAULTS: Mapping[str, Mapping[str, Attribute]] = {
    "Conv": {**_SQUARE, "group": 1},
    "MaxPool": {**_SQUARE, "ceil_mode": 0, "storage_order": 0},
    "Gemm": {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0},
    "Flatten": {"axis": 1},
}


def plain_weights(file: OnnxFile, architecture: Architecture) -> dict[str, npt.NDArray[np.float32]]:
    """Return the tensors of a file that holds a network of an architecture.

    The graph must have its operators with their attributes, one after the other, and no others.
    Names of nodes, values and tensors do not matter.

    Parameters
    ----------
    file : OnnxFile
        The file.
    architecture : Architecture
        What it must hold.

    Returns
    -------
    dict of str to ndarray of float32
        By the names and in the shapes of `architecture.shapes`.

    Raises
    ------
    ModelError
        If the file holds something else, or a weight is not finite. The message names the first
        difference.
    """
    if file.opset < _OLDEST_OPSET:
        raise ModelError(f"its opset must be {_OLDEST_OPSET} or later, got {file.opset}")
    values = {IMAGE: _input(file, architecture)}
    nodes = list(file.nodes)
    weights = {}
    for operator in plain_operators(architecture):
        node = _take(nodes, operator, values[operator.source], file)
        tensors = zip(node.inputs[1:], operator.tensors.items(), strict=True)
        for given, (name, _) in tensors:
            tensor = file.tensors[given]
            assert tensor is not None
            weights[name] = tensor.reshape(architecture.shapes[name])
        values[operator.output] = node.outputs[0]
    if nodes:
        raise ModelError(f"{_described(nodes[0])} is superfluous")
    wanted = {values[output] for output, _ in architecture.heads}
    if set(file.outputs) != wanted:
        raise ModelError(f"its outputs must be {_listed(wanted)}, got {_listed(file.outputs)}")
    return weights


def _input(file: OnnxFile, architecture: Architecture) -> str:
    inputs = {name: shape for name, shape in file.inputs.items() if name not in file.tensors}
    side = architecture.side
    if len(inputs) == 1:
        ((name, shape),) = inputs.items()
        if shape is not None and shape[1:] == (3, side, side):
            return name
    sides = "any size" if side is None else f"{side} x {side}"
    raise ModelError(f"its input must be one image of 3 channels and {sides}, got {shown(inputs)}")


def _take(nodes: list[Node], operator: Operator, source: str, file: OnnxFile) -> Node:
    """Remove and return the node of an operator that takes a value."""
    behind = [node for node in nodes if node.inputs[:1] == (source,)]
    differences = [_difference(node, operator, file) for node in behind]
    for node, difference in zip(behind, differences, strict=True):
        if not difference:
            nodes.remove(node)
            return node
    if not behind:
        raise ModelError(f"{operator.output}, {operator.op}, is missing")
    same = [
        difference
        for node, difference in zip(behind, differences, strict=True)
        if node.op == operator.op
    ]
    raise ModelError(f"{operator.output} {(same or differences)[0]}")


def _difference(node: Node, operator: Operator, file: OnnxFile) -> str:
    """Return how a node differs from what it must be; empty if it does not."""
    if node.op != operator.op or node.domain not in ("", "ai.onnx"):
        return f"must be {operator.op}, got {_described(node)}"
    if len(node.inputs) != 1 + len(operator.tensors) or len(node.outputs) != 1:
        return (
            f"must have {1 + len(operator.tensors)} inputs and 1 output, "
            f"got {len(node.inputs)} and {len(node.outputs)}"
        )
    defaults = _DEFAULTS.get(node.op, {})
    wanted, given = {**defaults, **operator.attributes}, {**defaults, **node.attributes}
    for name in sorted(wanted.keys() | given.keys()):
        if wanted.get(name) != given.get(name) or name not in wanted:
            value = wanted.get(name, "not at all")
            return f"must have {shown(name)} {value}, got {shown(given.get(name))}"
    for given_name, (name, shape) in zip(node.inputs[1:], operator.tensors.items(), strict=True):
        tensor = file.tensors.get(given_name)
        if tensor is None:
            return f"must have a constant of float32 as {name}, got none"
        if tensor.shape != shape:
            return f"must have {name} of shape {shape}, got {tensor.shape}"
        if not np.isfinite(tensor).all():
            return f"must have finite values as {name}"
    return ""


def _described(node: Node) -> str:
    return f"{shown(node.op)} {shown(node.name)!r}" if node.name else shown(node.op)


def _listed(names: Collection[str]) -> str:
    return shown(", ".join(sorted(names))) or "none"
