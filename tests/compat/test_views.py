"""The keyword `views` of the drop-in modules: what `fastmtcnn.MTCNN` finds with the option."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fastmtcnn
from fastmtcnn.compat import deepface, facenet_pytorch, insightface, modelscope, mtcnn, opencv

from ..support.helpers import golden_image

RGB = np.ascontiguousarray(golden_image("crowd.png")[:300, :400])
BGR = RGB[..., ::-1]
Found = Callable[..., Any]


def _facenet(**views: Any) -> Any:
    detector = facenet_pytorch.MTCNN(keep_all=True, **views)
    return detector.detect(RGB)[1]


def _mtcnn_1_0(**views: Any) -> Any:
    detector: Any = mtcnn.MTCNN(device="CPU:0", **views)
    return [face["confidence"] for face in detector.detect_faces(RGB)]


def _mtcnn_0_1(**views: Any) -> Any:
    detector: Any = mtcnn.MTCNN(min_face_size=20, **views)
    return [face["confidence"] for face in detector.detect_faces(RGB)]


def _modelscope(**views: Any) -> Any:
    detect = modelscope.pipeline(modelscope.Tasks.face_detection, **views)
    result = detect(BGR)
    assert isinstance(result, dict)
    return result["scores"]


def _opencv(**views: Any) -> Any:
    image = BGR
    size = (image.shape[1], image.shape[0])
    detector = opencv.FaceDetectorYN.create("", "", size, 0.0, 1.0, 0, **views)
    _, rows = detector.detect(image)
    assert rows is not None
    return rows[:, 14]


def _deepface(**views: Any) -> Any:
    found = deepface.FastMtCnnClient(**views).detect_faces(BGR)
    return [face.confidence for face in found]


def _insightface(**views: Any) -> Any:
    app = insightface.FaceAnalysis(**views)
    app.prepare(-1, det_thresh=0.0)
    app.det_model.nms_thresh = 1.0
    return [face.det_score for face in app.get(BGR)]


# What finds faces, and the options with which `fastmtcnn.MTCNN` finds the same.
DROP_INS: dict[Found, dict[str, Any]] = {
    _facenet: {"variant": "facenet-pytorch"},
    _mtcnn_1_0: {"variant": "original", "thresholds": (0.6, 0.7, 0.8), "factor": 0.709},
    _mtcnn_0_1: {"variant": "mtcnn", "thresholds": (0.6, 0.7, 0.7), "factor": 0.709},
    _modelscope: {"variant": "modelscope"},
    _opencv: {"thresholds": (0.6, 0.7, 0.0)},
    _deepface: {"variant": "facenet-pytorch"},
    _insightface: {"thresholds": (0.6, 0.7, 0.0)},
}


@pytest.mark.parametrize("drop_in", DROP_INS, ids=lambda each: each.__name__.strip("_"))
def test_the_same_faces(drop_in: Found) -> None:
    image = BGR if drop_in is _modelscope else RGB
    options = dict(DROP_INS[drop_in])
    if drop_in is _modelscope:
        options["channel_order"] = "bgr"
    plain = fastmtcnn.MTCNN(**options).detect(image)
    views = ("grey", "half-step")
    several = fastmtcnn.MTCNN(**options, views=views).detect(image)
    assert not np.array_equal(np.sort(plain.scores), np.sort(several.scores))
    np.testing.assert_allclose(np.sort(drop_in()), np.sort(plain.scores), rtol=1e-6)
    np.testing.assert_allclose(np.sort(drop_in(views=views)), np.sort(several.scores), rtol=1e-6)


@pytest.mark.parametrize("drop_in", DROP_INS, ids=lambda each: each.__name__.strip("_"))
def test_an_unknown_view(drop_in: Found) -> None:
    with pytest.raises(ValueError, match=r"each of views must be one of .*, got 'gray'"):
        drop_in(views=("gray",))


def test_views_need_all_stages() -> None:
    with pytest.raises(ValueError, match="views need all three stages, got 2"):
        mtcnn.MTCNN(stages="face_detection_only", views=("grey",))
