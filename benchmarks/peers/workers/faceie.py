"""faceie, MTCNN in NumPy."""

from importlib import import_module
from typing import Any

from benchmarks.peers.protocol import Settings
from benchmarks.peers.workers.serve import Peer, serve


def load(settings: Settings) -> Peer:
    """Import faceie, which loads its networks."""
    image: Any = import_module("PIL.Image")
    mtcnn: Any = import_module("faceie.mtcnn")

    def detect(picture: Any) -> Any:  # noqa: ANN401
        return mtcnn.detect_faces(
            picture,
            rotations=[0.0],  # by default five, a search five times as long
            proposal_skip_downscale_factor=settings.min_face_size / 12,
            extract_images=None,
        )

    return Peer(detect, lambda found: len(found.probabilities), image.fromarray)


if __name__ == "__main__":
    serve(load, "faceie", "numpy")
