"""The networks by kernels of our own, and batches to run them on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastmtcnn import _core
from fastmtcnn.graphs.reading import read_weights
from fastmtcnn.networks.architecture import ARCHITECTURES
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
    return read_weights(content, ARCHITECTURES[key]["original"])


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
