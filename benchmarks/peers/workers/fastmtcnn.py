"""fastmtcnn as built from this repository, its networks run by onnxruntime."""

from benchmarks.peers.protocol import Settings
from benchmarks.peers.workers.serve import Peer, serve


def load(settings: Settings) -> Peer:
    """Import fastmtcnn and make its detector."""
    import fastmtcnn

    detector = fastmtcnn.MTCNN(
        min_face_size=settings.min_face_size, engine="onnxruntime", num_threads=settings.threads
    )
    return Peer(detector.detect, lambda found: found.num_faces)


if __name__ == "__main__":
    serve(load, "fastmtcnn", "onnxruntime")
