"""The interface of insightface's detectors and FaceAnalysis, beside recorded faces."""

from __future__ import annotations

import copy
import pickle
import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest

from fastmtcnn import MTCNN, Detections, ImageError, ModelError
from fastmtcnn.compat.insightface import Detector, Face, FaceAnalysis
from tests.support.helpers import GOLDEN, assert_same, golden_bgr, golden_image, random_image
from tests.support.recordings import IMAGES, recorded

CPU = ["CPUExecutionProvider"]


@pytest.fixture(scope="module")
def at_08() -> Detector:
    detector = Detector(num_threads=1)
    detector.prepare(-1, det_thresh=0.8)
    return detector


@pytest.fixture(scope="module")
def app() -> FaceAnalysis:
    analysis = FaceAnalysis(num_threads=1)
    analysis.prepare(ctx_id=-1, det_thresh=0.8, det_size=(640, 640))
    return analysis


def stub(rows: list[list[float]], **options: Any) -> Detector:
    """One whose MTCNN finds given faces: x1, y1, x2, y2, score."""
    table = np.array(rows, np.float32).reshape(-1, 5)
    points = np.arange(10 * len(table), dtype=np.float32).reshape(-1, 5, 2)
    found = Detections(table[:, :4], table[:, 4], points)
    detector = Detector(num_threads=1)
    replaced: Any = SimpleNamespace(detect=lambda image: found)
    detector._detector = replaced
    detector.prepare(-1, **options)
    return detector


def scores_of(
    detector: Detector, shape: tuple[int, int] = (100, 100), **options: Any
) -> list[float]:
    det, kpss = detector.detect(random_image(*shape), **options)
    assert len(det) == len(kpss)
    return [round(float(score), 4) for score in det[:, 4]]


# ---- results


@pytest.mark.parametrize("name", IMAGES)
def test_faces_are_the_recorded_ones(at_08: Detector, name: str) -> None:
    boxes, landmarks = recorded(name)
    det, kpss = at_08.detect(golden_bgr(name))
    assert det.dtype == kpss.dtype == np.float32
    assert (det.shape, kpss.shape) == ((len(boxes), 5), (len(boxes), 5, 2))
    np.testing.assert_allclose(det, boxes, atol=0.05)
    np.testing.assert_allclose(det[:, 4], boxes[:, 4], atol=1e-4)
    np.testing.assert_allclose(kpss, landmarks, atol=0.05)


def test_landmarks_begin_with_the_eye_at_image_left(at_08: Detector) -> None:
    _, [kps] = at_08.detect(golden_bgr("astronaut.png"))
    literal = [
        [203.662, 101.17771],
        [246.5607, 103.66243],
        [224.58501, 128.0728],
        [201.6819, 140.26599],
        [244.94377, 141.56287],
    ]
    np.testing.assert_allclose(kps, literal, atol=0.05)


def test_no_face(at_08: Detector, app: FaceAnalysis) -> None:
    det, kpss = at_08.detect(golden_bgr("coffee_noface.png"))
    assert_same(det, np.zeros((0, 5), np.float32))
    assert_same(kpss, np.zeros((0, 5, 2), np.float32))
    assert at_08.detect(golden_bgr("coffee_noface.png"), max_num=3, metric="max")[0].shape == (0, 5)
    assert app.get(golden_bgr("coffee_noface.png")) == []


@pytest.mark.parametrize("shape", [(1, 1), (5, 5), (11, 300), (12, 12)])
def test_tiny_image(at_08: Detector, shape: tuple[int, int]) -> None:
    det, kpss = at_08.detect(random_image(*shape))
    assert (det.shape, kpss.shape) == ((0, 5), (0, 5, 2))


def test_alpha_is_dropped_and_grey_is_taken(at_08: Detector) -> None:
    image = golden_bgr("astronaut.png")
    with_alpha = np.dstack([image, random_image(512, 512)[:, :, :1]])
    assert_same(at_08.detect(with_alpha)[0], at_08.detect(image)[0])
    grey = image[:, :, 1]
    expected, _ = at_08.detect(np.dstack([grey, grey, grey]))
    assert_same(at_08.detect(grey)[0], expected)
    assert_same(at_08.detect(grey[:, :, None])[0], expected)
    assert len(expected) == 1


