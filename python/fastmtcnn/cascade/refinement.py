"""The stages of R-Net and O-Net: crops of the image, and which of them are faces."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from .. import _core
from ..networks.mirroring import mean_of
from ..networks.network import Network, Outputs
from ..options import Options
from ..runtime.workers import Map, num_threads_of
from ..variants import Variant
from .batching import group_crops, run_batches, share_crops
from .stage_results import Candidates, CropBatchResult, Faces, Squares, enlarge
from .trace import Crops


def run_on_crops(
    sources: list[_core.ResampleSource],
    squares: list[Squares],
    network: Network,
    variant: Variant,
    map_: Map,
) -> list[CropBatchResult]:
    """Cut the squares out of each image, and run R-Net or O-Net on them.

    Parameters
    ----------
    sources : list of ResampleSource
        The images.
    squares : list of Squares
        Squares to cut out of each image. Those without a pixel of the image are left out.
    network : Network
        R-Net or O-Net.
    variant : Variant
        Variant that defines how squares become crops.
    map_ : callable
        Like the builtin ``map``; may work on several items at a time.
    """
    kept, regions, usable = [], [], []
    for source, each in zip(sources, squares, strict=True):
        indices, found = _croppable(each.boxes, source, network.crop_scale, variant)
        usable.append(indices)
        kept.append(Squares(each.boxes[indices], each.scores[indices]))
        regions.append(found)

    counts = [len(each.scores) for each in kept]
    outputs = _outputs_of(sources, regions, network, map_)
    ends = np.cumsum(counts)
    results = []
    for k, source in enumerate(sources):
        own = Outputs(*(values[ends[k] - counts[k] : ends[k]] for values in outputs))
        # The crop is of the whole square, and of what is around it if the network sees context.
        # Only then the box is clipped, for all that follows.
        boxes = kept[k].boxes
        if variant.clips_boxes:
            boxes = _core.clip(boxes, source.height, source.width)
        crops = Crops(kept[k].boxes, kept[k].scores, own.scores)
        results.append(CropBatchResult(crops, usable[k], boxes, own))
    return results


def _outputs_of(
    sources: list[_core.ResampleSource], regions: list[_core.Boxes], network: Network, map_: Map
) -> Outputs:
    """Return the outputs of a network for all regions of all images, one after the other."""
    counts, on_crops = [len(each) for each in regions], network.on_crops
    parts: Iterable[Outputs]
    if on_crops is None:

        def cut(batch: list[tuple[int, slice]]) -> npt.NDArray[np.float32]:
            crops = [_core.crop(sources[k], regions[k][part], network.window) for k, part in batch]
            return crops[0] if len(crops) == 1 else np.concatenate(crops)

        batches = group_crops(counts, network.batch_size, network.batches_images)
        parts = run_batches(batches, cut, network, lambda _, outputs: outputs, map_)
    else:
        num_threads = num_threads_of(map_)
        most = network.batch_size * (network.prefetch if num_threads == 1 else 1)
        work = share_crops(counts, most, num_threads)
        parts = map_(lambda item: on_crops(sources[item[0]], regions[item[0]][item[1]]), work)
    return Outputs(*map(np.concatenate, zip(*parts, strict=True)))


def refine(result: CropBatchResult, options: Options) -> Candidates:
    """Return the candidates that R-Net and non-maximum suppression keep."""
    return result.to_candidates().take(indices_after_rnet(result, options))


def indices_after_rnet(result: CropBatchResult, options: Options) -> _core.Indices:
    """Return which crops R-Net and non-maximum suppression keep."""
    passed = _indices_above(result.outputs.scores, options.thresholds[1])
    candidates = result.to_candidates().take(passed)
    return passed[candidates.unsuppressed(options.nms_thresholds[2], options.variant)]


def accept(result: CropBatchResult, options: Options) -> Faces:
    """Return the faces that O-Net and non-maximum suppression keep."""
    passed = indices_after_onet(result, options)
    rnet_scores = result.crops.scores[passed]
    return Faces.from_crops(result, passed, rnet_scores, options.variant).suppress(options)


def indices_after_onet(result: CropBatchResult, options: Options) -> _core.Indices:
    """Return which crops O-Net keeps, in the order in which its suppression takes them."""
    passed = _passing_onet(result.outputs, result.outputs.scores, options)
    return passed if options.variant.tie_break == "first" else passed[::-1]


def look_again(
    sources: list[_core.ResampleSource],
    faces: list[Faces],
    onet: Network,
    options: Options,
    map_: Map,
) -> tuple[list[Faces], list[Crops]]:
    """Refine the boxes iteratively: run O-Net once more, on a square around each face.

    A box that fits is judged better, as Gidaris and Komodakis found for their iterative
    localisation: "Object detection via a multi-region & semantic segmentation-aware CNN model",
    ICCV 2015.

    Parameters
    ----------
    sources : list of ResampleSource
        The images.
    faces : list of Faces
        Faces of each image after O-Net's first run.
    onet : Network
        O-Net.
    options : Options
        The options of the search.
    map_ : callable
        Like the builtin ``map``; may work on several items at a time.

    Returns
    -------
    faces : list of Faces
        The means of both looks that pass O-Net's threshold and its suppression again.
    crops : list of Crops
        The squares of the second look, with the first scores and the means of both.
    """
    squares = [each.to_squares(options.variant) for each in faces]
    results = run_on_crops(sources, squares, onet, options.variant, map_)
    averaged, judged = [], []
    for first, result in zip(faces, results, strict=True):
        crops = result.crops
        crops = crops._replace(network_scores=mean_of(crops.scores, crops.network_scores))
        judged.append(crops)
        averaged.append(
            _average_looks(first.take(result.usable), result, crops.network_scores, options)
        )
    return averaged, judged


def _average_looks(
    first: Faces, result: CropBatchResult, scores: _core.Scores, options: Options
) -> Faces:
    """Return the means of faces and of O-Net's outputs for the squares around them."""
    passed = _passing_onet(result.outputs, scores, options)
    first = first.take(passed)
    again = Faces.from_crops(result, passed, first.rnet_scores, options.variant)
    return Faces(
        (first.boxes + again.boxes) / 2,
        scores[passed],
        first.rnet_scores,
        mean_of(first.landmarks, again.landmarks),
    ).suppress(options)


