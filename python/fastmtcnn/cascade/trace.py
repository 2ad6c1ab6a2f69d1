"""What `MTCNN.trace` returns: every stage of the detection in one image."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..detections import Detections


class Crops(NamedTuple):
    """The boxes that were cut out for a network.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels of the image: square, rounded, not clipped to the image.
    scores : ndarray of float32, shape (n,)
        Scores before the network: those of the network before it; at the second look, O-Net's
        first ones.
    network_scores : ndarray of float32, shape (n,)
        Scores that the network gave the crops; at the second look, the means of both.
    """

    boxes: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float32]
    network_scores: npt.NDArray[np.float32]


class Trace(NamedTuple):
    """Every stage of the detection in one image.

    Attributes
    ----------
    scales : list of float
        Level pixels per image pixel of each level of the pyramid, descending.
    proposals : ndarray of float64, shape (n, 9)
        P-Net's boxes after both rounds of non-maximum suppression: x1, y1, x2, y2, score and four
        bounding-box regression offsets.
    rnet : Crops
        The input of R-Net.
    onet : Crops
        The input of O-Net.
    detections : Detections
        The result.
    second_look : Crops or None
        The input of O-Net at its second look, with the first scores and the means of both; None
        without the option `second_look`.
    views : tuple of Detections
        The faces of the image itself and of each of `views`, in their order, before they are fused;
        empty without this option.
    """

    scales: list[float]
    proposals: npt.NDArray[np.float64]
    rnet: Crops
    onet: Crops
    detections: Detections
    second_look: Crops | None = None
    views: tuple[Detections, ...] = ()
