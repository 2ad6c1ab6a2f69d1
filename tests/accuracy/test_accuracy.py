"""How well faces are found in pictures whose truth is known, against what is recorded of it.

It guards against what no other test sees: that something is made faster, or simpler, and finds a
little less, or a little beside. A change that is meant to find other faces records anew, by
`python tests/accuracy/record.py`, which prints what has changed. docs/guard.md shows the levels.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageFilter
import pytest
from numpy.typing import NDArray

from docs.pictures import guard
from fastmtcnn import Detections
from tests.accuracy import collages, damage, measure, pasting
from tests.accuracy.measure import Level, compare, differences, differences_of_all, together
from tests.accuracy.truth import Marked
from tests.accuracy.ways import WAYS
from tests.support.helpers import ROOT, encoded

MEANS, RECORDED = measure.read()


# ---- the levels

# Those that are measured in every run; the others are slow.
QUICK = {("default", "golden"), ("default", "size"), ("default", "faceless")}


@pytest.mark.parametrize(
    ("way", "name"),
    [
        pytest.param(way, name, marks=[] if (way, name) in QUICK else [pytest.mark.slow])
        for way, each in WAYS.items()
        for name in each.series
    ],
)
def test_level(way: str, name: str) -> None:
    recorded = RECORDED[WAYS[way].like][name]
    assert differences(levels(way, name), recorded) == []


@pytest.mark.slow
def test_all_levels() -> None:
    now = {name: levels("default", name) for name in WAYS["default"].series}
    assert differences_of_all(now, RECORDED["default"]) == []


def test_all_that_is_recorded_is_measured() -> None:
    measured = {way: each.series for way, each in WAYS.items() if each.like == way}
    assert {way: tuple(each) for way, each in RECORDED.items()} == measured


def test_pictures_are_those_of_the_record() -> None:
    means = measure.means()
    assert list(means) == list(MEANS)
    assert max(abs(means[name] - MEANS[name]) for name in means) < 0.1


@cache
def levels(way: str, name: str) -> dict[str, Level]:
    return measure.measure(name, detect(way))


@cache
def detect(way: str) -> measure.Detect:
    return WAYS[way].make()


def test_the_page_tells_the_levels() -> None:
    assert guard.table() in (ROOT / "docs" / "guard.md").read_text(encoding="utf-8")


# ---- that a loss would be seen


def judged(change: Callable[[Detections], Detections]) -> list[str]:
    now = measure.measure("size", lambda images: [change(each) for each in found(images)])
    return differences(now, RECORDED["default"]["size"])


def found(images: Sequence[Any]) -> list[Detections]:
    if not FOUND:
        FOUND.extend(detect("default")(images))
    return FOUND


FOUND: list[Detections] = []


def shifted(landmarks: float = 0, boxes: float = 0) -> Callable[[Detections], Detections]:
    return lambda all_: all_._replace(
        landmarks=all_.landmarks + np.float32(landmarks), boxes=all_.boxes + np.float32(boxes)
    )


def first(share: float) -> Callable[[Detections], Detections]:
    return lambda all_: all_.select(range(round(share * all_.num_faces)))


def twice(all_: Detections) -> Detections:
    return Detections(*(np.concatenate([part, part[:2]]) for part in all_))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (shifted(landmarks=0.25), "all together: error is "),
        (shifted(boxes=0.5), "all together: overlap is "),
        (first(0.9), "40: found is "),
        (twice, "40: false is "),
        (lambda all_: all_._replace(landmarks=all_.landmarks[:, [1, 0, 2, 4, 3]]), "40: error is "),
    ],
    ids=["landmarks 1/4 pixel off", "boxes 1/2 pixel off", "a tenth lost", "duplicates", "sides"],
)
def test_a_loss_would_be_seen(change: Callable[[Detections], Detections], says: str) -> None:
    assert judged(lambda all_: all_) == []
    assert any(line.startswith(says) for line in judged(change))


def test_a_small_loss_everywhere_would_be_seen() -> None:
    recorded = RECORDED["default"]
    worse = {
        name: {level: row._replace(overlap=row.overlap - 0.001) for level, row in rows.items()}
        for name, rows in recorded.items()
    }
    assert [differences(worse[name], recorded[name]) for name in recorded] == [[]] * len(recorded)
    assert any("overlap is " in line for line in differences_of_all(worse, recorded))


def test_a_gain_would_be_seen() -> None:
    """By hand: 22 of 24 faces are found where 20 are recorded."""
    row = Level(24, 20, 0, 0.7, 0.6, 0.05, 0.1)
    assert differences({"a": row._replace(found=21)}, {"a": row}) == []
    assert differences({"a": row._replace(found=22)}, {"a": row}) == [
        "a: found is 22, recorded is 20",
        "all together: found is 22, recorded is 20",
    ]


# ---- the measures


def detections(*rows: tuple[float, float, float, float, float]) -> Detections:
    """Boxes and scores; the landmarks are one pixel to the right of where TRUTH has them."""
    table = np.array(rows, np.float32).reshape(-1, 5)
    landmarks = np.tile(POINTS + np.array([1, 0]), (len(table), 1, 1)).astype(np.float32)
    return Detections(table[:, :4], table[:, 4], landmarks)


POINTS = np.array([[20.0, 20], [40, 20], [30, 30], [22, 40], [38, 40]])
TRUTH = pasting.Picture(
    np.zeros((1, 1, 3), np.uint8),
    np.array([[10.0, 10, 50, 50], [100, 100, 140, 140]]),
    np.stack([POINTS, POINTS + 90]),
)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], Level(2, 0, 0, 0.0, 0.0, 0.0, 0.0)),
        ([(10, 10, 50, 50, 0.9)], Level(2, 1, 0, 1.0, 1.0, 0.05, 0.05)),
        # 30 of 40 columns are common: 1200 / 2000. The second is one too many, though it is better.
        (
            [(20, 10, 60, 50, 0.9), (10, 10, 50, 50, 0.8)],
            Level(2, 1, 1, 0.6, 0.6, 0.05, 0.05),
        ),
        # 26 of 40: 1040 / 2160 is too little.
        ([(24, 10, 64, 50, 0.9)], Level(2, 0, 1, 0.0, 0.0, 0.0, 0.0)),
        # The other face is 89 to the right and 90 below: 126.57, where eyes are 20 apart.
        (
            [(10, 10, 50, 50, 0.9), (100, 100, 140, 130, 0.8)],
            Level(2, 2, 0, 0.875, 0.75, 3.1894, 6.3287),
        ),
    ],
    ids=["none", "one", "a duplicate", "beside", "both"],
)
def test_compare(rows: list[Any], expected: Level) -> None:
    """Computed by hand."""
    level = measure.level([compare(detections(*rows), TRUTH)])
    assert level[:3] == expected[:3]
    np.testing.assert_allclose(level, expected, atol=1e-4)


def test_together() -> None:
    """Of three faces and one, by hand; and the picture without a face found does not count."""
    rows = [
        Level(4, 3, 1, 0.8, 0.7, 0.04, 0.1),
        Level(4, 1, 0, 0.6, 0.6, 0.08, 0.08),
        Level(4, 0, 2, 0.0, 0.0, 0.0, 0.0),
    ]
    np.testing.assert_allclose(together(rows), Level(12, 4, 3, 0.75, 0.6, 0.05, 0.1))


# ---- the pictures


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("height", "roll"), [(30, 0), (50, 37), (120, -115), (200, 180)])
def test_truth_is_where_it_is_pasted(height: float, roll: float, mirrored: bool) -> None:
    """Dots at the landmarks and an ellipse in the box are found where the truth says."""
    face = Marked(
        "none",
        box=np.array([60.0, 50, 140, 150]),
        landmarks=np.array([[80.0, 90], [122, 88], [103, 108], [85, 130], [118, 127]]),
        head=np.array([20.0, 10, 180, 190]),
    )
    y, x = np.mgrid[:200, :200] + 0.5
    placed = pasting.Placed(face, (200.3, 210.8), height, roll, mirrored)
    box, landmarks = placed.truth()
    ground = np.zeros((420, 400, 3), np.float32)

    def seen(photo: NDArray[Any]) -> NDArray[np.float64]:
        pixels = np.repeat(255 * photo[:, :, None], 3, axis=2).astype(np.float32)
        return pasting.compose(ground, [(placed, pixels)]).pixels[:, :, 0].astype(float)

    rows, columns = np.mgrid[:420, :400] + 0.5
    for k, landmark in enumerate(face.landmarks):
        dot = seen(np.exp(-((x - landmark[0]) ** 2 + (y - landmark[1]) ** 2) / 32))
        centroid = [(columns * dot).sum() / dot.sum(), (rows * dot).sum() / dot.sum()]
        side = [1, 0, 2, 4, 3][k] if mirrored else k
        np.testing.assert_allclose(centroid, landmarks[side], atol=0.05)
    ellipse = seen(((x - 100) / 40) ** 2 + ((y - 100) / 50) ** 2 < 1) > 127
    across, down = np.flatnonzero(ellipse.any(axis=0)), np.flatnonzero(ellipse.any(axis=1))
    extents = [across[0], down[0], across[-1] + 1, down[-1] + 1]
    np.testing.assert_allclose(box, extents, atol=0.7)


def test_later_faces_cover_earlier_ones() -> None:
    face = Marked(
        "none", *(np.array(part) for part in ([4.0, 4, 16, 16], [[9.0, 9]] * 5, [0.0, 0, 20, 20]))
    )
    both = [pasting.Placed(face, (x, 20), 12) for x in (20, 25)]
    photos = [np.full((20, 20, 3), grey, np.float32) for grey in (50, 200)]
    picture = pasting.compose(
        np.zeros((40, 60, 3), np.float32), list(zip(both, photos, strict=True))
    )
    assert list(picture.pixels[20, [14, 20, 25, 50], 0]) == [50, 200, 200, 0]


def plain() -> NDArray[np.float32]:
    return collages.collage(columns=2, rows=2).pixels.astype(np.float32)


@pytest.mark.parametrize("sigma", [1.0, 3.0])
def test_blur_is_pillows(sigma: float) -> None:
    """Pillow's is an approximation, by three means."""
    pixels = plain()
    image = PIL.Image.fromarray(pixels.astype(np.uint8))
    theirs = np.asarray(image.filter(PIL.ImageFilter.GaussianBlur(sigma)), float)
    difference = damage.blurred(pixels, sigma) - theirs
    assert np.abs(difference).mean() < 1
    assert np.abs(pixels - theirs).mean() > 4


