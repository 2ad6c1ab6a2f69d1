"""A picture of the samples that photographs give, before they are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...errors import ImageError
from ...files.images import DEFAULT_MAX_PIXELS, as_rgb
from ..data.annotated import AnnotatedImage, TrainingSet
from ..samples.cutting import cut_samples
from ..samples.faces import Faces
from ..samples.records import Kind, Records, record_type
from ..samples.windows import draw_windows
from ..settings import Stage, find_preset
from .estimates import SIDES
from .sample_pictures import records_picture

if TYPE_CHECKING:
    from PIL import Image

_PHOTOS = 60  # of each set, at most
_PER_PHOTO = 2  # samples of each kind


def preview_samples(
    sets: Sequence[TrainingSet],
    *,
    preset: str = "modern",
    stage: Stage = "onet",
    seed: int = 0,
    most: int = 24,
) -> Image.Image:
    """Draw random samples of each kind, with their boxes and points.

    Parameters
    ----------
    sets : sequence of TrainingSet
        The sets, of which some photographs are chosen at random. Those that cannot be decoded are
        left out.
    preset : {"modern", "paper"}
        Recipe by which windows are drawn and labelled.
    stage : {"pnet", "rnet", "onet"}
        Network whose windows are drawn, and that decides the size of the samples.
    seed : int
        Seed of the choice.
    most : int, default 24
        Largest number of samples of each kind.

    Returns
    -------
    PIL.Image.Image
        The picture, as `samples_picture` draws it.

    Raises
    ------
    ValueError
        If there is no such preset.
    """
    windows = find_preset(preset).stages[stage].windows
    rng = np.random.default_rng(seed)
    chosen = [(each, image) for each in sets for image in _some(each.images, rng)]
    side = SIDES[stage]
    found = [np.zeros(0, record_type(side))]
    for number in rng.permutation(len(chosen)).tolist():
        each, image = chosen[number]
        try:
            pixels = as_rgb(image.file.read(), "rgb", DEFAULT_MAX_PIXELS)
        except (OSError, ImageError):
            continue
        faces, size = Faces.of(image, windows), (pixels.shape[1], pixels.shape[0])
        for view in draw_windows(faces, size, windows, rng, complete=each.complete):
            records = cut_samples(pixels, view, side, complete=each.complete)
            found.append(_few_of_each_kind(records[rng.permutation(len(records))]))
    return records_picture(np.concatenate(found), most=most)


def _some(images: Sequence[AnnotatedImage], rng: np.random.Generator) -> list[AnnotatedImage]:
    return [images[k] for k in sorted(rng.permutation(len(images))[:_PHOTOS].tolist())]


def _few_of_each_kind(records: Records) -> Records:
    places = [np.flatnonzero(records["kind"] == kind)[:_PER_PHOTO] for kind in Kind]
    return records[np.concatenate(places)]
