"""ipazc's mtcnn on TensorFlow."""

import math
from importlib import import_module
from typing import Any

from benchmarks.peers.protocol import Settings
from benchmarks.peers.workers.serve import Peer, serve


def build_scale_pyramid(
    width: int, height: int, min_face_size: int, scale_factor: float, min_size: int = 12
) -> Any:  # noqa: ANN401
    """List the scales as mtcnn does, but only until the shorter side falls below `min_size`.

    mtcnn counts the levels as if `min_face_size` were 20. For 20 this counts the same; for more it
    leaves out levels on which P-Net has no window, so that mtcnn searches what the others search.
    """
    import numpy as np

    largest = min(width, height) / min_face_size
    count = math.floor(math.log(largest) / -math.log(scale_factor)) + 1 if largest >= 1 else 0
    return min_size / min_face_size * scale_factor ** np.arange(count)


def load(settings: Settings) -> Peer:
    """Import mtcnn, mend its pyramid and make its detector."""
    tensorflow: Any = import_module("tensorflow")
    tensorflow.config.threading.set_intra_op_parallelism_threads(settings.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    mtcnn: Any = import_module("mtcnn")
    stage: Any = import_module("mtcnn.stages.stage_pnet")
    stage.build_scale_pyramid = build_scale_pyramid
    detector = mtcnn.MTCNN()
    return Peer(
        lambda picture: detector.detect_faces(picture, min_face_size=settings.min_face_size), len
    )


if __name__ == "__main__":
    serve(load, "mtcnn", "tensorflow-cpu")
