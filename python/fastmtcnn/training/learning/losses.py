"""The three losses of MTCNN, and online hard sample mining.

Source: Zhang, Zhang, Li and Qiao, "Joint Face Detection and Alignment Using Multitask Cascaded
Convolutional Networks", IEEE Signal Processing Letters 23 (2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from ..samples.records import Kind


@dataclass(frozen=True)
class LossWeights:
    """Weights of the losses.

    Attributes
    ----------
    face, box, landmark : float
        Weights of face classification, bounding-box regression and landmark localisation.
    """

    face: float = 1.0
    box: float = 0.5
    landmark: float = 0.5


class Losses(NamedTuple):
    """The losses of a mini-batch, 0-dimensional tensors.

    Attributes
    ----------
    total : Tensor
        The weighted sum.
    face, box, landmark : Tensor
        The means over the samples that each loss counts; 0 if it counts none.
    """

    total: Tensor
    face: Tensor
    box: Tensor
    landmark: Tensor


def face_losses(log_odds: Tensor, is_face: Tensor) -> Tensor:
    """Return the cross entropy of each sample.

    Parameters
    ----------
    log_odds : Tensor of float32, shape (n, 2)
        Outputs before the softmax: background, face.
    is_face : Tensor of bool, shape (n,)
        The truth.
    """
    return functional.cross_entropy(log_odds, is_face.long(), reduction="none")


def squared_errors(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the squared Euclidean distance of each sample from its target.

    Parameters
    ----------
    outputs, targets : Tensor of float32, shape (n, k)
        Offsets, k = 4, or landmarks, k = 10.
    """
    return (outputs - targets).square().sum(dim=1)


def hard_mean(losses: Tensor, fraction: float) -> Tensor:
    """Return the mean of the largest losses; the others get a gradient of exactly 0.

    Of n losses, floor(fraction * n) count; of equal ones the first.

    Parameters
    ----------
    losses : Tensor of float32, shape (n,)
        Losses of the samples.
    fraction : float
        Share of the losses that count, above 0 and at most 1.

    Returns
    -------
    Tensor of float32, shape ()
        The mean; 0, with gradients of 0, if none counts.
    """
    # As a decimal number: 0.7 * 90 is below 63 in binary.
    count = int(Fraction(str(fraction)) * len(losses))
    if count == 0:
        return losses.sum() * 0
    order = torch.argsort(losses.detach(), descending=True, stable=True)
    return losses[order[:count]].mean()


def multitask_losses(
    outputs: tuple[Tensor, Tensor, Tensor],
    kinds: Tensor,
    offsets: Tensor,
    points: Tensor,
    weights: LossWeights,
    hard_fraction: float,
    all_tasks: bool = False,
) -> Losses:
    """Return the losses of a mini-batch.

    Negatives and positives count in face classification, positives and part faces in bounding-box
    regression, landmark faces in landmark localisation.

    Parameters
    ----------
    outputs : tuple of Tensor, shapes (n, 2), (n, 4) and (n, 10)
        Log-odds, offsets and points.
    kinds : Tensor of uint8, shape (n,)
        The `Kind` of each sample.
    offsets, points : Tensor of float32, shapes (n, 4) and (n, 10)
        The truth; any value where a kind has none.
    weights : LossWeights
        Weights of the losses.
    hard_fraction : float
        Share of the largest losses that count in face classification.
    all_tasks : bool
        Whether it applies to the other two losses, too.
    """
    log_odds, out_offsets, out_points = outputs
    in_face = (kinds == Kind.NEGATIVE) | (kinds == Kind.POSITIVE)
    in_box = (kinds == Kind.POSITIVE) | (kinds == Kind.PART)
    in_landmark = kinds == Kind.LANDMARK
    others = hard_fraction if all_tasks else 1.0
    face = hard_mean(face_losses(log_odds[in_face], kinds[in_face] == Kind.POSITIVE), hard_fraction)
    box = hard_mean(squared_errors(out_offsets[in_box], offsets[in_box]), others)
    landmark = hard_mean(squared_errors(out_points[in_landmark], points[in_landmark]), others)
    total = weights.face * face + weights.box * box + weights.landmark * landmark
    return Losses(total, face, box, landmark)
