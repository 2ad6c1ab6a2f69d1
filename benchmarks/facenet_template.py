"""Where the landmarks lie in crops of facenet-pytorch: the numbers of ``template="facenet"``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

import fastmtcnn

SIZE, MARGIN = (
    160,
    14,
)  # pixels: of its crops, and of the margin that its networks were trained with
FEWEST_PIXELS = 60


def main() -> None:
    """Print the median positions in the faces of all photographs of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    photos = sorted(parser.parse_args().folder.rglob("*.jpg"))
    detector = fastmtcnn.MTCNN(40, variant="facenet-pytorch", min_score=0.999)
    points = []
    for found in detector.detect_stream(photos):
        for face in found.filter(min_size=FEWEST_PIXELS).faces():
            sides = face.box[2:] - face.box[:2]
            if sides.min() >= FEWEST_PIXELS:
                middle, shown = (face.box[:2] + face.box[2:]) / 2, sides / (1 - MARGIN / SIZE)
                points.append((face.landmarks - middle) / shown + 0.5)
    upright = np.array(points)
    mirrored = upright[:, [1, 0, 2, 4, 3]] * (-1, 1) + (1, 0)
    median = np.median(np.concatenate([upright, mirrored]), axis=0) * SIZE
    sys.stdout.write(f"{len(upright)} faces in {len(photos)} photographs, in {SIZE}x{SIZE}:\n")
    sys.stdout.write("".join(f"({x:.1f}, {y:.1f})\n" for x, y in median))


if __name__ == "__main__":
    main()
