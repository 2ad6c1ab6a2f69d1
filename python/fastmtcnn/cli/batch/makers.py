"""Functions that make pictures of a photo and its faces."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...detections import Detections
from ...faces.alignment import align
from ...faces.blurring import Method, Shape, blur
from ...faces.cropping import crop
from ...faces.drawing import draw
from ...files.colours import PROFILE
from ...files.originals import Original, original_of
from .encoding import Picture, encoded
from .galleries import Maker

Pixels: TypeAlias = npt.NDArray[np.uint8]


def drawn(*, scores: bool = True, landmarks: bool = True) -> Maker:
    """Return a function that makes a copy with boxes, and with scores and landmarks.

    Parameters
    ----------
    scores, landmarks
        As for `fastmtcnn.draw`.
    """

    def make(path: str, original: Original, found: Detections) -> list[Picture]:
        picture = draw(original.picture(in_colour=True), found, scores=scores, landmarks=landmarks)
        return [encoded(picture, Path(path).suffix, original)]

    return make


def blurred(method: Method, shape: Shape, margin: float) -> Maker:
    """Return a function that makes a copy without recognisable faces.

    Parameters
    ----------
    method, shape, margin
        As for `fastmtcnn.blur`.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong.
    """

    def make(path: str, original: Original, found: Detections) -> list[Picture]:
        numbers = original._replace(profile=None).picture()  # a profile of grey is not of RGB
        picture = blur(numbers, found, method=method, shape=shape, margin=margin)
        if original.profile is not None:
            picture.info[PROFILE] = original.profile
        return [encoded(picture, Path(path).suffix, original)]

    return _checked(make)


def cropped(size: int | None, margin: float, square: bool) -> Maker:
    """Return a function that cuts the faces out.

    Parameters
    ----------
    size, margin, square
        As for `fastmtcnn.crop`.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong.
    """

    def make(path: str, original: Original, found: Detections) -> list[Picture]:
        def cut(pixels: Pixels) -> Iterable[Pixels]:
            return crop(pixels, found, size=size, margin=margin, square=square)

        return _numbered(cut, original)

    return _checked(make)


def aligned(size: int, margin: float) -> Maker:
    """Return a function that cuts out the faces aligned, with landmarks in fixed places.

    Parameters
    ----------
    size, margin
        As for `fastmtcnn.align`.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong.
    """

    def make(path: str, original: Original, found: Detections) -> list[Picture]:
        def cut(pixels: Pixels) -> Iterable[Pixels]:
            return align(pixels, found, size=size, margin=margin)

        return _numbered(cut, original)

    return _checked(make)


def _checked(make: Maker) -> Maker:
    """Return the function after a call with no face, which checks its options."""
    make("", original_of(np.zeros((1, 1, 3), np.uint8)), Detections.empty())
    return make


def _numbered(cut: Callable[[Pixels], Iterable[Pixels]], original: Original) -> list[Picture]:
    """Return the crops that a function cuts out of pixels, transparent where the photo is."""
    crops = [original._replace(colours=colours) for colours in cut(original.colours)]
    if original.alpha is not None:
        alphas = cut(original.alpha)
        crops = [
            one._replace(alpha=alpha[:, :, 0]) for one, alpha in zip(crops, alphas, strict=True)
        ]
    return [
        Picture(f"-{number}.png", encoded(one.picture(), ".png", one).content)
        for number, one in enumerate(crops, start=1)
    ]
