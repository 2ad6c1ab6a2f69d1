"""Statistics of the faces that were tracked in a video."""

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
    """Statistics of each track: frames, times and the highest score."""

    def __init__(self) -> None:
        self._tracks: dict[int, _Track] = {}

    def __len__(self) -> int:
        """Return the number of tracks."""
        return len(self._tracks)

    def add(self, faces: FrameFaces) -> None:
        """Add the faces of the next frame that was searched.

        Parameters
        ----------
        faces : FrameFaces
            Faces with ids; faces without ids are ignored.
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
        """Return a table with a line for each track and times in seconds."""
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
