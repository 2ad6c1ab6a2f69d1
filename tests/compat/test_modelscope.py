"""The interface of ModelScope's face detection, beside recorded outputs of the code behind it."""

from __future__ import annotations

import copy
import http.server
import json
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import PIL.Image
import pytest
from numpy.typing import NDArray

import fastmtcnn
from fastmtcnn.compat import modelscope
from fastmtcnn.compat.modelscope import (
    LoadImage,
    MtcnnFaceDetectionPipeline,
    OutputKeys,
    Tasks,
    draw_face_detection_result,
    pipeline,
)
from tests.support.helpers import GOLDEN, MODELS, encoded, golden_bgr, golden_image

MODEL = "damo/cv_manual_face-detection_mtcnn"
HOPPER, NO_FACE = "hopper_61x73.png", "coffee_noface.png"
NOTHING: dict[str, list[Any]] = {"scores": [], "boxes": [], "keypoints": []}

RECORDS = [
    record
    for record in json.loads((GOLDEN / "mtcnn_pytorch.json").read_text())["results"]
    if record["options"] == {"min_face_size": 20.0, "thresholds": [0.7, 0.8, 0.9]}
]


def make(**options: Any) -> Any:
    return MtcnnFaceDetectionPipeline(num_threads=1, **options)


@pytest.fixture(scope="module")
def detect() -> Any:
    return make()


# ---- the recorded outputs


def recorded_rows(record: dict[str, Any]) -> NDArray[np.float64]:
    """Box, score and x1, y1, ..., x5, y5 of each face, by place."""
    rows = [
        [*box, *(number for point in points for number in point)]
        for box, points in zip(record["boxes"], record["landmarks"], strict=True)
    ]
    return np.array(sorted(rows)).reshape(-1, 15)


def found_rows(result: dict[str, Any]) -> NDArray[np.float64]:
    parts = zip(result["boxes"], result["scores"], result["keypoints"], strict=True)
    rows = [[*box, score, *points] for box, score, points in parts]
    return np.array(sorted(rows)).reshape(-1, 15)


def assert_as_recorded(result: dict[str, Any], record: dict[str, Any]) -> None:
    assert list(result) == ["scores", "boxes", "keypoints"]
    rows, expected = found_rows(result), recorded_rows(record)
    np.testing.assert_allclose(rows, expected, rtol=0, atol=0.05)
    np.testing.assert_allclose(rows[:, 4], expected[:, 4], rtol=0, atol=1e-4)
    assert result["scores"] == sorted(result["scores"], reverse=True)


def test_records_are_worth_comparing() -> None:
    assert len(RECORDS) == 6
    assert sum(len(record["boxes"]) for record in RECORDS) == 24


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: str(record["image"]))
def test_recorded(detect: Any, record: dict[str, Any]) -> None:
    path = GOLDEN / record["image"]
    assert_as_recorded(detect(str(path)), record)
    assert_as_recorded(detect(golden_bgr(record["image"])), record)
    with PIL.Image.open(path) as image:
        assert_as_recorded(detect(image), record)


def test_keypoints_are_points_one_after_the_other(detect: Any) -> None:
    (points,) = detect(golden_bgr("astronaut.png"))["keypoints"]
    # As recorded of the original with other thresholds, so of a slightly other box: both eyes,
    # the nose, both corners of the mouth.
    expected = [203.7, 101.2, 246.6, 103.7, 224.6, 128.1, 201.7, 140.3, 244.9, 141.6]
    np.testing.assert_allclose(points, expected, rtol=0, atol=1)


def test_model_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN)
    img_path = "astronaut.png"

    face_detection = pipeline(task=Tasks.face_detection, model=MODEL)
    result: Any = face_detection(img_path)
    picture = draw_face_detection_result(img_path, result)

    assert len(result[OutputKeys.BOXES]) == 1
    assert picture.shape == (512, 512, 3)
    assert pipeline(Tasks.face_detection, MODEL)(img_path) == result