@pytest.mark.parametrize("quality", [3, 5, 20, 50, 90])
def test_jpeg_is_pillows(quality: int) -> None:
    """In grey, since Pillow's decoder smooths the colours that were brought to half the size."""
    pixels = np.repeat(plain()[:, :, 1:2], 3, axis=2)
    image = PIL.Image.fromarray(pixels.astype(np.uint8))
    theirs = np.asarray(PIL.Image.open(io.BytesIO(encoded(image, "JPEG", quality=quality))), float)
    difference = np.abs(damage.as_jpeg(pixels, quality) - theirs).mean()
    assert difference < 0.5
    assert np.abs(pixels - theirs).mean() > 3 * difference


def test_colours_of_jpeg_are_pillows() -> None:
    pixels = plain()
    image = PIL.Image.fromarray(pixels.astype(np.uint8))
    file = encoded(image, "JPEG", quality=20, subsampling="4:2:0")
    theirs = np.asarray(PIL.Image.open(io.BytesIO(file)), float)
    difference = np.abs(damage.as_jpeg(pixels, 20) - theirs).mean()
    assert difference < 0.3 * np.abs(pixels - theirs).mean()


def test_noise_light_and_contrast() -> None:
    grey = np.full((200, 300, 3), 100, np.float32)
    assert damage.noisy(grey, 20).std() == pytest.approx(20, rel=0.01)
    assert np.all(damage.darkened(grey, 3) == 255)
    assert np.all(damage.darkened(grey, 0.5) == 50)
    np.testing.assert_allclose(damage.flattened(grey, 0.1), 124.75)
