"""The pure-Python baseline on the networks as plain ONNX files."""

from benchmarks.peers.protocol import Settings
from benchmarks.peers.workers.serve import Peer, serve


def load(settings: Settings) -> Peer:
    """Import the baseline and make its detector."""
    from benchmarks.baseline.detector import BaselineMTCNN

    detector = BaselineMTCNN(
        settings.models, min_face_size=settings.min_face_size, num_threads=settings.threads
    )
    return Peer(detector.detect, lambda found: len(found[0]))


if __name__ == "__main__":
    serve(load, "fastmtcnn", "onnxruntime")
