"""Finds the faces of the frames of a video while further frames are decoded."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import checks
from ..cascade.region import RegionLike
from ..detections import Detections
from ..detector import MTCNN
from ..faces.tracking import Tracker
from ..files.images import ImageLike
from .reading import Frame, Video
from .writing import VideoWriter

_IN_FLIGHT = 2  # frames searched at the same time if there are others between them


class FrameFaces(NamedTuple):
    """The faces of one frame.

    Attributes
    ----------
    frame : Frame
        The frame.
    detections : Detections
        Faces of the frame. If the frame was not searched, these are the faces of the last frame
        that was searched, at predicted positions if they are tracked.
    ids : ndarray of int64, shape (n,), or None
        Ids of the tracks to which the faces belong, None without a tracker.
    searched : bool
        Whether this frame was searched.
    """

    frame: Frame
    detections: Detections
    ids: npt.NDArray[np.int64] | None
    searched: bool


def detect_video(
    frames: Iterable[Frame],
    detector: MTCNN,
    *,
    every: int = 1,
    tracker: Tracker | None = None,
    roi: RegionLike | None = None,
) -> Generator[FrameFaces, None, None]:
    """Find the faces of frames with `MTCNN.detect_stream` while further frames are decoded.

    Parameters
    ----------
    frames : iterable of Frame
        A `Video`, or some of its frames.
    detector : MTCNN
        Detector that finds the faces; its ``channel_order`` must be ``"rgb"``.
    every : int, default 1
        Search one of `every` frames, beginning with the first. The frames between have the faces of
        the last frame that was searched; with a tracker, these move at constant velocity. Faces
        that appear or disappear in between are noticed at the next frame that is searched.
    tracker : Tracker, optional
        A new tracker, which gives ids to the faces.
    roi : sequence of four int, optional
        The part of each frame to search, as for `MTCNN.detect`.

    Yields
    ------
    FrameFaces
        The faces of each frame, in order. Up to twice as many frames as threads, and at least
        ``2 * every``, are in memory.

    Raises
    ------
    ValueError, TypeError
        If `every` is not an integer above 0.
    VideoError, OSError
        If the video cannot be read further.
    """
    return _detect(frames, detector, checks.count("every", every), tracker, roi)


def _detect(
    frames: Iterable[Frame],
    detector: MTCNN,
    every: int,
    tracker: Tracker | None,
    roi: RegionLike | None,
) -> Generator[FrameFaces, None, None]:
    waiting: deque[_Waiting] = deque()

    def to_search() -> Iterator[npt.NDArray[np.uint8]]:
        for number, frame in enumerate(frames):
            waiting.append(_Waiting(frame, number % every))
            if number % every == 0:
                yield frame.image

    last = Detections.empty()
    in_flight = None if every == 1 else _IN_FLIGHT
    for found in detector.detect_stream(to_search(), max_in_flight=in_flight, roi=roi):
        yield from _between(waiting, last, every, tracker)
        frame, _ = waiting.popleft()
        last = found
        yield FrameFaces(frame, found, None if tracker is None else tracker.update(found), True)
    yield from _between(waiting, last, every, tracker)


class _Waiting(NamedTuple):
    frame: Frame
    since: int  # frames since the last one searched


def _between(
    waiting: deque[_Waiting], last: Detections, every: int, tracker: Tracker | None
) -> Iterator[FrameFaces]:
    while waiting and waiting[0].since:
        frame, since = waiting.popleft()
        detections, ids = (last, None) if tracker is None else tracker.predict(since / every)
        yield FrameFaces(frame, detections, ids, False)


def map_video(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    detector: MTCNN,
    picture_of: Callable[[npt.NDArray[np.uint8], Detections], ImageLike],
    *,
    every: int = 1,
    tracker: Tracker | None = None,
) -> int:
    """Write a copy of a video with another picture for each frame and the same sound.

    Parameters
    ----------
    source : str or path-like
        A file that `Video` reads.
    target : str or path-like
        A file that `VideoWriter` writes, complete or not at all.
    detector : MTCNN
        Detector that finds the faces.
    picture_of : callable
        Function of the RGB pixels of a frame, uint8 of shape (h, w, 3), and its `Detections`. It
        returns a picture of the same size; examples are `fastmtcnn.draw` and `fastmtcnn.blur`.
    every, tracker
        As for `detect_video`.

    Returns
    -------
    int
        Number of frames.

    Raises
    ------
    VideoError, OSError
        If the source cannot be read or the target not written.
    ValueError, TypeError
        If an argument is wrong.

    Examples
    --------
    >>> import fastmtcnn
    >>> from fastmtcnn.video import map_video
    >>> map_video("video.mp4", "faces.mp4", fastmtcnn.MTCNN(), fastmtcnn.draw)  # doctest: +SKIP
    300
    """
    video = Video(source)
    number = 0
    with VideoWriter(target, video) as writer:
        for faces in detect_video(video, detector, every=every, tracker=tracker):
            writer.write(picture_of(faces.frame.image, faces.detections), faces.frame)
            number += 1
    return number
