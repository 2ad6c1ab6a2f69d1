"""The worst errors of the networks: large faces that are missed, sure false positives."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ...detections import Detections
from ...evaluation import match
from ..data.annotated import AnnotatedImage, ImageFile
from .searching import ground_truth

ErrorKind: TypeAlias = Literal["missed", "false_positive"]

DEFAULT_MOST = 24  # of each kind


@dataclass(frozen=True, eq=False)
class Miss:
    """A face that is missed, or a false positive.

    Attributes
    ----------
    kind : {"missed", "false_positive"}
        Which of them.
    image : str
        Name of the photograph.
    file : ImageFile
        Where it is.
    box : ndarray of float64, shape (4,)
        x1, y1, x2, y2 of the face or of the false positive, in pixels of the upright image.
    score : float
        Score of a false positive; 0 for a missed face.
    annotated, found : ndarray of float64, shapes (n, 4) and (k, 4)
        All annotated faces of the photograph, and all found ones.
    """

    kind: ErrorKind
    image: str
    file: ImageFile
    box: npt.NDArray[np.float64]
    score: float
    annotated: npt.NDArray[np.float64]
    found: npt.NDArray[np.float64]


class WorstErrors:
    """Collects the worst errors of each kind, in bounded memory.

    The worst missed faces are the largest ones, the worst false positives those with the highest
    scores. A second box on a face that is found is not collected.

    Parameters
    ----------
    most : int, default 24
        Largest number of errors of each kind.
    """

    def __init__(self, most: int = DEFAULT_MOST) -> None:
        self._most = most
        self._count = 0
        # The least of them comes first; of equally bad ones the later.
        self._heaps: dict[ErrorKind, list[tuple[float, int, Miss]]] = {
            "missed": [],
            "false_positive": [],
        }

    def add(self, image: AnnotatedImage, found: Detections) -> None:
        """Collect the errors of a photograph.

        Parameters
        ----------
        image : AnnotatedImage
            The photograph.
        found : Detections
            What was found in it.
        """
        matches = match(found, ground_truth(image))
        boxes = found.boxes.astype(np.float64)
        matched = np.unique(matches.faces[matches.true_positives])
        missed = np.setdiff1d(np.flatnonzero(~image.ignored), matched)
        for box in image.boxes[missed]:
            self._put(float(box[3] - box[1]), "missed", image, box, 0.0, boxes)
        for k in np.flatnonzero(matches.faces < 0):
            score = float(found.scores[k])
            self._put(score, "false_positive", image, boxes[k], score, boxes)

    def _put(
        self,
        badness: float,
        kind: ErrorKind,
        image: AnnotatedImage,
        box: npt.NDArray[np.float64],
        score: float,
        found: npt.NDArray[np.float64],
    ) -> None:
        self._count += 1
        error = Miss(kind, image.name, image.file, box, score, image.boxes, found)
        heap = self._heaps[kind]
        heapq.heappush(heap, (badness, -self._count, error))
        if len(heap) > self._most:
            heapq.heappop(heap)

    def worst(self) -> list[Miss]:
        """Return the missed faces, then the false positives, the worst of each first."""
        return [
            error
            for heap in self._heaps.values()
            for _, _, error in sorted(heap, key=lambda each: each[:2], reverse=True)
        ]
