"""Pixel values, devices and suppression, shared by the drop-in modules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _core
from ..detections import Detections
from ..detector import MTCNN
from ..errors import ImageError
from ..networks.native import Engine
from ..networks.providers import Providers
from ..variants import Variant, find_variant

_CUDA = "CUDAExecutionProvider"


def uint8_pixels(
    array: npt.NDArray[Any], *, rounded: bool = True, binary: bool = False
) -> npt.NDArray[np.uint8]:
    """Convert an array of pixel values of another dtype to uint8.

    Parameters
    ----------
    array : ndarray of int or float, any shape
        Values from 0 to 255.
    rounded : bool, default True
        Whether to round fractions to the nearest integer, instead of cutting them off.
    binary : bool, default False
        Whether to accept floats that are all 0 or 1. Other floats from 0 to 1 are always refused:
        they probably mean 0 to 255.

    Returns
    -------
    ndarray of uint8, same shape
        The pixel values.

    Raises
    ------
    ImageError
        If a value is out of range or NaN, or if all are floats from 0 to 1.
    """
    low, high = (float(array.min()), float(array.max())) if array.size else (0.0, 0.0)
    got = (
        "an image array must have values from 0 to 255, "
        f"got {array.dtype} values from {low:g} to {high:g}"
    )
    if not (low >= 0 and high <= 255):  # so that NaN is refused as well
        raise ImageError(got, kind="values")
    if array.dtype.kind == "f" and 0 < high <= 1 and not (binary and _is_binary(array)):
        raise ImageError(f"{got}; multiply it by 255", kind="values")
    pixels: npt.NDArray[np.uint8] = (np.rint(array) if rounded else array).astype(np.uint8)
    return pixels


def _is_binary(array: npt.NDArray[Any]) -> bool:
    return bool((np.rint(array) == array).all())


def device_number(
    device: object, names: re.Pattern[str], wanted: str, given: object = None
) -> str | None:
    """Return the number of the GPU that the name of a device means, None for the CPU.

    Parameters
    ----------
    device : object
        Name of a device, such as ``"cuda:0"``.
    names : re.Pattern
        Matches valid names. Its groups are the kind of device, which is ``"cpu"`` for the CPU,
        and the number, which may be missing.
    wanted : str
        The valid names in words, for the error.
    given : object, optional
        Value that the user passed, for the error. Default: `device`.

    Raises
    ------
    ValueError
        If the name is not valid.
    """
    match = names.fullmatch(device) if isinstance(device, str) else None
    if match is None:
        raise ValueError(f"device must be {wanted}, got {device if given is None else given!r}")
    kind, number = match.groups()
    return None if kind.lower() == "cpu" else number or "0"


def providers_for(gpu: str | int | None) -> Providers | None:
    """Return the execution providers for a GPU, or None, the default of `MTCNN`, for the CPU.

    Parameters
    ----------
    gpu : str, int or None
        Number of the CUDA device; None for the CPU.
    """
    return None if gpu is None else [(_CUDA, {"device_id": gpu})]


def unthresholded(
    min_face_size: float,
    variant: str | Variant,
    providers: Providers | None,
    engine: Engine | None,
    views: Sequence[str],
    num_threads: int | None,
) -> MTCNN:
    """Return a detector that leaves the threshold after O-Net to its caller, who may change it.

    Parameters
    ----------
    min_face_size, variant, providers, engine, views, num_threads
        As for `fastmtcnn.MTCNN`. The other thresholds are those of the variant.
    """
    first, second, _ = find_variant(variant).thresholds
    return MTCNN(
        min_face_size,
        (first, second, 0.0),
        variant=variant,
        providers=providers,
        engine=engine,
        views=views,
        num_threads=num_threads,
    )


def suppressed(found: Detections, threshold: float, pixel_inclusive: bool) -> Detections:
    """Return the faces that remain after non-maximum suppression.

    Parameters
    ----------
    found : Detections
        The faces.
    threshold : float
        Overlap (intersection over union) above which the face with the lower score is left out.
    pixel_inclusive : bool
        Whether boxes include the pixels of their second corner (the "+1" convention).
    """
    boxes = found.boxes.astype(np.float64)
    return found.select(_core.nms(boxes, found.scores, threshold, "union", pixel_inclusive))
