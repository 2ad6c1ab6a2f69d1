"""The result of a detection."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Face(NamedTuple):
    """One face.

    Attributes
    ----------
    box : ndarray of float32, shape (4,)
        x1, y1, x2, y2 in pixels of the image.
    score : float
        Probability, 0 to 1, that this is a face.
    landmarks : ndarray of float32, shape (5, 2)
        x, y in pixels of the eye at image left, the eye at image right, the nose, the mouth
        corner at image left, the mouth corner at image right.
    """

    box: npt.NDArray[np.float32]
    score: float
    landmarks: npt.NDArray[np.float32]


class Detections(NamedTuple):
    """The faces of one image, highest score first; empty arrays where there is none.

    A tuple of three arrays: it unpacks as ``boxes, scores, landmarks`` and its ``len`` is 3. The
    number of faces is `num_faces`.

    Attributes
    ----------
    boxes : ndarray of float32, shape (n, 4)
        x1, y1, x2, y2 in pixels of the image, the centre of its first pixel at (0, 0). They may
        reach outside the image.
    scores : ndarray of float32, shape (n,)
        Probabilities, 0 to 1.
    landmarks : ndarray of float32, shape (n, 5, 2)
        x, y of the eye at image left, the eye at image right, the nose, the mouth corner at
        image left, the mouth corner at image right.
    """

    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    landmarks: npt.NDArray[np.float32]

    @classmethod
    def empty(cls) -> Detections:
        """Return the result for an image without a face."""
        return cls(
            np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32)
        )

    @property
    def num_faces(self) -> int:
        """Number of faces."""
        return len(self.boxes)

    def faces(self) -> list[Face]:
        """Return the faces one by one, in the order of the arrays."""
        return [
            Face(box, float(score), landmarks)
            for box, score, landmarks in zip(self.boxes, self.scores, self.landmarks, strict=True)
        ]

    def select(self, which: npt.ArrayLike) -> Detections:
        """Return some of the faces.

        Parameters
        ----------
        which : array_like of bool, shape (n,), or of int, shape (k,)
            A mask, or the indices of the faces in the order wanted.

        Returns
        -------
        Detections
            Copies of their boxes, scores and landmarks.

        Raises
        ------
        ValueError
            If `which` is neither a mask of length n nor a list of indices.
        IndexError
            If an index is out of range.
        """
        chosen = np.asarray(which)
        if chosen.size == 0 and chosen.dtype != bool:
            chosen = chosen.astype(np.intp)
        is_mask = chosen.dtype == bool and chosen.shape == (self.num_faces,)
        if not is_mask and (chosen.ndim != 1 or not np.issubdtype(chosen.dtype, np.integer)):
            raise ValueError(
                f"select needs a mask of shape ({self.num_faces},) or a list of indices, "
                f"got {chosen.dtype} of shape {chosen.shape}"
            )
        return Detections(self.boxes[chosen], self.scores[chosen], self.landmarks[chosen])
