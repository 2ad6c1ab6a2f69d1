"""What the options that change the search cost: time of a detection beside that without them."""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from time import process_time
from typing import Any

import fastmtcnn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.files import crowd

CASES: dict[str, dict[str, Any]] = {
    "none": {},
    "min_face_size=40": {"min_face_size": 40},
    "max_face_size=100": {"max_face_size": 100},
    "max_face_size=60": {"max_face_size": 60},
    "max_face_size=40": {"max_face_size": 40},
    "max_face_size=20": {"max_face_size": 20},
    "min_score, drop_smaller, max_faces, clip": {
        "min_score": 0.9,
        "drop_smaller": True,
        "max_faces": 10,
        "max_faces_by": "largest",
        "clip": True,
    },
    "rotations=(180,)": {"rotations": (180,)},
    "rotations=(90, 180, 270)": {"rotations": (90, 180, 270)},
    "views=('grey',)": {"views": ("grey",)},
    "views=('mirror',)": {"views": ("mirror",)},
    "views=('half-step',)": {"views": ("half-step",)},
    "views=('grey', 'mirror', 'half-step')": {"views": ("grey", "mirror", "half-step")},
    "roi of a quarter of the pixels": {"roi": (320, 200, 960, 600)},
}


def main() -> None:
    """Print a line for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    image = crowd()
    cases = []
    for options in CASES.values():
        others = {name: value for name, value in options.items() if name != "roi"}
        cases.append((fastmtcnn.MTCNN(**others, num_threads=1), options.get("roi")))
    faces = [detector.detect(image, roi=roi).num_faces for detector, roi in cases]
    taken: list[list[float]] = [[] for _ in cases]
    for _ in range(rounds):  # in turn, so that a slow moment of the machine hits all
        for (detector, roi), seconds in zip(cases, taken, strict=True):
            start = process_time()
            detector.detect(image, roi=roi)
            seconds.append(process_time() - start)
    print(  # noqa: T201
        f"{image.shape[1]}x{image.shape[0]}, one thread, its processor time, median of {rounds}, "
        f"{fastmtcnn.cpu_features()[0]}"
    )
    plain = statistics.median(taken[0])
    for name, seconds, found in zip(CASES, taken, faces, strict=True):
        median = statistics.median(seconds)
        print(  # noqa: T201
            f"{name:41s} {median * 1e3:7.1f} ms {median / plain:5.2f} {found:3d} faces"
        )


if __name__ == "__main__":
    main()
