"""Drawing: what is drawn, where, and that it shows."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageFont

import fastmtcnn
from fastmtcnn import Detections
from fastmtcnn.images import ImageLike

Pixels = NDArray[np.uint8]

GOLDEN = Path(__file__).resolve().parent / "golden"
BOX = (60, 50, 120, 130)
POINTS = ((75, 75), (105, 76), (90, 92), (78, 112), (103, 113))
DARK = (0, 0, 0)
BRIGHT = (70, 255, 110)
DOT = (255, 225, 40)


def faces(
    *boxes: tuple[float, ...], points: ArrayLike = POINTS, score: float = 0.875
) -> Detections:
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.full(len(boxes), score, np.float32),
        np.array([np.asarray(points)] * len(boxes), np.float32).reshape(-1, 5, 2),
    )


def plain(
    width: int = 200, height: int = 160, colour: tuple[int, int, int] = (90, 90, 90)
) -> Pixels:
    return np.full((height, width, 3), colour, np.uint8)


def drawn(image: ImageLike, detections: Detections) -> Pixels:
    return np.asarray(fastmtcnn.draw(image, detections))


def changed(image: Pixels, detections: Detections) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = (drawn(image, detections) != image).any(axis=2)
    return result


def test_lines_lie_on_the_box() -> None:
    pixels = drawn(plain(), faces(BOX))
    x1, y1, x2, y2 = BOX
    for side in (
        pixels[y1, x1 : x2 + 1],
        pixels[y2, x1 : x2 + 1],
        pixels[y1 : y2 + 1, x1],
        pixels[y1 : y2 + 1, x2],
    ):
        np.testing.assert_array_equal(side, np.broadcast_to(BRIGHT, side.shape))


def test_box_coordinates_are_rounded() -> None:
    exact = drawn(plain(), faces(BOX))
    near = (59.6, 50.4, 120.4, 129.6)
    np.testing.assert_array_equal(drawn(plain(), faces(near)), exact)
    assert (drawn(plain(), faces((59.4, 50, 120, 130))) != exact).any()


def test_dots_lie_on_the_landmarks() -> None:
    pixels = drawn(plain(), faces(BOX))
    for x, y in POINTS:
        assert tuple(pixels[y, x]) == DOT
    yellow = (pixels == DOT).all(axis=2)
    for x, y in POINTS:
        yellow[y - 2 : y + 3, x - 2 : x + 3] = False
    assert not yellow.any()


def test_nothing_else_changes() -> None:
    mask = changed(plain(), faces(BOX))
    x1, y1, x2, y2 = BOX
    assert mask[y1, x1]
    near = np.zeros_like(mask)
    near[y1 - 2 : y2 + 3, x1 - 2 : x2 + 3] = True
    near[y1 + 2 : y2 - 1, x1 + 2 : x2 - 1] = False
    for x, y in POINTS:
        near[y - 3 : y + 4, x - 3 : x + 4] = True
    near[y1 - 24 : y1, x1 - 2 : x1 + 42] = True  # the label
    assert not (mask & ~near).any()


def test_score_is_written_above_the_box() -> None:
    x1, y1, x2, _ = BOX
    above = np.s_[y1 - 24 : y1 - 3, x1 - 2 : x2]
    label = drawn(plain(), faces(BOX))[above]
    assert (label[:, :, 1] > 180).sum() > 10
    assert (label == DARK).all(axis=2).sum() > 50
    other = drawn(plain(), faces(BOX, score=0.5))[above]
    assert (label != other).any()
    # Two digits are shown.
    np.testing.assert_array_equal(label, drawn(plain(), faces(BOX, score=0.8792))[above])


def test_text_lies_in_the_middle_of_its_label() -> None:
    x1, y1, *_ = BOX
    above = drawn(plain(), faces(BOX))[: y1 - 2]
    (label,) = np.nonzero((above != 90).any(axis=(1, 2)))
    (text,) = np.nonzero((above[:, x1 - 2 :, 1] > 120).any(axis=1))
    assert abs((text[0] - label[0]) - (label[-1] - text[-1])) <= 1
    assert text[0] > label[0]


def test_best_face_is_on_top() -> None:
    best = faces(BOX, score=0.9)
    both = Detections(*(np.concatenate([a, b]) for a, b in zip(best, faces(BOX), strict=True)))
    np.testing.assert_array_equal(drawn(plain(), both), drawn(plain(), best))


def letters(box: tuple[float, ...]) -> int:
    """Count the pixels in which 0.88 differs from 0.50; nothing else depends on the score."""
    away = [(-50, -50)] * 5
    one, other = (drawn(plain(), faces(box, points=away, score=s)) for s in (0.875, 0.5))
    return int((one != other).any(axis=2).sum())


@pytest.mark.parametrize(
    "corner", [(60, 0), (60, 5), (-20, 40), (185, 40), (185, -20), (-20, -30), (60, 150)]
)
def test_label_stays_inside(corner: tuple[float, float]) -> None:
    x, y = corner
    expected = letters((60, 50, 100, 90))
    assert expected > 10
    assert letters((x, y, x + 40, y + 40)) == expected


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (128, 128, 128), BRIGHT, DOT])
def test_shows_on_any_background(colour: tuple[int, int, int]) -> None:
    pixels = drawn(plain(colour=colour), faces(BOX)).astype(int)
    x1, _, _, y2 = BOX
    for strip in (pixels[100, x1 - 4 : x1 + 5], pixels[y2 - 4 : y2 + 5, 90]):
        contrast = abs(np.diff(strip.sum(axis=1))).max()
        assert contrast > 300
    x, y = POINTS[2]
    assert abs(np.diff(pixels[y, x - 5 : x + 6].sum(axis=1))).max() > 300


@pytest.mark.parametrize(("scale", "thickness"), [(1, 1), (4, 2), (20, 12)])
def test_lines_grow_with_the_image(scale: int, thickness: int) -> None:
    x1, y1, x2, y2 = (scale * value for value in BOX)
    detections = faces((x1, y1, x2, y2), points=scale * np.array(POINTS))
    pixels = drawn(plain(200 * scale, 160 * scale), detections)
    assert (pixels[(y1 + y2) // 2, : x1 + thickness] == BRIGHT).all(axis=1).sum() == thickness
    x, y = scale * np.array(POINTS[0])
    dot = (pixels[y, x - 20 * scale : x + 20 * scale] == DOT).all(axis=1).sum()
    assert dot == 2 * thickness + 1


def test_small_faces_get_thin_lines() -> None:
    pixels = drawn(plain(2000, 1600), faces((60, 60, 80, 80), points=[(70, 70)] * 5))
    assert (pixels[65, :70] == BRIGHT).all(axis=1).sum() == 2
    assert (pixels[62:65, 62:65] == 90).all()


def test_no_faces() -> None:
    image = np.asarray(Image.open(GOLDEN / "coffee_noface.png").convert("RGB"))
    assert not changed(image, faces()).any()


@pytest.mark.parametrize(
    "box",
    [
        (300, 50, 400, 150),
        (-400, 50, -300, 150),
        (50, 300, 150, 400),
        (50, -400, 150, -300),
        (-1e9, -1e9, -1e8, -1e8),
        (1e30, 1e30, 2e30, 2e30),
    ],
)
def test_outside_the_image(box: tuple[float, ...]) -> None:
    assert not changed(plain(), faces(box, points=[(-1e9, 1e9)] * 5)).any()


@pytest.mark.parametrize("far", [500.0, 1e9, 1e30, float("inf")])
def test_partly_outside(far: float) -> None:
    mask = changed(plain(), faces((-far, 50, 120, far), points=[(far, far)] * 5))
    assert mask[50, :121].all()
    assert mask[50:, 120].all()
    assert not mask[80:, :110].any()
    assert not mask[:, 130:].any()


def test_larger_than_the_image() -> None:
    mask = changed(plain(), faces((-500, -500, 700, 700), points=[(-50, -50)] * 5))
    assert not mask[40:].any()


@pytest.mark.parametrize("box", [(60, 50, 60, 50), (60.2, 50, 60.4, 90), (120, 130, 60, 50)])
def test_degenerate_boxes(box: tuple[float, ...]) -> None:
    mask = changed(plain(), faces(box))
    assert mask[50, 60]


def test_one_pixel() -> None:
    assert fastmtcnn.draw(plain(1, 1), faces((0, 0, 1, 1))).size == (1, 1)


def test_returns_an_rgb_copy() -> None:
    image = plain()
    before = image.copy()
    picture = fastmtcnn.draw(image, faces(BOX))
    assert (picture.mode, picture.size) == ("RGB", (200, 160))
    np.testing.assert_array_equal(image, before)
    source = Image.fromarray(image)
    fastmtcnn.draw(source, faces(BOX))
    np.testing.assert_array_equal(np.asarray(source), before)


def test_every_kind_of_image(tmp_path: Path) -> None:
    image = plain()
    expected = drawn(image, faces(BOX))
    pil = Image.fromarray(image)
    pil.save(tmp_path / "photo.png")
    assert (expected != image).any()
    for same in (
        pil,
        pil.convert("L"),
        pil.convert("RGBA"),
        np.asfortranarray(image),
        tmp_path / "photo.png",
        (tmp_path / "photo.png").read_bytes(),
    ):
        np.testing.assert_array_equal(drawn(same, faces(BOX)), expected)


def test_files_are_turned_upright() -> None:
    image = Image.fromarray(plain())
    exif = Image.Exif()
    exif[0x0112] = 6
    content = io.BytesIO()
    image.save(content, "PNG", exif=exif)
    assert fastmtcnn.draw(content.getvalue(), faces(BOX)).size == (160, 200)


def test_refuses_what_the_detector_refuses() -> None:
    with pytest.raises(TypeError, match="uint8"):
        fastmtcnn.draw(plain() / 255.0, faces(BOX))  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [TypeError, ImportError])
def test_without_scalable_font(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    only = ImageFont.load_default()

    def load_default(size: float | None = None) -> object:
        if size is not None:
            raise error
        return only

    expected = drawn(plain(), faces(BOX))
    monkeypatch.setattr(ImageFont, "load_default", load_default)
    pixels = drawn(plain(), faces(BOX))
    x1, y1, *_ = BOX
    assert (pixels[y1 - 20 : y1 - 3, x1 : x1 + 40, 1] > 180).sum() > 5
    np.testing.assert_array_equal(pixels[y1:], expected[y1:])


def test_photo() -> None:
    photo = GOLDEN / "astronaut.png"
    result = fastmtcnn.MTCNN().detect(photo)
    pixels = drawn(photo, result)
    x1, y1, x2, y2 = np.rint(result.boxes[0]).astype(int)
    assert tuple(pixels[y1, x1]) == tuple(pixels[y2, x2]) == BRIGHT
    for x, y in np.rint(result.landmarks[0]).astype(int):
        assert tuple(pixels[y, x]) == DOT