# ---- results


def test_plain_types(detect: Any) -> None:
    result = detect(golden_bgr("crowd.png"))
    assert json.loads(json.dumps(result)) == result
    assert {type(score) for score in result["scores"]} == {float}
    assert {len(box) for box in result["boxes"]} == {4}
    assert {len(points) for points in result["keypoints"]} == {10}


@pytest.mark.parametrize("size", [(1, 1), (12, 12), (20, 20), (5, 400)])
def test_no_face(detect: Any, size: tuple[int, int]) -> None:
    """The original fails on the small ones and on those without a proposal."""
    assert detect(golden_bgr(NO_FACE)) == NOTHING
    assert detect(np.zeros((*size, 3), np.uint8)) == NOTHING


def test_list(detect: Any) -> None:
    inputs = [
        str(GOLDEN / HOPPER),
        golden_bgr(NO_FACE),
        PIL.Image.fromarray(golden_image(HOPPER)),
        golden_bgr("astronaut.png"),
        golden_bgr(HOPPER),
    ]
    results = detect(inputs)
    assert [len(result["scores"]) for result in results] == [1, 0, 1, 1, 1]
    assert results == [detect(each) for each in inputs]
    assert results[0] == results[2] == results[4]
    assert detect(inputs, batch_size=2) == results
    assert MtcnnFaceDetectionPipeline(num_threads=2)(inputs) == results
    assert detect(inputs[:1]) == results[:1]
    assert detect([]) == []


# ---- images


def test_arrays_are_bgr_and_pictures_rgb(detect: Any) -> None:
    # Colours matter to the score, so that a wrong order would be noticed.
    expected = detect(str(GOLDEN / "astronaut.png"))
    assert detect(golden_bgr("astronaut.png")) == expected
    assert detect(PIL.Image.fromarray(golden_image("astronaut.png"))) == expected
    assert detect(golden_image("astronaut.png")) != expected


def test_other_kinds(detect: Any) -> None:
    expected = detect(str(GOLDEN / HOPPER))
    assert detect(GOLDEN / HOPPER) == expected
    assert detect((GOLDEN / HOPPER).read_bytes()) == expected
    alpha = np.zeros((*golden_bgr(HOPPER).shape[:2], 1), np.uint8)
    assert detect(np.dstack([golden_bgr(HOPPER), alpha])) == expected
    grey = np.ascontiguousarray(golden_bgr(HOPPER)[:, :, 1])
    assert detect(grey) == detect(grey[:, :, None]) == detect(PIL.Image.fromarray(grey))
    assert len(detect(grey)["scores"]) == 1


