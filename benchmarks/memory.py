"""Memory: its peak for a 100-megapixel image, and whether it grows over images of many sizes."""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import PIL.Image

import fastmtcnn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.files import crowd

LIMIT_MB = 1500.0
# What fraction of its memory after half of the images a process may add in the second half.
GROWTH = 0.10


def peak_mb() -> float:
    """Return the largest resident set that the process has had, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def large(side: int) -> npt.NDArray[np.uint8]:
    """Return a square image of that side, filled with copies of the crowd."""
    image, tile = np.empty((side, side, 3), np.uint8), crowd()
    for top in range(0, side, tile.shape[0]):
        for left in range(0, side, tile.shape[1]):
            part = image[top : top + tile.shape[0], left : left + tile.shape[1]]
            part[...] = tile[: part.shape[0], : part.shape[1]]
    return image


def peak_of_array(side: int, min_face_size: float, threads: int) -> tuple[int, float]:
    """Return the faces of a large array and the peak of the process, in MB."""
    faces = fastmtcnn.MTCNN(min_face_size, num_threads=threads).detect(large(side)).num_faces
    return faces, peak_mb()


def peak_of_file(path: Path, min_face_size: float, threads: int) -> tuple[int, float]:
    """Return the same for a file."""
    PIL.Image.MAX_IMAGE_PIXELS = None  # it would warn
    return fastmtcnn.MTCNN(min_face_size, num_threads=threads).detect(path).num_faces, peak_mb()


def sizes(count: int, threads: int) -> list[tuple[int, float]]:
    """Return the peak in MB after each eighth of so many images of random sizes."""
    rng, image = np.random.default_rng(0), crowd()
    detector = fastmtcnn.MTCNN(num_threads=threads)
    seen = []
    for k in range(1, count + 1):
        height, width = rng.integers(20, 700, 2)
        top, left = rng.integers(0, 801 - height), rng.integers(0, 1280 - width)
        detector.detect(image[top : top + height, left : left + width])
        if k % (count // 8) == 0:
            seen.append((k, peak_mb()))
    return seen


def main() -> None:
    """Print all, each in a process of its own; exit with 1 if a limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, default=100)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    side = round((options.megapixels * 1e6) ** 0.5)
    fresh = multiprocessing.get_context("spawn")
    exceeded = False

    with tempfile.TemporaryDirectory() as folder, fresh.Pool(1, maxtasksperchild=1) as pool:
        path = Path(folder) / "large.jpg"
        pool.apply(save, (path, side))
        for min_face_size in (40, 20):
            arguments = (min_face_size, options.threads)
            for what, (faces, peak) in {
                "array": pool.apply(peak_of_array, (side, *arguments)),
                "JPEG file": pool.apply(peak_of_file, (path, *arguments)),
            }.items():
                exceeded |= peak > LIMIT_MB
                print(  # noqa: T201
                    f"{side}x{side} {what}, min_face_size {min_face_size}, "
                    f"{options.threads} threads: peak {peak:.0f} MB, {faces} faces"
                )
        seen = pool.apply(sizes, (options.images, options.threads))
    print(f"images of random sizes, 20 to 700 pixels, {options.threads} threads:")  # noqa: T201
    for count, peak in seen:
        print(f"  peak after {count:5d}: {peak:.0f} MB")  # noqa: T201
    half = seen[len(seen) // 2 - 1][1]
    exceeded |= seen[-1][1] > (1 + GROWTH) * half
    sys.exit(1 if exceeded else 0)


def save(path: Path, side: int) -> None:
    """Write a large image as a JPEG file."""
    PIL.Image.fromarray(large(side)).save(path, quality=90)


if __name__ == "__main__":
    main()
