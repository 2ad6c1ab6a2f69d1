"""The faces of a video's frames, found while further frames are decoded."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import checks
from ..detections import Detections
from ..detector import MTCNN
from ..faces.tracking import Tracker
from ..files.images import ImageLike
from .reading import Frame, Video
from .writing import VideoWriter

_IN_FLIGHT = 2  # frames searched at a time, where many lie between them


class FrameFaces(NamedTuple):
    """The faces of one frame.

    Attributes
    ----------
    frame : Frame
        The frame.
    detections : Detections
        Its faces; on a frame that was not searched, those of the last one that was, moved on if
        they are tracked.
    ids : ndarray of int64, shape (n,), or None
        Which face is which, if they are tracked.
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
) -> Generator[FrameFaces, None, None]:
    """Find the faces of frames, by `MTCNN.detect_stream`: while further ones are decoded.

    Parameters
    ----------
    frames : iterable of Frame
        A `Video`, or some of its frames.
    detector : MTCNN
        Finds the faces; its ``channel_order`` must be ``"rgb"``.
    every : int, default 1
        Search every so-many-th frame only, from the first. The frames between keep the faces of
        the last one searched; with a tracker these move on at constant velocity. Faces that come or
        go in between are noticed at the next frame searched.
    tracker : Tracker, optional
        A new one, which tells the faces apart.

    Yields
    ------
    FrameFaces
        For each frame, in order. Up to twice as many frames as there are threads, and at least
        ``2 * every``, wait in memory.

    Raises
    ------
    ValueError, TypeError
        If `every` is wrong.
    VideoError, OSError
        If the video cannot be read further.
    """
    return _detect(frames, detector, checks.count("every", every), tracker)


def _detect(
    frames: Iterable[Frame], detector: MTCNN, every: int, tracker: Tracker | None
) -> Generator[FrameFaces, None, None]:
    waiting: deque[_Waiting] = deque()

    def to_search() -> Iterator[npt.NDArray[np.uint8]]:
        for number, frame in enumerate(frames):
            waiting.append(_Waiting(frame, number % every))
            if number % every == 0:
                yield frame.image

    last = Detections.empty()
    in_flight = None if every == 1 else _IN_FLIGHT
    for found in detector.detect_stream(to_search(), max_in_flight=in_flight):
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
    """Write a video with another picture for each frame, and the sound as it was.

    Parameters
    ----------
    source : str or path-like
        A file that `Video` reads.
    target : str or path-like
        A file that `VideoWriter` writes, whole or not at all.
    detector : MTCNN
        Finds the faces.
    picture_of : callable
        Is given a frame's pixels, (h, w, 3) in RGB, and its `Detections`, and returns a picture of
        the same size: `fastmtcnn.draw` or `fastmtcnn.blur`, for example.
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
