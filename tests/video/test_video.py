"""Videos: their frames, the faces in them, and videos made of them."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("av")
pytest.importorskip("scipy")

import av

import fastmtcnn
from fastmtcnn import Detections, Tracker, VideoError
from fastmtcnn.extras import MissingExtraError
from fastmtcnn.video import Frame, Video, VideoWriter, detect_video, map_video
from tests.support.boxes import iou
from tests.support.helpers import GOLDEN, assert_same_detections, difference
from tests.support.make_video import CAST, TONE, Boxes, make_video, regular, scene

pytestmark = pytest.mark.optional

SIZE = (320, 240)
NUMBER = 100  # frames, in which two faces cross
# Steps of 20 to 60 milliseconds.
UNEVEN = list(np.cumsum([0] + [Fraction(20 + 7 * k % 41, 1000) for k in range(29)]))


class Clip:
    """A video, and where its faces are."""

    def __init__(self, path: Path, number: int = NUMBER, **options: Any) -> None:
        self.path = path
        self.truth: list[Boxes] = make_video(path, regular(number), SIZE, **options)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return Clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return Clip(tmp_path_factory.mktemp("short") / "short.mp4", 12)


@pytest.fixture(scope="module")
def finder() -> fastmtcnn.MTCNN:
    return fastmtcnn.MTCNN(30, num_threads=2)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def copy(source: Path, target: Path) -> Video:
    """Write the same pictures again, and return the new video."""
    video = Video(source)
    with VideoWriter(target, video) as writer:
        for frame in video:
            writer.write(frame.image, frame)
    return Video(target)


def sound_of(path: Path) -> list[tuple[float, bytes]]:
    """Times and contents of all packets of sound."""
    with av.open(path) as container:
        if not container.streams.audio:
            return []
        packets = container.demux(container.streams.audio[0])
        return [(float(p.pts * p.time_base), bytes(p)) for p in packets if p.size]


def loudest_tone(path: Path) -> float:
    with av.open(path) as container:
        (stream,) = container.streams.audio
        samples = np.concatenate([f.to_ndarray().mean(axis=0) for f in container.decode(stream)])
        spectrum = np.abs(np.fft.rfft(samples))
        return float(spectrum.argmax() * stream.codec_context.sample_rate / len(samples))


# Reading


def test_frames(clip: Clip) -> None:
    video = Video(clip.path)
    assert (video.width, video.height) == SIZE
    assert (video.frame_rate, video.num_frames, video.pixel_aspect) == (25, NUMBER, 1)
    frames = list(video)
    assert [frame.index for frame in frames] == list(range(NUMBER))
    assert [frame.time for frame in frames] == [k / 25 for k in range(NUMBER)]
    for frame in frames[::10]:
        expected, _ = scene(frame.time, SIZE)
        assert (frame.image.shape, str(frame.image.dtype)) == (expected.shape, "uint8")
        assert frame.image.flags.c_contiguous
        assert difference(frame.image, expected) < 6
    assert difference(frames[0].image, frames[50].image) > 20
    assert video.damage is None


def test_a_video_can_be_read_again(short: Clip) -> None:
    video = Video(str(short.path))
    first = [frame.image for frame in video]
    for one, other in zip(video, first, strict=True):
        np.testing.assert_array_equal(one.image, other)
    for frame in video:  # and left
        assert frame.index == 0
        break


def test_uneven_times(tmp_path: Path) -> None:
    path = tmp_path / "uneven.mkv"
    make_video(path, UNEVEN, SIZE, time_base=Fraction(1, 1000), sound="flac")
    assert [frame.time for frame in Video(path)] == [float(time) for time in UNEVEN]


def test_start_of_the_clock(tmp_path: Path, short: Clip) -> None:
    path = tmp_path / "late.ts"
    later = {"output_ts_offset": "3"}
    with av.open(short.path) as source, av.open(path, "w", options=later) as target:
        streams = {s.index: target.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    with av.open(path) as late:
        assert late.start_time > 2_900_000
    times = [frame.time for frame in Video(path)]
    assert len(times) == 12
    assert 0 <= times[0] < 0.05  # the sound may begin a little before
    np.testing.assert_allclose(np.diff(times), 1 / 25, atol=1e-4)
    written = copy(path, tmp_path / "early.mp4")
    np.testing.assert_allclose([frame.time for frame in written], times, atol=1e-4)


# Turned by the display matrix, whose rows are a b u, c d v, x y w: x' = a x + c y, y' = b x + d y.
TURNS: dict[tuple[int, int, int, int], Callable[[NDArray[Any]], NDArray[Any]]] = {
    (1, 0, 0, 1): lambda pixels: pixels,
    (0, 1, -1, 0): lambda pixels: np.rot90(pixels, -1),
    (-1, 0, 0, -1): lambda pixels: np.rot90(pixels, 2),
    (0, -1, 1, 0): lambda pixels: np.rot90(pixels),
    (-1, 0, 0, 1): np.fliplr,
    (1, 0, 0, -1): np.flipud,
    (0, 1, 1, 0): lambda pixels: np.swapaxes(pixels, 0, 1),
    (0, -1, -1, 0): lambda pixels: np.rot90(np.swapaxes(pixels, 0, 1), 2),
}


def turned(source: Path, target: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Change the matrix in the header of an MP4's first track."""
    content = bytearray(source.read_bytes())
    start = content.index(b"tkhd") + 4 + 4 + 5 * 4 + 2 * 4 + 4 * 2
    assert struct.unpack_from(">9i", content, start)[::4] == (1 << 16, 1 << 16, 1 << 30)
    a, b, c, d = (number << 16 for number in matrix)
    struct.pack_into(">9i", content, start, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    target.write_bytes(content)
    return target


@pytest.mark.parametrize("matrix", TURNS)
def test_display_matrix(short: Clip, tmp_path: Path, matrix: tuple[int, int, int, int]) -> None:
    path = turned(short.path, tmp_path / "turned.mp4", matrix)
    video = Video(path)
    assert (video.width, video.height) == (SIZE if matrix[0] else SIZE[::-1])
    for upright, stored in zip(video, Video(short.path), strict=True):
        np.testing.assert_array_equal(upright.image, TURNS[matrix](stored.image))
    written = copy(path, tmp_path / "upright.mp4")
    assert (written.width, written.height) == (video.width, video.height)
    assert difference(next(iter(written)).image, next(iter(video)).image) < 4
    with av.open(written.path) as container:
        stored_size = container.streams.video[0].width, container.streams.video[0].height
    assert stored_size == (video.width, video.height)


def test_faces_of_a_turned_video(short: Clip, tmp_path: Path, finder: fastmtcnn.MTCNN) -> None:
    path = turned(short.path, tmp_path / "turned.mp4", (0, 1, -1, 0))
    assert next(detect_video(Video(path), finder)).detections.num_faces == 0  # all lie on one side
    upright = next(detect_video(Video(short.path), finder))
    assert upright.detections.num_faces == 3


def test_pixels_that_are_not_square(short: Clip, tmp_path: Path) -> None:
    path = tmp_path / "wide.mkv"
    with av.open(path, "w") as output:
        stream = output.add_stream("libx264", 25, width=64, height=48, pix_fmt="yuv420p")
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    assert Video(path).pixel_aspect == Fraction(4, 3)
    assert copy(path, tmp_path / "copy.mp4").pixel_aspect == Fraction(4, 3)


# What cannot be read


def broken(kind: str, short: Clip, folder: Path) -> Path:
    path = folder / f"{kind}.mp4"
    content = short.path.read_bytes()
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(
            {
                "empty": b"",
                "text": b"#EXTM3U\nhttp://localhost/secret.ts\n" * 50,
                "photo": (GOLDEN / "astronaut.png").read_bytes(),
                "cut": content[: len(content) // 2],  # its index was at the end
                "noise": content[:40] + np.random.default_rng(1).bytes(20_000),
            }[kind]
        )
    return path


@pytest.mark.parametrize("kind", ["empty", "text", "photo", "cut", "noise"])
def test_no_video(
    kind: str, short: Clip, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = broken(kind, short, tmp_path)
    with pytest.raises(VideoError, match=r"\.mp4': not a video in a format that is read"):
        Video(path)
    assert capfd.readouterr() == ("", "")


def test_no_file(short: Clip, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Video(broken("missing", short, tmp_path))
    with pytest.raises(OSError, match="directory"):
        Video(broken("folder", short, tmp_path))


def test_addresses_are_not_opened() -> None:
    with pytest.raises(VideoError, match="must be a file on this machine, got a URL"):
        Video("http://localhost:1/video.mp4")


def make_music(path: Path, cover: bool) -> Path:
    with av.open(path, "w") as output:
        audio = output.add_stream("aac", 48_000, layout="mono")
        picture = None
        if cover:
            picture = output.add_stream("mjpeg", 1, width=64, height=64, pix_fmt="yuvj420p")
            picture.disposition = av.stream.Disposition.attached_pic.value
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), "f4"), "fltp", "mono")
        samples.sample_rate = 48_000
        output.mux(audio.encode(samples))
        output.mux(audio.encode(None))
        if picture is not None:
            pixels = np.zeros((64, 64, 3), np.uint8)
            output.mux(picture.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
            output.mux(picture.encode(None))
    return path


@pytest.mark.parametrize("cover", [False, True])
def test_sound_only(tmp_path: Path, cover: bool) -> None:
    path = make_music(tmp_path / "music.mp4", cover)
    with pytest.raises(VideoError, match=r"music\.mp4': has no video, only sound"):
        Video(path)


def streamed(short: Clip, folder: Path) -> bytes:
    """The same in a container that can be read up to where it is cut."""
    path = folder / "whole.mkv"
    copy(short.path, path)
    return path.read_bytes()


def test_truncated(clip: Clip, tmp_path: Path) -> None:
    content = streamed(clip, tmp_path)
    path = tmp_path / "cut.mkv"
    path.write_bytes(content[: len(content) // 2])
    video = Video(path)
    frames = list(video)
    assert 10 < len(frames) < 90
    assert video.damage is not None
    assert video.damage.startswith("ends after ")
    assert video.damage.endswith(" of 4.0 seconds")
    for frame in frames[:10]:
        assert difference(frame.image, scene(frame.index / 25, SIZE)[0]) < 8


def test_damaged_in_the_middle(clip: Clip, tmp_path: Path) -> None:
    content = bytearray(clip.path.read_bytes())
    middle = len(content) // 3
    content[middle : middle + 3000] = np.random.default_rng(5).bytes(3000)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    video = Video(path)
    assert len(list(video)) > NUMBER // 2
    assert video.damage is not None
    assert video.damage.startswith("is damaged in ")
    list(Video(clip.path))


# Writing


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".mkv", ".webm"])
def test_writing_is_silent(
    short: Clip,
    tmp_path: Path,
    suffix: str,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """PyAV logs options that a container does not have, which programs show on standard error."""
    copy(short.path, tmp_path / f"copy{suffix}")
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".mkv", ".webm"])
def test_everything_is_kept_but_the_pictures(clip: Clip, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"copy{suffix}"
    written = copy(clip.path, target)
    assert names(tmp_path) == {target.name}
    assert (written.width, written.height) == SIZE
    exact = suffix in (".mp4", ".m4v", ".mov")
    if exact:
        assert written.time_base == Video(clip.path).time_base
    old, new = list(Video(clip.path)), list(written)
    # The sound begins before the pictures, which Matroska cannot say.
    later = 0.021 if suffix == ".mkv" else 0
    tolerance = 0 if exact else 0.0006
    np.testing.assert_allclose(
        [frame.time for frame in new], [frame.time + later for frame in old], atol=tolerance
    )
    for before, after in list(zip(old, new, strict=True))[::10]:
        assert difference(after.image, before.image) < 6
    old_sound, new_sound = sound_of(clip.path), sound_of(target)
    if suffix == ".webm":
        assert loudest_tone(target) == pytest.approx(TONE, abs=2)
    else:
        assert [content for _, content in new_sound] == [content for _, content in old_sound]
        np.testing.assert_allclose(
            [time for time, _ in new_sound],
            [time + later for time, _ in old_sound],
            atol=tolerance + 1e-9,
        )
    with av.open(target) as container:
        assert container.duration / 1e6 == pytest.approx(NUMBER / 25, abs=0.05)
        (video,) = container.streams.video
        assert video.codec_context.pix_fmt == "yuv420p"
        assert video.codec_context.name in ("h264", "vp9", "libvpx-vp9")


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="needs ffprobe")
def test_ffprobe_agrees(clip: Clip, tmp_path: Path) -> None:
    target = tmp_path / "copy.mp4"
    copy(clip.path, target)
    shown = "format=duration:stream=codec_name,width,height,pix_fmt,avg_frame_rate,time_base,"
    command = ["ffprobe", "-v", "error", "-count_frames", "-of", "json", "-show_entries"]
    found = []
    for path in (clip.path, target):
        done = subprocess.run(
            [*command, shown + "nb_read_frames,duration,start_time,sample_rate", path],
            check=True,
            capture_output=True,
            text=True,
        )
        assert done.stderr == ""
        found.append(json.loads(done.stdout))
    assert found[0]["streams"] == found[1]["streams"]
    assert found[0]["format"] == found[1]["format"]
    assert found[1]["streams"][0]["nb_read_frames"] == str(NUMBER)
    assert found[1]["streams"][1]["codec_name"] == "aac"


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_uneven_times_are_kept(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "uneven.mkv"
    make_video(path, UNEVEN, SIZE, time_base=Fraction(1, 1000), sound="flac")
    written = copy(path, tmp_path / f"copy{suffix}")
    assert [frame.time for frame in written] == [float(time) for time in UNEVEN]


def test_without_sound(tmp_path: Path) -> None:
    silent = Clip(tmp_path / "silent.mp4", 5, sound=None)
    written = copy(silent.path, tmp_path / "copy.mp4")
    with av.open(written.path) as container:
        assert [stream.type for stream in container.streams] == ["video"]
    assert len(list(written)) == 5


@pytest.mark.parametrize(
    ("source", "sound", "target", "codec"),
    [
        (".mkv", "mp3", ".mp4", "mp3"),
        (".mkv", "flac", ".mov", "aac"),
        (".mkv", "pcm_s16le", ".webm", "opus"),
        (".webm", "libopus", ".mov", "aac"),
        (".webm", "libopus", ".webm", "opus"),
    ],
)
def test_sound_becomes_another_only_if_it_must(
    tmp_path: Path, source: str, sound: str, target: str, codec: str
) -> None:
    video = "libvpx-vp9" if source == ".webm" else "libx264"
    clip = Clip(tmp_path / f"clip{source}", 25, sound=sound, codec=video)
    path = tmp_path / f"copy{target}"
    copy(clip.path, path)
    with av.open(path) as container:
        (stream,) = container.streams.audio
        assert stream.codec_context.name.removeprefix("lib").removesuffix("float") == codec
        seconds = sum(frame.samples for frame in container.decode(stream)) / stream.rate
    assert seconds == pytest.approx(1.0, abs=0.06)
    assert loudest_tone(path) == pytest.approx(TONE, abs=3)


def test_two_tracks_of_sound(tmp_path: Path, short: Clip) -> None:
    path = tmp_path / "two.mkv"
    with av.open(short.path) as one, av.open(short.path) as two, av.open(path, "w") as target:
        streams = [target.add_stream_from_template(stream) for stream in one.streams]
        streams.append(target.add_stream_from_template(two.streams.audio[0]))
        streams[1].metadata["language"], streams[2].metadata["language"] = "ger", "eng"
        for source, shift in ((one, 0), (two, 1)):
            for packet in source.demux(*list(source.streams)[shift:]):
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index + shift]
                    target.mux(packet)
    copy(path, tmp_path / "copy.mp4")
    with av.open(tmp_path / "copy.mp4") as container:
        assert [stream.language for stream in container.streams.audio] == ["ger", "eng"]
        packets = [p for p in container.demux(container.streams.audio[1]) if p.size]
        assert [bytes(p) for p in packets] == [content for _, content in sound_of(short.path)]


def test_odd_size(tmp_path: Path) -> None:
    path = tmp_path / "odd.mkv"
    make_video(path, regular(5), (161, 121), pix_fmt="yuv444p")
    video = Video(path)
    assert (video.width, video.height) == (161, 121)
    written = copy(path, tmp_path / "even.mp4")
    assert (written.width, written.height) == (162, 122)
    for old, new in zip(video, written, strict=True):
        assert difference(new.image[:121, :161], old.image) < 6
        assert difference(new.image[121, :161], old.image[120]) < 12


@pytest.mark.parametrize("colorspace", [1, 2, 5, 6])  # BT.709, none said, BT.601 for 625, 525 lines
@pytest.mark.parametrize("color_range", [1, 2])  # limited, full
def test_colours_are_kept(tmp_path: Path, colorspace: int, color_range: int) -> None:
    """Of saturated colours, of which another colour space would make others."""
    path = tmp_path / "colours.mp4"
    rng = np.random.default_rng(2)
    pixels = rng.integers(30, 226, (4, 6, 3), dtype=np.uint8).repeat(16, 0).repeat(16, 1)
    with av.open(path, "w") as output:
        options = {"width": 96, "height": 64, "pix_fmt": "yuv420p"}
        stream = output.add_stream("libx264", 25, options={"crf": "4"}, **options)
        stream.codec_context.colorspace = colorspace
        stream.codec_context.color_range = color_range
        frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(
            format="yuv420p", dst_colorspace=colorspace, dst_color_range=color_range
        )
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    (before,) = Video(path)
    assert difference(before.image, pixels) < 4
    (after,) = copy(path, tmp_path / "copy.mp4")
    assert difference(after.image, before.image) < 3
    assert (after.picture.colorspace, after.picture.color_range) == (
        before.picture.colorspace,
        before.picture.color_range,
    )


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, MemoryError])
@pytest.mark.parametrize("number", [0, 5])
def test_what_fails_leaves_the_old_file(
    short: Clip, tmp_path: Path, error: type[BaseException], number: int
) -> None:
    target = tmp_path / "copy.mp4"
    target.write_bytes(b"old")
    video = Video(short.path)

    def write_some() -> None:
        with VideoWriter(target, video) as writer:
            for frame in video:
                if frame.index == number:
                    raise error
                writer.write(frame.image, frame)

    with pytest.raises(error):
        write_some()
    assert names(tmp_path) == {"copy.mp4"}
    assert target.read_bytes() == b"old"


