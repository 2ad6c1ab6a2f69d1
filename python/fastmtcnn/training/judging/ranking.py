"""Thresholds so low that average precision tells how networks rank, whatever their scores mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ...cascade.cascade import Cascade
from ...cascade.stepwise import run_until
from ..data.annotated import AnnotatedImage
from .searching import MOST_PROPOSALS, RANKING_THRESHOLDS, Pixels, Thresholds, over_images

RankedStage: TypeAlias = Literal["pnet", "rnet"]

_PHOTOS = 20
_LOWEST = 0.02
# Boxes a megapixel after P-Net and R-Net: what the shipped networks leave in photographs of WIDER
# FACE at RANKING_THRESHOLDS.
_WANTED = {"pnet": 2500, "rnet": 700}
_MEGAPIXEL = 1e6


def ranking_thresholds(
    cascade: Cascade,
    images: Sequence[AnnotatedImage],
    last: RankedStage = "rnet",
    *,
    num_threads: int | None = None,
) -> Thresholds:
    """Return low thresholds at which each stage leaves about as many boxes as the shipped ones.

    A network that was trained from random weights may give most faces scores below the thresholds
    that are low for the shipped networks, and rank them above all else nevertheless.

    Parameters
    ----------
    cascade : Cascade
        Networks and options; its thresholds have no effect.
    images : sequence of AnnotatedImage
        Photographs, of which some are searched.
    last : {"rnet", "pnet"}
        Last stage whose threshold is lowered; later networks are not run.
    num_threads : int, optional
        Number of threads. Default: the number of cores that may be used.

    Returns
    -------
    tuple of three floats
        None is above `RANKING_THRESHOLDS`.

    Raises
    ------
    TrainingError
        If none of the photographs can be read.
    """
    chosen = images[:: max(len(images) // _PHOTOS, 1)][:_PHOTOS]
    pnet, rnet, onet = RANKING_THRESHOLDS
    if not chosen:
        return pnet, rnet, onet
    pnet = _threshold(cascade, chosen, "pnet", (_LOWEST, _LOWEST, onet), pnet, num_threads)
    if last == "rnet":
        rnet = _threshold(cascade, chosen, "rnet", (pnet, _LOWEST, onet), rnet, num_threads)
    return pnet, rnet, onet


def lowered(
    cascade: Cascade,
    images: Sequence[AnnotatedImage],
    thresholds: Thresholds | None,
    last: RankedStage = "rnet",
    *,
    num_threads: int | None = None,
) -> Cascade:
    """Return a cascade with low thresholds.

    Parameters
    ----------
    cascade, images, last, num_threads
        As for `ranking_thresholds`.
    thresholds : tuple of three floats or None
        The low thresholds; None for those of `ranking_thresholds`.

    Raises
    ------
    TrainingError
        As `ranking_thresholds`.
    """
    if thresholds is None:
        thresholds = ranking_thresholds(cascade, images, last, num_threads=num_threads)
    return cascade.replace(thresholds=thresholds)


def _threshold(
    cascade: Cascade,
    images: Sequence[AnnotatedImage],
    key: RankedStage,
    thresholds: Thresholds,
    highest: float,
    num_threads: int | None,
) -> float:
    """Return the threshold of a stage that leaves as many boxes as are wanted, or `highest`."""
    low = cascade.replace(thresholds=thresholds)

    def search(pixels: Pixels) -> tuple[npt.NDArray[np.float32], float]:
        stages = run_until(low, [pixels], key, most_proposals=MOST_PROPOSALS)[0]
        boxes = getattr(stages, key)
        return boxes.scores[:, -1], pixels.shape[0] * pixels.shape[1] / _MEGAPIXEL

    scores, megapixels = [np.zeros(0, np.float32)], 0.0
    for judged in over_images(images, search, num_threads):
        if judged.value is not None:
            scores.append(judged.value[0])
            megapixels += judged.value[1]
    ranked = np.sort(np.concatenate(scores))[::-1]
    place = int(_WANTED[key] * megapixels)
    return min(float(ranked[place]), highest) if place < len(ranked) else _LOWEST
