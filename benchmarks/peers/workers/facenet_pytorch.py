"""facenet-pytorch on PyTorch."""

from importlib import import_module
from typing import Any

from benchmarks.peers.protocol import Settings
from benchmarks.peers.workers.serve import Peer, serve


def load(settings: Settings) -> Peer:
    """Import facenet-pytorch and make its detector."""
    torch: Any = import_module("torch")
    torch.set_num_threads(settings.threads)
    torch.set_num_interop_threads(1)
    facenet_pytorch: Any = import_module("facenet_pytorch")
    detector = facenet_pytorch.MTCNN(
        keep_all=True, min_face_size=settings.min_face_size, device="cpu"
    )
    return Peer(
        lambda picture: detector.detect(picture, landmarks=True),
        lambda found: 0 if found[0] is None else len(found[0]),
    )


if __name__ == "__main__":
    serve(load, "facenet-pytorch", "torch")
