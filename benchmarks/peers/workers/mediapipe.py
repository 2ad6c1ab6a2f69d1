"""mediapipe's full-range face detection."""

from importlib import import_module
from typing import Any

from benchmarks.peers.protocol import Settings
from benchmarks.peers.workers.serve import Peer, serve


def load(settings: Settings) -> Peer:
    """Import mediapipe and make its detector."""
    del settings  # it has options for neither threads nor the size of faces
    detection: Any = import_module("mediapipe").solutions.face_detection
    detector = detection.FaceDetection(model_selection=1)
    return Peer(detector.process, lambda found: len(found.detections or ()))


if __name__ == "__main__":
    serve(load, "mediapipe")
