"""One clock for a file whose own clock starts anew, as where recordings were joined."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

# Limits in seconds. FFmpeg's programs use 0.1, 10 and 108,000 likewise (`-dts_delta_threshold`,
# `-dts_error_threshold`).
_BACK = Fraction(1, 10)  # a packet that can be decoded by itself, or sound
_FAR_BACK = Fraction(1)  # any packet: decoding times may be guessed from those of display
_AHEAD = Fraction(10)  # in formats in which a clock may start anew
_FAR_AHEAD = Fraction(30 * 3600)  # in any format
_LATE = Fraction(1, 2)  # by which one stream may end after another one without a gap


class _Part:
    """A part of a file with one clock; times are in seconds."""

    def __init__(self, shift: Fraction) -> None:
        self.shift = shift
        self.latest: Fraction | None = None  # decoding time of any stream, before the shift
        self.end = Fraction(0)  # of any stream, after the shift


class _Place:
    """Where a stream is; times are by the clock of its part."""

    def __init__(self) -> None:
        self.part = 0
        self.latest: Fraction | None = None  # decoding time
        self.step = Fraction(0)  # between its packets
        self.ends = (Fraction(0), Fraction(0))  # of decoding, and of display


class Clock:
    """Shifts the times of packets so that they continue where the clock of the file starts anew.

    A decoding time far before or after the last one of its stream begins a new part of the file,
    which follows the part before it. All streams are shifted alike, so that sound and pictures stay
    together. Two readers of a file get the same times if both pass all packets.

    Parameters
    ----------
    container : InputContainer
        Container of the file.
    """

    def __init__(self, container: InputContainer) -> None:
        from av.format import Flags
        from av.stream import Disposition

        self._ahead = _AHEAD if container.format.flags & Flags.ts_discont.value else _FAR_AHEAD
        streams: list[Stream] = [*container.streams.video, *container.streams.audio]
        self._places = {
            stream.index: _Place()
            for stream in streams
            if not stream.disposition & Disposition.attached_pic
        }
        self._parts = [_Part(Fraction(0))]

    @property
    def jumped(self) -> bool:
        """Whether the clock has started anew so far."""
        return len(self._parts) > 1

    def __call__(self, packet: Packet[Any]) -> None:
        """Shift the times of the next packet of the file.

        Parameters
        ----------
        packet : Packet
            A packet; those of other streams than pictures and sound are left as they are.
        """
        place = self._places.get(packet.stream.index)
        time = packet.pts if packet.dts is None else packet.dts
        if place is None or time is None or not packet.time_base:
            return
        self._follow(place, packet, time * packet.time_base)
        shift = round(self._parts[place.part].shift / packet.time_base)
        if packet.dts is not None:
            packet.dts += shift
        if packet.pts is not None:
            packet.pts += shift

    def _follow(self, place: _Place, packet: Packet[Any], time: Fraction) -> None:
        """Move a stream to the part of its next packet, and note the times of the packet."""
        shown = time if packet.pts is None else packet.pts * packet.time_base
        can_begin = packet.is_keyframe or packet.stream.type == "audio"
        if self._leaves(place, time, _BACK if can_begin else _FAR_BACK):
            self._move_on(place, time, shown)
        part = self._parts[place.part]
        if place.latest is None:
            place.ends = time, shown
        elif time > place.latest:
            place.step = time - place.latest
        length = (packet.duration or 0) * packet.time_base or place.step
        place.ends = max(place.ends[0], time + length), max(place.ends[1], shown + length)
        place.latest = time if place.latest is None else max(place.latest, time)
        part.latest = time if part.latest is None else max(part.latest, time)
        part.end = max(part.end, place.ends[1] + part.shift)

    def _leaves(self, place: _Place, time: Fraction, back: Fraction) -> bool:
        if place.latest is None:  # the first packet of its stream
            return False
        latest = self._parts[place.part].latest
        return time < place.latest - back or (latest is not None and time > latest + self._ahead)

    def _move_on(self, place: _Place, time: Fraction, shown: Fraction) -> None:
        """Move a stream to the next part that has such a time, a new one if there is none."""
        shift = self._parts[place.part].shift
        shift += max(place.ends[0] - time, place.ends[1] - shown)
        place.latest = None
        while place.part + 1 < len(self._parts):
            place.part += 1
            latest = self._parts[place.part].latest
            if latest is None or abs(time - latest) <= self._ahead:
                return
        shift = max(shift, self._parts[-1].end - _LATE - shown)
        self._parts.append(_Part(shift))
        place.part = len(self._parts) - 1
