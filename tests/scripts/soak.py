"""Detects for a long time in many ways at once, and watches memory, files and results.

Eight threads share a detector with eight threads of its own; each calls `detect`, `detect_batch`
and `detect_stream` in turns, with images of mixed sizes and kinds, some of them damaged. Every
result is compared by checksum with the one of a first, single-threaded pass.

    python tests/scripts/soak.py --minutes 10

prints a line every half minute and at last whether all held; the exit status is 0 if it did.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import fastmtcnn

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.helpers import cut_photos, encoded

MAX_SLOPE = 1.0  # MB per 1,000 images, over the second half
WAYS = 3


@dataclass
class Watched:
    """What is seen at one moment."""

    images: int
    megabytes: float
    files: int
    threads: int


@dataclass
class Run:
    """What the threads share."""

    images: list[Any]
    expected: list[str]
    deadline: float
    done: int = 0
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, numbers: npt.NDArray[Any], found: list[fastmtcnn.Detections]) -> None:
        """Compare results with the first pass."""
        wrong = [
            f"image {k}"
            for k, each in zip(numbers, found, strict=True)
            if checksum(each) != self.expected[k]
        ]
        with self.lock:
            self.done += len(numbers)
            self.wrong += wrong


def main() -> int:
    """Run, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    images = mixed_images(np.random.default_rng(options.seed))
    alone = fastmtcnn.MTCNN(num_threads=1)
    expected = [checksum(found) for found in alone.detect_batch(images, on_error="empty")]
    run = Run(images, expected, time.monotonic() + 60 * options.minutes)
    shared = fastmtcnn.MTCNN(num_threads=options.threads)
    threads = [
        threading.Thread(target=work, args=(run, shared, np.random.default_rng([options.seed, k])))
        for k in range(options.threads)
    ]
    for thread in threads:
        thread.start()
    seen = watch(run, threads)
    return report(run, seen, options.threads)


def mixed_images(random: np.random.Generator) -> list[Any]:
    """Return 120 images of 12 to 500 pixels a side: arrays, encoded ones and damaged ones."""
    images: list[Any] = []
    for k, cut in enumerate(cut_photos(random, 120, 12, 500)):
        if k % 3 == 0:
            images.append(np.asarray(cut))
            continue
        content = encoded(cut, ("JPEG", "PNG", "WEBP")[k % 9 // 3])
        images.append(content[: len(content) // 3] if k % 10 == 4 else content)
    return images


def checksum(found: fastmtcnn.Detections) -> str:
    """Return what differs if a bit of a result does."""
    return hashlib.sha256(b"".join(part.tobytes() for part in found)).hexdigest()


def work(run: Run, detector: fastmtcnn.MTCNN, random: np.random.Generator) -> None:
    """Detect until the time is over."""
    way = int(random.integers(WAYS))
    try:
        while time.monotonic() < run.deadline:
            numbers = random.integers(0, len(run.images), random.integers(1, 24))
            chosen = [run.images[k] for k in numbers]
            way = (way + 1) % WAYS
            if way == 0:
                run.check(numbers, detector.detect_batch(chosen, on_error="empty"))
            elif way == 1:
                stream = detector.detect_stream(iter(chosen), on_error="empty")
                # Not always to its end.
                wanted = len(chosen) if random.random() < 0.8 else int(random.integers(len(chosen)))
                found = [each for _, each in zip(range(wanted), stream, strict=False)]
                stream.close()
                run.check(numbers[:wanted], found)
            else:
                run.check(numbers, [detect(detector, image) for image in chosen])
    except BaseException as error:
        with run.lock:
            run.wrong.append(f"{type(error).__name__}: {error}")
        raise


def detect(detector: fastmtcnn.MTCNN, image: Any) -> fastmtcnn.Detections:
    """Detect in one image; none is found in a damaged one."""
    try:
        return detector.detect(image)
    except fastmtcnn.ImageError:
        return fastmtcnn.Detections.empty()


def watch(run: Run, threads: list[threading.Thread]) -> list[Watched]:
    """Take a look every two seconds while the threads work, and print some."""
    seen: list[Watched] = []
    print(f"{'images':>10} {'memory':>10} {'files':>6} {'threads':>8}")
    printed = 0.0
    while any(thread.is_alive() for thread in threads):
        for thread in threads:
            thread.join(2 / len(threads))
        now = Watched(run.done, resident_megabytes(), open_files(), threading.active_count())
        seen.append(now)
        if time.monotonic() - printed > 30:
            printed = time.monotonic()
            print(
                f"{now.images:>10,} {now.megabytes:>7.1f} MB {now.files:>6} {now.threads:>8}",
                flush=True,
            )
    return seen


def resident_megabytes() -> float:
    """Return the memory that this process has in use (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def open_files() -> int:
    """Return how many file descriptors are open (Linux)."""
    return len(list(Path("/proc/self/fd").iterdir()))


def report(run: Run, seen: list[Watched], threads: int) -> int:
    """Print what came of it, and return the exit status."""
    half = seen[len(seen) // 2 :]
    images = np.array([each.images for each in half], float) / 1000
    slope = float(np.polyfit(images, [each.megabytes for each in half], 1)[0])
    # Files are read from memory here, so that any file left open is a leak.
    growth = max(each.files for each in half) - max(each.files for each in seen[: len(seen) // 2])
    held = slope < MAX_SLOPE and growth <= 0 and not run.wrong
    print(
        f"\n{run.done:,} images in {threads} + {threads} threads; memory "
        f"{half[0].megabytes:.1f} MB at half time, {half[-1].megabytes:.1f} MB at the end, "
        f"slope {slope:+.3f} MB per 1,000 images (below {MAX_SLOPE:g}); "
        f"file descriptors {growth:+d}; {len(run.wrong)} results differ"
    )
    for each in run.wrong[:10]:
        print(f"wrong: {each}")
    print("held" if held else "FAILED")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
