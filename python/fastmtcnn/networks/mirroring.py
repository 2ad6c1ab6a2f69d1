"""Crops looked at twice, as they are and mirrored: the mean of both is surer than either.

For the landmarks so does the first version of the authors' own program, after the last NMS.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..errors import unknown_name

if TYPE_CHECKING:
    from .onnx import Outputs

MIRRORABLE = ("rnet", "onet")

# Left and right change places: x1 and x2, the eyes, the corners of the mouth.
_OFFSETS = np.array([2, 1, 0, 3])
_SIGNS = np.array([-1, 1, -1, 1], np.float32)
_POINTS = np.array([1, 0, 2, 4, 3])


def checked_mirror(mirror: object) -> tuple[str, ...]:
    """Return which networks see crops mirrored too, or say what was wrong.

    Parameters
    ----------
    mirror : object
        As for `MTCNN`.
    """
    wanted = f"some of {', '.join(map(repr, MIRRORABLE))}, each once"
    if isinstance(mirror, (str, bytes)) or not isinstance(mirror, Sequence):
        raise TypeError(f"mirror must be a tuple or list of {wanted}, got {mirror!r}")
    for name in mirror:
        if name not in MIRRORABLE:
            raise unknown_name("each of mirror", name, MIRRORABLE)
    if len(set(mirror)) < len(mirror):
        raise ValueError(f"mirror must be {wanted}, got {mirror!r}")
    return tuple(mirror)


def mirrored(batch: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return images with left and right exchanged.

    Parameters
    ----------
    batch : ndarray of float32, shape (n, 3, height, width)
        Images.
    """
    return np.ascontiguousarray(batch[..., ::-1])


def mean_of_both(straight: Outputs, of_mirrored: Outputs) -> Outputs:
    """Return the mean of what a network says of crops and of the same mirrored.

    Parameters
    ----------
    straight, of_mirrored : Outputs
        Of R-Net or O-Net; the second in terms of the mirrored crops.
    """
    return straight._replace(
        scores=mean_of(straight.scores, of_mirrored.scores),
        offsets=mean_of(straight.offsets, of_mirrored.offsets[:, _OFFSETS] * _SIGNS),
        points=mean_of(straight.points, _points_back(of_mirrored.points)),
    )


def mean_of(
    values: npt.NDArray[np.float32], others: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return the mean of numbers, in float32.

    Parameters
    ----------
    values, others : ndarray of float32, of the same shape
        The numbers; which are which does not matter, to the last bit.
    """
    mean: npt.NDArray[np.float32] = (values + others) * np.float32(0.5)
    return mean


def _points_back(points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    if points.shape[1] == 0:  # R-Net's
        return points
    x, y = points[:, :5], points[:, 5:]
    return np.hstack([1 - x[:, _POINTS], y[:, _POINTS]])
