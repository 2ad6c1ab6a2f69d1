"""Anonymised faces: nothing to recognise is left inside, nothing is changed outside."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import fastmtcnn
from fastmtcnn import Detections
from fastmtcnn.faces.blurring import METHODS, SHAPES, Method, Shape
from tests.support.helpers import GOLDEN, encoded, golden_image, random_image

Pixels = NDArray[np.uint8]
KINDS = [(method, shape) for method in METHODS for shape in SHAPES]


def faces(*boxes: tuple[float, ...]) -> Detections:
    count = len(boxes)
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.full(count, 0.9, np.float32),
        np.zeros((count, 5, 2), np.float32),
    )


def blurred(image: Pixels, detections: Detections, **options: Any) -> Pixels:
    return np.asarray(fastmtcnn.blur(image, detections, **options))


def changed(image: Pixels, *boxes: tuple[float, ...], **options: Any) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = (blurred(image, faces(*boxes), **options) != image).any(axis=2)
    return result


def shuffled_within_cells(image: Pixels, side: int) -> Pixels:
    """Return an image with the same pixels in every cell, in another order."""
    random = np.random.default_rng(1)
    result: Pixels = image.copy()
    for top in range(0, image.shape[0], side):
        for left in range(0, image.shape[1], side):
            cell = result[top : top + side, left : left + side]
            cell[:] = random.permutation(cell.reshape(-1, 3)).reshape(cell.shape)
    return result


def detail(image: Pixels) -> NDArray[np.float64]:
    """Return what differs from the mean of the four neighbours."""
    grey = image.astype(np.float64).mean(axis=2)
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    result: NDArray[np.float64] = grey[1:-1, 1:-1] - around / 4
    return result


# What is left inside


def test_pixels_are_the_means_of_cells() -> None:
    """By hand: 12 pixels a side in 6 cells a side are 2 pixels each."""
    image = random_image(12, 12)
    means = image.reshape(6, 2, 6, 2, 3).mean(axis=(1, 3))
    result = blurred(image, faces((0, 0, 11, 11)), method="pixelate", shape="box", margin=0)
    cells = result.reshape(6, 2, 6, 2, 3)
    np.testing.assert_array_equal(cells, np.broadcast_to(cells[:, :1, :, :1], cells.shape))
    np.testing.assert_allclose(cells[:, 0, :, 0], means, rtol=0, atol=0.5001)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_fewer_cells(number: int) -> None:
    image = random_image(12, 12)
    side = 12 // number
    means = image.reshape(number, side, number, side, 3).mean(axis=(1, 3))
    box = (0.25, 0.25, 10.75, 10.75)  # half a pixel more is covered, and a bit less than 12
    result = blurred(image, faces(box), method="pixelate", shape="box", margin=0, cells=number)
    cells = result.reshape(number, side, number, side, 3)
    np.testing.assert_array_equal(cells, np.broadcast_to(cells[:, :1, :, :1], cells.shape))
    np.testing.assert_allclose(cells[:, 0, :, 0], means, rtol=0, atol=0.5001)


def test_a_few_pixels_by_hand() -> None:
    """A face of 4 pixels has two cells a side, since none is of fewer than 2 pixels."""
    rows = [[0, 10, 100, 102], [20, 30, 104, 106], [200, 200, 7, 7], [200, 200, 7, 7]]
    image = np.repeat(np.array(rows, np.uint8)[:, :, None], 3, axis=2)
    result = blurred(image, faces((0, 0, 3, 3)), method="pixelate", shape="box", margin=0)
    expected = [[15, 15, 103, 103]] * 2 + [[200, 200, 7, 7]] * 2
    np.testing.assert_array_equal(result[:, :, 0], expected)


@pytest.mark.parametrize("method", ["pixelate", "blur"])
@pytest.mark.parametrize("side", [24, 96, 480])
def test_what_is_in_a_cell_does_not_matter(method: Method, side: int) -> None:
    """Whatever detail a cell had, the result is the same: it cannot be had back from that."""
    image = random_image(side, side)
    other = shuffled_within_cells(image, side // 6)
    assert (image != other).mean() > 0.8
    box = (0, 0, side - 1, side - 1)
    first, second = (
        blurred(each, faces(box), method=method, shape="box", margin=0) for each in (image, other)
    )
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("size", [20, 60, 300])
def test_no_more_cells_for_a_large_face(size: int) -> None:
    image = random_image(600, 600)
    result = blurred(image, faces((200, 200, 200 + size, 200 + size)), method="pixelate")
    left, right = 200 - round(0.1 * size), 200 + round(1.1 * size)
    inside = np.all(result[200 + size // 2, left:right, 1:] != 0, axis=1)
    row = result[200 + size // 2, left:right]
    assert inside.all()
    assert (np.diff(row.astype(int), axis=0) != 0).any(axis=1).sum() <= 7


@pytest.mark.parametrize("name", ["astronaut.png", "grace_hopper.png", "crowd.png"])
@pytest.mark.parametrize(("method", "shape"), KINDS)
def test_no_face_is_found_any_more(
    name: str, method: Method, shape: Shape, detector: fastmtcnn.MTCNN
) -> None:
    image = golden_image(name)
    found = detector.detect(image)
    assert found.num_faces == {"astronaut.png": 1, "grace_hopper.png": 2, "crowd.png": 20}[name]
    result = blurred(image, found, method=method, shape=shape)
    assert detector.detect(result).num_faces == 0


def test_detail_of_a_face_is_gone(detector: fastmtcnn.MTCNN) -> None:
    image = golden_image("astronaut.png")
    found = detector.detect(image)
    x1, y1, x2, y2 = found.boxes[0].astype(int)
    before = detail(image[y1:y2, x1:x2]).ravel()
    after = detail(blurred(image, found, shape="box")[y1:y2, x1:x2]).ravel()
    assert after.std() < 0.1 * before.std()
    assert abs(np.corrcoef(before, after)[0, 1]) < 0.1
    # While the same measure sees what a weaker blur leaves.
    from PIL import ImageFilter

    weak = Image.fromarray(image).filter(ImageFilter.GaussianBlur(2))
    left = detail(np.asarray(weak)[y1:y2, x1:x2]).ravel()
    assert np.corrcoef(before, left)[0, 1] > 0.2


@pytest.mark.parametrize(("method", "shape"), KINDS)
def test_landmarks_are_covered(method: Method, shape: Shape, detector: fastmtcnn.MTCNN) -> None:
    """Fully, also those of turned faces: none of the first image's colour shines through."""
    with Image.open(GOLDEN / "astronaut.png") as photo:
        turned = np.asarray(photo.convert("RGB").rotate(25))
    found = detector.detect(turned)
    assert found.num_faces == 1
    # White dots in a black picture: nothing of a face but what is to be covered.
    dots = np.zeros_like(turned)
    for x, y in np.rint(found.landmarks[0]).astype(int):
        dots[y - 1 : y + 2, x - 1 : x + 2] = 255
    result = blurred(dots, found, method=method, shape=shape)
    assert dots.max() == 255
    assert result.max() < 64


