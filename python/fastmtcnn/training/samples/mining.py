"""What the cascade so far proposes in a photograph: the hard samples of the next network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from ... import _core
from ...cascade.proposals import propose
from ...cascade.pyramid import pyramid_scales
from ...cascade.refinement import refine, run_on_crops
from ...networks.loading import Networks
from ...networks.native import engine_of_environment
from ...options import Options
from .faces import Faces
from .geometry import Floats
from .records import Kind

StageKey: TypeAlias = Literal["pnet", "rnet", "onet"]


@dataclass(frozen=True)
class MiningSettings:
    """How the cascade searches the photographs, and what is taken of its proposals.

    Attributes
    ----------
    min_face_size : float
        Smallest face searched for, in pixels.
    thresholds : tuple of float
        Scores that a proposal must exceed after P-Net and after R-Net.
    negatives : int
        Most negatives of a photograph: half of them those with the highest scores, half by chance.
    per_face : int
        Most positives, and most part faces, of a face.
    """

    min_face_size: float = 20.0
    thresholds: tuple[float, float] = (0.5, 0.5)
    negatives: int = 40
    per_face: int = 6

    def options(self) -> Options:
        """Return the options of the search, by the native engine where it can."""
        return Options(
            min_face_size=self.min_face_size,
            thresholds=(*self.thresholds, 0.0),
            engine=engine_of_environment("auto"),
            num_threads=1,
        )


class Proposals(NamedTuple):
    """Proposals in a photograph.

    Attributes
    ----------
    windows : ndarray of float64, shape (n, 4)
        Squares with whole corners, x2 - x1 wide.
    scores : ndarray of float32, shape (n,)
        Scores of the network that proposed them.
    """

    windows: Floats
    scores: npt.NDArray[np.float32]


def find_proposals(
    pixels: npt.NDArray[np.uint8], networks: Networks, key: StageKey, options: Options
) -> Proposals:
    """Run the cascade up to the network that a training is for.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        The photograph, RGB.
    networks : Networks
        The networks, of which those before `key` are run; for P-Net, P-Net itself.
    key : {"pnet", "rnet", "onet"}
        The network that is to learn from the proposals.
    options : Options
        The options of the search.
    """
    variant = options.variant
    source = _core.ResampleSource(pixels, variant.resampling)
    scales = pyramid_scales(source, options)
    candidates = propose([source], [scales], networks.pnet, options, map)[0]
    if key == "pnet":
        return _as_windows(candidates.boxes, candidates.scores)
    squares = candidates.to_squares(variant.proposal_extra, variant)
    if key == "onet":
        refined = refine(run_on_crops([source], [squares], networks.rnet, variant, map)[0], options)
        squares = refined.to_squares(1, variant)
    return _as_windows(squares.boxes, squares.scores)


def _as_windows(boxes: Floats, scores: npt.NDArray[np.float32]) -> Proposals:
    """Return squares whose second corner is a pixel as squares x2 - x1 wide."""
    finite = np.isfinite(boxes).all(axis=1)
    corners = np.rint(boxes[finite, :2])
    sides = np.maximum(np.rint(boxes[finite, 2:3] - boxes[finite, :1]) + 1, 1)
    return Proposals(np.hstack([corners, corners + sides]), scores[finite])


def choose_hard(
    proposals: Proposals, faces: Faces, settings: MiningSettings, rng: np.random.Generator
) -> Floats:
    """Return the proposals to learn from.

    Parameters
    ----------
    proposals : Proposals
        The proposals in a photograph.
    faces : Faces
        Its faces.
    settings : MiningSettings
        How many to take.
    rng : Generator
        Source of randomness.

    Returns
    -------
    ndarray of float64, shape (n, 4)
        The windows, in the order of the proposals.
    """
    kinds, nearest = faces.label(proposals.windows)
    negatives = np.flatnonzero(kinds == Kind.NEGATIVE)
    ranked = negatives[np.argsort(-proposals.scores[negatives], kind="stable")]
    highest, others = np.split(ranked, [min(settings.negatives // 2, len(ranked))])
    rest = min(settings.negatives - len(highest), len(others))
    chosen = [highest, rng.choice(others, rest, replace=False)]
    for kind in (Kind.POSITIVE, Kind.PART):
        shuffled = rng.permutation(np.flatnonzero(kinds == kind))
        chosen.append(_at_most(shuffled, nearest, settings.per_face))
    windows: Floats = proposals.windows[np.sort(np.concatenate(chosen))]
    return windows


def _at_most(
    windows: npt.NDArray[np.intp], faces: npt.NDArray[np.intp], most: int
) -> npt.NDArray[np.intp]:
    """Return the first windows of each face."""
    order = windows[np.argsort(faces[windows], kind="stable")]
    own = faces[order]
    rank = np.arange(len(order)) - np.searchsorted(own, own, side="left")
    return order[rank < most]
