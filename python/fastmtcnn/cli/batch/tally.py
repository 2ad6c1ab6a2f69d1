"""Counts of photos, faces and failures, and their summary."""

from __future__ import annotations

import time
from collections import Counter

from ...errors import ImageError, printable
from ...results.photo import Photo
from ..messages import count

_IMAGE_PROBLEMS = {
    "format": "no image",
    "too_large": "too large",
    "damaged": "damaged",
    "frames": "of several frames",
}
_ENOUGH = 10  # photos; a rate of fewer would not be reliable


class Tally:
    """Counts photos, faces and failures, and takes the time since it was created."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._num_photos = self._num_faces = self._num_resumed = self._num_without_pictures = 0
        self._failures: Counter[str] = Counter()

    def add(self, photo: Photo, resumed: bool) -> None:
        """Count a photo and its faces.

        Parameters
        ----------
        photo : Photo
            The photo.
        resumed : bool
            Whether an earlier run finished it.
        """
        self._num_photos += 1
        self._num_faces += photo.detections.num_faces
        self._num_resumed += resumed

    def fail(self, error: Exception) -> None:
        """Count a photo that cannot be used.

        Parameters
        ----------
        error : Exception
            Error that the photo caused.
        """
        self._failures[kind(error)] += 1

    def miss_pictures(self) -> None:
        """Count a photo that was counted as usable, but whose pictures are not all written."""
        self._num_without_pictures += 1

    def summary(self, folders: list[str]) -> str:
        """Return the summary of all photos in one sentence.

        Parameters
        ----------
        folders : list of str
            Folders to which pictures were written.
        """
        text = f"{count(self._num_faces, 'face')} in {count(self._num_photos, 'photo')}"
        if self._failures:
            kinds = ", ".join(f"{number} {what}" for what, number in self._failures.most_common())
            text += f", {self._failures.total()} not usable ({kinds})"
        if self._num_photos > self._num_without_pictures and folders:
            text += f", pictures in {' and '.join(map(printable, folders))}"
        if self._num_without_pictures:
            text += f", pictures of {count(self._num_without_pictures, 'photo')} not written"
        if self._num_resumed:
            text += f", {self._num_resumed} from the run before"
        done = self._num_photos - self._num_resumed
        if done >= _ENOUGH:
            text += f", {done / (time.monotonic() - self._began):.1f} photos/s"
        return text


def kind(error: Exception) -> str:
    """Return the reason why a photo cannot be used in a word or two.

    Parameters
    ----------
    error : Exception
        Error that the photo caused.
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
