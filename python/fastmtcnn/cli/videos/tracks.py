"""What became of each face that was tracked."""

from __future__ import annotations

from dataclasses import dataclass

from ...video import FrameFaces
from ..text_tables import plain_table


@dataclass
class _Track:
    frames: int
    first: float
    last: float
    score: float


class Tracks:
    """Counts the frames of each face."""

    def __init__(self) -> None:
        self._tracks: dict[int, _Track] = {}

    def __len__(self) -> int:
        """Return the number of faces that were told apart."""
        return len(self._tracks)

    def add(self, faces: FrameFaces) -> None:
        """Take the faces of the next frame that was searched.

        Parameters
        ----------
        faces : FrameFaces
            With ids.
        """
        if faces.ids is None:
            return
        time = faces.frame.time
        for number, score in zip(faces.ids.tolist(), faces.detections.scores.tolist(), strict=True):
            track = self._tracks.setdefault(number, _Track(0, time, time, score))
            track.frames += 1
            track.last = time
            track.score = max(track.score, score)

    def as_table(self) -> str:
        """Return one line for each face, with times in seconds."""
        rows = [
            (
                str(number),
                str(track.frames),
                f"{track.first:.2f}",
                f"{track.last:.2f}",
                f"{track.score:.4f}",
            )
            for number, track in sorted(self._tracks.items())
        ]
        return plain_table(("track", "frames", "first", "last", "score"), rows, num_left=0)