def test_files_are_taken(at_08: Detector) -> None:
    expected, _ = at_08.detect(golden_bgr("astronaut.png"))
    assert_same(at_08.detect(GOLDEN / "astronaut.png")[0], expected)


def test_input_size_changes_nothing(at_08: Detector) -> None:
    image = golden_bgr("crowd.png")
    expected, _ = at_08.detect(image)
    assert_same(at_08.detect(image, (640, 640))[0], expected)
    at_08.prepare(-1, det_thresh=0.8, input_size=(128, 128))
    assert_same(at_08.detect(image)[0], expected)
    at_08.prepare(-1, det_size=(320, 320))
    assert_same(at_08.detect(image)[0], expected)


def test_options_reach_the_detector() -> None:
    large = Detector(min_face_size=40, num_threads=1)
    assert len(large.detect(golden_bgr("crowd.png"), det_thresh=0.8)[0]) == 16  # as recorded
    facenet = Detector(variant="facenet-pytorch", num_threads=1)
    [box], _ = facenet.detect(golden_bgr("astronaut.png"))
    np.testing.assert_allclose(box[:4], [181.05141, 62.15613, 267.74731, 172.05017], atol=0.05)
    for wrong, message in [({"min_face_size": 0}, "min_face_size"), ({"variant": "x"}, "variant")]:
        with pytest.raises(ValueError, match=message):
            Detector(**wrong)  # type: ignore[arg-type]


# ---- thresholds


@pytest.mark.parametrize("det_thresh", [0.3, 0.5, 0.9])
def test_det_thresh_is_that_of_onet(det_thresh: float) -> None:
    image = golden_image("crowd.png")
    native = MTCNN(thresholds=[0.6, 0.7, det_thresh], num_threads=1).detect(image)
    detector = Detector(num_threads=1)
    detector.prepare(-1, det_thresh=det_thresh, nms_thresh=1)
    det, _ = detector.detect(image[:, :, ::-1])
    assert_same(det[:, :4], native.boxes)


def test_det_thresh_is_enough() -> None:
    rows = [[0.0, 0, 10, 10, 0.75], [20, 0, 30, 10, 0.5], [40, 0, 50, 10, 0.25]]
    detector = stub(rows)
    assert detector.det_thresh == 0.5
    assert scores_of(detector) == [0.75, 0.5]
    assert scores_of(detector, det_thresh=0.51) == [0.75]
    assert scores_of(detector, det_thresh=0) == [0.75, 0.5, 0.25]
    detector.prepare(-1, 0.2)
    assert scores_of(detector) == [0.75, 0.5, 0.25]
    detector.prepare(-1)
    assert scores_of(detector) == [0.75, 0.5, 0.25]
    detector.det_thresh = 0.6
    assert scores_of(detector) == [0.75]


def test_nms_thresh_is_intersection_over_union_of_whole_pixels() -> None:
    # Of 11x11 pixels each, they share 7x11: 77 / 165 = 0.467.
    detector = stub([[0.0, 0, 10, 10, 0.9], [4, 0, 14, 10, 0.8], [50, 50, 60, 60, 0.7]])
    assert detector.nms_thresh == 0.4
    assert scores_of(detector) == [0.9, 0.7]
    detector.prepare(-1, nms_thresh=0.46)
    assert scores_of(detector) == [0.9, 0.7]
    detector.prepare(-1, nms_thresh=0.47)
    assert scores_of(detector) == [0.9, 0.8, 0.7]
    detector.prepare(-1, nms_thresh=0)
    assert scores_of(detector) == [0.9, 0.7]


# ---- max_num

# In an image of 200x100, whose centre is (100, 50). Areas 1600, 900, 400; squared distances of the
# centres from it 80^2 + 30^2 = 7300, 50^2 + 0 = 2500, 0: values -13000, -4100, 400.
FACES = [[160.0, 60, 200, 100, 0.7], [35, 35, 65, 65, 0.8], [90, 40, 110, 60, 0.9]]
BY_SCORE = sorted(FACES, key=lambda row: -row[4])