@pytest.fixture
def turned(tmp_path: Path) -> Path:
    """A file that lies on its side, and says so."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    image = PIL.Image.fromarray(golden_image("astronaut_333x277.png"))
    path = tmp_path / "turned.png"
    image.transpose(PIL.Image.Transpose.ROTATE_90).save(path, exif=exif)
    return path


def test_exif_of_files_only(detect: Any, turned: Path) -> None:
    (record,) = (each for each in RECORDS if each["image"] == "astronaut_333x277.png")
    assert_as_recorded(detect(str(turned)), record)
    with PIL.Image.open(turned) as image:
        lying = detect(image)
        assert lying == detect(np.asarray(image)[:, :, ::-1])
    assert lying != detect(str(turned))


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.zeros((9, 9, 3), np.float32), TypeError, "must be uint8"),
        (np.zeros((9, 9, 2), np.uint8), fastmtcnn.ImageError, r"got \(9, 9, 2\)"),
        (None, TypeError, "got NoneType"),
        ({"image": "x.png"}, TypeError, "got dict"),
        (b"no image", fastmtcnn.ImageError, "8 bytes"),
        ("missing.png", FileNotFoundError, "missing.png"),
    ],
)
def test_bad_image(detect: Any, image: object, error: type[Exception], message: str) -> None:
    for call in (detect, LoadImage.convert_to_ndarray, lambda given: detect([given])):
        with pytest.raises(error, match=message):
            call(image)


def test_convert_to_ndarray(turned: Path) -> None:
    rgb = golden_image(HOPPER)
    for given in (str(GOLDEN / HOPPER), PIL.Image.fromarray(rgb), rgb[:, :, ::-1]):
        pixels = LoadImage.convert_to_ndarray(given)
        assert pixels.dtype == np.uint8
        np.testing.assert_array_equal(pixels, rgb)
    grey = LoadImage.convert_to_ndarray(np.full((3, 4), 9, np.uint8))
    np.testing.assert_array_equal(grey, np.full((3, 4, 3), 9))
    upright = LoadImage.convert_to_ndarray(str(turned))
    np.testing.assert_array_equal(upright, golden_image("astronaut_333x277.png"))


# ---- addresses


class Server(http.server.BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        content = encoded(golden_image(HOPPER))
        if self.path == "/image.png":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/image.png")
            self.end_headers()
        elif self.path in ("/to-file", "/to-ftp"):
            self.send_response(302)
            where = "file:///etc/hostname" if self.path == "/to-file" else "ftp://127.0.0.1/x"
            self.send_header("Location", where)
            self.end_headers()
        elif self.path == "/text":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"Hello")
        elif self.path == "/slow":
            self.send_response(200)
            self.end_headers()
            for _ in range(20):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)
        else:
            self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that stop reading are what is tested."""


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Quiet(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "url", ["https://example.com/face.jpg", "HTTP://example.com/x", "oss://a/b", "file:///photos/x"]
)
def test_address_is_refused(detect: Any, url: str) -> None:
    for call in (detect, LoadImage.convert_to_ndarray, lambda given: detect([given])):
        with pytest.raises(ValueError, match=f"unless allow_urls=True is passed, got '{url}'"):
            call(url)
    with pytest.raises(ValueError, match="unless allow_urls=True"):
        draw_face_detection_result(url, NOTHING)


@pytest.mark.parametrize("path", ["/image.png", "/moved"])
def test_address_is_fetched_if_allowed(address: str, path: str) -> None:
    detect = pipeline(Tasks.face_detection, MODEL, allow_urls=True, num_threads=1)
    expected = detect(golden_bgr(HOPPER))
    assert detect(address + path) == expected
    assert detect([address + path, golden_bgr(HOPPER)]) == [expected, expected]
    pixels = LoadImage.convert_to_ndarray(address + path, allow_urls=True)
    np.testing.assert_array_equal(pixels, golden_image(HOPPER))
    assert detect(str(GOLDEN / HOPPER)) == expected


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/missing", "cannot be fetched: HTTP Error 404"),
        ("/to-file", "cannot be fetched: HTTP Error 302"),
        ("/to-ftp", "cannot be fetched: .*unknown url type: ftp"),
        ("/text", "5 bytes: not an image"),
    ],
)
def test_bad_address(address: str, path: str, message: str) -> None:
    with pytest.raises(fastmtcnn.ImageError, match=message):
        LoadImage.convert_to_ndarray(address + path, allow_urls=True)


