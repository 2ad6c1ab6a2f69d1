"""Covers faces also on the frames on which they are missed, by two passes over the video."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from .. import checks
from ..cascade.region import RegionLike
from ..detections import Detections
from ..detector import MTCNN
from ..errors import VideoError
from ..faces.blurring import Method, Shape, blur
from ..faces.tracking import Tracker
from .cuts import CutFinder
from .faces import detect_video
from .gaps import Guesses, guesses
from .reading import Frame, Video
from .tracks import Ints, track
from .writing import VideoWriter

BEFORE = AFTER = 12  # frames; half a second of most videos
_CELLS = 3  # of guessed faces, whose covering should show also where they are out of focus


class TrackedFaces(NamedTuple):
    """The faces of one frame, detected and guessed.

    Attributes
    ----------
    frame : Frame
        The frame.
    detections : Detections
        The faces that were detected, then those that were guessed. A guessed face has the score 0;
        its box is larger the longer the face has not been seen.
    ids : ndarray of int64, shape (n,)
        Ids of the tracks to which the faces belong, counted from 1.
    guessed : ndarray of bool, shape (n,)
        Which of the faces are guessed.
    """

    frame: Frame
    detections: Detections
    ids: Ints
    guessed: npt.NDArray[np.bool_]


class VideoFaces:
    """The faces of all frames of a video: what the first pass keeps.

    Parameters
    ----------
    times : list of int
        Times of the frames, in units of the video's time base.
    found : list of Detections
        Faces detected on the frames.
    ids : list of ndarray
        Tracks of these faces.
    more : dict of int to Guesses
        Guessed faces by index of the frame.
    """

    def __init__(
        self,
        times: list[int],
        found: list[Detections],
        ids: list[Ints],
        more: dict[int, Guesses],
    ) -> None:
        self._times = times
        self._found = found
        self._ids = ids
        self._guesses = more

    def show(self, video: Video) -> Iterator[TrackedFaces]:
        """Yield the frames of the video with their faces: the second pass.

        Parameters
        ----------
        video : Video
            The video that was searched.

        Raises
        ------
        VideoError
            If it has other frames now.
        """
        number = 0
        for frame in video:
            # A frame that was not searched must not be taken for one without faces.
            if number == len(self._times) or frame.pts != self._times[number]:
                raise VideoError("has other frames than when it was searched", path=video.path)
            yield _together(
                frame, self._found[number], self._ids[number], self._guesses.get(number)
            )
            number += 1
        if number < len(self._times):
            raise VideoError("has fewer frames than when it was searched", path=video.path)


def _together(frame: Frame, found: Detections, ids: Ints, more: Guesses | None) -> TrackedFaces:
    guessed = np.zeros(len(ids), bool)
    if more is not None:
        n = len(more.ids)
        found = Detections(
            np.concatenate([found.boxes, more.boxes.astype(np.float32)]),
            np.concatenate([found.scores, np.zeros(n, np.float32)]),
            np.concatenate([found.landmarks, more.landmarks.astype(np.float32)]),
        )
        ids = np.concatenate([ids, more.ids])
        guessed = np.concatenate([guessed, np.ones(n, bool)])
    return TrackedFaces(frame, found, ids, guessed)


def search(
    video: Video,
    detector: MTCNN,
    *,
    before: int = BEFORE,
    after: int = AFTER,
    roi: RegionLike | None = None,
    advance: Callable[[], None] = lambda: None,
) -> VideoFaces:
    """Find and track the faces of a video: the first pass, which keeps no pictures.

    Parameters
    ----------
    video, detector, before, after, roi
        As for `detect_tracks`.
    advance : callable
        Called after each frame.
    """
    times: list[int] = []
    found: list[Detections] = []
    cuts = CutFinder()
    none = Detections.empty()
    for frame, detections, _, _ in detect_video(video, detector, roi=roi):
        times.append(frame.pts)
        found.append(detections if detections.num_faces else none)
        cuts.add(frame.image)
        advance()
    scenes = cuts.cuts()
    ids = track(found, scenes, before + after)
    size = video.width, video.height
    return VideoFaces(times, found, ids, guesses(found, ids, scenes, size, before, after))


def detect_tracks(
    video: Video,
    detector: MTCNN,
    *,
    before: int = BEFORE,
    after: int = AFTER,
    roi: RegionLike | None = None,
) -> Generator[TrackedFaces, None, None]:
    """Find the faces of a video, and guess where they are on frames on which they are missed.

    The video is read twice. First all frames are searched, and faces are tracked as by `Tracker`;
    then the frames are yielded. If a track has gaps of at most 30 frames (or ``before + after``, if
    that is more), box and landmarks are interpolated there. Around each track, `before` and `after`
    frames are added, on which the face moves on at the velocity at which it was last seen.

    Parameters
    ----------
    video : Video
        The video.
    detector : MTCNN
        Detector that finds the faces; its ``channel_order`` must be ``"rgb"``.
    before : int, default 12
        Number of frames before the first detection of a track on which its face is guessed.
    after : int, default 12
        Number of frames after the last one.
    roi : sequence of four int, optional
        The part of each frame to search, as for `MTCNN.detect`. Guesses may lie outside.

    Yields
    ------
    TrackedFaces
        The faces of each frame, in order. The first comes after the whole video was searched; in
        memory are the faces of all frames, but few of the frames themselves.

    Raises
    ------
    ValueError, TypeError
        If `before` or `after` is not an integer of at least 0.
    MissingExtraError
        If scipy is not installed.
    VideoError, OSError
        If the video cannot be read further, or has changed when it is read again.

    Notes
    -----
    A guessed box grows on each side with each frame since the face was seen: by 2 % of its size and
    a quarter of the distance it moves in a frame; in gaps by 1.5 % and a tenth; up to half its
    size. Where a detection is much smaller than others of its track, as of the part of a face
    beside a post, the whole face is guessed, too. Guesses end where the box leaves the picture, and
    at cuts: where brightness and colours change from one frame to the next, and the scene does not
    come back within 24 frames. In doubt there is no cut.

    Examples
    --------
    >>> import fastmtcnn
    >>> from fastmtcnn.video import Video, detect_tracks
    >>> for faces in detect_tracks(Video("video.mp4"), fastmtcnn.MTCNN()):  # doctest: +SKIP
    ...     print(faces.frame.index, faces.ids, faces.guessed)
    """
    before, after = _whole("before", before), _whole("after", after)
    Tracker()  # without scipy, the error comes now
    return _detect(video, detector, before, after, roi)


def _detect(
    video: Video, detector: MTCNN, before: int, after: int, roi: RegionLike | None
) -> Generator[TrackedFaces, None, None]:
    faces = search(video, detector, before=before, after=after, roi=roi)
    yield from faces.show(video)


def _whole(name: str, value: int) -> int:
    value = checks.whole(name, value)
    if value < 0:
        raise ValueError(f"{name} must be at least 0, got {value!r}")
    return value


def blur_video(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    detector: MTCNN,
    *,
    method: Method = "blur",
    shape: Shape = "ellipse",
    margin: float = 0.15,
    before: int = BEFORE,
    after: int = AFTER,
    roi: RegionLike | None = None,
) -> int:
    """Write a copy of a video with unrecognisable faces, also where they are missed for a moment.

    Parameters
    ----------
    source : str or path-like
        A file that `Video` reads.
    target : str or path-like
        A file that `VideoWriter` writes, complete or not at all.
    detector : MTCNN
        Detector that finds the faces.
    method, shape, margin
        As for `fastmtcnn.blur`.
    before, after, roi
        As for `detect_tracks`, which says where faces are covered.

    Returns
    -------
    int
        Number of frames.

    Raises
    ------
    MissingExtraError
        If PyAV or scipy is not installed.
    VideoError, OSError
        If the source cannot be read or the target not written.
    ValueError, TypeError
        If an argument is wrong.

    Examples
    --------
    >>> import fastmtcnn
    >>> from fastmtcnn.video import blur_video
    >>> blur_video("video.mp4", "anonymous.mp4", fastmtcnn.MTCNN())  # doctest: +SKIP
    300
    """
    # Wrong arguments are errors before the work.
    blur(np.zeros((1, 1, 3), np.uint8), np.zeros((0, 4)), method=method, shape=shape, margin=margin)
    video = Video(source)
    frames = detect_tracks(video, detector, before=before, after=after, roi=roi)
    writer = VideoWriter(target, video)
    number = 0
    with writer:
        for faces in frames:
            writer.write(blurred(faces, method, shape, margin), faces.frame)
            number += 1
    return number


def blurred(faces: TrackedFaces, method: Method, shape: Shape, margin: float) -> Image.Image:
    """Return a frame on which the faces are covered.

    Parameters
    ----------
    faces : TrackedFaces
        The frame and its faces.
    method, shape, margin
        As for `fastmtcnn.blur`.
    """
    detected = faces.detections.select(~faces.guessed)
    picture = blur(faces.frame.image, detected, method=method, shape=shape, margin=margin)
    if faces.guessed.any():
        guessed = faces.detections.select(faces.guessed)
        picture = blur(picture, guessed, method=method, shape=shape, margin=margin, cells=_CELLS)
    return picture
