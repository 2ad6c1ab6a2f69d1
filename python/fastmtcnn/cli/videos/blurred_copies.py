"""The work of ``fastmtcnn blur`` on videos, which needs ``fastmtcnn[video]``."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...cascade.region import RegionLike
from ...detector import MTCNN
from ...errors import FastMTCNNError, VideoError, printable, reason
from ...extras import importing
from ...faces.blurring import Method, Shape
from ...faces.tracking import Tracker
from ...files.kinds import WRITTEN_VIDEOS
from ...results.tables import write_rows
from ...video import TrackedFaces, Video, VideoWriter
from ...video.covering import blurred, search
from ..app import usage_errors, work_errors
from ..batch.galleries import Gallery, names_a_file
from ..inputs import PhotoPath
from ..messages import count, describe, print_error, write_stdout
from ..options import DetectorOptions
from ..progress import progress_bar
from .rows import covered_columns, covered_rows


class Covering(NamedTuple):
    """How the faces of videos are covered.

    Attributes
    ----------
    method, shape, margin
        As for `fastmtcnn.blur`.
    before, after : int
        Number of frames before the first and after the last detection of a track.
    """

    method: Method
    shape: Shape
    margin: float
    before: int
    after: int


def blur_videos(
    videos: Sequence[PhotoPath],
    to: str,
    detector_options: DetectorOptions,
    how: Covering,
    table: str | None,
    quiet: bool,
) -> bool:
    """Write videos without recognisable faces, and return whether all of them succeeded.

    Parameters
    ----------
    videos : sequence of PhotoPath
        The videos.
    to : str
        Folder of the copies, which have the names of the videos, or the suffix ``.mp4`` if the
        format of the video cannot be written; or the file of the only copy.
    detector_options : DetectorOptions
        Options of the detector.
    how : Covering
        How the faces are covered.
    table : str or None
        Path of the table to write, with the faces that are covered.
    quiet : bool
        Whether to show errors only.
    """
    with usage_errors(), importing("video"):
        import av  # noqa: F401 (before anything is made)

        Tracker()
    detector = detector_options.detector()
    try:
        gallery = Gallery(to)
    except OSError as error:
        return print_error(f"cannot make the folder {error.filename}: {reason(error)}")
    work = _Work(detector, detector_options.roi, how, quiet)
    # Closed at once, so that a copy that is not finished is removed whatever ends the table.
    with work_errors(), contextlib.closing(work.rows(videos, gallery, to)) as rows:
        if table is None:
            deque(rows, maxlen=0)
            return work.succeeded
        try:
            write_rows(Path(table), rows, covered_columns())
        except OSError as error:
            return print_error(f"cannot write {table}: {reason(error)}")
    if work.succeeded and not quiet:
        return write_stdout(f"table in {printable(table)}\n")
    return work.succeeded


class _Work:
    """The work on the videos, and whether it has succeeded so far."""

    def __init__(self, detector: MTCNN, roi: RegionLike | None, how: Covering, quiet: bool) -> None:
        self._detector = detector
        self._roi = roi
        self._how = how
        self._quiet = quiet
        self.succeeded = True

    def rows(
        self, videos: Sequence[PhotoPath], gallery: Gallery, to: str
    ) -> Generator[dict[str, Any], None, None]:
        """Write the copies, and yield a row for each face that is covered."""
        for path, subfolder in videos:
            suffix = Path(path).suffix
            ending = suffix if suffix.lower() in WRITTEN_VIDEOS else ".mp4"
            ending = Path(to).suffix if names_a_file(to) else ending
            try:
                target = gallery.place(path, ending, subfolder)
            except OSError as error:
                self.succeeded = print_error(f"cannot make {error.filename}: {reason(error)}")
                continue
            try:
                video = Video(path)
            except (OSError, FastMTCNNError) as error:
                self.succeeded = print_error(f"{path}: {reason(error)}")
                continue
            try:
                yield from self._blur(video, target)
            except VideoError as error:
                self.succeeded = print_error(describe(error))
            except OSError as error:
                what = f"cannot write {target}" if error.filename == str(target) else path
                self.succeeded = print_error(f"{what}: {reason(error)}")

    def _blur(self, video: Video, target: Path) -> Generator[dict[str, Any], None, None]:
        how = self._how
        writer = VideoWriter(target, video)
        tally = _Tally()
        with progress_bar(video.num_frames or 0, "frame", self._quiet) as progress:
            found = search(
                video,
                self._detector,
                before=how.before,
                after=how.after,
                roi=self._roi,
                advance=progress.advance,
            )
        with writer, progress_bar(video.num_frames or 0, "frame", self._quiet) as progress:
            for faces in found.show(video):
                writer.write(blurred(faces, how.method, how.shape, how.margin), faces.frame)
                tally.add(faces)
                yield from covered_rows(video, faces)
                progress.advance()
        if not self._quiet:
            self.succeeded &= write_stdout(tally.summary(target))
        if video.damage is not None:
            self.succeeded = print_error(f"{video.path}: {video.damage}")


class _Tally:
    def __init__(self) -> None:
        self._frames = self._detected = self._guessed = 0

    def add(self, faces: TrackedFaces) -> None:
        self._frames += 1
        self._guessed += int(faces.guessed.sum())
        self._detected += int((~faces.guessed).sum())

    def summary(self, target: Path) -> str:
        faces, frames = count(self._detected, "face"), count(self._frames, "frame")
        more = f" and {self._guessed} guessed" if self._guessed else ""
        return f"{faces}{more} in {frames}, video in {printable(str(target))}\n"
