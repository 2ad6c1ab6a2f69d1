"""The work on one video: a new video, a table, a summary."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from PIL import Image

from ...cascade.region import RegionLike
from ...detector import MTCNN
from ...errors import VideoError, printable, reason
from ...faces.drawing import draw
from ...faces.tracking import Tracker
from ...results.tables import write_rows
from ...video import FrameFaces, Video, VideoWriter, detect_video
from ..messages import count, describe, print_error, write_stdout
from ..progress import progress_bar
from .rows import found_columns, found_rows
from .tracks import Tracks

PictureOf: TypeAlias = Callable[[FrameFaces], Image.Image]


class Wanted(NamedTuple):
    """The work on a video.

    Attributes
    ----------
    out : str or None
        Path of the video to write.
    picture_of : callable
        Function that makes a picture of that video from a frame and its faces.
    table : str or None
        Path of the table to write, with the faces of the frames that are searched.
    every : int
        Distance of the frames that are searched; 1 searches every frame.
    tracker : Tracker or None
        Tracker that gives ids to the faces.
    quiet : bool
        Whether to show errors only.
    roi : sequence of four int, or None
        The part of each frame to search.
    """

    out: str | None
    picture_of: PictureOf
    table: str | None
    every: int
    tracker: Tracker | None
    quiet: bool
    roi: RegionLike | None = None


def drawn(faces: FrameFaces) -> Image.Image:
    """Return a frame with its faces drawn.

    Parameters
    ----------
    faces : FrameFaces
        The frame and its faces.
    """
    labels = None if faces.ids is None else [f"#{number}" for number in faces.ids]
    return draw(faces.frame.image, faces.detections, labels=labels)


def make(video: Video, detector: MTCNN, wanted: Wanted) -> bool:
    """Do the work on a video, and return whether all of it succeeded.

    Parameters
    ----------
    video : Video
        The video.
    detector : MTCNN
        Detector that finds the faces.
    wanted : Wanted
        The work.

    Raises
    ------
    ValueError
        If the name of a file is not valid for its format.
    """
    tally = _Tally()
    try:
        with contextlib.ExitStack() as stack:
            writer = None
            if wanted.out is not None:
                writer = stack.enter_context(VideoWriter(wanted.out, video))
            progress = stack.enter_context(
                progress_bar(video.num_frames or 0, "frame", wanted.quiet)
            )
            rows = _rows(video, detector, wanted, writer, tally, progress.advance)
            if wanted.table is None:
                deque(rows, maxlen=0)
            else:
                write_rows(Path(wanted.table), rows, found_columns(wanted.tracker is not None))
    except OSError as error:
        if error.filename in (wanted.out, wanted.table):
            return print_error(f"cannot write {error.filename}: {reason(error)}")
        return print_error(f"{video.path}: {reason(error)}")
    except VideoError as error:
        return print_error(describe(error))
    succeeded = wanted.quiet or write_stdout(_summary(tally, wanted))
    if video.damage is not None:
        succeeded = print_error(f"{video.path}: {video.damage}")
    return succeeded


class _Tally:
    def __init__(self) -> None:
        self.frames = self.searched = self.faces = 0
        self.tracks = Tracks()


def _rows(
    video: Video,
    detector: MTCNN,
    wanted: Wanted,
    writer: VideoWriter | None,
    tally: _Tally,
    advance: Callable[[], None],
) -> Iterator[dict[str, Any]]:
    """Do the work, and yield a row for each face of each frame that is searched."""
    every, tracker, roi = wanted.every, wanted.tracker, wanted.roi
    for faces in detect_video(video, detector, every=every, tracker=tracker, roi=roi):
        if writer is not None:
            writer.write(wanted.picture_of(faces), faces.frame)
        tally.frames += 1
        if faces.searched:
            tally.searched += 1
            tally.faces += faces.detections.num_faces
            tally.tracks.add(faces)
            yield from found_rows(video, faces)
        advance()


def _summary(tally: _Tally, wanted: Wanted) -> str:
    lines = ""
    summary = count(tally.faces, "face")
    if wanted.tracker is not None:
        summary += f" on {count(len(tally.tracks), 'track')}"
        if len(tally.tracks):
            lines = f"{tally.tracks.as_table()}\n"
    summary += f" in {count(tally.searched, 'frame')}"
    if tally.searched < tally.frames:
        summary += f" of {tally.frames}"
    for what, name in (("video", wanted.out), ("table", wanted.table)):
        if name is not None:
            summary += f", {what} in {printable(name)}"
    return f"{lines}{summary}\n"
