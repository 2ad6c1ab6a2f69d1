"""Models that tests make, and the shipped ones as if they were a user's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from fastmtcnn._core import has_avx512f
from tests.support.helpers import MODELS


def shipped(name: str) -> bytes:
    """The model that a detector uses on this processor."""
    wide = name == "pnet" and has_avx512f()
    return (MODELS / f"{name}_fast{'_avx512' if wide else ''}.onnx").read_bytes()


def own_model(
    weights: NDArray[np.float32],
    bias: Sequence[float],
    stride: int,
    channels: Sequence[int],
    input_shape: Sequence[int | str] = ("n", 3, "height", "width"),
    rank: int = 4,
) -> bytes:
    """Build one convolution whose channels are split over the outputs."""
    outputs = [f"part{k}" for k in range(len(channels))]
    strides = [stride, stride]
    nodes = [
        helper.make_node("Conv", ["x", "weights", "bias"], ["map"], strides=strides),
        helper.make_node("Flatten" if rank == 2 else "Identity", ["map"], ["y"]),
        helper.make_node("Split", ["y", "sizes"], outputs, axis=1),
    ]
    constants = [
        numpy_helper.from_array(weights, "weights"),
        numpy_helper.from_array(np.array(bias, np.float32), "bias"),
        numpy_helper.from_array(np.array(channels, np.int64), "sizes"),
    ]
    sides: list[str | int] = ["h", "w"]
    if rank == 2:
        sides = []
    graph = helper.make_graph(
        nodes,
        "own",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, input_shape)],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", count, *sides])
            for name, count in zip(outputs, channels, strict=True)
        ],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    content: bytes = model.SerializeToString()
    return content


def indifferent_model(size: int, *parts: Sequence[float]) -> bytes:
    """Build an R-Net (24) or O-Net (48) that says the same of every crop."""
    bias = [value for part in parts for value in part]
    weights = np.zeros((len(bias), 3, size, size), np.float32)
    return own_model(weights, bias, 1, [len(part) for part in parts], ("n", 3, size, size), rank=2)
