"""Finds the cuts of a video, from each of which another scene is shown."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_CELLS = (9, 16)  # rows and columns whose brightness is compared
_SAMPLES = 8  # per cell, in each direction
_COLOURS = 4  # levels of red, green and blue in the histogram
_ALIKE = 0.6  # least correlation or overlap of frames of the same scene
_FLAT = 4.0  # contrast, in levels of 255, below which brightness says nothing
_WINDOW = 24  # frames within which a scene may come back, as after a flash


class _Signature(NamedTuple):
    """What is compared of a frame."""

    brightness: npt.NDArray[np.float32]  # of the cells, with mean 0 and norm 1
    flat: bool
    histogram: npt.NDArray[np.float32]  # of the colours, with sum 1

    @classmethod
    def of(cls, image: npt.NDArray[np.uint8]) -> _Signature:
        rows, columns = (
            np.linspace(0, side - 1, cells * _SAMPLES).astype(np.intp)
            for side, cells in zip(image.shape, _CELLS, strict=False)
        )
        samples = image[rows[:, None], columns]
        pooled = samples.mean(axis=2, dtype=np.float32)
        pooled = pooled.reshape(_CELLS[0], _SAMPLES, _CELLS[1], _SAMPLES).mean(axis=(1, 3))
        brightness = (pooled - pooled.mean()).ravel()
        flat = bool(pooled.std() < _FLAT)
        level = samples.astype(np.intp) * _COLOURS // 256
        colour = (level[..., 0] * _COLOURS + level[..., 1]) * _COLOURS + level[..., 2]
        histogram = np.bincount(colour.ravel(), minlength=_COLOURS**3) / colour.size
        norm = max(float(np.linalg.norm(brightness)), 1e-6)
        return cls(brightness / norm, flat, histogram.astype(np.float32))

    def is_like(self, other: _Signature) -> bool:
        """Return whether two frames may show the same scene; in doubt they do."""
        if self.flat or other.flat:
            return True
        correlation = float(self.brightness @ other.brightness)
        overlap = float(np.minimum(self.histogram, other.histogram).sum())
        return max(correlation, overlap) >= _ALIKE


class _Candidate(NamedTuple):
    frame: int
    scene: tuple[_Signature, ...]  # frames before it


class CutFinder:
    """Finds cuts while it is shown the frames one by one; it keeps small signatures of a few.

    A cut is where both the arrangement of bright and dark and the colours change from one frame to
    the next, and the scene does not come back within 24 frames. The colours are compared by the
    overlap of histograms (Zhang, Kankanhalli, Smoliar: Automatic partitioning of full-motion video,
    Multimedia Systems 1, 1993). In doubt there is no cut: a flash, a dissolve, a fade and a hand
    before the camera are none.
    """

    def __init__(self) -> None:
        self._number = 0
        self._last: deque[_Signature] = deque(maxlen=_WINDOW)
        self._candidates: list[_Candidate] = []
        self._cuts: list[int] = []

    def add(self, image: npt.NDArray[np.uint8]) -> None:
        """Look at the next frame.

        Parameters
        ----------
        image : ndarray of uint8, shape (h, w, 3)
            RGB pixels.
        """
        signature = _Signature.of(image)
        kept = []
        for candidate in self._candidates:
            if any(signature.is_like(each) for each in candidate.scene) and not signature.flat:
                continue
            if self._number - candidate.frame >= _WINDOW:
                self._cuts.append(candidate.frame)
            else:
                kept.append(candidate)
        self._candidates = kept
        if self._last and not signature.is_like(self._last[-1]):
            scene = tuple(each for each in self._last if not each.flat)
            self._candidates.append(_Candidate(self._number, scene))
        self._last.append(signature)
        self._number += 1

    def cuts(self) -> list[int]:
        """Return the indices of the first frames after the cuts, after the last frame."""
        return sorted([*self._cuts, *(candidate.frame for candidate in self._candidates)])