@pytest.mark.parametrize(
    ("max_num", "metric", "expected"),
    [
        (0, "default", [0.9, 0.8, 0.7]),
        (-1, "max", [0.9, 0.8, 0.7]),
        (3, "max", [0.9, 0.8, 0.7]),  # none to leave out: by score
        (9, "default", [0.9, 0.8, 0.7]),
        (1, "max", [0.7]),
        (2, "max", [0.7, 0.8]),
        (1, "default", [0.9]),
        (2, "default", [0.9, 0.8]),
    ],
)
def test_max_num(max_num: int, metric: str, expected: list[float]) -> None:
    detector = stub(BY_SCORE)
    assert scores_of(detector, (100, 200), max_num=max_num, metric=metric) == expected


def test_default_metric_weighs_the_distance_twice() -> None:
    # Areas 400 and 441; the second's centre is 4.5 from the image's: 441 - 2 * 20.25 = 400.5.
    rows = [[40.0, 40, 60, 60, 0.9], [44.0, 39.5, 65, 60.5, 0.8]]
    detector = stub(rows, nms_thresh=1)
    assert scores_of(detector, max_num=1) == [0.8]
    rows[1][:4] = [44.25, 39.5, 65.25, 60.5]  # 4.75: 441 - 2 * 22.5625 = 395.875
    assert scores_of(stub(rows, nms_thresh=1), max_num=1) == [0.9]


def test_centre_of_an_odd_image_is_a_whole_number() -> None:
    # 101 // 2 = 50: the centres are 10.1 and 10.25 from 50.5, but 10.6 and 9.75 from 50.
    detector = stub([[55.6, 45, 65.6, 55, 0.9], [35.25, 45, 45.25, 55, 0.8]])
    assert scores_of(detector, (100, 101), max_num=1) == [0.8]


def test_max_num_keeps_boxes_and_landmarks_together(at_08: Detector) -> None:
    boxes, landmarks = recorded("crowd.png")
    order = np.argsort((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))[::-1][:3]
    det, kpss = at_08.detect(golden_bgr("crowd.png"), max_num=3, metric="max")
    np.testing.assert_allclose(det, boxes[order], atol=0.05)
    np.testing.assert_allclose(kpss, landmarks[order], atol=0.05)


# ---- FaceAnalysis


def test_faces_have_attributes_and_items(app: FaceAnalysis) -> None:
    boxes, landmarks = recorded("astronaut.png")
    [face] = app.get(golden_bgr("astronaut.png"))
    assert isinstance(face, dict)
    assert sorted(face) == ["bbox", "det_score", "kps"]
    np.testing.assert_allclose(face.bbox, boxes[0, :4], atol=0.05)
    np.testing.assert_allclose(face["kps"], landmarks[0], atol=0.05)
    assert face.bbox.dtype == face.kps.dtype == np.float32
    assert isinstance(face.det_score, np.float32)
    assert face.det_score == pytest.approx(boxes[0, 4], abs=1e-4)
    assert face.embedding is face.normed_embedding is face.sex is face.age is None


def test_get_with_max_num(app: FaceAnalysis) -> None:
    image = golden_bgr("crowd.png")
    boxes, _ = recorded("crowd.png")
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    assert len(app.get(image)) == len(boxes)
    [face] = app.get(image, 1, det_metric="max")
    np.testing.assert_allclose(face.bbox, boxes[areas.argmax(), :4], atol=0.05)
    offsets = (boxes[:, :2] + boxes[:, 2:4]) / 2 - (640, 400)
    [face] = app.get(image, max_num=1)
    best = (areas - 2 * (offsets**2).sum(axis=1)).argmax()
    np.testing.assert_allclose(face.bbox, boxes[best, :4], atol=0.05)


def test_the_flow_of_insightfaces_readme() -> None:
    app = FaceAnalysis("buffalo_l", allowed_modules=["detection"], providers=CPU)
    app.prepare(ctx_id=0, det_size=(640, 640))
    image = golden_bgr("astronaut.png")
    before = image.copy()
    drawn = app.draw_on(image, app.get(image))
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8
    assert drawn.flags.c_contiguous
    assert_same(image, before)
    y, x = np.nonzero((drawn != image).any(axis=2))
    assert 160 < x.min() < 180
    assert 260 < x.max() < 275
    assert 165 < y.max() < 180
    assert_same(app.draw_on(image, []), np.ascontiguousarray(image))
    assert app.models == {"detection": app.det_model}
    assert app.det_model.taskname == "detection"


