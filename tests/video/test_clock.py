"""Clocks of files that do not start at zero, or start anew."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("av")
pytest.importorskip("scipy")

import av

from fastmtcnn.video import Video, VideoWriter

pytestmark = pytest.mark.optional

NUMBER = 15
H264 = ("libx264", "aac")
MPEG = ("mpeg2video", "mp2")
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+delay_moov"}


def part(
    folder: Path, suffix: str, codecs: tuple[str, str | None], offset: Fraction = Fraction(0)
) -> Path:
    """A short video with sound, whose clock starts `offset` seconds later than usual."""
    path = folder / f"part{float(offset)}{suffix}"
    options = {"output_ts_offset": str(float(offset))} | (FRAGMENTS if suffix == ".mp4" else {})
    if offset < 0:
        options["avoid_negative_ts"] = "disabled"
    with av.open(path, "w", options=options) as output:
        video = output.add_stream(codecs[0], 25, width=96, height=64, pix_fmt="yuv420p")
        audio = output.add_stream(codecs[1], 48_000, layout="mono") if codecs[1] else None
        for number in range(NUMBER):
            picture = av.VideoFrame.from_ndarray(
                np.full((64, 96, 3), 9 * number, np.uint8), "rgb24"
            ).reformat(format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            output.mux(video.encode(picture))
            if audio is not None:
                output.mux(audio.encode(silence(number * 1920, 1920)))
        for stream in (video, audio):
            if stream is not None:
                output.mux(stream.encode(None))
    return path


def silence(start: int, number: int) -> av.AudioFrame:
    samples = av.AudioFrame.from_ndarray(np.zeros((1, number), np.int16), "s16", "mono")
    samples.sample_rate, samples.time_base = 48_000, Fraction(1, 48_000)
    samples.pts = start
    return samples


def joined(path: Path, *parts: Path) -> Path:
    path.write_bytes(b"".join(each.read_bytes() for each in parts))
    return path


def times_of(path: Path) -> list[float]:
    return [frame.time for frame in Video(path)]


def copy(source: Path, target: Path) -> None:
    video = Video(source)
    with VideoWriter(target, video) as writer:
        for frame in video:
            writer.write(frame.image, frame)


def sound_times(path: Path) -> list[float]:
    with av.open(path) as container:
        return [float(p.pts * p.time_base) for p in container.demux(audio=0) if p.size]


JOINABLE = [(".ts", H264), (".mpg", MPEG), (".vob", MPEG), (".mkv", H264)]


@pytest.mark.parametrize(("suffix", "codecs"), JOINABLE)
@pytest.mark.parametrize("with_sound", [True, False])
def test_joined_parts_follow_each_other(
    tmp_path: Path, suffix: str, codecs: tuple[str, str], with_sound: bool
) -> None:
    one = part(tmp_path, suffix, codecs if with_sound else (codecs[0], None))
    number = 2 if suffix == ".mkv" else 3  # of Matroska, FFmpeg reads no third one
    video = Video(joined(tmp_path / f"joined{suffix}", *[one] * number))
    times = [frame.time for frame in video]
    assert video.damage is None
    assert len(times) >= number * NUMBER - 1  # FFmpeg drops a frame of some of the joints
    first = len(times_of(one))
    steps = np.diff(times)
    np.testing.assert_allclose(steps[: first - 1], 0.04, atol=0.002)
    assert steps.min() > 0.03
    assert steps.max() < 0.15
    # All parts last as long as the first.
    assert times[-1] - times[0] == pytest.approx((number * NUMBER - 1) / 25, abs=0.2)


def test_sound_and_pictures_of_joined_parts_stay_together(tmp_path: Path) -> None:
    one = part(tmp_path, ".ts", H264)
    copy(joined(tmp_path / "joined.ts", one, one), tmp_path / "copy.mp4")
    copy(one, tmp_path / "one.mp4")
    times, sound = times_of(tmp_path / "copy.mp4"), sound_times(tmp_path / "copy.mp4")
    alone = sound_times(tmp_path / "one.mp4")
    assert len(times) == 2 * NUMBER
    assert len(sound) == 2 * len(alone)
    later = times[NUMBER] - times[0]
    np.testing.assert_allclose(sound[: len(alone)], alone, atol=0.001)
    # One packet of AAC lasts 21 ms; where it would overlap the one before, it is later.
    np.testing.assert_allclose(sound[len(alone) :], np.array(alone) + later, atol=0.045)
    assert np.diff(sound).min() > 0


@pytest.mark.parametrize("offset", [1000, 90_000])
def test_a_clock_that_jumps_far(tmp_path: Path, offset: int) -> None:
    """In both directions; the clock of MPEG counts 26.5 hours."""
    near, far = part(tmp_path, ".ts", H264), part(tmp_path, ".ts", H264, Fraction(offset))
    for number, parts in enumerate([(near, far), (far, near)]):
        times = times_of(joined(tmp_path / f"{number}.ts", *parts))
        assert len(times) == 2 * NUMBER
        assert times[-1] == pytest.approx((2 * NUMBER - 1) / 25, abs=0.2)


def test_a_gap_is_kept(tmp_path: Path) -> None:
    """Of a few seconds, as where a camera has lost its signal."""
    near, later = part(tmp_path, ".ts", H264), part(tmp_path, ".ts", H264, Fraction(5))
    times = times_of(joined(tmp_path / "gap.ts", near, later))
    assert times[NUMBER] - times[0] == pytest.approx(5, abs=0.1)


def test_sound_that_pauses_is_no_new_clock(tmp_path: Path) -> None:
    path = tmp_path / "pause.ts"
    with av.open(path, "w") as output:
        video = output.add_stream("libx264", 2, width=96, height=64, pix_fmt="yuv420p")
        audio = output.add_stream("mp2", 48_000, layout="mono")
        for number in range(60):  # 30 seconds, with sound in the first and the last
            picture = av.VideoFrame.from_ndarray(np.zeros((64, 96, 3), np.uint8), "rgb24")
            picture.pts, picture.time_base = number, Fraction(1, 2)
            output.mux(video.encode(picture))
            if number in (0, 1, 58, 59):
                for piece in range(20):
                    output.mux(audio.encode(silence(number * 24_000 + piece * 1152, 1152)))
        output.mux(video.encode(None))
        output.mux(audio.encode(None))
    times = times_of(path)
    np.testing.assert_allclose(np.diff(times), 0.5, atol=0.001)
    copy(path, tmp_path / "copy.mp4")
    assert sound_times(tmp_path / "copy.mp4")[-1] == pytest.approx(29.9, abs=0.2)


@pytest.mark.parametrize("offset", [0, 3])
@pytest.mark.parametrize(
    ("suffix", "codecs"),
    [
        *JOINABLE,
        (".mp4", H264),
        (".mov", H264),
        (".flv", H264),
        (".webm", ("libvpx-vp9", "libopus")),
        (".wmv", ("wmv2", "mp2")),
    ],
)
def test_times_start_at_the_start(
    tmp_path: Path, suffix: str, codecs: tuple[str, str], offset: int
) -> None:
    times = times_of(part(tmp_path, suffix, codecs, Fraction(offset)))
    assert 0 <= times[0] < 0.1  # the sound may begin a little before
    np.testing.assert_allclose(np.diff(times), 0.04, atol=0.002)


@pytest.mark.parametrize("suffix", [".mkv", ".mov"])
def test_a_clock_that_starts_before_zero(tmp_path: Path, suffix: str) -> None:
    path = part(tmp_path, suffix, ("mpeg4", None), Fraction(-2, 5))
    with av.open(path) as container:
        first = min(p.pts for p in container.demux(video=0) if p.pts is not None)
    times = times_of(path)
    if suffix == ".mkv":
        assert first < 0
    np.testing.assert_allclose(np.diff(times), 0.04, atol=0.002)
    assert 0 <= times[0] < 0.1
