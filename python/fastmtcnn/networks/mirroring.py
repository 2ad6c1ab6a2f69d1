"""Horizontal-flip test-time augmentation: a network runs on each crop and on its mirror image.

The first version of the authors' program does so for the landmarks, after the last NMS.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .network import MIRRORED_LANDMARKS, Outputs, WrappedNetwork

MIRRORABLE = ("rnet", "onet")

# x1 and x2 change places.
_SWAPPED_OFFSETS = np.array([2, 1, 0, 3])
_OFFSET_SIGNS = np.array([-1, 1, -1, 1], np.float32)


class MirroredNetwork(WrappedNetwork):
    """R-Net or O-Net, averaging the outputs for crops and for the same crops mirrored.

    Parameters
    ----------
    network : Network
        The network, run by any engine.
    """

    def __call__(self, batch: npt.NDArray[np.float32]) -> Outputs:
        """Run the network twice, and average the outputs in the coordinates of the crops."""
        straight = self.network(batch)
        mirrored = self.network(np.ascontiguousarray(batch[..., ::-1]))
        return Outputs(
            mean_of(straight.scores, mirrored.scores),
            mean_of(straight.offsets, mirrored.offsets[:, _SWAPPED_OFFSETS] * _OFFSET_SIGNS),
            mean_of(straight.points, _unmirror_points(mirrored.points)),
        )


def mean_of(
    values: npt.NDArray[np.float32], others: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return the elementwise mean, in float32; exchanging the arguments gives the same bits.

    Parameters
    ----------
    values, others : ndarray of float32, of the same shape
        The numbers to average.
    """
    mean: npt.NDArray[np.float32] = (values + others) * np.float32(0.5)
    return mean


def _unmirror_points(points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    if points.shape[1] == 0:  # R-Net has no landmarks
        return points
    x, y = points[:, :5], points[:, 5:]
    return np.hstack([1 - x[:, MIRRORED_LANDMARKS], y[:, MIRRORED_LANDMARKS]])
