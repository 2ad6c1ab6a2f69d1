"""Random weights of networks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastmtcnn.networks.architecture import Architecture


def random_weights(
    architecture: Architecture, seed: int = 0, slopes: tuple[float, float] = (-0.5, 0.8)
) -> dict[str, NDArray[np.float32]]:
    """Return weights whose outputs, as those of trained networks, are mostly below 1.

    `slopes` is the range of the PReLU slopes.
    """
    generator = np.random.default_rng(seed)
    heads = tuple(head.layer.name for head in architecture.heads)
    weights = {}
    for name, shape in architecture.shapes.items():
        if name.startswith("prelu"):
            values = generator.uniform(*slopes, shape)
        elif len(shape) > 1:
            size = 0.1 if name.startswith(heads) else 1
            values = generator.normal(0, size * np.sqrt(2 / np.prod(shape[1:])), shape)
        else:
            values = generator.normal(0, 0.1, shape)
        weights[name] = values.astype(np.float32)
    return weights