def test_drawn_boxes_are_green_in_golden_bgr() -> None:
    app = FaceAnalysis(num_threads=1)
    face = Face(bbox=np.array([20, 20, 60, 60]), kps=np.full((5, 2), 40), det_score=1)
    drawn = app.draw_on(np.zeros((80, 80, 3), np.uint8), [face])
    assert drawn[40, 20].tolist() == [110, 255, 70]


def test_face() -> None:
    face = Face(bbox=1)
    face.age = 30
    face["gender"] = 1
    assert face == {"bbox": 1, "age": 30, "gender": 1}
    assert (face.bbox, face["age"], face.gender, face.pose) == (1, 30, 1, None)
    del face.age
    assert "age" not in face
    with pytest.raises(AttributeError, match="age"):
        del face.age
    for other in (copy.copy(face), copy.deepcopy(face), pickle.loads(pickle.dumps(face))):
        assert type(other) is Face
        assert other == face
    assert not hasattr(face, "__array_interface__")


@pytest.mark.parametrize("modules", [["recognition"], ["detection", "recognition"], []])
def test_further_modules_are_refused(modules: list[str]) -> None:
    with pytest.raises(ValueError, match=r"allowed_modules must be None or \['detection'\]"):
        FaceAnalysis(allowed_modules=modules)


# ---- devices


@pytest.fixture
def without_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: CPU)


MISSING = "CUDAExecutionProvider cannot be used, .*: the installed onnxruntime does not have it"


@pytest.mark.usefixtures("without_cuda")
@pytest.mark.parametrize("ctx_id", [0, 3])
def test_without_cuda_ctx_id_means_the_cpu(ctx_id: int) -> None:
    """As in insightface; a warning at the user's line says so."""
    detector = Detector(num_threads=1)
    with pytest.warns(UserWarning, match=MISSING) as caught:
        detector.prepare(ctx_id, det_thresh=0.9)
    assert [warning.filename for warning in caught] == [__file__]
    assert detector.det_thresh == 0.9
    assert len(detector.detect(golden_bgr("astronaut.png"))[0]) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        detector.prepare(ctx_id)  # it has been said
        detector.prepare(-1)
        Detector(num_threads=1).prepare(-1)


