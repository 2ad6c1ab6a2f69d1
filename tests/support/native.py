"""The networks by kernels of our own, and batches to run them on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.baseline import BaselineMTCNN
from fastmtcnn import _core
from fastmtcnn.networks.architecture import ARCHITECTURES
from fastmtcnn.networks.native import NativeNetwork, engine_of_environment, native_target
from fastmtcnn.networks.network import ROLES, Role
from fastmtcnn.networks.onnx_file import read_onnx
from fastmtcnn.networks.plain_weights import plain_weights
from tests.support.helpers import MODELS

Native: TypeAlias = _core.NativePNet | _core.NativeRNet | _core.NativeONet
Floats: TypeAlias = NDArray[np.float32]

CLASSES: dict[str, type[Native]] = {
    "pnet": _core.NativePNet,
    "rnet": _core.NativeRNet,
    "onet": _core.NativeONet,
}
SIDES = {"rnet": 24, "onet": 48}


@cache
def shipped_weights(key: str) -> dict[str, Floats]:
    """The tensors of a shipped network, by name."""
    content = (MODELS / f"{key}.onnx").read_bytes()
    return plain_weights(read_onnx(content), ARCHITECTURES[key]["original"])


def open_shipped(key: str, target: str | None = None, poison: bool = True) -> Native:
    """A shipped network, in a block of memory that is NaN before each call."""
    return CLASSES[key](shipped_weights(key), target, poison)


def normalised(pixels: NDArray[np.generic]) -> Floats:
    """Bytes as networks get them."""
    return ((pixels.astype(np.float64) - 127.5) / 128).astype(np.float32)


def noise(*shape: int, seed: int = 0) -> Floats:
    """Pixels of noise."""
    return normalised(np.random.default_rng(seed).integers(0, 256, shape))


def extremes(*shape: int, seed: int = 0) -> Floats:
    """Black and white pixels at random."""
    return normalised(np.random.default_rng(seed).integers(0, 2, shape) * 255)


def constants(count: int, *shape: int) -> Iterator[Floats]:
    """Images of one value, from black to white."""
    for value in np.linspace(0, 255, count):
        yield normalised(np.full(shape, value))


class NativeSession:
    """A shipped network by kernels of our own, in the form of an onnxruntime session."""

    def __init__(self, role: Role) -> None:
        name = f"{role.key}.onnx"
        self._network = NativeNetwork(role, (MODELS / name).read_bytes(), name)

    def run(self, names: Sequence[str], inputs: dict[str, Floats]) -> list[Floats]:
        scores, offsets, landmarks = self._network(inputs["image"])
        outputs = {
            "probabilities": np.stack([1 - scores, scores], axis=1),
            "offsets": offsets,
            "landmarks": landmarks,
        }
        return [outputs[name] for name in names]


def baseline_of_default_engine(**options: Any) -> BaselineMTCNN:
    """The baseline with the plain networks, run by what runs them in a detector by default.

    So both make the same of two scores that are equal but for rounding.
    """
    detector = BaselineMTCNN(MODELS, **options)
    if engine_of_environment() != "onnxruntime" and native_target() is not None:
        for role in ROLES:
            setattr(detector, f"_{role.key}", NativeSession(role))
    return detector
