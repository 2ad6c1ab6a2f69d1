"""Mixtures of old and fine-tuned networks, and the one that is kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..networks.architecture import Weights
from .cascades import TrainedNetworks
from .data.annotated import AnnotatedImage
from .judging.blending import BlendChoice, BlendFigures, choose_blend, deciding_alpha
from .judging.judgement import Judgement
from .start import OldNetwork

Networks = TrainedNetworks

ALPHAS = (0.0, 0.4, 0.7, 1.0)


class Mixture(NamedTuple):
    """Networks between the old and the fine-tuned ones, judged.

    Attributes
    ----------
    alpha : float
        Share of the fine-tuned weights.
    networks : mapping of str to (Architecture, weights)
        The networks.
    own : Judgement
        On the user's photographs.
    guard : Judgement or None
        On the guard set; None if there is none, or the choice does not depend on it.
    """

    alpha: float
    networks: Networks
    own: Judgement
    guard: Judgement | None

    def figures(self) -> BlendFigures:
        """Return what the choice depends on."""
        guard = math.nan if self.guard is None else self.guard.average_precision
        return BlendFigures(self.alpha, self.own.average_precision, guard, self.own.landmarks.mean)


class Blend(NamedTuple):
    """The choice between mixtures of old and fine-tuned networks.

    Attributes
    ----------
    old, chosen : Mixture
        The old networks, and those that are kept; they may be the same.
    choice : BlendChoice
        Why.
    figures : list of BlendFigures
        Figures of all mixtures.
    """

    old: Mixture
    chosen: Mixture
    choice: BlendChoice
    figures: list[BlendFigures]


def choose_mixture(
    trained: Networks,
    old: Mapping[str, OldNetwork],
    judge: Callable[[Networks, Sequence[AnnotatedImage]], Judgement],
    images: Sequence[AnnotatedImage],
    guard: Sequence[AnnotatedImage],
) -> Blend:
    """Mix the weights of old and fine-tuned networks in several ratios, and choose the best.

    Parameters
    ----------
    trained : mapping of str to (Architecture, weights)
        All three networks after fine-tuning.
    old : mapping of str to OldNetwork
        All three networks before it.
    judge : callable
        Judges networks on photographs.
    images : sequence of AnnotatedImage
        Held-back photographs, by which the mixture is chosen.
    guard : sequence of AnnotatedImage
        Photographs on which the mixture must not be worse than the old networks; may be empty.
    """
    mixtures = {}
    for alpha in ALPHAS:
        networks = mixed(trained, old, alpha)
        mixtures[alpha] = Mixture(alpha, networks, judge(networks, images), None)
    figures = [mixture.figures() for mixture in mixtures.values()]
    while guard and (next_alpha := deciding_alpha(figures)) is not None:
        mixture = mixtures[next_alpha]
        mixtures[next_alpha] = mixture._replace(guard=judge(mixture.networks, guard))
        figures = [mixture.figures() for mixture in mixtures.values()]
    choice = choose_blend(figures)
    return Blend(mixtures[0.0], mixtures[choice.chosen.alpha], choice, figures)


def mixed(trained: Networks, old: Mapping[str, OldNetwork], alpha: float) -> Networks:
    """Return networks with weights of (1 - alpha) * old + alpha * trained.

    A network of another architecture than the old one stays as it is trained, but for alpha 0.

    Parameters
    ----------
    trained, old
        As for `choose_mixture`.
    alpha : float
        Share of the fine-tuned weights, 0 to 1.
    """
    networks = {}
    for key, (architecture, weights) in trained.items():
        before = old[key]
        if alpha == 0:
            networks[key] = before.architecture, before.weights
        elif alpha == 1 or architecture != before.architecture:
            networks[key] = architecture, weights
        else:
            networks[key] = architecture, _between(before.weights, weights, alpha)
    return networks


def _between(old: Weights, new: Weights, alpha: float) -> Weights:
    return {name: ((1 - alpha) * old[name] + alpha * new[name]).astype(np.float32) for name in old}
