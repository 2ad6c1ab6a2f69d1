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
from ..options import Options
from ..runtime.workers import Map
from .proposals import propose
from .pyramid import pyramid_scales
from .refinement import accept, look_again, refine, run_on_crops
from .stage_results import Faces
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
    variant = options.variant
    sources = [_core.ResampleSource(image, variant.resampling) for image in images]
    scales = [pyramid_scales(source, options) for source in sources]

    proposals = propose(sources, scales, networks.pnet, options, map_)

    squares = [each.to_squares(variant.proposal_extra, variant) for each in proposals]
    rnet = run_on_crops(sources, squares, networks.rnet, variant, map_)
    refined = [refine(result, options) for result in rnet]

    squares = [each.to_squares(1, variant) for each in refined]
    onet = run_on_crops(sources, squares, networks.onet, variant, map_)
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
            _to_detections(faces[k], options),
            second[k],
        )
        for k in range(len(images))
    ]


def _to_detections(faces: Faces, options: Options) -> Detections:
    scores = faces.ranking_scores(options)
    found = Detections(faces.boxes.astype(np.float32), scores, faces.landmarks)
    return _to_integer_pixels(found) if options.variant.integers else found


def _to_integer_pixels(found: Detections) -> Detections:
    """Return faces in whole pixels, rounded as ipazc/mtcnn 0.1 does."""
    boxes = found.boxes.astype(np.float64)
    corners = np.maximum(np.trunc(boxes[:, :2]), 0)
    sides = np.trunc(boxes[:, 2:] - corners)
    return Detections(
        np.hstack([corners, corners + sides]).astype(np.float32),
        found.scores,
        np.trunc(found.landmarks),
    )
