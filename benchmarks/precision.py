"""Precision and recall at several values of min_score, on photographs with ground truth."""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np

import fastmtcnn
from fastmtcnn.evaluation import Curve, GroundTruth, read_widerface, voc_curve

MIN_SCORES = (0.8, 0.9, 0.95, 0.99, 0.995, 0.999)


def at_least(curve: Curve, min_score: float) -> tuple[float, float, int]:
    """Return precision, recall and number of false positives of the boxes from a score on.

    Parameters
    ----------
    curve : Curve
        With a point for each score.
    min_score : float
        The score.
    """
    last = np.count_nonzero(curve.thresholds >= min_score) - 1
    if last < 0:
        return 0.0, 0.0, 0
    return (
        float(curve.precision[last]),
        float(curve.recall[last]),
        int(curve.num_false_positives[last]),
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="WIDER FACE, as `fastmtcnn evaluate` takes it")
    parser.add_argument("--split", default="train")
    parser.add_argument("--no-faces", type=Path, help="folder of photographs without faces")
    parser.add_argument("--count", type=int, default=150, help="photographs of the first folder")
    parser.add_argument("--smallest", type=float, default=20, help="height of faces that count")
    parser.add_argument("--min-face-size", type=float, default=20)
    parser.add_argument("--rotations", type=int, nargs="*", default=[])
    options = parser.parse_args()
    detector = fastmtcnn.MTCNN(options.min_face_size, rotations=options.rotations)
    photos = read_widerface(options.folder, options.split)
    names = sorted(photos.names)
    random.Random(0).shuffle(names)
    photos = photos.subset(names[: options.count])
    level = "all" if "all" in photos.levels else "hard"
    truth = photos.truth(level, min_height=options.smallest)
    found = list(detector.detect_stream(photos.paths))
    paths = sorted(options.no_faces.iterdir()) if options.no_faces else []
    nothing = [GroundTruth.of([])] * len(paths)
    alarms = list(detector.detect_stream(paths))
    print(  # noqa: T201
        f"{len(found)} photographs with faces, {len(alarms)} without; faces from a height of "
        f"{options.smallest:g} px on; {detector!r}"
    )
    print("min_score  precision  recall  false positives  of these, without faces")  # noqa: T201
    everything = voc_curve(truth + nothing, found + alarms)
    without = voc_curve(nothing, alarms)
    for limit in MIN_SCORES:
        precision, recall, false = at_least(everything, limit)
        alone = at_least(without, limit)[2]
        print(f"{limit:<9g}  {precision:9.3f}  {recall:6.3f}  {false:15d}  {alone:23d}")  # noqa: T201


if __name__ == "__main__":
    main()
