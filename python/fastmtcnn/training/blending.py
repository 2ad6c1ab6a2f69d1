"""Mixtures of old and fine-tuned networks, and the one that is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..graphs.architecture import Weights
from ..graphs.building import build, serialise
from .cascades import TrainedNetworks
from .data.annotated import AnnotatedImage
from .judging.blending import BlendChoice, BlendFigures, choose_blend
from .judging.figures import cascade_figures
from .start import OldNetwork

Networks = TrainedNetworks

ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0)


class Blend(NamedTuple):
    """The networks that are kept after fine-tuning.

    Attributes
    ----------
    networks : mapping of str to (Architecture, weights)
        The networks.
    choice : BlendChoice
        Which mixture they are, and why.
    figures : list of BlendFigures
        Figures of all mixtures.
    """

    networks: Networks
    choice: BlendChoice
    figures: list[BlendFigures]


def choose_mixture(
    trained: Networks,
    old: Mapping[str, OldNetwork],
    images: Sequence[AnnotatedImage],
    guard: Sequence[AnnotatedImage],
    options: Mapping[str, Any],
    num_threads: int,
) -> Blend:
    """Mix the weights of old and fine-tuned networks in several ratios, and choose the best.

    Parameters
    ----------
    trained : mapping of str to (Architecture, weights)
        All three networks after fine-tuning.
    old : mapping of str to OldNetwork
        All three networks before it.
    images : sequence of AnnotatedImage
        Held-back photographs, by which the mixture is chosen.
    guard : sequence of AnnotatedImage
        Photographs on which the mixture must not be worse than the old networks; may be empty.
    options : mapping of str to object
        Options of `MTCNN` to search with.
    num_threads : int
        Number of threads.
    """
    mixtures = {alpha: mixed(trained, old, alpha) for alpha in ALPHAS}
    figures = [
        _figures(alpha, networks, images, guard, options, num_threads)
        for alpha, networks in mixtures.items()
    ]
    choice = choose_blend(figures)
    return Blend(mixtures[choice.chosen.alpha], choice, figures)


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


def contents(networks: Networks) -> dict[str, bytes]:
    """Return the ONNX models of networks.

    Parameters
    ----------
    networks : mapping of str to (Architecture, weights)
        The networks.
    """
    return {key: serialise(build(*network, "In training.")) for key, network in networks.items()}


def _figures(
    alpha: float,
    networks: Networks,
    images: Sequence[AnnotatedImage],
    guard: Sequence[AnnotatedImage],
    options: Mapping[str, Any],
    num_threads: int,
) -> BlendFigures:
    models = contents(networks)

    def measure(photographs: Sequence[AnnotatedImage]) -> tuple[float, float]:
        found = cascade_figures(
            models, photographs, options=options, operating=False, num_threads=num_threads
        )
        return found.average_precision, found.landmarks.mean

    own, landmarks = measure(images)
    guarded = measure(guard)[0] if guard else float("nan")
    return BlendFigures(alpha, own, guarded, landmarks)