def test_no_frame(short: Clip, tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "copy.mp4", Video(short.path))
    with pytest.raises(VideoError, match="at least one frame"), writer:
        pass
    assert names(tmp_path) == set()


def test_wrong_pictures(short: Clip, tmp_path: Path) -> None:
    video = Video(short.path)
    frame = next(iter(video))
    wrong: list[tuple[Any, type[Exception], str]] = [
        (frame.image[:-1], ValueError, "must be 320x240, got 320x239"),
        (frame.image.astype(float), TypeError, "must be uint8"),
        (None, TypeError, "an image must be"),
    ]
    for picture, error, sentence in wrong:
        writer = VideoWriter(tmp_path / "copy.mp4", video)
        with pytest.raises(error, match=sentence), writer:
            writer.write(picture, frame)
    assert names(tmp_path) == set()


def test_wrong_targets(short: Clip, tmp_path: Path) -> None:
    video = Video(short.path)
    for name in ("copy", "copy.avi", "copy.txt"):
        with pytest.raises(ValueError, match=r"suffix .* must be one of '\.mp4', "):
            VideoWriter(tmp_path / name, video)
    (tmp_path / "link.mp4").symlink_to(short.path)
    with pytest.raises(ValueError, match=r"link\.mp4' is the video that is read"):
        VideoWriter(tmp_path / "link.mp4", video)
    with pytest.raises(FileNotFoundError) as caught:
        copy(short.path, tmp_path / "nowhere" / "copy.mp4")
    assert caught.value.filename == str(tmp_path / "nowhere" / "copy.mp4")


