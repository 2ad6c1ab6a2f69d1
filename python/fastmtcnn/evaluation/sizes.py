"""How many faces of each size are found."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from .matching import Found, Truth, match, paired

EDGES = (0, 10, 20, 40, 80, 160, 320)


class Bin(NamedTuple):
    """The faces of a range of heights.

    Attributes
    ----------
    lowest, below : float
        Heights y2 - y1 in pixels: from the first on, below the second.
    num_faces : int
        Faces that count.
    num_found : int
        Those that a box was found of.
    """

    lowest: float
    below: float
    num_faces: int
    num_found: int


def recall_by_height(
    truth: Iterable[Truth],
    found: Iterable[Found],
    *,
    edges: Sequence[float] = EDGES,
    min_overlap: float = 0.5,
) -> list[Bin]:
    """Return how many of the faces of each height are found.

    Parameters
    ----------
    truth : iterable of Truth
        Of each image.
    found : iterable of Detections or the like
        Of each image, in the same order. All boxes are looked at, whatever their score.
    edges : sequence of float, default (0, 10, 20, 40, 80, 160, 320)
        Heights at which a range begins and the one before ends, in pixels, rising. The last one
        has no end.
    min_overlap : float, default 0.5
        Intersection over union from which a box is one of the face; sides are x2 - x1 + 1.

    Returns
    -------
    list of Bin
        One for each of `edges`.

    Raises
    ------
    ValueError
        If there are not as many of `truth` as of `found`, they have other shapes, a number is not
        finite, or `edges` do not rise.
    """
    borders = [*edges, np.inf]
    if not all(low < high for low, high in itertools.pairwise(borders)):
        raise ValueError(f"edges must be rising numbers, got {list(edges)}")
    heights, hits = [np.empty(0)], [np.empty(0, bool)]
    for each, one in paired(truth, found):
        faces = each.checked()
        matches = match(one, faces, min_overlap=min_overlap)
        hit = np.zeros(len(faces.boxes), bool)
        hit[matches.faces[matches.right]] = True
        heights.append((faces.boxes[:, 3] - faces.boxes[:, 1])[faces.counted])
        hits.append(hit[faces.counted])
    which = np.digitize(np.concatenate(heights), borders) - 1
    hit = np.concatenate(hits)
    return [
        Bin(lowest, below, int(np.sum(which == k)), int(np.sum(hit[which == k])))
        for k, (lowest, below) in enumerate(itertools.pairwise(borders))
    ]
