"""Frames a second of a video: read, searched one by one, searched while others are decoded, drawn.

    python tests/support/make_video.py video.mp4 && python benchmarks/video.py video.mp4

Each way is taken in turns; the median is printed, and the processor's time for a frame, which other
work on the machine changes little.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import fastmtcnn
from fastmtcnn.runtime.cores import default_num_threads
from fastmtcnn.video import Video, detect_video, map_video


def main() -> None:
    """Measure and print one line for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--min-face-size", type=float, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    video = Video(arguments.path)
    detector = fastmtcnn.MTCNN(arguments.min_face_size)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "drawn.mp4")
        ways: dict[str, Callable[[], int]] = {
            "read": lambda: sum(frame.image.ndim == 3 for frame in video),
            "one by one": lambda: sum(detector.detect(each.image) is not None for each in video),
            "overlapped": lambda: sum(1 for _ in detect_video(video, detector)),
            "drawn": lambda: map_video(video.path, target, detector, fastmtcnn.draw),
        }
        rates: dict[str, list[float]] = {name: [] for name in ways}
        work: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(arguments.rounds):
            for name, way in ways.items():
                began, busy = time.perf_counter(), time.process_time()
                number = way()
                rates[name].append(number / (time.perf_counter() - began))
                work[name].append((time.process_time() - busy) / number)
    size = f"{video.width}x{video.height}, min_face_size {arguments.min_face_size:g}"
    sys.stdout.write(f"{size}, {default_num_threads()} threads\n")
    for name in ways:
        rate, busy = statistics.median(rates[name]), statistics.median(work[name])
        busy_ms = f"{1e3 * busy:5.1f} ms of processors a frame"
        sys.stdout.write(f"{name:<10} {rate:6.1f} frames/s, {busy_ms}\n")


if __name__ == "__main__":
    main()