def test_overlapping_faces_bring_no_detail_back() -> None:
    """The small one's cells are finer; they are made of what the large one has left."""
    image = random_image(96, 96)
    other = shuffled_within_cells(image, 16)
    large, small = (0, 0, 95, 95), (40, 40, 51, 51)
    options: dict[str, Any] = {"method": "pixelate", "shape": "box", "margin": 0}
    np.testing.assert_array_equal(
        blurred(image, faces(large, small), **options),
        blurred(other, faces(large, small), **options),
    )
    cells = blurred(image, faces(small, large), **options).reshape(6, 16, 6, 16, 3)
    np.testing.assert_array_equal(cells, np.broadcast_to(cells[:, :1, :, :1], cells.shape))


def test_black_is_black() -> None:
    image = random_image(100, 100)
    box = (30, 20, 69, 79)
    result = blurred(image, faces(box), method="fill", shape="box", margin=0)
    assert not result[20:80, 30:70].any()
    result = blurred(image, faces(box), method="fill", margin=0)
    y, x = np.mgrid[:100, :100]
    inside = ((x - 49.5) / 20) ** 2 + ((y - 49.5) / 30) ** 2 < 1
    assert inside.sum() > 1800
    assert not result[inside].any()


def test_nothing_of_the_file_is_left_but_pixels() -> None:
    """Least of all its thumbnail."""
    exif = Image.Exif()
    exif[0x010E] = "who it is"
    file = encoded(golden_image("astronaut.png"), "JPEG", exif=exif)
    assert b"who it is" in file
    picture = fastmtcnn.blur(file, faces((10, 10, 50, 50)))
    saved = io.BytesIO()
    picture.save(saved, "JPEG")
    assert b"who it is" not in saved.getvalue()
    assert picture.info == {}


# What is left outside


