"""Two detectors' faces of one image, paired and compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastmtcnn import Detections

SAME_FACE = 0.6  # intersection over union above which two boxes can be of one face


@dataclass(frozen=True)
class Match:
    """One face of each side.

    Attributes
    ----------
    theirs, ours : int
        Index among the faces of each.
    overlap : float
        Intersection over union of the two boxes.
    box, landmarks : float
        Largest difference of a coordinate, in pixels.
    score : float
        Difference.
    """

    theirs: int
    ours: int
    overlap: float
    box: float
    score: float
    landmarks: float

    def within(self, tolerance: float) -> bool:
        """Tell whether no coordinate differs by more pixels than that."""
        return max(self.box, self.landmarks) <= tolerance


def match(theirs: Detections, ours: Detections) -> list[Match]:
    """Pair faces, the largest overlap first, each at most once.

    Parameters
    ----------
    theirs, ours : Detections
        Of the same image.

    Returns
    -------
    list of Match
        Pairs that overlap by more than `SAME_FACE`, in the order of `theirs`.
    """
    shares = overlaps(theirs.boxes, ours.boxes)
    pairs: list[Match] = []
    for flat in np.argsort(-shares, axis=None, kind="stable"):
        k, n = divmod(int(flat), ours.num_faces)
        if shares[k, n] <= SAME_FACE:
            break
        if not any(k == pair.theirs or n == pair.ours for pair in pairs):
            pairs.append(
                Match(
                    theirs=k,
                    ours=n,
                    overlap=float(shares[k, n]),
                    box=_largest(theirs.boxes[k], ours.boxes[n]),
                    score=_largest(theirs.scores[k], ours.scores[n]),
                    landmarks=_largest(theirs.landmarks[k], ours.landmarks[n]),
                )
            )
    return sorted(pairs, key=lambda pair: pair.theirs)


def overlaps(
    some: npt.NDArray[np.float32], others: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """Return the intersection over union of all pairs of boxes.

    Parameters
    ----------
    some, others : ndarray of float32, shape (n, 4) and (m, 4)
        x1, y1, x2, y2.

    Returns
    -------
    ndarray of float64, shape (n, m)
        0 where the boxes do not meet.
    """
    a, b = some.astype(np.float64)[:, None], others.astype(np.float64)[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    common = np.maximum(sides, 0).prod(axis=-1)
    areas = [np.maximum(each[..., 2:] - each[..., :2], 0).prod(axis=-1) for each in (a, b)]
    union = areas[0] + areas[1] - common
    shares: npt.NDArray[np.float64] = np.zeros_like(common)
    np.divide(common, union, out=shares, where=union > 0)
    return shares


def _largest(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    return float(np.abs(np.subtract(one, other, dtype=np.float64)).max())
