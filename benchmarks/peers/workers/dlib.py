"""dlib's frontal face detector (HOG)."""

import math
from importlib import import_module
from typing import Any

from benchmarks.peers.protocol import Settings
from benchmarks.peers.workers.serve import Peer, serve

SMALLEST = 80


def load(settings: Settings) -> Peer:
    """Import dlib and make its detector."""
    dlib: Any = import_module("dlib")
    detector = dlib.get_frontal_face_detector()
    doublings = max(0, math.ceil(math.log2(SMALLEST / settings.min_face_size)))
    return Peer(lambda picture: detector(picture, doublings), len)


if __name__ == "__main__":
    serve(load, "dlib-bin")
