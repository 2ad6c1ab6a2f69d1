"""The interface of facenet-pytorch: recorded outputs of 2.6.0, and numbers worked out by hand."""

from __future__ import annotations

import copy
import inspect
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np
import onnxruntime
import PIL.Image
import PIL.ImageDraw
import pytest
from numpy.typing import NDArray

import fastmtcnn
from fastmtcnn.compat import facenet_pytorch
from fastmtcnn.compat.facenet_pytorch import (
    MTCNN,
    extract_face,
    fixed_image_standardization,
    prewhiten,
)
from tests.support.helpers import GOLDEN, golden_image, random_image

ASTRONAUT_BOX = [181.05141, 62.15613, 267.74731, 172.05017]  # as recorded
RECORDS = json.loads((GOLDEN / "facenet_pytorch.json").read_text())["results"]
BILINEAR = PIL.Image.Resampling.BILINEAR


class Tensor:
    """As much of torch's as the module and its users' code need."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        return map(Tensor, self.array)

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def to(self, device: object) -> Tensor:
        return self

    def numpy(self) -> NDArray[Any]:
        return self.array

    def unsqueeze(self, axis: int) -> Tensor:
        return Tensor(np.expand_dims(self.array, axis))

    def numel(self) -> int:
        return self.array.size

    def mean(self) -> Tensor:
        return Tensor(self.array.mean())

    def std(self) -> Tensor:
        return Tensor(self.array.std(ddof=1))

    def clamp(self, min: float) -> Tensor:
        return Tensor(np.maximum(self.array, min))

    def __sub__(self, other: Any) -> Tensor:
        return Tensor(self.array - getattr(other, "array", other))

    def __truediv__(self, other: Any) -> Tensor:
        return Tensor(self.array / getattr(other, "array", other))


class Device:
    def __init__(self, name: str) -> None:
        self.type, _, self.index = name.partition(":")
        self.name = name

    def __str__(self) -> str:
        return self.name


def stand_in() -> Any:
    """What the module and its users' code call of torch."""
    module: Any = ModuleType("torch")
    module.Tensor = Tensor
    module.device = Device
    module.from_numpy = Tensor
    module.stack = lambda tensors: Tensor(np.stack([tensor.array for tensor in tensors]))
    return module