def _passing_onet(outputs: Outputs, scores: _core.Scores, options: Options) -> _core.Indices:
    """Return which crops have a score above O-Net's threshold and finite outputs.

    Custom models may return NaN. Those of P-Net and R-Net are dropped when crops are cut out.
    """
    passed = _indices_above(scores, options.thresholds[2])
    finite: npt.NDArray[np.bool_] = np.isfinite(outputs.scores[passed])
    for part in (outputs.offsets, outputs.points):
        finite &= np.isfinite(part[passed]).all(axis=1)
    return passed[finite]


def _croppable(
    squares: _core.Boxes, source: _core.ResampleSource, crop_scale: float, variant: Variant
) -> tuple[_core.Indices, _core.Boxes]:
    """Return which squares can be cut out of an image, and the pixels to cut out for them."""
    regions = _crop_regions(squares, source, variant)
    indices = _core.croppable_indices(regions, source.height, source.width)
    if crop_scale == 1:
        return indices, regions[indices]
    enlarged = enlarge(squares[indices], crop_scale, variant)
    regions = _crop_regions(enlarged, source, variant)
    still = _core.croppable_indices(regions, source.height, source.width)
    return indices[still], regions[still]


def _crop_regions(
    squares: _core.Boxes, source: _core.ResampleSource, variant: Variant
) -> _core.Boxes:
    """Return the pixels to cut out for the squares; the first pixel of the image is 0."""
    regions = squares - variant.pixel_origin
    if variant.clips_crops:
        # Corners are truncated, and what lies outside the image is left out instead of black.
        last = np.array([source.width, source.height], np.float64) - 1
        corners = np.trunc(squares) - variant.pixel_origin
        regions = np.hstack([np.maximum(corners[:, :2], 0), np.minimum(corners[:, 2:], last)])
    return np.ascontiguousarray(regions)


def _indices_above(scores: _core.Scores, threshold: float) -> _core.Indices:
    # In float64: the threshold itself may not be a float32.
    return np.flatnonzero(scores.astype(np.float64) > threshold)
