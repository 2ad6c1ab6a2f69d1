"""The three networks in plain NumPy and float64, written from the architecture, not from graphs."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Weights = dict[str, Array]


def conv(x: Array, weight: Array, bias: Array) -> Array:
    rows = x.shape[2] - weight.shape[2] + 1
    columns = x.shape[3] - weight.shape[3] + 1
    result = np.zeros((len(x), len(weight), rows, columns))
    for dy in range(weight.shape[2]):
        for dx in range(weight.shape[3]):
            part = x[:, :, dy : dy + rows, dx : dx + columns]
            result += np.einsum("oi,nihw->nohw", weight[:, :, dy, dx], part)
    return result + bias[:, None, None]


def prelu(x: Array, slope: Array) -> Array:
    slope = slope.reshape(-1, *[1] * (x.ndim - 2))  # of each channel, the second axis
    result: Array = np.maximum(x, 0) + slope * np.minimum(x, 0)
    return result


def pool(x: Array, kernel: int) -> Array:
    """Maximum of windows at every second place, the last one cut off by the edge if need be."""
    rows, columns = (math.ceil((side - kernel) / 2) + 1 for side in x.shape[2:])
    result = np.empty((*x.shape[:2], rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, 2 * i : 2 * i + kernel, 2 * j : 2 * j + kernel]
            result[:, :, i, j] = window.max(axis=(2, 3))
    return result


def softmax(x: Array) -> Array:
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    result: Array = powers / powers.sum(axis=1, keepdims=True)
    return result


def dense(x: Array, w: Weights, name: str) -> Array:
    result: Array = x @ w[f"{name}.weight"].T + w[f"{name}.bias"]
    return result


def conv_prelu(x: Array, w: Weights, number: int) -> Array:
    x = conv(x, w[f"conv{number}.weight"], w[f"conv{number}.bias"])
    return prelu(x, w[f"prelu{number}.weight"])


def flatten_columns_first(x: Array) -> Array:
    result: Array = x.transpose(0, 3, 2, 1).reshape(len(x), -1)
    return result


def pnet(x: Array, w: Weights) -> dict[str, Array]:
    x = pool(conv_prelu(x, w, 1), 2)
    x = conv_prelu(conv_prelu(x, w, 2), w, 3)
    return {
        "probabilities": softmax(conv(x, w["conv4_1.weight"], w["conv4_1.bias"])),
        "offsets": conv(x, w["conv4_2.weight"], w["conv4_2.bias"]),
    }


def rnet(x: Array, w: Weights) -> dict[str, Array]:
    x = pool(conv_prelu(x, w, 1), 3)
    x = pool(conv_prelu(x, w, 2), 3)
    x = flatten_columns_first(conv_prelu(x, w, 3))
    x = prelu(dense(x, w, "dense4"), w["prelu4.weight"])
    return {
        "probabilities": softmax(dense(x, w, "dense5_1")),
        "offsets": dense(x, w, "dense5_2"),
    }


def onet(x: Array, w: Weights) -> dict[str, Array]:
    x = pool(conv_prelu(x, w, 1), 3)
    x = pool(conv_prelu(x, w, 2), 3)
    x = pool(conv_prelu(x, w, 3), 2)
    x = flatten_columns_first(conv_prelu(x, w, 4))
    x = prelu(dense(x, w, "dense5"), w["prelu5.weight"])
    return {
        "probabilities": softmax(dense(x, w, "dense6_1")),
        "offsets": dense(x, w, "dense6_2"),
        "landmarks": dense(x, w, "dense6_3"),
    }


FORWARD: dict[str, Callable[[Array, Weights], dict[str, Array]]] = {
    "pnet": pnet,
    "rnet": rnet,
    "onet": onet,
}
