"""Changes of the samples of a mini-batch: mirror images, colours, brightness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ...networks.network import MIRRORED_LANDMARKS
from ..samples.records import Records

Floats = npt.NDArray[np.float64]

_LUMA = np.array([0.299, 0.587, 0.114])
_PERMUTATIONS = ((0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))


@dataclass(frozen=True)
class Augmentation:
    """How samples are changed, all by chance.

    Attributes
    ----------
    mirror : bool
        Whether every second sample is mirrored.
    colour : float
        Strength of the changes of colours, 0 (none) to 1: it multiplies the ranges below and the
        shares of samples.
    """

    mirror: bool = True
    colour: float = 1.0


class Inputs(NamedTuple):
    """The samples of a mini-batch, as tensors.

    Attributes
    ----------
    images : Tensor of float32, shape (n, 3, side, side)
        (pixel - 127.5) / 128.
    offsets : Tensor of float32, shape (n, 4)
        Bounding-box regression offsets.
    points : Tensor of float32, shape (n, 10)
        Landmarks: five x, then five y.
    """

    images: Tensor
    offsets: Tensor
    points: Tensor


def augment(records: Records, settings: Augmentation, rng: np.random.Generator) -> Inputs:
    """Return changed samples.

    Parameters
    ----------
    records : ndarray of `record_type`, shape (n,)
        The samples.
    settings : Augmentation
        How they are changed.
    rng : Generator
        Source of randomness.
    """
    count = len(records)
    offsets, points = records["offsets"].copy(), records["points"].copy()
    images = torch.from_numpy(np.ascontiguousarray(records["pixels"])).float()
    if settings.colour > 0:
        matrices = colour_matrices(count, settings.colour, rng)
        flat = images.view(count, 3, -1)
        mixed = torch.baddbmm(
            torch.from_numpy(matrices[:, :, 3:].astype(np.float32)),
            torch.from_numpy(matrices[:, :, :3].astype(np.float32)),
            flat,
        )
        images = mixed.clamp_(0, 255).view_as(images)
    images = images.sub_(127.5).mul_(1 / 128)
    if settings.mirror:
        chosen = rng.random(count) < 0.5
        index = torch.from_numpy(np.flatnonzero(chosen))
        images[index] = images[index].flip(3)
        offsets[chosen] = mirror_offsets(offsets[chosen])
        points[chosen] = mirror_points(points[chosen])
    return Inputs(images, torch.from_numpy(offsets), torch.from_numpy(points))


def mirror_offsets(offsets: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the offsets, shape (n, 4), of mirrored samples."""
    return offsets[:, [2, 1, 0, 3]] * np.array([-1, 1, -1, 1], np.float32)


def mirror_points(points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the points, shape (n, 10), of mirrored samples; left and right are exchanged."""
    x, y = points[:, :5], points[:, 5:]
    return np.hstack([1 - x[:, MIRRORED_LANDMARKS], y[:, MIRRORED_LANDMARKS]])


def colour_matrices(count: int, strength: float, rng: np.random.Generator) -> Floats:
    """Return random changes of colours, as affine maps of RGB values from 0 to 255.

    Brightness, contrast about the middle grey, saturation, and a gain of each channel; for some
    samples grey, one tint, or exchanged channels instead; some stay as they are.

    Parameters
    ----------
    count : int
        Number of samples.
    strength : float
        0 (no change) to 1.
    rng : Generator
        Source of randomness.

    Returns
    -------
    ndarray of float64, shape (count, 3, 4)
        ``rgb' = matrix[:, :3] @ rgb + matrix[:, 3]``.
    """
    gains = np.exp(strength * rng.uniform(-0.2, 0.2, (count, 3)))
    contrast = np.exp(strength * rng.uniform(-0.45, 0.35, count))
    brightness = strength * rng.uniform(-40, 40, count)
    saturation = 1 + strength * rng.uniform(-0.6, 0.4, count)
    kind = rng.random(count)
    tints = rng.uniform(0.3, 1.0, (count, 3))
    permutation = rng.integers(len(_PERMUTATIONS), size=count)

    grey = np.tile(_LUMA, (3, 1))
    colours = saturation[:, None, None] * np.eye(3) + (1 - saturation)[:, None, None] * grey
    is_grey = kind < 0.1 * strength
    is_tint = ~is_grey & (kind < 0.17 * strength)
    is_permuted = ~is_grey & ~is_tint & (kind < 0.32 * strength)
    colours[is_grey] = grey
    colours[is_tint] = tints[is_tint, :, None] * grey
    swaps = np.array([np.eye(3)[list(order)] for order in _PERMUTATIONS])
    colours[is_permuted] = swaps[permutation[is_permuted]]

    matrices = np.empty((count, 3, 4))
    matrices[:, :, :3] = (contrast[:, None] * gains)[:, :, None] * colours
    matrices[:, :, 3] = (127.5 * (1 - contrast) + brightness)[:, None]
    unchanged = kind > 1 - 0.3
    matrices[unchanged] = np.eye(3, 4)
    return matrices