def test_full_disk(short: Clip, tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    (tmp_path / "copy.mkv").symlink_to(full)
    with pytest.raises(OSError, match="No space left"):
        copy(short.path, tmp_path / "copy.mkv")


# Faces


def test_faces_equal_those_of_single_frames(short: Clip, finder: fastmtcnn.MTCNN) -> None:
    video = Video(short.path)
    found = list(detect_video(video, finder))
    assert [faces.frame.index for faces in found] == list(range(12))
    assert {faces.searched for faces in found} == {True}
    assert {faces.ids for faces in found} == {None}
    for faces, frame in zip(found, video, strict=True):
        assert_same_detections(faces.detections, finder.detect(frame.image))


@pytest.mark.parametrize("every", [2, 5, 12, 100])
def test_every_so_many_frames(short: Clip, finder: fastmtcnn.MTCNN, every: int) -> None:
    all_faces = [faces.detections for faces in detect_video(Video(short.path), finder)]
    found = list(detect_video(Video(short.path), finder, every=every))
    assert [faces.frame.index for faces in found] == list(range(12))
    for k, faces in enumerate(found):
        assert faces.searched == (k % every == 0)
        assert_same_detections(faces.detections, all_faces[k - k % every])


@pytest.mark.parametrize("every", [2, 5])
def test_faces_move_on_between_searched_frames(
    clip: Clip, finder: fastmtcnn.MTCNN, every: int
) -> None:
    """The boxes moved on lie nearer to where the faces are than boxes that stay."""
    tracker = Tracker()
    moving = list(detect_video(Video(clip.path), finder, every=every, tracker=tracker))
    staying = list(detect_video(Video(clip.path), finder, every=every))
    assert [faces.frame.index for faces in moving] == list(range(NUMBER))
    errors = {"moving": 0.0, "staying": 0.0}
    for k in (k for k in range(2 * every, 40) if k % every):
        for name, faces in (("moving", moving[k]), ("staying", staying[k])):
            assert faces.detections.num_faces == 3
            for box in clip.truth[k]:
                middle = faces.detections.boxes.reshape(-1, 2, 2).mean(axis=1)
                apart = np.linalg.norm(middle - box.reshape(2, 2).mean(axis=0), axis=1)
                errors[name] += apart.min()
    assert errors["moving"] < 0.8 * errors["staying"]


@pytest.mark.parametrize("every", [0, -1, 1.5, True])
def test_wrong_every(short: Clip, finder: fastmtcnn.MTCNN, every: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="every must be a whole number"):
        detect_video(Video(short.path), finder, every=every)


@pytest.mark.parametrize("every", [1, 3])
def test_one_id_for_each_face(clip: Clip, finder: fastmtcnn.MTCNN, every: int) -> None:
    """Though the first of them is hidden by the second for half a second."""
    found = list(detect_video(Video(clip.path), finder, every=every, tracker=Tracker()))
    ids_of: list[set[int]] = [set() for _ in CAST]
    seen = np.zeros(len(CAST), int)
    for faces in (faces for faces in found if faces.searched):
        assert faces.ids is not None
        truth = clip.truth[faces.frame.index]
        for box, number in zip(faces.detections.boxes, faces.ids, strict=True):
            overlaps = [iou(box, true_box) for true_box in truth]
            actor = int(np.argmax(overlaps))
            assert overlaps[actor] > 0.3  # of what is half hidden, a part is found
            ids_of[actor].add(int(number))
            seen[actor] += 1
    assert [len(ids) for ids in ids_of] == [1, 1, 1]
    assert len(set.union(*ids_of)) == 3
    number = len(range(0, NUMBER, every))
    assert seen[1] == seen[2] == number
    assert number * 0.7 < seen[0] < number


def test_frames_are_decoded_while_others_are_searched(short: Clip) -> None:
    """The detector never stands still: two frames are taken before the first result."""
    taken: list[int] = []

    def frames() -> Iterator[Frame]:
        for frame in Video(short.path):
            taken.append(frame.index)
            yield frame

    found = detect_video(frames(), fastmtcnn.MTCNN(20, num_threads=2))
    assert next(found).frame.index == 0
    assert len(taken) >= 1
    assert len(taken) <= 4
    assert [faces.frame.index for faces in found] == list(range(1, 12))
    assert taken == list(range(12))


def test_map_video(short: Clip, tmp_path: Path, finder: fastmtcnn.MTCNN) -> None:
    target = tmp_path / "faces.mp4"
    assert map_video(short.path, target, finder, fastmtcnn.draw) == 12
    assert sound_of(target) == sound_of(short.path)
    before, after = Video(short.path), Video(target)
    for old, new in zip(before, after, strict=True):
        expected = np.asarray(fastmtcnn.draw(old.image, finder.detect(old.image)))
        assert difference(new.image, expected) < 6
        assert difference(new.image, expected) < difference(new.image, old.image) / 1.5


def test_map_video_with_a_failing_function(
    short: Clip, tmp_path: Path, finder: fastmtcnn.MTCNN
) -> None:
    def fail(image: NDArray[np.uint8], detections: Detections) -> NDArray[np.uint8]:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        map_video(short.path, tmp_path / "faces.mp4", finder, fail)
    assert names(tmp_path) == set()


def test_missing_av(monkeypatch: pytest.MonkeyPatch, short: Clip) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "av"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtraError, match=r'needs av.*pip install "fastmtcnn\[video\]"'):
        Video(short.path)


def test_importing_does_not_import_what_videos_need() -> None:
    code = "import fastmtcnn, fastmtcnn.video, sys; print({'av', 'scipy'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"
