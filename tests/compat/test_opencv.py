"""The interface of cv2.FaceDetectorYN: recorded faces in YuNet's layout, and what it refuses.

How the original behaves was seen in OpenCV 4.14 and 5.0 with face_detection_yunet_2023mar.onnx.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from fastmtcnn import MTCNN, Detections, ImageError
from fastmtcnn.compat.opencv import FaceDetectorYN, FaceDetectorYN_create
from tests.support.helpers import GOLDEN, assert_same, golden_bgr, golden_image, random_image
from tests.support.recordings import IMAGES, recorded

MODEL = "face_detection_yunet_2023mar.onnx"  # lies nowhere
NAMES = {  # of cv2.FaceDetectorYN, in both versions
    "create",
    "detect",
    "getInputSize",
    "getNMSThreshold",
    "getScoreThreshold",
    "getTopK",
    "setInputSize",
    "setNMSThreshold",
    "setScoreThreshold",
    "setTopK",
}


def make(size: Any = (0, 0), **options: Any) -> FaceDetectorYN:
    return FaceDetectorYN.create(MODEL, "", size, **{"num_threads": 1, **options})


def detect(yunet: FaceDetectorYN, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    yunet.setInputSize((image.shape[1], image.shape[0]))
    retval, faces = yunet.detect(image)
    assert retval == 1
    assert faces is not None
    assert faces.dtype == np.float32
    assert faces.shape == (len(faces), 15)
    assert faces.flags.c_contiguous
    return faces


@pytest.fixture(scope="module")
def at_08() -> FaceDetectorYN:
    return make(score_threshold=0.8)


def stub(rows: list[list[float]], score_threshold: float = 0.5, **options: Any) -> FaceDetectorYN:
    """One whose MTCNN finds given faces (x1, y1, x2, y2, score), for images of 100x100."""
    table = np.array(rows, np.float32).reshape(-1, 5)
    points = np.arange(10 * len(table), dtype=np.float32).reshape(-1, 5, 2)
    found = Detections(table[:, :4], table[:, 4], points)
    detector: Any = SimpleNamespace(detect=lambda image: found)
    settings = {"nms_threshold": 0.3, "top_k": 5000, **options}
    return FaceDetectorYN(detector, (100, 100), score_threshold, **settings)


def scores_of(yunet: FaceDetectorYN) -> list[float]:
    _, faces = yunet.detect(random_image(100, 100))
    return [] if faces is None else [round(float(score), 4) for score in faces[:, 14]]


# ---- results


@pytest.mark.parametrize("name", IMAGES)
def test_faces_are_the_recorded_ones(at_08: FaceDetectorYN, name: str) -> None:
    boxes, points = recorded(name)
    faces = detect(at_08, golden_bgr(name))
    x1, y1, x2, y2, scores = boxes.T
    np.testing.assert_allclose(faces[:, :4], np.transpose([x1, y1, x2 - x1, y2 - y1]), atol=0.05)
    np.testing.assert_allclose(faces[:, 4:14], points.reshape(-1, 10), atol=0.05)
    np.testing.assert_allclose(faces[:, 14], scores, atol=1e-4)


def test_landmarks_are_in_yunets_order(at_08: FaceDetectorYN) -> None:
    # YuNet itself finds: right eye 200, 102; left eye 247, 103; nose 220, 125; right corner of the
    # mouth 199, 143; left 240, 144; score 0.932.
    [face] = detect(at_08, golden_bgr("astronaut.png"))
    yunet = [200.116, 101.82, 247.134, 102.619, 220.367, 124.545, 198.613, 142.774, 239.668, 143.64]
    np.testing.assert_allclose(face[4:14], yunet, atol=7)
    assert face[4] < face[6]
    assert face[10] < face[12]


def test_positional_options_and_the_name_at_module_level() -> None:
    yunet = FaceDetectorYN_create(MODEL, "", (512, 512), 0.8, 0.4, 100, 0, 0)
    assert yunet.getInputSize() == (512, 512)
    assert (yunet.getScoreThreshold(), yunet.getNMSThreshold(), yunet.getTopK()) == (0.8, 0.4, 100)
    assert len(detect(yunet, golden_bgr("astronaut.png"))) == 1


def test_defaults_are_opencvs() -> None:
    yunet = FaceDetectorYN.create(MODEL, "", (320, 320))
    assert yunet.getInputSize() == (320, 320)
    assert (yunet.getScoreThreshold(), yunet.getNMSThreshold(), yunet.getTopK()) == (0.9, 0.3, 5000)


def test_has_all_methods_of_opencvs() -> None:
    assert {name for name in dir(FaceDetectorYN) if not name.startswith("_")} == NAMES


def test_the_flow_of_opencvs_demo() -> None:
    image = golden_bgr("crowd.png")
    height, width, _ = image.shape
    yunet = FaceDetectorYN.create(
        model=MODEL,
        config="",
        input_size=(320, 320),
        score_threshold=0.9,
        nms_threshold=0.3,
        top_k=5000,
        backend_id=3,
        target_id=0,
    )
    yunet.setInputSize([width, height])
    faces = yunet.detect(image)
    assert faces[1] is not None
    drawn = [face[0:14].astype(np.int32) for face in faces[1]]
    assert len(drawn) == 20


def test_no_face_is_none(at_08: FaceDetectorYN) -> None:
    at_08.setInputSize((600, 400))
    assert at_08.detect(golden_bgr("coffee_noface.png")) == (1, None)


@pytest.mark.parametrize("shape", [(1, 1), (5, 5), (11, 300), (12, 12)])
def test_tiny_image(at_08: FaceDetectorYN, shape: tuple[int, int]) -> None:
    at_08.setInputSize(shape[::-1])
    assert at_08.detect(random_image(*shape)) == (1, None)


@pytest.mark.parametrize("image", [None, np.zeros((0, 0, 3), np.uint8), np.zeros((0, 5), np.uint8)])
def test_no_image_is_no_success(at_08: FaceDetectorYN, image: Any) -> None:
    assert at_08.detect(image) == (0, None)


def test_alpha_is_dropped_and_grey_is_taken(at_08: FaceDetectorYN) -> None:
    image = golden_bgr("astronaut.png")
    alpha = random_image(512, 512)[:, :, :1]
    assert_same(detect(at_08, np.dstack([image, alpha])), detect(at_08, image))
    grey = image[:, :, 1]
    expected = detect(at_08, np.dstack([grey, grey, grey]))
    assert_same(detect(at_08, grey), expected)
    assert_same(detect(at_08, grey[:, :, None]), expected)
    assert len(expected) == 1


def test_files_are_taken(at_08: FaceDetectorYN) -> None:
    expected = detect(at_08, golden_bgr("astronaut.png"))
    _, faces = at_08.detect(GOLDEN / "astronaut.png")
    assert faces is not None
    assert_same(faces, expected)


def test_result_is_new_every_time(at_08: FaceDetectorYN) -> None:
    image = golden_bgr("astronaut.png")
    out = np.zeros((1, 15), np.float32)
    first = detect(at_08, image)
    before = first.copy()
    first[:] = 0
    _, second = at_08.detect(image, out)
    assert second is not None
    assert second is not out
    assert_same(second, before)


def test_min_face_size_and_variant() -> None:
    large = make(score_threshold=0.8, min_face_size=40)
    assert len(detect(large, golden_bgr("crowd.png"))) == 16  # as recorded
    facenet = make(score_threshold=0.7, variant="facenet-pytorch")
    expected = [181.05141, 62.15613, 267.74731 - 181.05141, 172.05017 - 62.15613]
    [face] = detect(facenet, golden_bgr("astronaut.png"))
    np.testing.assert_allclose(face[:4], expected, atol=0.05)


# ---- thresholds


@pytest.mark.parametrize("score_threshold", [0.0, 0.3, 0.6, 0.9, 0.9975])
def test_score_threshold_is_that_of_onet(score_threshold: float) -> None:
    image = golden_image("crowd.png")
    native = MTCNN(thresholds=[0.6, 0.7, score_threshold], num_threads=1).detect(image)
    yunet = make(score_threshold=score_threshold, nms_threshold=1.0)
    assert_same(detect(yunet, image[:, :, ::-1])[:, 14], native.scores)


def test_score_threshold_must_be_exceeded() -> None:
    rows = [[0.0, 0, 10, 10, 0.75], [20, 0, 30, 10, 0.5], [40, 0, 50, 10, 0.25]]
    yunet = stub(rows, 0.5)
    assert scores_of(yunet) == [0.75]
    yunet.setScoreThreshold(0.49)
    assert scores_of(yunet) == [0.75, 0.5]
    yunet.setScoreThreshold(0)
    assert scores_of(yunet) == [0.75, 0.5, 0.25]
    yunet.setScoreThreshold(1)
    assert yunet.detect(random_image(100, 100)) == (1, None)


# The second overlaps the first by 5 of 15 tenths, the third lies apart.
OVERLAPPING = [[0.0, 0, 10, 10, 0.9], [5, 0, 15, 10, 0.8], [50, 50, 60, 60, 0.7]]


@pytest.mark.parametrize(
    ("nms_threshold", "expected"),
    [(0.0, [0.9, 0.7]), (0.33, [0.9, 0.7]), (0.34, [0.9, 0.8, 0.7]), (1.0, [0.9, 0.8, 0.7])],
)
def test_nms_threshold_is_intersection_over_union(
    nms_threshold: float, expected: list[float]
) -> None:
    yunet = stub(OVERLAPPING)
    yunet.setNMSThreshold(nms_threshold)
    assert scores_of(yunet) == expected


@pytest.mark.parametrize(
    ("top_k", "expected"),
    [(1, [0.9]), (2, [0.9]), (3, [0.9, 0.7]), (0, [0.9, 0.7]), (-1, [0.9, 0.7])],
)
def test_top_k_comes_before_nms(top_k: int, expected: list[float]) -> None:
    yunet = stub(OVERLAPPING)
    yunet.setTopK(top_k)
    assert scores_of(yunet) == expected


# ---- input size


def test_another_size_is_refused_until_it_is_set(at_08: FaceDetectorYN) -> None:
    at_08.setInputSize((512, 512))
    image = golden_bgr("grace_hopper.png")
    wanted = r"input size \(512, 512\), got one of .* \(512, 600\); call setInputSize\(\(512, 600\)"
    with pytest.raises(ImageError, match=wanted):
        at_08.detect(image)
    at_08.setInputSize((512, 600))
    assert at_08.detect(image)[0] == 1


@pytest.mark.parametrize("size", [(7, 5), [7, 5], np.array([7, 5]), (np.int64(7), np.int32(5))])
def test_input_size(size: Any) -> None:
    yunet = stub([])
    yunet.setInputSize(size)
    assert yunet.getInputSize() == (7, 5)
    assert [type(side) for side in yunet.getInputSize()] == [int, int]


@pytest.mark.parametrize(
    ("size", "kind"),
    [
        ((-1, 5), ValueError),
        ((5,), ValueError),
        ((), ValueError),
        ((1, 2, 3), ValueError),
        ((1.5, 2), TypeError),
        ((True, 2), TypeError),
        (np.array([1.0, 2.0]), TypeError),
        (np.array(5), TypeError),
        (np.zeros((2, 2), int), TypeError),
        (5, TypeError),
        ("ab", TypeError),
        (None, TypeError),
    ],
)
def test_wrong_input_size(size: Any, kind: type[Exception]) -> None:
    yunet = stub([])
    with pytest.raises(kind, match="input_size must be"):
        yunet.setInputSize(size)
    assert yunet.getInputSize() == (100, 100)


# ---- what is refused


@pytest.mark.parametrize(
    ("image", "kind", "message"),
    [
        ("photo.png", OSError, "photo.png"),
        ([[0, 0]], TypeError, "got a list"),
        (5, TypeError, "got int"),
        (np.zeros((4, 4, 3), np.float32), TypeError, "uint8 with values 0 to 255, got float32"),
        (np.zeros((4, 4, 2), np.uint8), ImageError, r"\(4, 4, 2\)"),
        (np.zeros(4, np.uint8), ImageError, r"\(4,\)"),
        (np.zeros((2, 4, 4, 3), np.uint8), ImageError, "one image at a time"),
    ],
)
def test_wrong_image(
    at_08: FaceDetectorYN, image: Any, kind: type[Exception], message: str
) -> None:
    at_08.setInputSize((4, 4))
    with pytest.raises(kind, match=message):
        at_08.detect(image)


@pytest.mark.parametrize(
    ("name", "value", "kind", "message"),
    [
        ("score_threshold", 1.5, ValueError, "score_threshold must be .* 0 to 1, got 1.5"),
        ("score_threshold", -1, ValueError, "score_threshold must be .* got -1"),
        ("score_threshold", float("nan"), ValueError, "score_threshold must be .* got nan"),
        ("score_threshold", None, TypeError, "score_threshold must be .* got None"),
        ("nms_threshold", 2, ValueError, "nms_threshold must be"),
        ("nms_threshold", "a", TypeError, "nms_threshold must be"),
        ("top_k", 1.5, TypeError, "top_k must be a whole number, got 1.5"),
        ("top_k", True, TypeError, "top_k must be"),
        ("target_id", 1, ValueError, "target_id must be 0 .* got 1"),
        ("target_id", "cuda", TypeError, "target_id must be"),
        ("min_face_size", 0, ValueError, "min_face_size must be"),
        ("variant", "yunet", ValueError, "variant must be one of"),
        ("providers", ["Nonsense"], ValueError, "provider must be one of"),
    ],
)
def test_wrong_option(name: str, value: object, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        make(**{name: value})


def test_a_refused_option_changes_nothing() -> None:
    yunet = stub([])
    wrong: dict[str, Any] = {"setScoreThreshold": 7, "setNMSThreshold": -7, "setTopK": 0.5}
    for method, value in wrong.items():
        with pytest.raises((TypeError, ValueError)):
            getattr(yunet, method)(value)
    assert (yunet.getScoreThreshold(), yunet.getNMSThreshold(), yunet.getTopK()) == (0.5, 0.3, 5000)


@pytest.mark.parametrize("target_id", [6, 7])
def test_cuda_is_not_replaced_by_the_cpu(monkeypatch: pytest.MonkeyPatch, target_id: int) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(ValueError, match="'CUDAExecutionProvider' is not in the installed"):
        make(target_id=target_id)
    assert make(target_id=target_id, providers=["CPUExecutionProvider"]).getTopK() == 5000
