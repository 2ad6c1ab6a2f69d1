"""Writes copies of videos with other pictures."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import VideoError, first_line, path_name, unknown_name
from ..extras import importing
from ..files.atomic_write import replacing
from ..files.images import ImageLike, as_rgb
from .reading import Frame, Video
from .sound import Sound

if TYPE_CHECKING:
    import av
    from av.container import OutputContainer
    from av.video.reformatter import VideoReformatter
    from av.video.stream import VideoStream


class _Kind(NamedTuple):
    """FFmpeg's names of a container format and its codecs."""

    container: str
    container_options: dict[str, str]
    video_codec: str
    options: dict[str, str]
    sound_codec: str


# Settings with little loss, and fast compared with a detection.
_H264 = ("libx264", {"preset": "veryfast", "crf": "20"}, "aac")
_VP9 = (
    "libvpx-vp9",
    {"deadline": "realtime", "cpu-used": "6", "row-mt": "1", "crf": "30", "b": "0"},
    "libopus",
)
# Resolution of the start of a track in MP4, in units per second. PyAV warns of options that a
# container does not have.
_FINE_TIMES = {"movie_timescale": "90000"}
_KINDS = {
    ".mp4": _Kind("mp4", _FINE_TIMES, *_H264),
    ".m4v": _Kind("mp4", _FINE_TIMES, *_H264),
    ".mov": _Kind("mov", _FINE_TIMES, *_H264),
    ".mkv": _Kind("matroska", {}, *_H264),
    ".webm": _Kind("webm", {}, *_VP9),
}


class VideoWriter:
    """Writes a copy of a video with other pictures.

    A context manager: when its block ends, the file is complete. If an exception ends the block, no
    file is written, and a file that existed before is unchanged.

    Parameters
    ----------
    path : str or path-like
        Path ending in ``.mp4``, ``.m4v``, ``.mov``, ``.mkv`` (H.264) or ``.webm`` (VP9).
    video : Video
        Video from which the frames come.

    Raises
    ------
    ValueError
        If the path has another suffix, or is the path of the video itself.
    VideoError
        If the video cannot be written.
    OSError
        If the file cannot be written.

    Notes
    -----
    Frames keep their times, time base, colour space and pixel aspect ratio. WebM and Matroska round
    times to milliseconds; if the sound starts before 0, as AAC does by some 20 ms, the whole
    video is shifted. Frames are upright, in 8-bit 4:2:0, and of the same size, but an odd width or
    height grows by one pixel, which repeats the outermost one, since 4:2:0 needs even sizes. Sound
    is copied without encoding; if the container cannot hold it, it is encoded as AAC (in WebM as
    Opus). Subtitles, chapters and metadata, such as the location of the recording, are left out.

    Examples
    --------
    >>> from fastmtcnn.video import Video, VideoWriter
    >>> video = Video("video.mp4")  # doctest: +SKIP
    >>> with VideoWriter("grey.mp4", video) as writer:  # doctest: +SKIP
    ...     for frame in video:
    ...         writer.write(frame.image.mean(axis=2).astype("uint8"), frame)
    """

    def __init__(self, path: str | os.PathLike[str], video: Video) -> None:
        self._path = Path(path)
        suffix = self._path.suffix.lower()
        if suffix not in _KINDS:
            raise unknown_name("the suffix of a video to write", suffix, _KINDS)
        with contextlib.suppress(FileNotFoundError):
            if self._path.samefile(video.path):
                raise ValueError(f"{path_name(os.fspath(path))} is the video that is read")
        self._kind = _KINDS[suffix]
        self._video = video
        self._open = contextlib.ExitStack()
        self._stream: VideoStream | None = None

    def __enter__(self) -> VideoWriter:
        """Begin the file."""
        with importing("video"):
            import av
        with contextlib.ExitStack() as stack, self._errors():
            file = stack.enter_context(replacing(self._path))
            self._container: OutputContainer = av.open(
                file, "w", format=self._kind.container, options=self._kind.container_options
            )
            stack.push(self._close)
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Complete the file, or remove it if there was an error."""
        with self._errors():
            if error is not None:
                self._open.__exit__(kind, error, traceback)
                return
            with self._open:
                if self._stream is None:
                    reason = "a video must have at least one frame"
                    raise VideoError(reason, path=os.fspath(self._path))
                self._container.mux(self._stream.encode(None))
                self._sound.copy_rest()

    def write(self, picture: ImageLike, frame: Frame) -> None:
        """Write the picture that replaces a frame.

        Parameters
        ----------
        picture : ndarray, PIL.Image.Image, ...
            Picture of the size of the frame, of any kind that `MTCNN.detect` takes; arrays in RGB.
        frame : Frame
            The frame, whose time the picture gets. Each frame must be later than the one before.

        Raises
        ------
        ValueError
            If the picture has another size.
        TypeError, ImageError
            If the picture cannot be used.
        VideoError, OSError
            If the video cannot be written.
        """
        import av

        pixels = as_rgb(picture, "rgb", sys.maxsize)
        if pixels.shape != frame.image.shape:
            wanted, got = (f"{w}x{h}" for h, w, _ in (frame.image.shape, pixels.shape))
            raise ValueError(f"the picture of this frame must be {wanted}, got {got}")
        with self._errors():
            stream = self._stream or self._begin(frame.picture)
            height, width = pixels.shape[:2]
            pixels = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
            rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
            encodable = self._reformatter.reformat(
                rgb,
                stream.width,  # of the first frame, should that ever change
                stream.height,
                format="yuv420p",
                dst_colorspace=frame.picture.colorspace,
                dst_color_range=frame.picture.color_range,
            )
            encodable.pts, encodable.time_base = frame.pts, self._video.time_base
            encodable.duration = frame.picture.duration
            self._container.mux(stream.encode(encodable))
            self._sound.copy_until(frame.time)

    def _begin(self, picture: av.VideoFrame) -> VideoStream:
        """Add the streams, which have the properties of the first frame."""
        from av.video.reformatter import VideoReformatter

        video, kind = self._video, self._kind
        stream: VideoStream = self._container.add_stream(
            kind.video_codec, video.frame_rate, dict(kind.options)
        )
        stream.width, stream.height = (side + side % 2 for side in (video.width, video.height))
        stream.pix_fmt = "yuv420p"
        stream.time_base = video.time_base
        context = stream.codec_context
        context.time_base = video.time_base
        context.sample_aspect_ratio = video.pixel_aspect
        for name in ("colorspace", "color_range", "color_primaries", "color_trc"):
            setattr(context, name, getattr(picture, name))
        self._sound = self._open.enter_context(
            Sound(video.path, self._container, kind.container, kind.sound_codec)
        )
        self._reformatter: VideoReformatter = VideoReformatter()
        self._stream = stream
        return stream

    def _close(self, kind: type[BaseException] | None, *_: object) -> None:
        # Closing writes the end of the file, which is not needed after an error.
        with contextlib.suppress(*([] if kind is None else [Exception])):
            self._container.close()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        import av

        try:
            yield
        except av.FFmpegError as error:
            reason = f"cannot be written: {error.strerror or first_line(error)}"
            raise VideoError(reason, path=os.fspath(self._path)) from error
