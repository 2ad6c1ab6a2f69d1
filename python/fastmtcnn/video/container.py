"""Opens video files, and decodes their undamaged parts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from ..errors import VideoError
from ..extras import importing
from ..files.opening import open_regular
from .clock import Clock

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

# Formats of videos. Some of the other formats that FFmpeg reads are playlists, which make it open
# further files or addresses, or turn any text into a video.
_FORMATS = "mov,matroska,avi,mpegts,mpeg,flv,asf,ogg,mxf,gif,h264,hevc,m4v,mpegvideo,ivf,nut,dv,wtv"
TICKS = 1_000_000  # units per second of the times of a container
_EARLY = 0.5  # seconds by which a file may be shorter than it announces


@contextlib.contextmanager
def opened(path: str) -> Iterator[InputContainer]:
    """Open a video file.

    Parameters
    ----------
    path : str
        Path of the file.

    Raises
    ------
    MissingExtraError
        If PyAV is not installed.
    VideoError
        If the file is in no format that videos come in.
    OSError
        If it cannot be read.
    """
    with importing("video"):
        import av
    open_regular(path, "a video", VideoError).close()
    try:
        # The prefix prevents that a name is taken for an address.
        container = av.open(
            f"file:{path}", "r", options={"format_whitelist": _FORMATS}, metadata_errors="ignore"
        )
    except (av.FFmpegError, ValueError) as error:
        raise VideoError(
            "not a video in a format that is read, or damaged where it begins", path=path
        ) from error
    with container:
        yield container


def video_stream(container: InputContainer, path: str) -> VideoStream:
    """Return the first stream that shows something other than the cover of a piece of music.

    Parameters
    ----------
    container : InputContainer
        Container of the file.
    path : str
        Path of the file, for the error.

    Raises
    ------
    VideoError
        If there is no such stream, or no decoder for it.
    """
    for stream in _shown(container)[:1]:
        if stream.codec_context is None:
            raise VideoError("no decoder for its kind of video", path=path)
        return stream
    raise VideoError("has no video, only sound or other data", path=path)


def _shown(container: InputContainer) -> list[VideoStream]:
    from av.stream import Disposition

    streams = container.streams.video
    return [each for each in streams if not each.disposition & Disposition.attached_pic]


def start_of(container: InputContainer) -> Fraction:
    """Return the time at which a file starts in seconds, negative only if its pictures start there.

    Parameters
    ----------
    container : InputContainer
        Container of the file.
    """
    start = Fraction(max(container.start_time or 0, 0), TICKS)
    for stream in _shown(container)[:1]:
        if stream.start_time is not None and stream.time_base:
            start = min(start, stream.start_time * stream.time_base)
    return start


class Decoding:
    """Decodes the undamaged parts of a stream; afterwards, `damage` describes the others.

    Parameters
    ----------
    container : InputContainer
        Container of the file, which is read from its current position.
    stream : VideoStream
        Stream to decode.
    """

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._container = container
        self._stream = stream
        self._num_damaged = 0
        self._end = start_of(container)
        self._clock = Clock(container)

    def __iter__(self) -> Iterator[av.VideoFrame]:
        """Yield the pictures of the stream."""
        import av

        packets = self._container.demux()  # of all streams: any may be the longest
        ended = False
        while not ended:
            packet: Packet[VideoStream] | None = None  # None flushes the decoder at the end
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.FFmpegError:
                self._num_damaged += 1
                ended = True
            if packet is not None:
                self._clock(packet)
                self._see(packet)
                if packet.stream.index != self._stream.index:
                    continue
            try:
                pictures = self._stream.decode(packet)
            except av.FFmpegError:
                self._num_damaged += 1
                continue
            for picture in pictures:
                self._num_damaged += picture.is_corrupt
                yield picture

    def _see(self, packet: Packet[VideoStream]) -> None:
        if packet.pts is not None and packet.time_base:
            end = (packet.pts + (packet.duration or 0)) * packet.time_base
            self._end = max(self._end, end)

    def damage(self) -> str | None:
        """Describe the damage, or return None if there is none."""
        if self._num_damaged:
            return f"is damaged in {self._num_damaged} places, which are left out"
        length = self._end - start_of(self._container)
        if self._container.duration is None or self._clock.jumped:
            return None  # what is announced comes of the clock of the last part
        announced = self._container.duration / TICKS
        if length >= announced - _EARLY:
            return None
        return f"ends after {float(length):.1f} of {announced:.1f} seconds"
