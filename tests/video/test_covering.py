"""Faces are covered also where the detector misses them."""

from __future__ import annotations

import math
import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("av")
pytest.importorskip("scipy")

from PIL import Image

import fastmtcnn
from fastmtcnn import VideoError
from fastmtcnn.video import (
    Frame,
    TrackedFaces,
    Video,
    blur_video,
    detect_tracks,
    detect_video,
)
from fastmtcnn.video.covering import search
from tests.support.helpers import GOLDEN, assert_same_detections, difference
from tests.support.make_video import Boxes, Pixels, scene
from tests.support.missed_faces import (
    FAULTS,
    SIZE,
    Fault,
    Outcome,
    Way,
    ellipses,
    moving_face,
    out_and_in,
    shaken,
    straight,
    swinging,
    write,
)

pytestmark = pytest.mark.optional


@pytest.fixture(scope="module")
def finder() -> fastmtcnn.MTCNN:
    return fastmtcnn.MTCNN(30, num_threads=2)


@pytest.mark.parametrize("number", [1, 4, 12])
@pytest.mark.parametrize("fault", FAULTS)
def test_missed_faces_are_covered(
    tmp_path: Path, finder: fastmtcnn.MTCNN, fault: Fault, number: int
) -> None:
    faulty = {*range(25, 25 + number), *range(50, 50 + number)}
    outcome = Outcome(tmp_path / "clip.mp4", moving_face(80, straight, faulty, fault), finder)
    assert set(outcome.bare_without_guesses) <= faulty
    assert len(outcome.bare_without_guesses) > 0.7 * len(faulty)
    assert outcome.bare == []
    assert outcome.without_need < 0.15


@pytest.mark.parametrize(("way", "pan"), [(swinging, 0), (shaken, 0), (straight, 6)])
def test_however_it_moves(tmp_path: Path, finder: fastmtcnn.MTCNN, way: Way, pan: int) -> None:
    outcome = Outcome(
        tmp_path / "clip.mp4", moving_face(80, way, range(34, 46), "defocus", pan), finder
    )
    assert len(outcome.bare_without_guesses) == 12
    assert outcome.bare == []
    assert outcome.without_need < 0.15


def test_before_the_first_and_after_the_last_detection(
    tmp_path: Path, finder: fastmtcnn.MTCNN
) -> None:
    faulty = {*range(12), *range(68, 80)}
    outcome = Outcome(tmp_path / "clip.mp4", moving_face(80, straight, faulty), finder)
    assert len(outcome.bare_without_guesses) == 24
    assert outcome.bare == []


def test_leaving_and_coming_back(tmp_path: Path, finder: fastmtcnn.MTCNN) -> None:
    outcome = Outcome(tmp_path / "clip.mp4", moving_face(120, out_and_in), finder)
    assert outcome.bare_without_guesses != []  # half of it at the border
    assert outcome.bare == []


def test_crossing(tmp_path: Path, finder: fastmtcnn.MTCNN) -> None:
    """Two of three faces; one is hidden, and counts where it is not."""
    outcome = Outcome(tmp_path / "clip.mp4", (scene(k / 25, SIZE) for k in range(100)), finder)
    assert outcome.bare_without_guesses != []
    assert outcome.bare == []
    assert outcome.without_need < 0.15


def test_nothing_is_guessed_beyond_a_cut(tmp_path: Path, finder: fastmtcnn.MTCNN) -> None:
    with Image.open(GOLDEN / "grace_hopper.png") as photo:
        other = np.array(photo.convert("RGB").resize((1, 240)).resize(SIZE).rotate(180))
    other[:, :, 0] = 255 - other[:, :, 0]

    def scenes() -> Iterator[tuple[Pixels, Boxes]]:
        for number, (picture, box) in enumerate(moving_face(60, straight)):
            yield (picture, box) if number < 30 else (other, np.zeros((0, 4)))

    outcome = Outcome(tmp_path / "clip.mp4", scenes(), finder)
    assert [each.detections.num_faces for each in outcome.frames] == [1] * 30 + [0] * 30


def test_what_is_detected_comes_first_and_unchanged(
    tmp_path: Path, finder: fastmtcnn.MTCNN
) -> None:
    write(tmp_path / "clip.mp4", moving_face(40, straight, range(10, 20)))
    video = Video(tmp_path / "clip.mp4")
    guessed = 0
    for each, alone in zip(detect_tracks(video, finder), detect_video(video, finder), strict=True):
        found = each.detections.select(~each.guessed)
        assert_same_detections(found, alone.detections)
        assert each.guessed.tolist() == sorted(each.guessed.tolist())
        assert (each.detections.scores[each.guessed] == 0).all()
        assert len(each.ids) == each.detections.num_faces
        assert set(each.ids.tolist()) <= {1}
        guessed += int(each.guessed.sum())
    assert guessed >= 10