@pytest.mark.parametrize("url", ["http://", "http://127.0.0.1:1/x", "https://[bad", "http://a b"])
def test_impossible_address(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(fastmtcnn.ImageError, match="cannot be fetched"):
        LoadImage.convert_to_ndarray(url, allow_urls=True)


@pytest.mark.parametrize("url", ["oss://a/b", "file:///etc/hostname", "ftp://127.0.0.1/x.png"])
def test_only_http(url: str) -> None:
    with pytest.raises(ValueError, match="must be http:// or https://"):
        LoadImage.convert_to_ndarray(url, allow_urls=True)


def test_download_is_limited(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modelscope, "URL_MOST_BYTES", 100)
    with pytest.raises(fastmtcnn.ImageError, match="larger than 100 bytes"):
        LoadImage.convert_to_ndarray(address + "/image.png", allow_urls=True)
    monkeypatch.setattr(modelscope, "URL_TIMEOUT", 0.2)
    with pytest.raises(fastmtcnn.ImageError, match=r"not complete after 0\.2 seconds"):
        LoadImage.convert_to_ndarray(address + "/slow", allow_urls=True)


# ---- drawing


def test_draw() -> None:
    image = np.full((100, 120, 3), (200, 100, 50), np.uint8)
    result = {
        "scores": [0.5],
        "boxes": [[30.0, 40.0, 90.0, 80.0]],
        "keypoints": [[45.0, 50.0, 75.0, 50.0, 60.0, 60.0, 50.0, 70.0, 70.0, 70.0]],
    }
    before = image.copy()
    picture = draw_face_detection_result(image, result)
    np.testing.assert_array_equal(image, before)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    assert picture.shape == image.shape
    # Still BGR: what is not drawn upon is as it was.
    np.testing.assert_array_equal(picture[95, 5], [200, 100, 50])
    np.testing.assert_array_equal(picture[60, 35], [200, 100, 50])
    drawn = (picture != image).any(axis=2)
    assert drawn[40, 30:90].all()
    assert drawn[80, 30:90].all()
    assert drawn[40:80, 30].all()
    assert drawn[40:80, 90].all()
    for x, y in [(45, 50), (75, 50), (60, 60), (50, 70), (70, 70)]:
        assert drawn[y, x]
    # The same, as this package draws it in RGB.
    found = fastmtcnn.Detections(
        np.array(result["boxes"], np.float32),
        np.array(result["scores"], np.float32),
        np.array(result["keypoints"], np.float32).reshape(1, 5, 2),
    )
    expected = np.asarray(fastmtcnn.draw(image[:, :, ::-1], found))
    np.testing.assert_array_equal(picture, expected[:, :, ::-1])


def test_draw_on_a_file(detect: Any, turned: Path) -> None:
    picture = draw_face_detection_result(str(turned), detect(str(turned)))
    assert picture.shape == (277, 333, 3)
    nothing = draw_face_detection_result(str(turned), NOTHING)
    np.testing.assert_array_equal(nothing, golden_bgr("astronaut_333x277.png"))
    assert (picture != nothing).any()


@pytest.mark.parametrize(
    ("result", "error", "message"),
    [
        (None, TypeError, "detection_result must be a dict .* got NoneType"),
        ([NOTHING], TypeError, "got list"),
        ({"scores": [], "boxes": []}, ValueError, "without 'keypoints'"),
        ({"scores": [0.5], "boxes": [], "keypoints": []}, ValueError, "for each face"),
        ({"scores": [0.5], "boxes": [[1, 2, 3]], "keypoints": [[0] * 10]}, ValueError, "boxes of"),
        ({"scores": ["x"], "boxes": [], "keypoints": []}, ValueError, "detection_result must"),
        ({"scores": None, "boxes": [], "keypoints": []}, ValueError, "detection_result must"),
    ],
)
def test_draw_bad_result(result: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        draw_face_detection_result(golden_bgr(HOPPER), result)


# ---- how it is made


@pytest.mark.parametrize(
    "options",
    [
        {"task": "face-detection"},
        {"task": Tasks.face_detection, "model": "iic/cv_manual_face-detection_mtcnn"},
        {"task": Tasks.face_detection, "model": "/cache/damo/cv_manual_face-detection_mtcnn"},
        {"task": Tasks.face_detection, "model": MODEL, "model_revision": "v1.0.1"},
        {"task": Tasks.face_detection, "framework": "pytorch", "device": "cpu"},
        {"pipeline_name": "manual-face-detection-mtcnn"},
        {"task": Tasks.face_detection, "model": MODELS},
        {"task": Tasks.face_detection, "model": str(MODELS), "num_threads": 1},
    ],
)
def test_pipeline(options: dict[str, Any], detect: Any) -> None:
    made = pipeline(**options)
    assert isinstance(made, MtcnnFaceDetectionPipeline)
    found, expected = found_rows(made(golden_bgr(HOPPER))), found_rows(detect(golden_bgr(HOPPER)))  # type: ignore[arg-type]
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.01)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"task": None}, ValueError, "pipeline needs a task"),
        ({"task": None, "model": MODEL}, ValueError, "pipeline needs a task"),
        ({"task": "face-recognition"}, ValueError, "did you mean 'face-detection'"),
        ({"task": 3}, ValueError, "task must be one of 'face-detection'"),
        ({"pipeline_name": "resnet"}, ValueError, "pipeline_name must be one of"),
        ({"model": "damo/cv_resnet50_face-detection_retinaface"}, ValueError, "model .*must be"),
        ({"model": [MODEL]}, TypeError, "model must be 'damo/cv_manual_face"),
        ({"model": str(GOLDEN)}, FileNotFoundError, "pnet.onnx"),
        ({"preprocessor": object()}, ValueError, "preprocessor cannot be chosen"),
        ({"config_file": "x.json"}, ValueError, "config_file cannot be chosen here, got 'x.json'"),
        ({"device": "tpu"}, ValueError, "device must be 'cpu', 'gpu', 'cuda:0'.*, got 'tpu'"),
        ({"device": 0}, ValueError, "device must be"),
        ({"allow_urls": "yes"}, TypeError, "allow_urls must be True or False"),
        ({"thresholds": [0.7]}, ValueError, "thresholds must be 3 numbers"),
        ({"min_face_size": 0}, ValueError, "min_face_size must be"),
        ({"min_face": 20}, TypeError, "unexpected keyword argument 'min_face'"),
    ],
)
def test_bad_pipeline(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        pipeline(**{"task": Tasks.face_detection, **options})


def test_own_options() -> None:
    image = golden_bgr("crowd.png")
    (record,) = (
        each
        for each in json.loads((GOLDEN / "mtcnn_pytorch.json").read_text())["results"]
        if each["image"] == "crowd.png" and each["options"]["min_face_size"] == 40
    )
    made = make(min_face_size=40, thresholds=record["options"]["thresholds"])
    assert_as_recorded(made(image), record)


@pytest.mark.parametrize(
    ("device", "providers"),
    [
        (None, None),
        ("cpu", None),
        ("gpu", [("CUDAExecutionProvider", {"device_id": "0"})]),
        ("cuda:1", [("CUDAExecutionProvider", {"device_id": "1"})]),
        ("GPU:2", [("CUDAExecutionProvider", {"device_id": "2"})]),
    ],
)
def test_device(device: str | None, providers: object, monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, Any] = {}
    monkeypatch.setattr(
        "fastmtcnn.compat.modelscope.detector.MTCNN", lambda *args, **options: made.update(options)
    )
    pipeline(Tasks.face_detection, MODEL, device=device)
    assert made["providers"] == providers
    assert made["variant"] == "modelscope"


def test_device_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(ValueError, match="'CUDAExecutionProvider' is not in the installed"):
        pipeline(Tasks.face_detection, MODEL, device="gpu")


def test_pickle_and_copy(detect: Any) -> None:
    expected = detect(golden_bgr(HOPPER))
    for other in (pickle.loads(pickle.dumps(detect)), copy.copy(detect), copy.deepcopy(detect)):
        assert other(golden_bgr(HOPPER)) == expected


def test_import_is_light() -> None:
    code = (
        "import sys, fastmtcnn.compat.modelscope; "
        "sys.exit(bool({'torch', 'cv2', 'modelscope', 'urllib.request'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
