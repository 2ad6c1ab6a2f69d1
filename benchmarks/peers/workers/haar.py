"""OpenCV's Haar cascade for frontal faces."""

from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.peers.protocol import Settings
from benchmarks.peers.workers.serve import Peer, serve


def load(settings: Settings) -> Peer:
    """Import OpenCV and load the cascade that it ships."""
    cv2: Any = import_module("cv2")
    cv2.setNumThreads(settings.threads)
    path = Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"
    cascade = cv2.CascadeClassifier(str(path))
    side = settings.min_face_size

    def detect(picture: Any) -> Any:  # noqa: ANN401
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        return cascade.detectMultiScale(grey, minNeighbors=5, minSize=(side, side))

    return Peer(detect, len)


if __name__ == "__main__":
    serve(load, "opencv-python-headless")
