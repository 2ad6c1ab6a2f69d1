"""What came of all photos, in a sentence."""

from __future__ import annotations

import time
from collections import Counter

from ...errors import ImageError, printable
from ...results.photo import Photo
from ..messages import count

_IMAGE_PROBLEMS = {"format": "no image", "too_large": "too large", "damaged": "damaged"}
_ENOUGH = 10  # photos, of which a rate says something


class Tally:
    """Counts photos, faces and failures; the clock starts when it is made."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._num_photos = self._num_faces = self._num_taken_up = 0
        self._failures: Counter[str] = Counter()

    def add(self, photo: Photo, taken_up: bool) -> None:
        """Count a photo that was worked on.

        Parameters
        ----------
        photo : Photo
            With its faces.
        taken_up : bool
            Whether an earlier run did that.
        """
        self._num_photos += 1
        self._num_faces += photo.detections.num_faces
        self._num_taken_up += taken_up

    def fail(self, error: Exception) -> None:
        """Count a photo that cannot be used.

        Parameters
        ----------
        error : Exception
            Why.
        """
        self._failures[kind(error)] += 1

    def summary(self, folders: list[str]) -> str:
        """Return what came of all.

        Parameters
        ----------
        folders : list of str
            Where pictures were written.
        """
        text = f"{count(self._num_faces, 'face')} in {count(self._num_photos, 'photo')}"
        if self._failures:
            kinds = ", ".join(f"{number} {what}" for what, number in self._failures.most_common())
            text += f", {self._failures.total()} not usable ({kinds})"
        if self._num_photos and folders:
            text += f", pictures in {' and '.join(map(printable, folders))}"
        if self._num_taken_up:
            text += f", {self._num_taken_up} from the run before"
        done = self._num_photos - self._num_taken_up
        if done >= _ENOUGH:
            text += f", {done / (time.monotonic() - self._began):.1f} photos/s"
        return text


def kind(error: Exception) -> str:
    """Return in a word or two why a photo cannot be used.

    Parameters
    ----------
    error : Exception
        What was raised instead of its faces.
    """
    if isinstance(error, FileNotFoundError):
        return "missing"
    if isinstance(error, OSError):
        return "unreadable"
    if isinstance(error, MemoryError):
        return "too large for the memory"
    if isinstance(error, ImageError):
        return _IMAGE_PROBLEMS.get(error.kind, "no photo")
    return "failed"
