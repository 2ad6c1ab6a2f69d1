"""Rows of the tables of the faces of videos."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...results.names import text_of
from ...results.tables import FACE_COLUMNS, Columns, face_rows
from ...video import FrameFaces, TrackedFaces, Video

_BEFORE = {"path": "string", "frame": "int64", "time": "float64"}
_AFTER = {"width": "int64", "height": "int64", **FACE_COLUMNS}


def found_columns(tracked: bool) -> Columns:
    """Return the columns of a table of the faces that were found.

    Parameters
    ----------
    tracked : bool
        Whether faces were tracked.
    """
    return {**_BEFORE, **({"track": "int64"} if tracked else {}), **_AFTER}


def found_rows(video: Video, faces: FrameFaces) -> Iterator[dict[str, Any]]:
    """Yield a row for each face that was found on a frame.

    Parameters
    ----------
    video : Video
        The video.
    faces : FrameFaces
        The faces of a frame.
    """
    for number, row in enumerate(face_rows(faces.detections)):
        track = {} if faces.ids is None else {"track": int(faces.ids[number])}
        yield _row(video, faces, track, row)


def covered_columns() -> Columns:
    """Return the columns of a table of the faces that were covered."""
    return {**_BEFORE, "track": "int64", "how": "string", **_AFTER}


def covered_rows(video: Video, faces: TrackedFaces) -> Iterator[dict[str, Any]]:
    """Yield a row for each face that was covered on a frame; what is guessed has no score.

    Parameters
    ----------
    video : Video
        The video.
    faces : TrackedFaces
        The faces of a frame.
    """
    for number, row in enumerate(face_rows(faces.detections)):
        guessed = bool(faces.guessed[number])
        what = {"track": int(faces.ids[number]), "how": "guessed" if guessed else "detected"}
        yield _row(video, faces, what, {**row, "score": None} if guessed else row)


def _row(
    video: Video, faces: FrameFaces | TrackedFaces, what: dict[str, Any], row: dict[str, Any]
) -> dict[str, Any]:
    return {
        "path": text_of(video.path),
        "frame": faces.frame.index,
        "time": faces.frame.time,
        **what,
        "width": video.width,
        "height": video.height,
        **row,
    }
