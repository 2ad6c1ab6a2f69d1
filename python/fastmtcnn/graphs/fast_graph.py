"""Graphs under construction for the rewriting of networks, and what is between their layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..extras import importing

with importing("train"):
    import onnx
    from onnx import helper, numpy_helper

Array = NDArray[np.float64]
Indices = NDArray[np.intp]


class Graph:
    """A graph under construction; names nodes and constants."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def add(self, op: str, name: str, *inputs: str, **attributes: Any) -> str:  # noqa: ANN401
        """Add a node with one output; return the name of both."""
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, values: Array) -> str:
        """Add a float32 constant, and return its name."""
        # The sum gives zeros one sign, whatever the order of operations in numpy.
        stored = np.ascontiguousarray(values + 0.0, np.float32)
        self.initializers.append(numpy_helper.from_array(stored, name))
        return name

    def conv(self, name: str, source: str, weight: Array, bias: Array | None = None) -> str:
        """Add a convolution, and return its name."""
        inputs = [source, self.constant(f"{name}.weight", weight)]
        if bias is not None:
            inputs.append(self.constant(f"{name}.bias", bias))
        return self.add("Conv", name, *inputs, kernel_shape=weight.shape[2:])

    def scale(self, name: str, source: str, factors: Array) -> str:
        """Multiply each channel by a factor of its own."""
        weight = self.constant(f"{name}.weight", factors.reshape(-1, 1, 1, 1))
        side = [1, 1]
        return self.add("Conv", name, source, weight, kernel_shape=side, group=factors.size)

    def sum_rows(
        self, name: str, source: str, channels: int, taps: Sequence[float], padding: int
    ) -> str:
        """Add up, at every second row, this and the following rows with these factors."""
        weight = self.constant(
            f"{name}.weight", np.tile(np.reshape(taps, (-1, 1)), (channels, 1, 1, 1))
        )
        return self.add(
            "Conv",
            name,
            source,
            weight,
            kernel_shape=[len(taps), 1],
            strides=[2, 1],
            pads=[0, 0, padding, 0],
            group=channels,
        )

    def dense(self, name: str, source: str, weight: Array, bias: Array) -> str:
        """Add a fully connected layer, and return its name."""
        inputs = [self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias)]
        return self.add("Gemm", name, source, *inputs, transB=1)

    def pool(self, name: str, source: str, size: int) -> str:
        """Add a max pooling with stride 2 that rounds up, and return its name."""
        # With stride 2, ceil_mode comes to one row and column of padding at the end.
        side, pads = [size, size], [0, 0, 1, 1]
        return self.add("MaxPool", name, source, kernel_shape=side, strides=[2, 2], pads=pads)

    def pool_columns(self, name: str, source: str, rows: int, size: int) -> str:
        """Pool every second column as `pool` does, but every row with those that follow it."""
        side, pads = [rows, size], [0, 0, rows - 1, 1]
        return self.add("MaxPool", name, source, kernel_shape=side, strides=[1, 2], pads=pads)

    def split(self, source: str, sizes: Mapping[str, int]) -> None:
        """Split the channels of a tensor into named outputs of these sizes."""
        lengths = np.array(list(sizes.values()), np.int64)
        self.initializers.append(numpy_helper.from_array(lengths, "lengths"))
        inputs = [source, "lengths"]
        self.nodes.append(helper.make_node("Split", inputs, list(sizes), name="split", axis=1))


class Part(NamedTuple):
    """A tensor between two layers that holds some of the plain graph's channels, transformed.

    Attributes
    ----------
    name : str
        The tensor.
    mixing : ndarray, shape (channels of the plain graph, channels of the tensor)
        What to multiply the tensor with; the sum over all parts is the plain graph's tensor.
    """

    name: str
    mixing: Array


class Maps(NamedTuple):
    """What is between two layers.

    Attributes
    ----------
    parts : list of Part
    height : int
        Number of rows; 0 if it depends on the image.
    surplus : int
        Number of rows without meaning that the tensors have after those.
    """

    parts: list[Part]
    height: int
    surplus: int = 0


class Layer(NamedTuple):
    """A convolution, the slopes of the PRelu behind it and the size of a pooling, if one follows.

    Attributes
    ----------
    number : str
        Tells the nodes of one layer from those of another.
    """

    number: str
    weight: Array
    bias: Array
    slopes: Array
    pool: int

    def combine(self, rows: Array) -> Layer:
        """Return a layer whose channels are sums of those of this one."""
        weight = np.tensordot(rows, self.weight, 1)
        return self._replace(weight=weight, bias=rows @ self.bias, slopes=rows @ self.slopes)

    def height(self, height: int) -> int:
        """Return the number of output rows for a number of input rows."""
        height += 1 - self.weight.shape[2]
        return -((self.pool - height) // 2) + 1 if self.pool else height
