"""Reads the frames of a video file, upright and with their times."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..errors import VideoError
from .container import TICKS, Decoding, opened, start_of, video_stream
from .upright import ToRGB, exchanges_axes

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

_USUAL_RATE = Fraction(25)
_USUAL_TIME_BASE = Fraction(1, 90_000)


class Frame:
    """One frame of a video.

    Attributes
    ----------
    index : int
        Index of the frame in the video, from 0.
    time : float
        Time of the frame in seconds from the start of the file.
    pts : int
        The same time in units of `Video.time_base`.
    picture : av.VideoFrame
        Decoded picture, not turned upright.
    """

    def __init__(
        self, index: int, pts: int, time_base: Fraction, picture: av.VideoFrame, to_rgb: ToRGB
    ) -> None:
        self.index = index
        self.time = float(pts * time_base)
        self.pts = pts
        self.picture = picture
        self._to_rgb = to_rgb

    @cached_property
    def image(self) -> npt.NDArray[np.uint8]:
        """Upright RGB pixels, uint8 of shape (h, w, 3); converted when first used."""
        return self._to_rgb(self.picture)

    def __repr__(self) -> str:
        """Return index and time."""
        return f"Frame(index={self.index}, time={self.time:.3f})"


class Video:
    """A video file. Iterate over it for its frames, as often as needed.

    Parameters
    ----------
    path : str or path-like
        An MP4, MOV, Matroska, WebM, AVI, MPEG, FLV, WMV, Ogg, MXF, GIF or raw H.264 or H.265 file.
        If it has several video streams, the first is read.

    Attributes
    ----------
    path : str
        Path of the file.
    width, height : int
        Size of the upright frames in pixels.
    pixel_aspect : Fraction
        Width of an upright pixel relative to its height.
    time_base : Fraction
        Unit of the frames' ``pts``, in seconds.
    frame_rate : Fraction
        Frames per second, the average if it varies.
    num_frames : int or None
        Approximate number of frames, None if the file does not announce it.
    damage : str or None
        Description of the damage found by the last iteration, None if there was none.

    Raises
    ------
    MissingExtraError
        If PyAV is not installed.
    VideoError
        If the file is not a video, or no frame can be decoded.
    OSError
        If the file cannot be read.

    Notes
    -----
    Frames are turned upright by the display matrix of the file (the rotation of a phone), and
    converted to 8 bits. There is no tone mapping of high dynamic range, no deinterlacing, and no
    correction of pixels that are not square. Times start at the start of the file and increase;
    where the clock of the file starts anew, they continue. Damaged parts are left out, as players
    do. Frames are decoded in FFmpeg's threads; a frame is converted to RGB only if its `image` is
    used.

    Examples
    --------
    >>> from fastmtcnn.video import Video
    >>> for frame in Video("video.mp4"):  # doctest: +SKIP
    ...     print(frame.index, frame.time, frame.image.shape)
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.damage: str | None = None
        with opened(self.path) as container:
            stream = video_stream(container, self.path)
            self.time_base = stream.time_base or _USUAL_TIME_BASE
            self.frame_rate = stream.average_rate or stream.guessed_rate or _USUAL_RATE
            self.num_frames = _about_how_many(container, stream, self.frame_rate)
            aspect = stream.sample_aspect_ratio or Fraction(1)
            first = next(self._frames(container, stream), None)
        if first is None:
            raise VideoError("not one frame can be decoded", path=self.path)
        self.height, self.width = first.image.shape[:2]
        self.pixel_aspect = 1 / aspect if exchanges_axes(first.picture) else aspect

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames in order."""
        self.damage = None
        with opened(self.path) as container:
            stream = video_stream(container, self.path)
            stream.thread_type = "AUTO"
            yield from self._frames(container, stream)

    def _frames(self, container: InputContainer, stream: VideoStream) -> Iterator[Frame]:
        start = round(start_of(container) / self.time_base)
        step = max(round(1 / (self.frame_rate * self.time_base)), 1)
        decoding = Decoding(container, stream)
        to_rgb = ToRGB()
        last = -step
        for index, picture in enumerate(decoding):
            pts = last + step if picture.pts is None else picture.pts - start
            last = max(pts, last + 1, 0)
            yield Frame(index, last, self.time_base, picture, to_rgb)
        self.damage = decoding.damage()


def _about_how_many(container: InputContainer, stream: VideoStream, rate: Fraction) -> int | None:
    number = stream.frames
    if not number and stream.duration:
        number = stream.duration * stream.time_base * rate
    if not number and container.duration:
        number = Fraction(container.duration, TICKS) * rate
    return max(round(number), 1) if number else None
