"""The cascade: proposals on a pyramid, refined twice.

Source of the algorithm: Zhang, Zhang, Li and Qiao, "Joint Face Detection and Alignment Using
Multitask Cascaded Convolutional Networks", IEEE Signal Processing Letters 23 (2016). The
arithmetic is that of the variant.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import _core
from ..detections import Detections
from ..networks.loading import Networks
from ..networks.network import Network
from ..options import Options
from ..runtime.workers import Map
from .proposals import propose
from .pyramid import pyramid_scales
from .refinement import accept, look_again, refine, run_on_crops
from .stage_results import Candidates, CropBatchResult, Faces
from .trace import Crops, Trace


def run_stages(
    images: Sequence[_core.Image], networks: Networks, options: Options, map_: Map
) -> list[Trace]:
    """Find the faces of some images.

    Parameters
    ----------
    images : sequence of ndarray of uint8, shape (height, width, 3)
        RGB, pixels packed within a row.
    networks : Networks
        P-Net, R-Net and O-Net. Those that batch images see tiles and crops of several in one call.
    options : Options
        The options of the search.
    map_ : callable
        Like the builtin ``map``; may work on several items at a time. The result does not depend
        on it.

    Returns
    -------
    list of Trace
        The detections in each image, and how they came about.
    """
    sources = open_sources(images, options)
    scales = [pyramid_scales(source, options) for source in sources]

    proposals = propose(sources, scales, networks.pnet, options, map_)

    rnet = run_rnet(sources, proposals, networks.rnet, options, map_)
    refined = [refine(result, options) for result in rnet]

    onet = run_onet(sources, refined, networks.onet, options, map_)
    faces = [accept(result, options) for result in onet]

    second: Sequence[Crops | None] = [None] * len(images)
    if options.second_look:
        faces, second = look_again(sources, faces, networks.onet, options, map_)
    return [
        Trace(
            scales[k],
            np.column_stack([proposals[k].boxes, proposals[k].scores, proposals[k].offsets]),
            rnet[k].crops,
            onet[k].crops,
            to_detections(faces[k], options),
            second[k],
        )
        for k in range(len(images))
    ]


def open_sources(images: Sequence[_core.Image], options: Options) -> list[_core.ResampleSource]:
    """Return the images in the form from which levels and crops are resampled."""
    return [_core.ResampleSource(image, options.variant.resampling) for image in images]


def run_rnet(
    sources: list[_core.ResampleSource],
    proposals: list[Candidates],
    rnet: Network,
    options: Options,
    map_: Map,
) -> list[CropBatchResult]:
    """Run R-Net on the squares around P-Net's proposals in each image."""
    variant = options.variant
    squares = [each.to_squares(variant.proposal_extra, variant) for each in proposals]
    return run_on_crops(sources, squares, rnet, variant, map_)


def run_onet(
    sources: list[_core.ResampleSource],
    refined: list[Candidates],
    onet: Network,
    options: Options,
    map_: Map,
) -> list[CropBatchResult]:
    """Run O-Net on the squares around what R-Net kept in each image."""
    squares = [each.to_squares(1, options.variant) for each in refined]
    return run_on_crops(sources, squares, onet, options.variant, map_)


def to_detections(faces: Faces, options: Options) -> Detections:
    """Return the faces of an image in the form of the result."""
    scores = faces.ranking_scores(options)
    found = Detections(faces.boxes.astype(np.float32), scores, faces.landmarks)
    return to_integer_pixels(found) if options.variant.integer_output else found


def to_integer_pixels(found: Detections) -> Detections:
    """Return faces in whole pixels, rounded as ipazc/mtcnn 0.1 does."""
    boxes = found.boxes.astype(np.float64)
    corners = np.maximum(np.trunc(boxes[:, :2]), 0)
    sides = np.trunc(boxes[:, 2:] - corners)
    return Detections(
        np.hstack([corners, corners + sides]).astype(np.float32),
        found.scores,
        np.trunc(found.landmarks),
    )
