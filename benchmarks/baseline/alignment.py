"""Alignment in plain NumPy: Umeyama's transform by singular values, and bilinear sampling."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
PADDING: dict[str, Any] = {"constant": "constant", "replicate": "edge", "reflect": "reflect"}


def fit_similarity(points: Floats, targets: Floats) -> Floats:
    """Return the (2, 3) similarity transform from points of shape (k, 2) to targets.

    S. Umeyama, IEEE Transactions on Pattern Analysis and Machine Intelligence 13 (1991), equations
    40 to 43.
    """
    from_mean, to_mean = points.mean(axis=0), targets.mean(axis=0)
    covariance = (targets - to_mean).T @ (points - from_mean) / len(points)
    left, spread, right = np.linalg.svd(covariance)
    signs = np.array([1.0, np.linalg.det(left) * np.linalg.det(right)])
    rotation = left @ np.diag(signs) @ right
    scale = (spread * signs).sum() / (points - from_mean).var(axis=0).sum()
    matrix = scale * rotation
    return np.column_stack([matrix, to_mean - matrix @ from_mean])


def warp(
    image: npt.NDArray[np.uint8],
    transform: Floats,
    height: int,
    width: int,
    border: Literal["constant", "replicate", "reflect"] = "constant",
    samples: int = 1,
) -> Floats:
    """Return the image under a (2, 3) transform, (height, width, 3), not rounded.

    Each pixel is the mean of `samples` x `samples` points in it.
    """
    back = np.linalg.inv(np.vstack([transform, [0, 0, 1]]))[:2]
    offsets = (np.arange(samples) + 0.5) / samples - 0.5
    rows = (np.arange(height)[:, None] + offsets).ravel()
    columns = (np.arange(width)[:, None] + offsets).ravel()
    x, y = np.moveaxis(
        np.stack(np.broadcast_arrays(columns, rows[:, None], 1.0), axis=-1) @ back.T, -1, 0
    )
    room = int(np.ceil(max(-min(x.min(), y.min()), x.max(), y.max(), 1))) + 2
    padded = np.pad(image, ((room, room), (room, room), (0, 0)), PADDING[border]).astype(float)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, down = (x - left)[..., None], (y - top)[..., None]
    corners = [
        [padded[top + room + v, left + room + u] for u in (0, 1)] for v in (0, 1)
    ]  # of the four pixels around
    upper = corners[0][0] * (1 - right) + corners[0][1] * right
    lower = corners[1][0] * (1 - right) + corners[1][1] * right
    values: Floats = upper * (1 - down) + lower * down
    means: Floats = values.reshape(height, samples, width, samples, 3).mean(axis=(1, 3))
    return means