@pytest.mark.usefixtures("without_cuda")
@pytest.mark.parametrize("ctx_id", [0, -1])
@pytest.mark.parametrize("first", ["CUDAExecutionProvider", ("CUDAExecutionProvider", {})])
def test_the_next_provider_of_a_list(first: Any, ctx_id: int) -> None:
    with pytest.warns(UserWarning, match=MISSING) as caught:
        app = FaceAnalysis(providers=[first, *CPU], num_threads=1)
    assert [warning.filename for warning in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        app.prepare(ctx_id=ctx_id, det_size=(640, 640))
    assert len(app.get(golden_bgr("astronaut.png"))) == 1


@pytest.mark.usefixtures("without_cuda")
@pytest.mark.filterwarnings("ignore:CUDAExecutionProvider cannot be used")
@pytest.mark.parametrize(
    ("providers", "kind", "message"),
    [
        (["CUDAExecutionProvider"], ValueError, "'CUDAExecutionProvider' is not in the installed"),
        (["CUDAExecutionProvider", "CPU"], ValueError, "provider must be one of .*, got 'CPU'"),
        (["CudaExecutionProvider", *CPU], ValueError, "provider must be one of .*, got 'Cuda"),
        ("CUDAExecutionProvider", TypeError, "providers must be a list of names"),
        ([], ValueError, "providers must name at least one provider, got none"),
        ([7], TypeError, "each of providers must be a name"),
    ],
)
def test_wrong_providers(providers: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        FaceAnalysis(providers=providers)


class _Session(onnxruntime.InferenceSession):  # type: ignore[misc]
    """Runs on the CPU, whatever it is asked for, and says that it does as told."""

    asked: list[Any] = []  # noqa: RUF012
    fails = False

    def __init__(self, content: bytes, options: Any, providers: list[Any], **_: Any) -> None:
        super().__init__(content, options, providers=CPU)
        self.asked.append(providers)
        self._told = providers[0] if isinstance(providers[0], str) else providers[0][0]

    def get_providers(self) -> list[str]:
        return CPU if self.fails else [self._told, *CPU]


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> type[_Session]:
    monkeypatch.setattr(
        onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", *CPU]
    )
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None, raising=False)
    monkeypatch.setattr(onnxruntime, "InferenceSession", _Session)
    monkeypatch.setattr(_Session, "asked", [])
    return _Session


def test_ctx_id_is_the_cuda_device(cuda: type[_Session]) -> None:
    detector = Detector(num_threads=1, engine="onnxruntime")
    assert cuda.asked == [CPU] * 3
    cuda.asked.clear()
    detector.prepare(1)
    assert cuda.asked == [[("CUDAExecutionProvider", {"device_id": 1})]] * 3
    cuda.asked.clear()
    detector.prepare(1, 0.9)  # nothing new to open
    assert cuda.asked == []
    detector.prepare(-1)
    assert cuda.asked == [CPU] * 3


def test_given_providers_are_for_ctx_id_from_0_on(cuda: type[_Session]) -> None:
    app = FaceAnalysis(providers=["CUDAExecutionProvider", *CPU], engine="onnxruntime")
    app.prepare(0)
    assert cuda.asked == [["CUDAExecutionProvider", *CPU]] * 3
    cuda.asked.clear()
    app.prepare(-1)
    assert cuda.asked == [CPU] * 3


@pytest.mark.usefixtures("cuda")
def test_cuda_that_does_not_work_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    detector = Detector(num_threads=1)
    monkeypatch.setattr(_Session, "fails", True)
    with pytest.warns(UserWarning, match="the next provider is tried: .* onnxruntime took CPU"):
        detector.prepare(0)
    assert len(detector.detect(golden_bgr("astronaut.png"))[0]) == 1
    with pytest.raises(ModelError, match="onnxruntime took CPU"):
        Detector(providers=["CUDAExecutionProvider"], num_threads=1)


# ---- what is refused


@pytest.mark.parametrize(
    ("image", "kind", "message"),
    [
        (None, TypeError, "got NoneType"),
        ([[0, 0]], TypeError, "got a list"),
        (np.zeros((4, 4, 3), np.float32), TypeError, "uint8 with values 0 to 255, got float32"),
        (np.zeros((4, 4, 2), np.uint8), ImageError, r"\(4, 4, 2\)"),
        (np.zeros((0, 4, 3), np.uint8), ImageError, "at least one pixel"),
        (np.zeros((2, 4, 4, 3), np.uint8), ImageError, "one image at a time"),
    ],
)
def test_wrong_image(
    at_08: Detector, app: FaceAnalysis, image: Any, kind: type[Exception], message: str
) -> None:
    for call in (at_08.detect, app.get, lambda image: app.draw_on(image, [])):
        with pytest.raises(kind, match=message):
            call(image)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"max_num": 1.5}, TypeError, "max_num must be a whole number, got 1.5"),
        ({"max_num": True}, TypeError, "max_num must be"),
        ({"metric": "min"}, ValueError, "metric must be one of 'default', 'max', got 'min'"),
        ({"det_thresh": 2}, ValueError, "det_thresh must be .* 0 to 1, got 2"),
        ({"det_thresh": "a"}, TypeError, "det_thresh must be"),
    ],
)
def test_wrong_option_of_detect(
    at_08: Detector, options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        at_08.detect(random_image(20, 20), **options)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"ctx_id": "cpu"}, TypeError, "ctx_id must be a whole number, got 'cpu'"),
        ({"ctx_id": -1, "det_thresh": -0.1}, ValueError, "det_thresh must be .* got -0.1"),
        ({"ctx_id": -1, "nms_thresh": float("nan")}, ValueError, "nms_thresh must be .* got nan"),
        ({"ctx_id": -1, "det_tresh": 0.5}, TypeError, "det_tresh"),
    ],
)
def test_wrong_option_of_prepare(
    options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    detector = Detector(num_threads=1)
    with pytest.raises(kind, match=message):
        detector.prepare(**options)
    assert (detector.det_thresh, detector.nms_thresh) == (0.5, 0.4)


def test_can_be_pickled(at_08: Detector) -> None:
    image = golden_bgr("hopper_61x73.png")
    assert_same(pickle.loads(pickle.dumps(at_08)).detect(image)[0], at_08.detect(image)[0])
