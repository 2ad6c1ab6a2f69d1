"""Reading the nodes of a plain graph one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import FastMTCNNError
from ..extras import importing

with importing("train"):
    import onnx
    from onnx import helper, numpy_helper

Array = NDArray[np.float64]


class RewriteError(FastMTCNNError):
    """A graph that is not built as the plain networks are, or a slope that cannot be rewritten."""


class Node(NamedTuple):
    """A node of the plain graph with its constants in float64."""

    op: str
    name: str
    constants: list[Array]
    attributes: Mapping[str, Any]


class Chain:
    """The nodes of a plain graph in their order, taken one by one."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        tensors = {t.name: numpy_helper.to_array(t).astype(np.float64) for t in graph.initializer}
        self._nodes = [
            Node(
                node.op_type,
                node.name,
                [tensors[name] for name in node.input if name in tensors],
                {a.name: helper.get_attribute_value(a) for a in node.attribute},
            )
            for node in graph.node
        ]

    def __bool__(self) -> bool:
        """Return whether nodes are left."""
        return bool(self._nodes)

    def next_is(self, *ops: str) -> bool:
        """Return whether the next nodes have these operators."""
        return tuple(node.op for node in self._nodes[: len(ops)]) == ops

    def take(self, op: str) -> Node:
        """Remove and return the next node, which must have this operator."""
        if not self.next_is(op):
            found = self._nodes[0].name if self._nodes else "the end"
            raise RewriteError(f"expected a node {op} in place of {found}")
        return self._nodes.pop(0)