@pytest.fixture(autouse=True)
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if torch were not installed."""
    monkeypatch.setitem(sys.modules, "torch", None)


@pytest.fixture
def torch(no_torch: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """As if torch were installed."""
    module = stand_in()
    monkeypatch.setitem(sys.modules, "torch", module)
    return module


@cache
def photo() -> PIL.Image.Image:
    """One face."""
    return PIL.Image.fromarray(golden_image("astronaut_333x277.png"))


@cache
def group() -> PIL.Image.Image:
    """Eight faces."""
    return PIL.Image.fromarray(golden_image("crowd.png")[:512, :512])


@cache
def faceless() -> PIL.Image.Image:
    return PIL.Image.fromarray(golden_image("coffee_noface.png")[:200, :300])


@cache
def made(**options: Any) -> MTCNN:
    return MTCNN(num_threads=1, **options)


def flipped(image: PIL.Image.Image) -> PIL.Image.Image:
    return image.transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT)


def areas(boxes: NDArray[Any]) -> NDArray[Any]:
    return cast("NDArray[Any]", (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))


def same(actual: Any, expected: Any) -> None:
    """Equal in type, shape, dtype and values, through lists and arrays of object."""
    assert type(actual) is type(expected)
    if isinstance(actual, np.ndarray):
        assert actual.dtype == expected.dtype
        assert actual.shape == expected.shape
        if actual.dtype != object:
            np.testing.assert_array_equal(actual, expected)
            return
    if isinstance(actual, (list, tuple, np.ndarray)):
        for one, other in zip(actual, expected, strict=True):
            same(one, other)
    else:
        assert actual == expected


class TestRecorded:
    @pytest.mark.parametrize(
        "record", RECORDS, ids=lambda r: f"{r['image']}-{r['options']['min_face_size']}"
    )
    def test_detect(self, record: dict[str, Any]) -> None:
        mtcnn = MTCNN(select_largest=False, keep_all=True, num_threads=1, **record["options"])
        boxes, probs, points = mtcnn.detect(
            PIL.Image.fromarray(golden_image(record["image"])), landmarks=True
        )
        if not record["boxes"]:
            assert boxes is None
            assert points is None
            return
        expected = np.array(record["boxes"])
        expected_points = np.array(record["landmarks"])
        assert boxes.shape == (len(expected), 4)
        assert (np.diff(probs) <= 0).all()
        # Scores that agree to the digits recorded may come in another order.
        match = abs(boxes[:, None] - expected[None, :, :4]).max(axis=2).argmin(axis=1)
        assert sorted(match) == list(range(len(expected)))
        np.testing.assert_allclose(boxes, expected[match, :4], rtol=0, atol=0.05)
        np.testing.assert_allclose(probs, expected[match, 4], rtol=0, atol=1e-4)
        np.testing.assert_allclose(points, expected_points[match], rtol=0, atol=0.05)

    @pytest.mark.parametrize(
        ("options", "prob"),
        [
            ({}, 0.99963546),
            ({"select_largest": False}, 0.99999976),
            ({"selection_method": "probability"}, 0.99999976),
            ({"selection_method": "center_weighted_size"}, 0.99953461),
            ({"selection_method": "largest_over_threshold"}, 0.99963546),
        ],
    )
    def test_the_face_that_is_returned(self, options: dict[str, Any], prob: float) -> None:
        """The probabilities are those that facenet-pytorch 2.6.0 returned for this image."""
        image = PIL.Image.fromarray(golden_image("crowd.png"))
        _, found = made(**options)(image, return_prob=True)
        assert found == pytest.approx(prob, abs=1e-6)

    def test_the_largest_comes_first(self) -> None:
        boxes, probs, points = made().detect(group(), landmarks=True)
        by_score = made(select_largest=False).detect(group(), landmarks=True)
        assert len(boxes) == 8
        assert (np.diff(areas(boxes)) < 0).all()
        order = np.argsort(-areas(by_score[0]))
        same((boxes, probs, points), tuple(part[order] for part in by_score))


class TestForms:
    """What facenet-pytorch 2.6.0 returned for such images, but for arrays of object."""

    def test_one_image(self) -> None:
        boxes, probs, points = made().detect(photo(), landmarks=True)
        assert [part.shape for part in (boxes, probs, points)] == [(1, 4), (1,), (1, 5, 2)]
        assert {part.dtype for part in (boxes, probs, points)} == {np.dtype(np.float32)}

    def test_without_landmarks(self) -> None:
        found = made().detect(photo())
        assert isinstance(found, tuple)
        same(found, made().detect(photo(), landmarks=True)[:2])

    def test_no_face(self) -> None:
        same(made().detect(faceless()), (None, np.array([None], object)))
        same(
            made().detect(faceless(), landmarks=True),
            (None, np.array([None], object), None),
        )

    def test_a_batch_with_equally_many_faces(self) -> None:
        boxes, probs, points = made().detect([photo(), flipped(photo())], landmarks=True)
        assert [part.shape for part in (boxes, probs, points)] == [(2, 1, 4), (2, 1), (2, 1, 5, 2)]
        assert {part.dtype for part in (boxes, probs, points)} == {np.dtype(np.float32)}
        same(boxes[0], made().detect(photo())[0])

    def test_a_batch_with_different_numbers_of_faces(self) -> None:
        found = made().detect([photo(), group()], landmarks=True)
        for part, one, other in zip(
            found,
            made().detect(photo(), landmarks=True),
            made().detect(group(), landmarks=True),
            strict=True,
        ):
            assert part.shape == (2,)
            assert part.dtype == object
            same(part[0], one)
            same(part[1], other)

    def test_a_batch_with_some_faces(self) -> None:
        boxes, probs, points = made().detect([group(), faceless()], landmarks=True)
        assert [part.shape for part in (boxes, probs, points)] == [(2,), (2,), (2,)]
        assert boxes[0].shape == (8, 4)
        assert boxes[1] is None
        assert probs[0].shape == (8,)
        assert probs[1] == [None]
        assert points[1] is None

    def test_a_batch_with_one_face_or_none(self) -> None:
        boxes, probs, _ = made().detect([photo(), faceless()], landmarks=True)
        assert boxes.shape == (2,)
        assert probs.shape == (2, 1)
        assert probs[0, 0] == made().detect(photo())[1][0]
        assert probs[1, 0] is None

    def test_a_batch_without_faces(self) -> None:
        boxes, probs, points = made().detect([faceless(), faceless()], landmarks=True)
        same(boxes, np.array([None, None], object))
        same(probs, np.array([[None], [None]], object))
        same(points, np.array([None, None], object))

    def test_a_batch_of_one(self) -> None:
        boxes, probs = made().detect([photo()])
        assert (boxes.shape, probs.shape) == ((1, 1, 4), (1, 1))

    def test_an_empty_batch(self) -> None:
        for part in made().detect([], landmarks=True):
            assert part.shape == (0,)
        assert made()([]) == []
        assert made().extract([], [], None) == []

    def test_mixed_sizes_and_kinds(self) -> None:
        images = [photo(), golden_image("hopper_61x73.png"), group(), np.zeros((3, 2, 3), np.uint8)]
        boxes, _ = made().detect(images)
        for image, found in zip(images, boxes, strict=True):
            same(found, made().detect(image)[0])

    def test_the_numbers_can_be_computed_with(self) -> None:
        boxes, _ = made().detect(photo())
        assert np.round(boxes).astype(int).shape == (1, 4)


class TestForward:
    def test_one_image(self) -> None:
        face, prob = made()(photo(), return_prob=True)
        assert face.shape == (3, 160, 160)
        assert face.dtype == np.float32
        assert isinstance(prob, float)
        assert prob == made().detect(photo())[1][0]
        same(made().forward(photo()), face)

    def test_no_face(self) -> None:
        assert made()(faceless()) is None
        assert made()(faceless(), return_prob=True) == (None, None)
        faces, probs = made(keep_all=True)(faceless(), return_prob=True)
        assert faces is None
        same(probs, np.array([None], object))

    def test_all_faces(self) -> None:
        faces, probs = made(keep_all=True)(group(), return_prob=True)
        assert faces.shape == (8, 3, 160, 160)
        assert faces.dtype == np.float32
        same(probs, made().detect(group())[1])
        same(faces[0], made()(group()))

    def test_a_batch(self) -> None:
        faces, probs = made()([photo(), group()], return_prob=True)
        assert isinstance(faces, list)
        assert [face.shape for face in faces] == [(3, 160, 160)] * 2
        assert probs.shape == (2, 1)
        assert probs.dtype == np.float32
        assert probs[1, 0] == made()(group(), return_prob=True)[1]

    def test_a_batch_with_an_image_without_faces(self) -> None:
        faces, probs = made()([faceless(), group()], return_prob=True)
        assert faces[0] is None
        same(faces[1], made()(group()))
        assert probs.shape == (2, 1)
        assert probs[0, 0] is None
        assert probs[1, 0] == made()(group(), return_prob=True)[1]

    def test_a_batch_without_faces(self) -> None:
        faces, probs = made()([faceless()] * 2, return_prob=True)
        assert faces == [None, None]
        same(probs, np.array([[None], [None]], object))

    def test_all_faces_of_a_batch(self) -> None:
        faces, probs = made(keep_all=True)([photo(), group(), faceless()], return_prob=True)
        assert [getattr(face, "shape", None) for face in faces] == [
            (1, 3, 160, 160),
            (8, 3, 160, 160),
            None,
        ]
        assert [len(each) for each in probs] == [1, 8, 1]

    def test_post_process(self) -> None:
        raw = made(post_process=False)(photo())
        assert raw.dtype == np.float32
        assert (raw == np.rint(raw)).all()
        assert 0 <= raw.min() < raw.max() <= 255
        same(made()(photo()), (raw - np.float32(127.5)) / np.float32(128))

    def test_emulated_with_extract_face(self) -> None:
        mtcnn = made(image_size=96, margin=20, keep_all=True, post_process=False)
        boxes, _ = mtcnn.detect(group())
        same(mtcnn(group()), np.stack([extract_face(group(), box, 96, 20) for box in boxes]))


class TestCrops:
    image = PIL.Image.fromarray(random_image(100, 120))

    @pytest.mark.parametrize(
        ("margin", "corners"),
        [
            (0, (181, 62, 267, 172)),
            # 14 * 86.6959 / 146 / 2 = 4.157, 14 * 109.894 / 146 / 2 = 5.269
            (14, (176, 56, 271, 177)),
            # 80 * 86.6959 / 80 / 2 = 43.348, 80 * 109.894 / 80 / 2 = 54.947
            (80, (137, 7, 311, 226)),
            # 120 * 109.894 / 40 / 2 = 164.84: beyond the upper border
            (120, (51, 0, 397, 336)),
            # -16 * 86.6959 / 176 / 2 = -3.941, -16 * 109.894 / 176 / 2 = -4.995
            (-16, (184, 67, 263, 167)),
        ],
    )
    def test_margin(self, margin: int, corners: tuple[int, int, int, int]) -> None:
        image = PIL.Image.fromarray(golden_image("astronaut.png"))
        expected = np.array(image.crop(corners).resize((160, 160), BILINEAR), np.float32)
        face = made(margin=margin, post_process=False)(image)
        same(face, np.ascontiguousarray(expected.transpose(2, 0, 1)))
        same(extract_face(image, np.array(ASTRONAUT_BOX), 160, margin), face)

    @pytest.mark.parametrize(
        ("box", "corners"),
        [
            ([10.9, 20.9, 50.9, 60.9], (10, 20, 50, 60)),  # cut off, not rounded
            ([-9.5, -3, 40, 50.5], (0, 0, 40, 50)),
            ([90, 70, 130, 110], (90, 70, 120, 100)),
            ([-5, -5, 500, 500], (0, 0, 120, 100)),
            ([119.9, 99.9, 130, 130], (119, 99, 120, 100)),
        ],
    )
    def test_corners(self, box: list[float], corners: tuple[int, int, int, int]) -> None:
        expected = np.array(self.image.crop(corners).resize((30, 30), BILINEAR), np.float32)
        face = extract_face(self.image, box, image_size=30)
        same(face, np.ascontiguousarray(expected.transpose(2, 0, 1)))

    def test_a_box_may_be_an_array_of_object(self) -> None:
        same(
            extract_face(self.image, np.array([1.5, 2, 30, 40.25], object)),
            extract_face(self.image, [1.5, 2, 30, 40.25]),
        )

    def test_pixels_as_they_are(self) -> None:
        face = extract_face(self.image, [10, 20, 40, 50], 30)
        same(face, np.array(self.image, np.float32)[20:50, 10:40].transpose(2, 0, 1).copy())

    def test_an_array_is_averaged_by_area(self) -> None:
        # 3 pixels to 2: the one in the middle counts half to each side.
        row = np.array([0, 30, 90], np.uint8)  # (0 + 15) / 1.5 = 10, (15 + 90) / 1.5 = 70
        image = np.broadcast_to(row[None, :, None], (3, 3, 3))
        face = extract_face(image, [0, 0, 3, 3], 2)
        same(face, np.broadcast_to(np.array([10, 70], np.float32), (3, 2, 2)).copy())

    def test_a_tensor_is_averaged_over_bins(self, torch: Any) -> None:
        # 3 pixels to 2: the one in the middle counts to both sides; fractions are cut off.
        row = np.array([0, 31, 90], np.uint8)  # 31 / 2 = 15.5, 121 / 2 = 60.5
        image = Tensor(np.broadcast_to(row[None, :, None], (3, 3, 3)).copy())
        face = extract_face(image, [0, 0, 3, 3], 2)
        same(face.numpy(), np.broadcast_to(np.array([15, 60], np.float32), (3, 2, 2)).copy())

    def test_a_small_tensor_is_repeated(self, torch: Any) -> None:
        image = Tensor(random_image(2, 2))
        face = extract_face(image, [0, 0, 2, 2], 4)
        expected = image.array.repeat(2, axis=0).repeat(2, axis=1).transpose(2, 0, 1)
        same(face.numpy(), expected.astype(np.float32))

    @pytest.mark.optional
    @pytest.mark.parametrize("size", [20, 60, 160])
    def test_an_array_as_opencv_resizes_it(self, size: int) -> None:
        cv2: Any = pytest.importorskip("cv2")
        image = golden_image("astronaut.png")
        face = extract_face(image, ASTRONAUT_BOX, size)
        crop = image[62:172, 181:267]
        expected = cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA).transpose(2, 0, 1)
        assert abs(face - expected.astype(np.float32)).max() <= 1

    @pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA", "CMYK"])
    def test_any_mode_gives_three_channels(self, mode: str) -> None:
        image = self.image.convert(mode)
        rgb = image.convert("RGB")
        same(extract_face(image, [5, 5, 50, 60], 40), extract_face(rgb, [5, 5, 50, 60], 40))

    def test_extract_takes_the_first_box(self) -> None:
        boxes = np.array([[10, 20, 40, 50], [50, 50, 80, 80]], np.float32)
        mtcnn = MTCNN(image_size=30, post_process=False)
        first, second = (extract_face(self.image, box, 30) for box in boxes)
        same(mtcnn.extract(self.image, boxes, None), first)
        mtcnn.keep_all = True
        same(mtcnn.extract(self.image, boxes, None), np.stack([first, second]))
        batch = mtcnn.extract([self.image, self.image], [boxes[:1], None], None)
        same(batch, [first[None], None])

    def test_extract_takes_boxes_of_a_batch_in_one_array(self) -> None:
        boxes = np.array([[[10, 20, 40, 50]], [[50, 50, 80, 80]]], object)
        faces = made().extract([self.image, self.image], boxes, None)
        assert [face.shape for face in faces] == [(3, 160, 160)] * 2

    @pytest.mark.parametrize("boxes", [None, [], np.zeros((0, 4))])
    def test_extract_without_boxes(self, boxes: Any) -> None:
        assert made().extract(self.image, np.zeros((0, 4)), None) is None
        assert made(keep_all=True).extract(self.image, None, None) is None


class TestInputs:
    def test_arrays(self) -> None:
        pixels = np.array(photo())
        same(made().detect(pixels, landmarks=True), made().detect(photo(), landmarks=True))

    def test_a_batch_in_one_array(self) -> None:
        pixels = np.array(photo())
        batch = np.stack([pixels, pixels[:, ::-1]])
        expected = made().detect([photo(), flipped(photo())], landmarks=True)
        same(made().detect(batch, landmarks=True), expected)
        assert [face.shape for face in made()(batch)] == [(3, 160, 160)] * 2

    def test_an_array_of_images(self) -> None:
        batch = np.empty(2, object)
        batch[:] = [np.array(photo()), np.array(group())]
        same(made().detect(batch), made().detect(list(batch)))

    def test_a_tuple(self) -> None:
        same(made().detect((photo(), group())), made().detect([photo(), group()]))

    def test_a_tensor(self, torch: Any) -> None:
        same(made().detect(Tensor(np.array(photo()))), made().detect(photo()))
        assert made()(Tensor(np.array(photo()))).shape == (3, 160, 160)

    def test_a_batch_of_tensors(self, torch: Any) -> None:
        pixels = np.array(photo())
        batch = np.stack([pixels, pixels[:, ::-1]])
        same(made().detect(Tensor(batch)), made().detect(batch))
        same(made().detect([Tensor(each) for each in batch]), made().detect(batch))
        assert len(made()(Tensor(batch))) == 2

    @pytest.mark.parametrize("dtype", ["int32", "int64", "uint16", "float32", "float64", "float16"])
    def test_other_numbers_with_the_same_values(self, dtype: str) -> None:
        pixels = np.array(photo())
        same(made().detect(pixels.astype(dtype)), made().detect(pixels))
        same(made()(pixels.astype(dtype)), made()(pixels))

    def test_fractions_are_rounded(self) -> None:
        pixels = np.array(photo())
        same(made().detect(np.clip(pixels + 0.4, 0, 255)), made().detect(pixels))

    @pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA", "CMYK"])
    def test_any_mode(self, mode: str) -> None:
        image = photo().convert(mode)
        same(made().detect(image, landmarks=True), made().detect(image.convert("RGB"), True))
        face = made()(image)
        assert face is None or face.shape == (3, 160, 160)

    @pytest.mark.parametrize("mode", ["L", "LA", "RGBA"])
    def test_a_face_in_another_mode(self, mode: str) -> None:
        assert made()(photo().convert(mode)).shape == (3, 160, 160)

    def test_a_palette_with_transparency(self) -> None:
        image = photo().convert("P")
        image.info["transparency"] = 0
        assert made()(image).shape == (3, 160, 160)

    def test_grey_and_alpha_arrays(self) -> None:
        grey = np.array(photo().convert("L"))
        rgb = np.repeat(grey[:, :, None], 3, axis=2)
        alpha = np.dstack([rgb, np.full_like(grey, 255)])
        for image in (grey, grey[:, :, None], alpha):
            same(made().detect(image), made().detect(rgb))
            same(made()(image), made()(rgb))

    @pytest.mark.parametrize("size", [(1, 1), (8, 8), (11, 400), (19, 19), (1, 500)])
    def test_tiny(self, size: tuple[int, int]) -> None:
        image = photo().resize(size)
        same(made().detect(image), (None, np.array([None], object)))
        assert made()(image) is None

    def test_paths_and_bytes(self) -> None:
        path = GOLDEN / "astronaut_333x277.png"
        for image in (path, str(path), path.read_bytes()):
            same(made().detect(image, landmarks=True), made().detect(photo(), landmarks=True))
            same(made(selection_method="center_weighted_size")(image), made()(photo()))
            same(extract_face(image, [9, 9, 60, 60]), extract_face(photo(), [9, 9, 60, 60]))
        found = made().detect(path, landmarks=True)
        box, _, _ = made().select_boxes(*found, path, method="center_weighted_size")
        same(box, found[0])

    def test_the_image_is_left_alone(self) -> None:
        image, pixels = photo().copy(), np.array(photo())
        before = pixels.copy()
        made(keep_all=True)(image)
        made(keep_all=True)(pixels)
        assert (np.array(image) == before).all()
        assert (pixels == before).all()

    def test_values_0_to_1(self) -> None:
        with pytest.raises(
            fastmtcnn.ImageError, match=r"values from 0 to 255, got float64 values from 0"
        ):
            made().detect(np.array(photo()) / 255)

    @pytest.mark.parametrize("value", [256, -1, np.nan, np.inf])
    def test_values_out_of_range(self, value: float) -> None:
        image = np.array(photo(), np.float32)
        image[0, 0, 0] = value
        with pytest.raises(fastmtcnn.ImageError, match="must have values from 0 to 255, got"):
            made().detect(image)

    def test_channels_first(self, torch: Any) -> None:
        with pytest.raises(fastmtcnn.ImageError, match="channels come first"):
            made().detect(Tensor(np.array(photo()).transpose(2, 0, 1)))

    def test_no_image(self) -> None:
        images: list[Any] = [None, 5, {}, [None], iter([photo()])]
        for image in images:
            with pytest.raises(TypeError, match="an image must be"):
                made().detect(image)

    def test_no_pixels(self) -> None:
        with pytest.raises(fastmtcnn.ImageError, match="at least one pixel"):
            made().detect(np.zeros((0, 4, 3), np.uint8))


class TestSelectBoxes:
    boxes = np.array([[0, 0, 40, 40], [50, 50, 60, 60], [80, 10, 100, 30]], np.float32)
    probs = np.array([0.8, 0.99, 0.95], np.float32)
    points = np.arange(30, dtype=np.float32).reshape(3, 5, 2)
    image = PIL.Image.new("RGB", (110, 110))

    def select(self, image: object = None, **options: Any) -> Any:
        image = self.image if image is None else image
        return made().select_boxes(self.boxes, self.probs, self.points, image, **options)

    @pytest.mark.parametrize(
        ("options", "index"),
        [
            ({}, 1),
            ({"method": "probability"}, 1),
            ({"method": "largest"}, 0),
            ({"method": "largest_over_threshold"}, 2),
            ({"method": "largest_over_threshold", "threshold": 0.97}, 1),
            ({"method": "largest_over_threshold", "threshold": 0.5}, 0),
            ({"method": "center_weighted_size"}, 1),  # 1600 - 4900, 100, 400 - 4850
            ({"method": "center_weighted_size", "center_weight": 0.1}, 0),  # 1355, 100, 157.5
        ],
    )
    def test_one_image(self, options: dict[str, Any], index: int) -> None:
        box, prob, point = self.select(**options)
        same(box, self.boxes[[index]])
        assert isinstance(prob, float)
        assert prob == self.probs[index]
        same(point, self.points[[index]])

    def test_sizes_of_arrays_and_tensors(self, torch: Any) -> None:
        # The middle of 40x180 is at (90, 20), which is that of the last box.
        wide = np.zeros((40, 180, 3), np.uint8)
        images: list[Any] = [wide, Tensor(wide), PIL.Image.fromarray(wide), wide[:, :, 0]]
        for image in images:
            box, _, _ = self.select(image, method="center_weighted_size")
            same(box, self.boxes[[2]])

    def test_none_over_the_threshold(self) -> None:
        found = self.select(method="largest_over_threshold", threshold=0.995)
        assert found == (None, None, None)

    def test_no_face(self) -> None:
        found = made().detect(faceless(), landmarks=True)
        assert made().select_boxes(*found, faceless()) == (None, None, None)

    def test_a_batch(self) -> None:
        boxes, probs, points = made().select_boxes(
            [self.boxes, self.boxes[::-1]],
            [self.probs, self.probs[::-1]],
            [self.points, self.points[::-1]],
            [self.image, self.image],
            method="largest",
        )
        same(boxes, self.boxes[[[0], [0]]])
        same(probs, self.probs[[[0], [0]]])
        same(points, self.points[[[0], [0]]])

    def test_a_batch_with_an_image_without_faces(self) -> None:
        images = [faceless(), group()]
        boxes, probs, points = made().select_boxes(
            *made().detect(images, landmarks=True), images, method="largest"
        )
        best = made().detect(group(), landmarks=True)
        assert boxes[0] is None
        assert points[0] is None
        same(boxes[1], best[0][:1])
        assert probs.shape == (2, 1)
        assert probs[0, 0] is None
        assert probs[1, 0] == best[1][0]

    def test_arrays_of_object(self) -> None:
        found = made().select_boxes(
            self.boxes.astype(object), self.probs.astype(object), self.points, self.image
        )
        same(found[0], self.boxes[[1]])

    def test_of_equal_faces_the_last(self) -> None:
        box, _, point = made().select_boxes(
            self.boxes[[0, 0, 1]], self.probs, self.points, self.image, "largest"
        )
        same(box, self.boxes[[0]])
        same(point, self.points[[1]])

    def test_unknown_method(self) -> None:
        with pytest.raises(ValueError, match="method must be one of 'largest'"):
            self.select(method="biggest")

    def test_results_that_do_not_fit(self) -> None:
        with pytest.raises(ValueError, match="of 2 images, got those of 1, 1, 1"):
            made().select_boxes([self.boxes], [self.probs], [self.points], [self.image] * 2)
        with pytest.raises(ValueError, match=r"3 boxes need .* got \(2,\) and \(3, 5, 2\)"):
            made().select_boxes(self.boxes, self.probs[:2], self.points, self.image)
        with pytest.raises(ValueError, match=r"must have shape \(n, 4\), got \(4,\)"):
            made().select_boxes(self.boxes[0], self.probs, self.points, self.image)
        with pytest.raises(TypeError, match="must come in a list or an array, got NoneType"):
            made().select_boxes([self.boxes], [self.probs], None, [self.image])


class TestSaving:
    def test_one_face(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "folder" / "face.png"
        made()(photo(), save_path=str(path))
        with PIL.Image.open(path) as saved:
            pixels = np.array(saved, np.float32)
        same(pixels.transpose(2, 0, 1).copy(), made(post_process=False)(photo()))

    def test_a_path_object(self, tmp_path: Path) -> None:
        made()(photo(), tmp_path / "face.png")
        assert (tmp_path / "face.png").is_file()

    def test_without_a_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        made()(photo(), save_path="face.png")
        assert os.listdir() == ["face.png"]  # noqa: PTH208

    def test_all_faces(self, tmp_path: Path) -> None:
        faces = made(keep_all=True, post_process=False)(group(), str(tmp_path / "a.b.png"))
        names = ["a.b.png", *(f"a.b_{k}.png" for k in range(2, 9))]
        assert {path.name for path in tmp_path.iterdir()} == set(names)
        for name, face in zip(names, faces, strict=True):
            with PIL.Image.open(tmp_path / name) as saved:
                assert (np.array(saved).transpose(2, 0, 1) == face).all()

    def test_a_batch(self, tmp_path: Path) -> None:
        paths = [str(tmp_path / f"{k}.jpg") for k in range(4)]
        made()([photo(), faceless(), group(), photo()], [*paths[:3], None])
        assert {path.name for path in tmp_path.iterdir()} == {"0.jpg", "2.jpg"}

    @pytest.mark.parametrize("kind", [np.asarray, lambda image: Tensor(np.array(image))])
    def test_other_kinds(self, torch: Any, tmp_path: Path, kind: Callable[[Any], Any]) -> None:
        face = made(post_process=False)(kind(photo()), str(tmp_path / "face.png"))
        with PIL.Image.open(tmp_path / "face.png") as saved:
            assert (np.array(saved).transpose(2, 0, 1) == face.numpy()).all()

    def test_extract_face(self, tmp_path: Path) -> None:
        face = extract_face(photo(), [10, 20, 90, 100], 40, save_path=str(tmp_path / "x.png"))
        with PIL.Image.open(tmp_path / "x.png") as saved:
            assert (np.array(saved).transpose(2, 0, 1) == face).all()

    def test_too_few_paths(self) -> None:
        with pytest.raises(ValueError, match="must name 2 files, one for each image, got 1"):
            made()([photo(), photo()], save_path="face.png")

    def test_no_path(self) -> None:
        for name in ("face.xyz", "face"):
            with pytest.raises(ValueError, match=f"must end in the extension .* got '{name}'$"):
                made()(photo(), save_path=name)
        with pytest.raises(TypeError, match="save_path must be a path or a list of paths, got 5"):
            made()(photo(), save_path=cast("Any", 5))


class TestOptions:
    def test_signatures(self) -> None:
        """Those of facenet-pytorch 2.6.0, by name, order and default."""

        def defaults(function: Callable[..., Any]) -> dict[str, Any]:
            return {
                name: parameter.default
                for name, parameter in inspect.signature(function).parameters.items()
                if parameter.kind is not inspect.Parameter.KEYWORD_ONLY and name != "self"
            }

        needed = inspect.Parameter.empty
        assert list(defaults(MTCNN).items()) == [
            ("image_size", 160),
            ("margin", 0),
            ("min_face_size", 20),
            ("thresholds", (0.6, 0.7, 0.7)),
            ("factor", 0.709),
            ("post_process", True),
            ("select_largest", True),
            ("selection_method", None),
            ("keep_all", False),
            ("device", None),
        ]
        forward = [("img", needed), ("save_path", None), ("return_prob", False)]
        assert list(defaults(MTCNN.forward).items()) == forward
        assert list(defaults(MTCNN.__call__).items()) == forward
        assert list(defaults(MTCNN.detect).items()) == [("img", needed), ("landmarks", False)]
        assert list(defaults(MTCNN.select_boxes).items()) == [
            ("all_boxes", needed),
            ("all_probs", needed),
            ("all_points", needed),
            ("imgs", needed),
            ("method", "probability"),
            ("threshold", 0.9),
            ("center_weight", 2.0),
        ]
        assert list(defaults(MTCNN.extract)) == ["img", "batch_boxes", "save_path"]
        assert list(defaults(extract_face).items()) == [
            ("img", needed),
            ("box", needed),
            ("image_size", 160),
            ("margin", 0),
            ("save_path", None),
        ]
        assert list(defaults(fixed_image_standardization)) == ["image_tensor"]
        assert list(defaults(prewhiten)) == ["x"]

    def test_attributes(self) -> None:
        mtcnn = MTCNN()
        assert mtcnn.thresholds == [0.6, 0.7, 0.7]
        assert (mtcnn.image_size, mtcnn.margin, mtcnn.min_face_size) == (160, 0, 20)
        assert (mtcnn.factor, mtcnn.post_process, mtcnn.select_largest) == (0.709, True, True)
        assert (mtcnn.keep_all, mtcnn.selection_method, mtcnn.device) == (False, "largest", "cpu")
        assert mtcnn.training is True

    @pytest.mark.parametrize(
        ("options", "method"),
        [
            ({"select_largest": False}, "probability"),
            ({"selection_method": "probability"}, "probability"),
            ({"select_largest": False, "selection_method": "largest"}, "largest"),
            ({"selection_method": "center_weighted_size"}, "center_weighted_size"),
        ],
    )
    def test_selection_method(self, options: dict[str, Any], method: str) -> None:
        assert MTCNN(**options).selection_method == method

    def test_defaults_are_not_shared(self) -> None:
        first = MTCNN()
        first.thresholds[0] = 0.9  # type: ignore[index]
        assert MTCNN().thresholds == [0.6, 0.7, 0.7]

    def test_options_may_change(self) -> None:
        mtcnn = MTCNN(num_threads=1)
        assert len(mtcnn.detect(group())[0]) == 8
        mtcnn.min_face_size = 150
        same(mtcnn.detect(group())[0], MTCNN(min_face_size=150).detect(group())[0])
        mtcnn.thresholds = [0.6, 0.7, 1.0]
        assert mtcnn.detect(group())[0] is None
        mtcnn.min_face_size, mtcnn.thresholds, mtcnn.image_size = 20, [0.6, 0.7, 0.7], 32
        mtcnn.keep_all = True
        assert mtcnn(group()).shape == (8, 3, 32, 32)
        mtcnn.selection_method, mtcnn.keep_all = "probability", False
        assert mtcnn(group(), return_prob=True)[1] == mtcnn.detect(group())[1].max()

    def test_a_wrong_change(self) -> None:
        mtcnn = MTCNN()
        mtcnn.min_face_size = 0
        with pytest.raises(ValueError, match="min_face_size must be a finite number of pixels"):
            mtcnn.detect(photo())

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"min_face_size": 0}, ValueError, "min_face_size must be"),
            ({"thresholds": [0.6, 0.7]}, ValueError, "thresholds must be 3 numbers"),
            ({"thresholds": None}, TypeError, "thresholds must be 3 numbers"),
            ({"factor": 1.5}, ValueError, "factor must be"),
            ({"image_size": 0}, ValueError, "image_size must be a whole number"),
            ({"image_size": (160, 160)}, TypeError, "image_size must be a whole number"),
            ({"margin": 160}, ValueError, "margin must be less than image_size, got 160 and 160"),
            ({"margin": None}, TypeError, "margin must be a finite number"),
            ({"selection_method": "biggest"}, ValueError, "selection_method must be one of"),
            ({"num_threads": 0}, ValueError, "num_threads must be"),
        ],
    )
    def test_wrong(self, options: Any, error: type[Exception], message: str) -> None:
        with pytest.raises(error, match=message):
            MTCNN(**options)

    @pytest.mark.parametrize(
        ("box", "message"),
        [
            ([1, 2, 3], "four finite numbers"),
            ([1, 2, 3, np.nan], "four finite numbers"),
            ([[1, 2, 30, 40]], "four finite numbers"),
            ([400, 10, 450, 60], "must contain a pixel of the 277x333 image"),
            ([-50, -50, -10, -10], "must contain a pixel"),
            ([50, 50, 40, 60], "must contain a pixel"),
            ([10.2, 10.2, 10.8, 30], "must contain a pixel"),
        ],
    )
    def test_wrong_box(self, box: Any, message: str) -> None:
        width, height = photo().size
        message = message.replace("277x333", f"{width}x{height}")
        with pytest.raises(ValueError, match=message):
            extract_face(photo(), box)

    def test_wrong_margin_of_extract_face(self) -> None:
        with pytest.raises(ValueError, match="margin must be less than image_size"):
            extract_face(photo(), [10, 10, 50, 50], 80, 80)

    def test_extract_with_too_few_boxes(self) -> None:
        with pytest.raises(ValueError, match="boxes of 2 images, got those of 1"):
            made().extract([photo(), photo()], [[[1, 2, 30, 40]]], None)

    def test_pickled_and_copied(self) -> None:
        mtcnn = MTCNN(min_face_size=40, margin=7, device="cpu", num_threads=1)
        expected = mtcnn(photo())
        for other in (pickle.loads(pickle.dumps(mtcnn)), copy.deepcopy(mtcnn)):
            same(other(photo()), expected)


class TestDevices:
    @pytest.fixture
    def providers(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """What detectors are made with, on a machine that has CUDA."""
        asked: list[Any] = []

        def make(*args: object, providers: Any, **options: object) -> object:
            asked.append(providers)
            return object()

        monkeypatch.setattr(fastmtcnn.detector, "MTCNN", make)
        return asked

    @pytest.mark.parametrize(
        ("device", "number"),
        [("cuda", "0"), ("cuda:0", "0"), ("cuda:3", "3"), (1, "1"), (Device("cuda:2"), "2")],
    )
    def test_cuda(self, providers: list[Any], device: object, number: str) -> None:
        assert MTCNN(device=device).device == device
        assert providers == [[("CUDAExecutionProvider", {"device_id": number})]]

    @pytest.mark.parametrize("device", [None, "cpu", "cpu:0", Device("cpu")])
    def test_cpu(self, providers: list[Any], device: object) -> None:
        MTCNN(device=device)
        assert providers == [None]

    @pytest.mark.parametrize("device", ["mps", "gpu", "cuda:x", "", True, -1, 2.5])
    def test_unknown(self, device: object) -> None:
        with pytest.raises(ValueError, match="device must be 'cpu', 'cuda' or 'cuda:0', got"):
            MTCNN(device=device)

    @pytest.mark.skipif(
        "CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="CUDA is there"
    )
    def test_cuda_where_there_is_none(self) -> None:
        with pytest.raises(ValueError, match="CUDAExecutionProvider"):
            MTCNN(device="cuda:0")
        mtcnn = MTCNN(device="cpu", num_threads=1)
        with pytest.raises(ValueError, match="CUDAExecutionProvider"):
            mtcnn.cuda()
        assert mtcnn.device == "cpu"
        assert mtcnn(photo()) is not None

    def test_own_providers(self, providers: list[Any]) -> None:
        MTCNN(device="cuda", providers=["CPUExecutionProvider"])
        assert providers == [["CPUExecutionProvider"]]

    def test_moving(self, providers: list[Any]) -> None:
        mtcnn = MTCNN()
        assert mtcnn.to("cuda:1") is mtcnn
        assert mtcnn.device == "cuda:1"
        assert mtcnn.cpu().device == "cpu"
        assert mtcnn.cuda().device == "cuda"
        mtcnn.device = "cuda:2"
        assert [each[0][1] for each in providers if each is not None] == [
            {"device_id": "1"},
            {"device_id": "0"},
            {"device_id": "2"},
        ]

    def test_modes(self) -> None:
        mtcnn = MTCNN()
        assert mtcnn.train() is mtcnn
        assert mtcnn.training is True
        assert mtcnn.eval() is mtcnn
        assert mtcnn.training is False
        assert MTCNN().eval().to("cpu")(faceless()) is None

    def test_the_device_of_torch(self, torch: Any) -> None:
        assert MTCNN().device.type == "cpu"


class TestFunctions:
    def test_fixed_image_standardization(self) -> None:
        values = np.array([0, 127.5, 255], np.float32)
        same(fixed_image_standardization(values), np.array([-0.99609375, 0, 0.99609375], "f4"))

    def test_prewhiten(self, torch: Any) -> None:
        # Mean 3; the sample's variance is (4 + 1 + 0 + 1 + 4) / 4.
        values = np.array([1, 2, 3, 4, 5], np.float32)
        expected = np.array([-2, -1, 0, 1, 2]) / np.sqrt(2.5)
        np.testing.assert_allclose(prewhiten(values), expected, rtol=1e-6)
        np.testing.assert_allclose(prewhiten(Tensor(values)).numpy(), expected, rtol=1e-6)

    def test_prewhiten_without_contrast(self, torch: Any) -> None:
        # The deviation is taken as 1 / sqrt(4).
        values = np.array([5, 5, 5, 5.25], np.float32)  # deviation 0.125
        expected = [-0.125, -0.125, -0.125, 0.375]
        np.testing.assert_allclose(prewhiten(values), expected, rtol=1e-6)
        np.testing.assert_allclose(prewhiten(Tensor(values)).numpy(), expected, rtol=1e-6)

    def test_names(self) -> None:
        assert set(facenet_pytorch.__all__) == {
            "MTCNN",
            "extract_face",
            "fixed_image_standardization",
            "prewhiten",
        }


class TestTorch:
    def test_tensors(self, torch: Any) -> None:
        face = made()(photo())
        assert isinstance(face, Tensor)
        assert face.shape == (3, 160, 160)
        assert face.numpy().dtype == np.float32
        assert isinstance(made(keep_all=True)(group()), Tensor)
        assert all(isinstance(face, Tensor) for face in made()([photo(), group()]))
        assert isinstance(extract_face(photo(), [1, 2, 30, 40]), Tensor)
        assert isinstance(made().detect(photo())[0], np.ndarray)

    def test_the_numbers_are_the_same_without(self, monkeypatch: pytest.MonkeyPatch) -> None:
        face = made()(photo())
        assert isinstance(face, np.ndarray)
        monkeypatch.setitem(sys.modules, "torch", stand_in())
        same(made()(photo()).numpy(), face)

    def test_it_is_not_imported_early(self, tmp_path: Path) -> None:
        """Neither is OpenCV. Both would fail."""
        for name in ("torch", "cv2", "torchvision", "facenet_pytorch"):
            (tmp_path / f"{name}.py").write_text("raise RuntimeError('imported')")
        script = (
            "import sys, numpy\n"
            "from fastmtcnn.compat.facenet_pytorch import MTCNN\n"
            "mtcnn = MTCNN(device='cpu').to('cpu').eval()\n"
            "assert mtcnn.detect(numpy.zeros((40, 50, 3), 'u1'))[0] is None\n"
            "assert not {'torch', 'cv2', 'torchvision'} & set(sys.modules)\n"
            "try:\n"
            "    mtcnn(numpy.zeros((40, 50, 3), 'u1'))\n"
            "except RuntimeError as error:\n"
            "    assert str(error) == 'imported'\n"
            "else:\n"
            "    raise AssertionError('torch was not asked for')\n"
        )
        paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    @pytest.mark.optional
    def test_with_torch_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()  # and torch stays imported: it cannot be a second time
        torch: Any = pytest.importorskip("torch")
        pixels = torch.from_numpy(np.array(photo()))
        face = made()(pixels)
        assert isinstance(face, torch.Tensor)
        assert (tuple(face.shape), face.dtype) == ((3, 160, 160), torch.float32)
        same(made().detect(torch.stack([pixels] * 2))[0][0], made().detect(photo())[0])
        assert MTCNN(device=torch.device("cpu")).device == MTCNN().device == torch.device("cpu")
        left, top, right, bottom = (int(value) for value in made().detect(photo())[0][0])
        area = torch.nn.functional.interpolate(
            pixels[top:bottom, left:right].permute(2, 0, 1)[None].float(), (160, 160), mode="area"
        )
        assert (made(post_process=False)(pixels) == area[0].trunc()).all()


class TestUse:
    """Code written for facenet-pytorch."""

    @staticmethod
    def resnet(faces: Tensor) -> Tensor:
        """A stand-in for the embedder: three numbers for each face."""
        assert faces.shape[1:] == (3, 160, 160)
        assert faces.array.dtype == np.float32
        return Tensor(faces.array.mean(axis=(2, 3)))

    def test_the_quick_start(self, torch: Any, tmp_path: Path) -> None:
        mtcnn = MTCNN(image_size=160, margin=14)
        img_cropped = mtcnn(photo(), save_path=str(tmp_path / "face.png"))
        img_embedding = self.resnet(img_cropped.unsqueeze(0))
        assert img_embedding.shape == (1, 3)
        assert (tmp_path / "face.png").is_file()

    def test_recognition(self, torch: Any) -> None:
        device = torch.device("cpu")
        mtcnn = MTCNN(
            image_size=160,
            margin=0,
            min_face_size=20,
            thresholds=[0.6, 0.7, 0.7],
            factor=0.709,
            post_process=True,
            device=device,
        )
        aligned, names, lines = [], [], []
        for x, y in [(photo(), "a"), (faceless(), "b"), (group(), "c")]:
            x_aligned, prob = mtcnn(x, return_prob=True)
            if x_aligned is not None:
                lines.append(f"Face detected with probability: {prob:8f}")
                aligned.append(x_aligned)
                names.append(y)
        embeddings = self.resnet(torch.stack(aligned).to(device)).detach().cpu()
        assert embeddings.shape == (2, 3)
        assert names == ["a", "c"]
        assert lines[0].startswith("Face detected with probability: 0.99")

    def test_tracking(self) -> None:
        mtcnn = MTCNN(keep_all=True, device="cpu")
        frames_tracked = []
        for frame in (photo(), group()):
            boxes, _ = mtcnn.detect(frame)
            frame_draw = frame.copy()
            draw = PIL.ImageDraw.Draw(frame_draw)
            for box in boxes:
                draw.rectangle(box.tolist(), outline=(255, 0, 0), width=6)
            frames_tracked.append(frame_draw.resize((640, 360), BILINEAR))
        assert len(frames_tracked) == 2

    def test_tracking_with_landmarks(self, torch: Any, tmp_path: Path) -> None:
        boxes, _, points = MTCNN(keep_all=True).detect(group(), landmarks=True)
        draw = PIL.ImageDraw.Draw(group().copy())
        for i, (box, point) in enumerate(zip(boxes, points, strict=True)):
            draw.rectangle(box.tolist(), width=5)
            for p in point:
                draw.rectangle((p - 10).tolist() + (p + 10).tolist(), width=10)
            extract_face(group(), box, save_path=str(tmp_path / f"detected_face_{i}.png"))
        assert len(list(tmp_path.iterdir())) == 8

    def test_every_second_frame(self) -> None:
        """The recipe for video: boxes of one frame serve for the next."""
        frames = [np.array(image) for image in (photo(), photo(), faceless(), faceless())]
        boxes, probs = MTCNN(margin=14, keep_all=True, factor=0.6).detect(frames[::2])
        faces = []
        for i, frame in enumerate(frames):
            box_ind = int(i / 2)
            if boxes[box_ind] is None:
                continue
            for box in boxes[box_ind]:
                box = [int(b) for b in box]
                faces.append(frame[box[1] : box[3], box[0] : box[2]])
        assert len(faces) == 2
        assert len(probs) == 2

    def test_batched_with_paths(self, tmp_path: Path) -> None:
        frames = [photo(), flipped(photo())]
        save_paths = [str(tmp_path / f"image_{i}.jpg") for i in range(len(frames))]
        faces = MTCNN(select_largest=False, post_process=False)(frames, save_path=save_paths)
        assert len(faces) == 2
        assert {path.name for path in tmp_path.iterdir()} == {"image_0.jpg", "image_1.jpg"}
