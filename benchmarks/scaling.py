"""Time of a detection against pixels, and how near to proportional it is."""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt
import PIL.Image

import fastmtcnn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.files import crowd

MEGAPIXELS = (0.1, 0.3, 1.0, 3.3, 10.0, 33.0)


def tiled(image: npt.NDArray[np.uint8], megapixels: float) -> npt.NDArray[np.uint8]:
    """Return a 16:10 image of that size filled with copies, so that faces per pixel are constant.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        What to repeat; shrunk until at least four copies fit, for small sizes.
    megapixels : float
        Size of the result.
    """
    width = round((megapixels * 1.6e6) ** 0.5)
    height = round(width / 1.6)
    rows, columns = -(-height // image.shape[0]), -(-width // image.shape[1])
    return np.tile(image, (rows, columns, 1))[:height, :width]


def main() -> None:
    """Print a line for each size, and the exponent of a power fitted to them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--min-face-size", type=float, default=40)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    # A quarter of the crowd's side, so that the smallest image holds a whole copy.
    small = np.asarray(PIL.Image.fromarray(crowd()).resize((320, 200)))
    detector = fastmtcnn.MTCNN(options.min_face_size, num_threads=options.threads)
    print(  # noqa: T201
        f"min_face_size {options.min_face_size:g}, {options.threads} threads, "
        f"median of {options.rounds}, {fastmtcnn.cpu_features()[0]}"
    )
    pixels, seconds = [], []
    images = [tiled(small, megapixels) for megapixels in MEGAPIXELS]
    times: list[list[float]] = [[] for _ in images]
    faces = [detector.detect(image).num_faces for image in images]
    for _ in range(options.rounds):  # in turn, so that a slow moment of the machine hits all
        for image, taken in zip(images, times, strict=True):
            start = perf_counter()
            detector.detect(image)
            taken.append(perf_counter() - start)
    for image, taken, found in zip(images, times, faces, strict=True):
        pixels.append(image.shape[0] * image.shape[1])
        seconds.append(statistics.median(taken))
        print(  # noqa: T201
            f"{image.shape[1]:5d}x{image.shape[0]:<5d} {pixels[-1] / 1e6:6.2f} Mpx "
            f"{seconds[-1] * 1e3:9.1f} ms {seconds[-1] / pixels[-1] * 1e9:6.1f} ns/px "
            f"{found:5d} faces"
        )
    exponent = np.polyfit(np.log(pixels), np.log(seconds), 1)[0]
    print(f"time ~ pixels ** {exponent:.3f}")  # noqa: T201


if __name__ == "__main__":
    main()