def test_no_frames_before_and_after(tmp_path: Path, finder: fastmtcnn.MTCNN) -> None:
    faulty = {*range(8), *range(20, 25), *range(32, 40)}
    write(tmp_path / "clip.mp4", moving_face(40, straight, faulty))
    video = Video(tmp_path / "clip.mp4")

    def guessed_on(**options: Any) -> set[int]:
        frames = detect_tracks(video, finder, **options)
        return {each.frame.index for each in frames if each.guessed.any()}

    alone = {each.frame.index for each in detect_video(video, finder) if each.detections.num_faces}
    first, last = min(alone), max(alone)
    gap = set(range(first, last)) - alone
    assert gap >= set(range(20, 25))
    assert guessed_on(before=0, after=0) == gap
    assert guessed_on(before=2, after=3) == gap | {
        *range(first - 2, first),
        *range(last + 1, last + 4),
    }


def test_blur_video(tmp_path: Path, finder: fastmtcnn.MTCNN) -> None:
    """The pixels of every frame's face are changed; those elsewhere are not."""
    faulty = range(15, 27)
    source, target = tmp_path / "clip.mp4", tmp_path / "blurred.mp4"
    truth = write(source, moving_face(40, straight, faulty, "post"))
    assert blur_video(source, target, finder, method="fill", shape="box") == 40
    for before, after, (box,) in zip(Video(source), Video(target), truth, strict=True):
        assert before.time == after.time
        x1, y1, x2, y2 = np.rint(box).astype(int)
        assert after.image[y1 + 4 : y2 - 4, x1 + 4 : x2 - 4].max() < 24  # black, but for coding
        assert difference(after.image[:40], before.image[:40]) < 4


def test_the_covering_of_a_guess_shows(tmp_path: Path, finder: fastmtcnn.MTCNN) -> None:
    """Also where the face itself is out of focus: its cells are larger."""
    source, target = tmp_path / "clip.mp4", tmp_path / "blurred.mp4"
    truth = write(source, moving_face(30, straight, range(12, 18)))
    blur_video(source, target, finder)
    for before, after, boxes in zip(Video(source), Video(target), truth, strict=True):
        if before.index in range(12, 18):
            inside = ellipses(boxes, 0)
            plain = np.asarray(fastmtcnn.blur(before.image, boxes))
            assert difference(after.image[inside], before.image[inside]) > 1.4 * difference(
                plain[inside], before.image[inside]
            )


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"before": -1}, ValueError, "before must be at least 0, got -1"),
        ({"after": 1.5}, TypeError, "after must be a whole number, got 1.5"),
        ({"method": "smear"}, ValueError, "method"),
        ({"margin": 7}, ValueError, "margin"),
    ],
)
def test_wrong_arguments(
    tmp_path: Path,
    finder: fastmtcnn.MTCNN,
    options: dict[str, Any],
    error: type[Exception],
    sentence: str,
) -> None:
    write(tmp_path / "clip.mp4", moving_face(2, straight))
    with pytest.raises(error, match=sentence):
        blur_video(tmp_path / "clip.mp4", tmp_path / "copy.mp4", finder, **options)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


@pytest.mark.parametrize(("number", "sentence"), [(30, "other frames"), (10, "fewer frames")])
def test_a_video_that_changes_is_not_shown(
    tmp_path: Path, finder: fastmtcnn.MTCNN, number: int, sentence: str
) -> None:
    """A frame that was not searched must not pass for one without faces."""
    path = tmp_path / "clip.mp4"
    write(path, moving_face(20, straight))
    video = Video(path)
    found = search(video, finder)
    write(tmp_path / "other.mp4", moving_face(number, straight))
    shutil.move(tmp_path / "other.mp4", path)
    shown: list[TrackedFaces] = []
    with pytest.raises(VideoError, match=f"has {sentence} than when it was searched"):
        shown.extend(found.show(video))
    assert len(shown) <= 20


def test_pictures_are_not_kept(tmp_path: Path, finder: fastmtcnn.MTCNN) -> None:
    write(tmp_path / "clip.mp4", moving_face(60, straight, range(20, 30)))
    alive: weakref.WeakSet[Frame] = weakref.WeakSet()
    most = 0

    class Counted(Video):
        def __iter__(self) -> Iterator[Frame]:
            nonlocal most
            for frame in super().__iter__():
                alive.add(frame)
                most = max(most, len(alive))
                yield frame

    number = sum(1 for _ in detect_tracks(Counted(tmp_path / "clip.mp4"), finder))
    assert number == 60
    assert 1 <= most <= 8


def test_roi(tmp_path: Path, finder: fastmtcnn.MTCNN) -> None:
    write(tmp_path / "clip.mp4", moving_face(10, straight))
    video = Video(tmp_path / "clip.mp4")
    for roi, number in (((0, 0, *SIZE), 10), ((200, 0, 320, 240), 0)):
        found = detect_tracks(video, finder, roi=roi)
        assert sum(each.detections.num_faces for each in found) == number
    assert math.isfinite(next(detect_tracks(video, finder)).detections.boxes.sum())
