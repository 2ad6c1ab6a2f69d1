"""Test-time augmentation: the search in changed images, whose faces are fused."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import PIL.Image

from ..detections import Detections
from ..faces.fusion import fuse_views
from ..networks.network import MIRRORED_LANDMARKS
from ..options import Options
from .run import to_integer_pixels
from .trace import Trace

Image: TypeAlias = npt.NDArray[np.uint8]


class View(NamedTuple):
    """A way to change an image or the search, so that other faces are found.

    Attributes
    ----------
    change : callable
        Returns the image to search: uint8, of the same shape, packed.
    map_back : callable
        Takes its faces and the width of the image; returns them in pixels of the image.
    adapt : callable
        Returns the options of the search.
    """

    change: Callable[[Image], Image] = lambda image: image
    map_back: Callable[[Detections, int], Detections] = lambda found, _: found
    adapt: Callable[[Options], Options] = lambda options: options


def run_views(
    search: Callable[[Sequence[Image], Options], list[Trace]],
    images: Sequence[Image],
    options: Options,
) -> list[Trace]:
    """Search images as they are, then in each view, and fuse the detections.

    Parameters
    ----------
    search : callable
        Finds the faces of images, with some options.
    images : sequence of ndarray of uint8, shape (height, width, 3)
        RGB.
    options : Options
        The options, of which `views` names the views. They are searched one after the other, since
        most take a copy of the images.

    Returns
    -------
    list of Trace
        The stages of the search in the image as it is, the detections of each view, and in
        ``detections`` all of them fused.
    """
    traces = search(images, options)
    if not options.views:
        return traces
    found = [[trace.detections] for trace in traces]
    for view in map(VIEWS.__getitem__, options.views):
        changed = search([view.change(image) for image in images], view.adapt(options))
        for each, image, trace in zip(found, images, changed, strict=True):
            each.append(view.map_back(trace.detections, image.shape[1]))
    return [
        trace._replace(detections=_fused(each, options), views=tuple(each))
        for trace, each in zip(traces, found, strict=True)
    ]


def _fused(found: Sequence[Detections], options: Options) -> Detections:
    fused = fuse_views(found)
    return to_integer_pixels(fused) if options.variant.integer_output else fused


def _grey(image: Image) -> Image:
    """Return the luma of ITU-R BT.601 in all three channels."""
    luma = np.asarray(PIL.Image.fromarray(image).convert("L"))
    grey = np.empty_like(image, order="C")
    grey[...] = luma[..., None]
    return grey


def _mirror(image: Image) -> Image:
    return np.ascontiguousarray(image[:, ::-1])


def _mirror_back(found: Detections, width: int) -> Detections:
    """Return faces of the mirrored image in pixels of the image, its left and right exchanged."""
    last = np.float32(width - 1)
    x1, y1, x2, y2 = found.boxes.T
    landmarks = found.landmarks[:, MIRRORED_LANDMARKS]
    landmarks[..., 0] = last - landmarks[..., 0]
    return Detections(np.stack([last - x2, y1, last - x1, y2], axis=1), found.scores, landmarks)


def _half_step(options: Options) -> Options:
    """Return options whose pyramid has its levels halfway between those of the options."""
    size, largest = options.min_face_size / math.sqrt(options.factor), options.max_face_size
    if largest is not None:
        largest = max(largest, size)
    return replace(options, min_face_size=size, max_face_size=largest)


VIEWS: Mapping[str, View] = MappingProxyType(
    {
        "grey": View(_grey),
        "mirror": View(_mirror, map_back=_mirror_back),
        "half-step": View(adapt=_half_step),
    }
)