@pytest.mark.parametrize(("method", "shape"), KINDS)
@pytest.mark.parametrize("margin", [0, 0.15, 0.5])
def test_nothing_else_changes(method: Method, shape: Shape, margin: float) -> None:
    image = random_image(200, 300)
    x1, y1, x2, y2 = box = (100, 60, 159, 139)
    mask = changed(image, box, method=method, shape=shape, margin=margin)
    y, x = np.mgrid[:200, :300]
    across, down = 60 * (0.5 + margin), 80 * (0.5 + margin)  # a pixel more than the box is long
    x, y = np.abs(x - (x1 + x2) / 2) / across, np.abs(y - (y1 + y2) / 2) / down
    distance = np.hypot(x, y) if shape == "ellipse" else np.maximum(x, y)
    edge = 0.1 if method == "blur" else 1 / across
    assert not mask[distance > 1.005 + edge].any()
    assert mask[distance < 0.99].mean() > 0.99


@pytest.mark.parametrize(("method", "shape"), KINDS)
@pytest.mark.parametrize(
    "box",
    [
        (-30, -20, 29, 39),
        (80, 60, 200, 300),
        (40, -1000, 59, 2000),
        (-1e6, -1e6, 1e6, 1e6),
        (-3e38, -3e38, 3e38, 3e38),
    ],
)
def test_faces_partly_outside(method: Method, shape: Shape, box: tuple[float, ...]) -> None:
    image = random_image(80, 100)
    mask = changed(image, box, method=method, shape=shape)
    x, y = int(np.clip((box[0] + box[2]) / 2, 0, 99)), int(np.clip((box[1] + box[3]) / 2, 0, 79))
    assert mask[max(y - 5, 0) : y + 5, max(x - 5, 0) : x + 5].mean() > 0.95


@pytest.mark.parametrize(("method", "shape"), KINDS)
@pytest.mark.parametrize("box", [(200, 10, 240, 60), (-90, -90, -40, -40), (10, 1e9, 60, 2e9)])
def test_faces_outside(method: Method, shape: Shape, box: tuple[float, ...]) -> None:
    assert not changed(random_image(80, 100), box, method=method, shape=shape).any()


@pytest.mark.parametrize(("method", "shape"), KINDS)
def test_faces_of_no_size(method: Method, shape: Shape) -> None:
    image = random_image(40, 40)
    mask = changed(image, (20, 20, 20, 20), method=method, shape=shape)
    mask[19:22, 19:22] = False
    assert not mask.any()


def test_corners_in_any_order() -> None:
    image = random_image(80, 100)
    np.testing.assert_array_equal(
        blurred(image, faces((60, 10, 20, 70))), blurred(image, faces((20, 10, 60, 70)))
    )


def test_the_image_itself_is_not_changed() -> None:
    image = random_image(80, 100)
    before = image.copy()
    blurred(image, faces((20, 10, 60, 70)))
    np.testing.assert_array_equal(image, before)


def test_no_faces() -> None:
    image = random_image(30, 40)
    np.testing.assert_array_equal(blurred(image, Detections.empty()), image)


# What comes in


def test_kinds_of_image() -> None:
    image = golden_image("hopper_61x73.png")
    found = faces((10, 10, 50, 60))
    expected = blurred(image, found)
    for same in (Image.fromarray(image), encoded(image), str(GOLDEN / "hopper_61x73.png")):
        np.testing.assert_array_equal(np.asarray(fastmtcnn.blur(same, found)), expected)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"method": "pixelated"}, ValueError, "method must be one of .*did you mean 'pixelate'?"),
        ({"shape": "circle"}, ValueError, "shape must be one of 'ellipse', 'box', got 'circle'"),
        ({"margin": -0.1}, ValueError, "margin must be a number from 0 to 1, got -0.1"),
        ({"margin": float("nan")}, ValueError, "margin must be a number from 0 to 1, got nan"),
        ({"margin": "wide"}, TypeError, "margin must be a number from 0 to 1, got 'wide'"),
        ({"cells": 7}, ValueError, "cells must be a whole number from 1 to 6, got 7"),
        ({"cells": 0}, ValueError, "cells must be a whole number of at least 1, got 0"),
        ({"cells": 2.5}, TypeError, "cells must be a whole number of at least 1, got 2.5"),
    ],
)
def test_wrong_options(options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        fastmtcnn.blur(random_image(20, 20), faces((2, 2, 9, 9)), **options)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_face_that_is_nowhere_is_not_passed_over(value: float) -> None:
    with pytest.raises(ValueError, match="finite boxes"):
        fastmtcnn.blur(random_image(20, 20), faces((2, 2, value, 9)))


def test_former_name_of_a_method() -> None:
    image = random_image(40, 60)
    with pytest.warns(DeprecationWarning, match="method 'box' of blur is deprecated, use 'fill'"):
        result = blurred(image, faces((10, 10, 30, 30)), method="box")
    expected = blurred(image, faces((10, 10, 30, 30)), method="fill")
    np.testing.assert_array_equal(result, expected)
    assert (result[20, 20] == 0).all()
