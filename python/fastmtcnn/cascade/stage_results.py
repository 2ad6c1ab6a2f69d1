"""The boxes that the stages pass to one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import _core
from ..networks.network import Outputs
from ..options import Options
from ..variants import Variant
from .trace import Crops


class Squares(NamedTuple):
    """The squares that a network will look at, and the scores with which they come.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels of the image, rounded as the variant does.
    scores : ndarray of float32, shape (n,)
        Scores that the network before gave them.
    """

    boxes: _core.Boxes
    scores: _core.Scores


class Candidates(NamedTuple):
    """Boxes that may be faces, after P-Net or R-Net.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels of the image.
    scores : ndarray of float32, shape (n,)
        Scores that the network gave them.
    offsets : ndarray of float32, shape (n, 4)
        Its bounding-box regression offsets, relative to the width and height of the box.
    """

    boxes: _core.Boxes
    scores: _core.Scores
    offsets: _core.Offsets

    @classmethod
    def none(cls) -> Candidates:
        """Return no candidates."""
        return cls(np.zeros((0, 4)), np.zeros(0, np.float32), np.zeros((0, 4), np.float32))

    @classmethod
    def concatenate(cls, parts: Sequence[Candidates]) -> Candidates:
        """Return the candidates of several parts, one part after the other."""
        return cls(*map(np.concatenate, zip(*parts, strict=True)))

    def take(self, which: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Candidates:
        """Return the candidates of these indices, or of this mask."""
        return Candidates(self.boxes[which], self.scores[which], self.offsets[which])

    def suppress(self, threshold: float, variant: Variant) -> Candidates:
        """Return the candidates that non-maximum suppression keeps."""
        return self.take(self.unsuppressed(threshold, variant))

    def unsuppressed(self, threshold: float, variant: Variant) -> _core.Indices:
        """Return the indices of the candidates that non-maximum suppression keeps."""
        order = np.arange(len(self.scores))
        # The suppression itself takes the first of equal scores first.
        if variant.tie_break == "last":
            order = order[::-1]
        ordered, extra = self.take(order), bool(variant.overlap_extra)
        return order[_core.nms(ordered.boxes, ordered.scores, threshold, "union", extra)]

    def regressed(self, offset_extra: int) -> _core.Boxes:
        """Return the boxes with the offsets applied.

        Parameters
        ----------
        offset_extra : {0, 1}
            The +1 convention, as for `to_squares`.
        """
        return _core.apply_offsets(self.boxes, self.offsets, bool(offset_extra))

    def to_squares(self, offset_extra: int, variant: Variant) -> Squares:
        """Apply the offsets, and return the squares around the boxes.

        Parameters
        ----------
        offset_extra : {0, 1}
            The +1 convention: added to x2 - x1 and y2 - y1 for the sides that the offsets are
            relative to.
        variant : Variant
            Rounds the squares.
        """
        return Squares(square_around(self.regressed(offset_extra), variant), self.scores)


class TileProposals(NamedTuple):
    """P-Net's candidates in a tile, and their cells.

    Attributes
    ----------
    candidates : Candidates
        The windows whose score passes the threshold.
    cells : ndarray of int64, shape (n, 2)
        Row and column of each in P-Net's map of the whole level.
    """

    candidates: Candidates
    cells: _core.Cells


class CropBatchResult(NamedTuple):
    """The crops of one image for R-Net or O-Net, and the outputs of the network.

    Attributes
    ----------
    crops : Crops
        The squares that have pixels in common with the image.
    usable : ndarray of int64, shape (n,)
        Indices of these among the squares passed.
    clipped_boxes : ndarray of float64, shape (n, 4)
        The squares, clipped to the image if the variant does so.
    outputs : Outputs
        The outputs of the network for them.
    """

    crops: Crops
    usable: _core.Indices
    clipped_boxes: _core.Boxes
    outputs: Outputs

    def to_candidates(self) -> Candidates:
        """Return all crops with R-Net's scores and offsets."""
        return Candidates(self.clipped_boxes, self.outputs.scores, self.outputs.offsets)


class Faces(NamedTuple):
    """Boxes that O-Net takes for faces.

    Attributes
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels of the image.
    scores : ndarray of float32, shape (n,)
        O-Net's scores.
    rnet_scores : ndarray of float32, shape (n,)
        R-Net's scores.
    landmarks : ndarray of float32, shape (n, 5, 2)
        x, y in pixels of the image.
    """

    boxes: _core.Boxes
    scores: _core.Scores
    rnet_scores: _core.Scores
    landmarks: npt.NDArray[np.float32]

    @classmethod
    def from_crops(
        cls,
        result: CropBatchResult,
        which: _core.Indices,
        rnet_scores: _core.Scores,
        variant: Variant,
    ) -> Faces:
        """Return the faces that O-Net's outputs describe for some of its crops."""
        boxes, outputs = result.clipped_boxes[which], result.outputs
        landmarks = _core.project_landmarks(boxes, outputs.points[which], variant.landmark_shift)
        boxes = _core.apply_offsets(boxes, outputs.offsets[which])
        return cls(boxes, outputs.scores[which], rnet_scores, landmarks)

    def take(self, which: _core.Indices) -> Faces:
        """Return the faces of these indices."""
        return Faces(
            self.boxes[which], self.scores[which], self.rnet_scores[which], self.landmarks[which]
        )

    def ranking_scores(self, options: Options) -> _core.Scores:
        """Return the scores of the result, by which the last non-maximum suppression ranks too."""
        return self.scores * self.rnet_scores if options.joint_scores else self.scores

    def suppress(self, options: Options) -> Faces:
        """Return the faces that the last non-maximum suppression keeps, highest score first."""
        scores, threshold = self.ranking_scores(options), options.nms_thresholds[3]
        return self.take(_core.nms(self.boxes, scores, threshold, "min"))

    def to_squares(self, variant: Variant) -> Squares:
        """Return the squares around the boxes."""
        return Squares(square_around(self.boxes, variant), self.scores)


def square_around(boxes: _core.Boxes, variant: Variant) -> _core.Boxes:
    """Return the squares around boxes, rounded as the variant does."""
    return _core.square_boxes(boxes, bool(variant.square_extra), variant.square_rounding)


def enlarge(squares: _core.Boxes, crop_scale: float, variant: Variant) -> _core.Boxes:
    """Return the squares around the same centres that a network with context sees.

    Parameters
    ----------
    squares : ndarray of float64, shape (n, 4)
        x1, y1, x2, y2 in pixels of the image.
    crop_scale : float
        Side of the returned squares relative to those.
    variant : Variant
        Says what the side of a square is, and rounds.
    """
    sides = squares[:, 2:] - squares[:, :2] + variant.square_extra
    margins = sides * ((crop_scale - 1) / 2)
    return square_around(np.hstack([squares[:, :2] - margins, squares[:, 2:] + margins]), variant)
