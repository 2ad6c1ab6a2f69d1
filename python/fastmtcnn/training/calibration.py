"""Thresholds at which the cascade so far is mined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..files.images import DEFAULT_MAX_PIXELS, as_rgb
from ..networks.loading import network_loader
from .data.annotated import AnnotatedImage
from .errors import TrainingError
from .samples.mining import MiningSettings, StageKey, find_proposals

_PHOTOS = 40
_LOWEST = 0.02  # score of a proposal; below, untrained networks would propose everything
_HIGHEST = 0.7  # a threshold above would leave out hard faces


def mining_thresholds(
    cascade: Path,
    images: Sequence[AnnotatedImage],
    key: StageKey,
    wanted: Mapping[StageKey, float],
    min_face_size: float,
) -> tuple[float, float]:
    """Choose the thresholds after P-Net and R-Net at which a photograph has so many proposals.

    The scores of a network depend on how it was trained, so that fixed thresholds would give
    hardly any proposals, or all windows.

    Parameters
    ----------
    cascade : Path
        Folder with the networks so far.
    images : sequence of AnnotatedImage
        Photographs, of which some are searched.
    key : {"pnet", "rnet", "onet"}
        The network that is to learn from the proposals.
    wanted : mapping of str to float
        Mean number of proposals for each network.
    min_face_size : float
        Smallest face to search for, in pixels.

    Returns
    -------
    tuple of two floats
        Thresholds, 0 to 1.

    Raises
    ------
    TrainingError
        If no photograph can be searched.
    """
    chosen = images[:: max(len(images) // _PHOTOS, 1)][:_PHOTOS]
    first = _threshold(cascade, chosen, "pnet" if key == "pnet" else "rnet", wanted, min_face_size)
    if key != "onet":
        return first, _LOWEST
    return first, _threshold(cascade, chosen, "onet", wanted, min_face_size, first)


def _threshold(
    cascade: Path,
    images: Sequence[AnnotatedImage],
    key: StageKey,
    wanted: Mapping[StageKey, float],
    min_face_size: float,
    first: float = _LOWEST,
) -> float:
    options = MiningSettings(min_face_size, (first, _LOWEST)).options()
    networks = network_loader(cascade, options.providers, (), options.engine).get()
    scores: list[npt.NDArray[np.float32]] = []
    for image in images:
        try:
            pixels = as_rgb(image.file.read(), "rgb", DEFAULT_MAX_PIXELS)
        except (OSError, ValueError, TypeError):
            continue
        scores.append(find_proposals(pixels, networks, key, options).scores)
    if not scores:
        raise TrainingError("none of the photographs can be searched for samples")
    ranked = np.sort(np.concatenate(scores))[::-1]
    place = int(wanted[key] * len(scores))
    lowest = float(ranked[place]) if place < len(ranked) else _LOWEST
    return min(max(lowest, _LOWEST), _HIGHEST)
