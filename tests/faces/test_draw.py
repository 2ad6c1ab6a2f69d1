"""Drawing: what is drawn, where, and that it shows."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageFont

import fastmtcnn
from fastmtcnn import Detections
from fastmtcnn.files.images import ImageLike
from tests.support.helpers import GOLDEN

Pixels = NDArray[np.uint8]

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


def drawn(image: ImageLike, detections: Detections, **options: Any) -> Pixels:
    return np.asarray(fastmtcnn.draw(image, detections, **options))


def changed(image: Pixels, detections: Detections, **options: Any) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = (drawn(image, detections, **options) != image).any(axis=2)
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


def luminance(pixels: Pixels) -> NDArray[np.float64]:
    """Relative luminance, as WCAG 2.1 defines it."""
    part = pixels / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    result: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return result


def contrast(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)
    return result


def test_contrast_as_wcag_has_it() -> None:
    black, white, green = luminance(np.array([DARK, (255, 255, 255), (0, 128, 0)], np.uint8))
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(green, white) == pytest.approx(5.14, abs=0.01)  # as its calculators say


@pytest.mark.parametrize("background", ["white", "black", "green", "noise"])
@pytest.mark.parametrize("scale", [1, 6])
def test_contrast_on_any_background(background: str, scale: int) -> None:
    # WCAG asks for 3:1 of lines and for 7:1 of text that is easiest to read.
    colours = {"white": (255, 255, 255), "black": DARK, "green": BRIGHT}
    image = plain(200 * scale, 160 * scale, colours.get(background, DARK))
    if background == "noise":
        image = np.random.default_rng(0).integers(0, 256, image.shape, dtype=np.uint8)
    x1, y1, x2, y2 = (scale * value for value in BOX)
    found = faces((x1, y1, x2, y2), points=scale * np.array(POINTS))
    pixels = drawn(image, found)
    line, light = (pixels == BRIGHT).all(axis=2), luminance(pixels)
    thickness = int(np.argmin(line[y1 + 20 * scale, x1::-1]))
    assert thickness > 0
    # The line, and on both sides of it an edge.
    side, outer, inner = np.s_[y1 + thickness + 1 : y2 - thickness], x1 - thickness, x1 + 1
    assert line[side, outer + 1 : inner].all()
    assert (contrast(light[side, x1], light[side, outer]) > 7).all()
    assert (contrast(light[side, x1], light[side, inner]) > 7).all()
    # The dots, each with a rim.
    for x, y in scale * np.array(POINTS):
        right = x + np.argmax((pixels[y, x:] != DOT).any(axis=1))
        assert contrast(light[y, x], light[y, right]) > 7
    # The brightest and the darkest of the label.
    above = light[y1 - 10 * scale : y1 - 4 * scale, x1 : x1 + 20 * scale]
    assert contrast(above.max(), above.min()) > 7


def test_without_scores() -> None:
    mask = changed(plain(), faces(BOX), scores=False)
    assert not mask[: BOX[1] - 3].any()
    np.testing.assert_array_equal(mask[BOX[1] :], changed(plain(), faces(BOX))[BOX[1] :])


def test_without_landmarks() -> None:
    with_dots, without = drawn(plain(), faces(BOX)), drawn(plain(), faces(BOX), landmarks=False)
    x1, y1, x2, y2 = BOX
    inside = np.s_[y1 + 2 : y2 - 1, x1 + 2 : x2 - 1]
    assert (without[inside] == 90).all()
    assert (with_dots[inside] == DOT).any()
    outside = np.ones(with_dots.shape[:2], bool)
    outside[inside] = False
    np.testing.assert_array_equal(without[outside], with_dots[outside])


def test_labels_go_before_the_score() -> None:
    # Digits of one width: the label of one face reads as the score of the other.
    label = drawn(plain(), faces(BOX, score=0.25), scores=False, labels=["0.88"])
    np.testing.assert_array_equal(label, drawn(plain(), faces(BOX, score=0.875)))
    both = drawn(plain(), faces(BOX, score=0.875), labels=["7"])
    np.testing.assert_array_equal(both, drawn(plain(), faces(BOX), scores=False, labels=["7 0.88"]))
    assert (both != label).any()


def test_each_face_has_its_label() -> None:
    other = (140, 50, 190, 130)
    labels = ["one", "two"]
    both = drawn(plain(), faces(BOX, other), labels=labels)
    for box, label, half in ((BOX, "one", np.s_[:, :130]), (other, "two", np.s_[:, 136:])):
        alone = drawn(plain(), faces(box), labels=[label])
        np.testing.assert_array_equal(both[half][:50], alone[half][:50])


@pytest.mark.parametrize("label", ["two\nlines", " two \t lines "])
def test_labels_are_one_line(label: str) -> None:
    np.testing.assert_array_equal(
        drawn(plain(), faces(BOX), labels=[label]), drawn(plain(), faces(BOX), labels=["two lines"])
    )


def test_an_empty_label_is_none() -> None:
    expected = drawn(plain(), faces(BOX), scores=False)
    np.testing.assert_array_equal(drawn(plain(), faces(BOX), scores=False, labels=[" "]), expected)


@pytest.mark.parametrize("label", ["Zoë", "李", "😀", "\x00", "x" * 5000])
def test_any_text_is_a_label(label: str) -> None:
    assert changed(plain(), faces(BOX), labels=[label])[: BOX[1] - 3].any()


@pytest.mark.parametrize(
    ("labels", "error", "got"),
    [
        (["a"], ValueError, "got 1 for 2 faces"),
        ([], ValueError, "got 0 for 2 faces"),
        ("ab", TypeError, "got str"),
        (7, TypeError, "got int"),
        (["a", 2], TypeError, "got 2"),
    ],
)
def test_wrong_labels(labels: Any, error: type[Exception], got: str) -> None:
    with pytest.raises(error, match=f"labels must be one str for each face, {got}"):
        fastmtcnn.draw(plain(), faces(BOX, BOX), labels=labels)


@pytest.mark.parametrize("option", ["scores", "landmarks"])
def test_wrong_switches(option: str) -> None:
    with pytest.raises(TypeError, match=f"{option} must be True or False, got 'no'"):
        drawn(plain(), faces(BOX), **{option: "no"})


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


def test_without_scalable_font(monkeypatch: pytest.MonkeyPatch) -> None:
    # By a name that Pillow 10.1 does not have.
    only = getattr(ImageFont, "load_default_imagefont", ImageFont.load_default)()

    def load_default(size: float | None = None) -> object:
        if size is not None:
            raise ImportError
        return only

    expected = drawn(plain(), faces(BOX))
    monkeypatch.setattr(ImageFont, "load_default", load_default)
    assert changed(plain(), faces(BOX), labels=["李"])[: BOX[1] - 3].any()
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
