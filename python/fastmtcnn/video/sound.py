"""Copies the sound of one video into another one."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

from .clock import Clock
from .container import opened, start_of

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet

    AudioPacket: TypeAlias = Packet[AudioStream]
    Convert: TypeAlias = Callable[[AudioPacket], list[AudioPacket]]

_USUAL_RATE = 48_000


class Sound:
    """Copies all streams of sound of a file, step by step with the pictures.

    A context manager: the file is open within its block.

    Parameters
    ----------
    path : str
        Path of the file with the sound.
    output : OutputContainer
        Container to which the sound is written. The caller writes the pictures.
    container : str
        FFmpeg's name of the format of `output`.
    codec : str
        Codec for streams that this format cannot hold as they are.
    """

    def __init__(self, path: str, output: OutputContainer, container: str, codec: str) -> None:
        self._path = path
        self._output = output
        self._container = container
        self._codec = codec
        self._convert: dict[int, Convert] = {}
        self._open = contextlib.ExitStack()
        self._packets: Iterator[AudioPacket] = iter(())
        self._next: AudioPacket | None = None

    def __enter__(self) -> Sound:
        """Open the file, and add its streams of sound to the output."""
        with contextlib.ExitStack() as stack:
            source = stack.enter_context(opened(self._path))
            start = start_of(source)
            for stream in source.streams.audio:
                if _can_hold(self._container, stream):
                    self._convert[stream.index] = _Copy(stream, self._output, start)
                elif stream.codec_context is not None:
                    self._convert[stream.index] = _Encode(stream, self._output, self._codec, start)
            if self._convert:
                self._packets = self._sound_of(source)
                self._advance()
            self._start = start
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._open.__exit__(kind, error, traceback)

    def copy_until(self, time: float) -> None:
        """Write the sound up to a time.

        Parameters
        ----------
        time : float
            Time in seconds from the start of the file.
        """
        while self._next is not None and self._time(self._next) <= time:
            self._output.mux(self._convert[self._next.stream.index](self._next))
            self._advance()

    def copy_rest(self) -> None:
        """Write the rest of the sound."""
        self.copy_until(math.inf)

    def _sound_of(self, source: InputContainer) -> Iterator[AudioPacket]:
        """Yield the packets to convert, with the times that the pictures have, too."""
        clock = Clock(source)
        for packet in source.demux():  # of all streams: any may show that the clock starts anew
            clock(packet)
            if packet.stream.index in self._convert:
                yield packet

    def _advance(self) -> None:
        import av

        try:
            self._next = next(self._packets, None)
        except av.FFmpegError:  # damaged, which reading the pictures reports
            self._next = None

    def _time(self, packet: AudioPacket) -> float:
        if packet.dts is None or packet.time_base is None:
            return 0.0
        return float(packet.dts * packet.time_base - self._start)


def _can_hold(container: str, stream: AudioStream) -> bool:
    """Return whether a container can hold a stream as it is, by starting one in memory."""
    import av

    try:
        with av.open(io.BytesIO(), "w", format=container) as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
    except (av.FFmpegError, ValueError):
        return False
    return True


class _Copy:
    """Copies packets without encoding, with shifted times."""

    def __init__(self, stream: AudioStream, output: OutputContainer, start: Fraction) -> None:
        self._stream = output.add_stream_from_template(stream)
        _name_language(stream, self._stream)
        self._start = round(start / stream.time_base) if stream.time_base else 0
        self._last: int | None = None

    def __call__(self, packet: AudioPacket) -> list[AudioPacket]:
        if packet.dts is None or packet.size == 0:  # the end
            return []
        shift = -self._start
        if self._last is not None:  # times must increase
            shift = max(shift, self._last + 1 - packet.dts)
        packet.dts += shift
        if packet.pts is not None:
            packet.pts += shift
        self._last = packet.dts
        packet.stream = self._stream
        return [packet]


class _Encode:
    """Decodes packets and encodes them with another codec."""

    def __init__(
        self, stream: AudioStream, output: OutputContainer, codec: str, start: Fraction
    ) -> None:
        import av

        rates = av.Codec(codec, "w").audio_rates
        wanted = stream.codec_context.sample_rate
        rate = wanted if rates is None or wanted in rates else _USUAL_RATE
        self._stream: AudioStream = output.add_stream(codec, rate)
        self._stream.layout = stream.codec_context.layout
        _name_language(stream, self._stream)
        self._stream.codec_context.open()
        context = self._stream.codec_context
        self._resampler = av.AudioResampler(
            context.format, context.layout, context.rate, context.frame_size or None
        )
        self._start = start

    def __call__(self, packet: AudioPacket) -> list[AudioPacket]:
        import av

        try:
            frames = packet.decode()
        except av.FFmpegError:  # damaged
            return []
        encoded = []
        for frame in [*frames, *([None] if packet.size == 0 else [])]:
            if frame is not None and frame.pts is not None and frame.time_base:
                frame.pts -= round(self._start / frame.time_base)
            for resampled in self._resampler.resample(frame):
                encoded += self._stream.encode(resampled)
        if packet.size == 0:
            encoded += self._stream.encode(None)
        return encoded


def _name_language(source: AudioStream, target: AudioStream) -> None:
    if source.language:
        target.metadata["language"] = source.language
