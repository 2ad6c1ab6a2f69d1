"""Recall by the height of the faces."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from .matching import BoxesAndScores, GroundTruth, match, paired

EDGES = (0, 10, 20, 40, 80, 160, 320)


class Bin(NamedTuple):
    """The faces in a range of heights.

    Attributes
    ----------
    lowest, below : float
        The range: lowest <= y2 - y1 < below, in pixels.
    num_faces : int
        Number of valid faces.
    num_found : int
        Number of valid faces that a box matches.
    """

    lowest: float
    below: float
    num_faces: int
    num_found: int


def recall_by_height(
    truth: Iterable[GroundTruth],
    found: Iterable[BoxesAndScores],
    *,
    edges: Sequence[float] = EDGES,
    min_overlap: float = 0.5,
) -> list[Bin]:
    """Return the number of faces, and of those that were found, in ranges of heights.

    Parameters
    ----------
    truth : iterable of GroundTruth
        Ground truth of each image.
    found : iterable of Detections or the like
        Detections of each image, in the same order. All boxes are used, whatever their score.
    edges : sequence of float, default (0, 10, 20, 40, 80, 160, 320)
        Heights in pixels at which the ranges begin, increasing. The last range has no upper end.
    min_overlap : float, default 0.5
        Lowest intersection over union (IoU), 0 to 1, at which a box matches a face; sides of boxes
        are x2 - x1 + 1.

    Returns
    -------
    list of Bin
        A range for each of `edges`.

    Raises
    ------
    ValueError
        If the numbers of images differ, an array has another shape, a number is not finite, or
        `edges` do not increase.
    """
    borders = [*edges, np.inf]
    if not all(low < high for low, high in itertools.pairwise(borders)):
        raise ValueError(f"edges must be increasing numbers, got {list(edges)}")
    heights, matched = [np.empty(0)], [np.empty(0, bool)]
    for each, one in paired(truth, found):
        faces = each.checked()
        matches = match(one, faces, min_overlap=min_overlap)
        is_matched = np.zeros(len(faces.boxes), bool)
        is_matched[matches.faces[matches.true_positives]] = True
        heights.append((faces.boxes[:, 3] - faces.boxes[:, 1])[faces.valid])
        matched.append(is_matched[faces.valid])
    which = np.digitize(np.concatenate(heights), borders) - 1
    is_matched = np.concatenate(matched)
    return [
        Bin(lowest, below, int(np.sum(which == k)), int(np.sum(is_matched[which == k])))
        for k, (lowest, below) in enumerate(itertools.pairwise(borders))
    ]
