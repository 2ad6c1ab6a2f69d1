"""The form of a sample: pixels, kind, and what the networks should say of them."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ...networks.network import NUM_OFFSETS, NUM_POINTS

Records: TypeAlias = npt.NDArray[np.void]


class Kind(IntEnum):
    """Kinds of samples, by the losses that they have.

    Attributes
    ----------
    NEGATIVE : int
        Background: face classification.
    POSITIVE : int
        A face: face classification, bounding-box regression.
    PART : int
        Part of a face: bounding-box regression.
    LANDMARK : int
        A face with five points: landmark localisation.
    """

    NEGATIVE = 0
    POSITIVE = 1
    PART = 2
    LANDMARK = 3


def record_type(side: int) -> np.dtype[Any]:
    """Return the dtype of a sample.

    Fields: ``pixels``, uint8 RGB, shape (3, side, side); ``kind``, a `Kind`; ``offsets``, float32,
    the corners x1, y1, x2, y2 of the face relative to those of the window, in units of its side;
    ``points``, float32, five x, then five y, relative to the window's first corner, in units of its
    side; offsets and points are NaN where there are none.

    Parameters
    ----------
    side : int
        Height and width of the pixels.
    """
    return np.dtype(
        [
            ("pixels", np.uint8, (3, side, side)),
            ("kind", np.uint8),
            ("offsets", np.float32, (NUM_OFFSETS,)),
            ("points", np.float32, (NUM_POINTS,)),
        ]
    )
