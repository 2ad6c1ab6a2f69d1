"""Networks for tests: opened alone, recorded, or run as though on an accelerator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fastmtcnn.networks import loading, onnx
from fastmtcnn.networks.network import Network, Outputs, Role, WrappedNetwork
from fastmtcnn.networks.onnx import OnnxNetwork

_CPU = ("CPUExecutionProvider",)


def open_network(role: Role, source: Path | bytes) -> OnnxNetwork:
    """A network on the CPU, without tiles."""
    content = source if isinstance(source, bytes) else source.read_bytes()
    return OnnxNetwork(role, content, "a test", _CPU)


def pretend_accelerator(patch: pytest.MonkeyPatch) -> None:
    """Drive the networks as on an accelerator, though they run on the CPU."""
    for module in (loading, onnx):
        patch.setattr(module, "is_cpu", lambda _: False)


class RecordingNetwork(WrappedNetwork):
    """A network that notes the shape of each of its batches."""

    def __init__(self, network: Network, shapes: list[tuple[int, ...]]) -> None:
        super().__init__(network)
        self.shapes = shapes

    def __call__(self, batch: npt.NDArray[np.float32]) -> Outputs:
        self.shapes.append(batch.shape)
        return self.network(batch)
