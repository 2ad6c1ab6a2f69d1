"""YuNet in OpenCV's FaceDetectorYN, on the whole picture at its full size."""

from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.peers.protocol import Settings
from benchmarks.peers.workers.serve import Peer, serve


def load(settings: Settings) -> Peer:
    """Import OpenCV and make its detector."""
    if not Path(settings.yunet).is_file():
        raise FileNotFoundError(f"no model file {settings.yunet!r}")
    cv2: Any = import_module("cv2")
    cv2.setNumThreads(settings.threads)
    detector = cv2.FaceDetectorYN.create(settings.yunet, "", (320, 320))

    def prepare(picture: Any) -> Any:  # noqa: ANN401
        height, width = picture.shape[:2]
        detector.setInputSize((width, height))
        return cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)

    def count(found: Any) -> int:  # noqa: ANN401
        return 0 if found[1] is None else len(found[1])

    return Peer(detector.detect, count, prepare)


if __name__ == "__main__":
    serve(load, "opencv-python-headless")
