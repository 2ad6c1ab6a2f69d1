"""The frames of a video file, upright and with their times."""

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
        Its number in the video, from 0.
    time : float
        When it is shown, in seconds from the start of the file.
    pts : int
        The same in units of `Video.time_base`.
    picture : av.VideoFrame
        As it was decoded.
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
        """The upright pixels in RGB, shape (h, w, 3); made when first asked for."""
        return self._to_rgb(self.picture)

    def __repr__(self) -> str:
        """Tell which one it is."""
        return f"Frame(index={self.index}, time={self.time:.3f})"


class Video:
    """A video file: iterate over it for its frames, as often as wanted.

    Parameters
    ----------
    path : str or path-like
        An MP4, MOV, Matroska, WebM, AVI, MPEG, FLV, WMV, Ogg, MXF, GIF or raw H.264 or H.265 file.
        Of several video streams the first is read.

    Attributes
    ----------
    path : str
        As it was given.
    width, height : int
        Of the upright frames, in pixels.
    pixel_aspect : Fraction
        Width of an upright pixel relative to its height.
    time_base : Fraction
        Unit of the frames' ``pts``, in seconds.
    frame_rate : Fraction
        Frames a second, on average if that varies.
    num_frames : int or None
        About how many frames there are, as far as the file tells beforehand.
    damage : str or None
        After an iteration: what is known to be missing.

    Raises
    ------
    MissingExtraError
        If PyAV is not installed.
    VideoError
        If the file is no video, or not one frame of it can be decoded.
    OSError
        If it cannot be read.

    Notes
    -----
    Frames are turned upright by the file's display matrix (a phone's rotation), and converted to
    8 bits; a high dynamic range is not mapped to a lower one, interlaced lines stay interlaced, and
    pixels that are not square stay so. Times start where the file starts, and each is later than
    the one before. Damaged parts are left out, as players do. The frames are decoded in FFmpeg's
    own threads; one that is not looked at is not converted.

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
