"""The scales at which an image is searched."""

from __future__ import annotations

import math

from .. import _core
from ..errors import ImageError
from ..options import Options

_MOST_LEVELS = 10_000  # nobody wants so many; the C++ core has a far larger limit of its own


def pyramid_scales(source: _core.ResampleSource, options: Options) -> list[float]:
    """Return level pixels per image pixel of each level of the pyramid, descending.

    Parameters
    ----------
    source : ResampleSource
        The image.
    options : Options
        The options, of which `min_face_size`, `max_face_size`, `factor` and `max_pixels` matter.

    Raises
    ------
    ImageError
        If there would be too many levels, or too large ones.
    """
    height, width, variant = source.height, source.width, options.variant
    first = variant.window / options.min_face_size
    if first > 1 and height * width * first > options.max_pixels / first:
        raise ImageError(
            f"min_face_size {options.min_face_size:g} would enlarge an image of {width}x{height} "
            f"{first:g} times, to more than {options.max_pixels} pixels (max_pixels)",
            kind="too_large",
        )
    shortest = min(height, width) * first
    levels = 0.0
    if shortest > variant.window:
        levels = math.log(shortest / variant.window) / -math.log(options.factor)
    if levels > _MOST_LEVELS:
        raise ImageError(
            f"factor {options.factor!r} would make {levels:.0f} pyramid levels of an image of "
            f"{width}x{height}, more than {_MOST_LEVELS}",
            kind="too_large",
        )
    scales = _core.pyramid_scales(
        height,
        width,
        options.min_face_size,
        options.factor,
        variant.window,
        variant.to_window,
        variant.by_product,
    )
    largest = math.inf if options.max_face_size is None else options.max_face_size
    # Up to the first level whose window is as large as the largest face, which fits that face best.
    return [scale for scale in scales if variant.window * options.factor < largest * scale]
