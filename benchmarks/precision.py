"""Precision and recall at several values of min_score, on photographs with ground truth."""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

import fastmtcnn

MIN_SCORES = (0.8, 0.9, 0.95, 0.99, 0.995, 0.999)
OVERLAP = 0.5  # intersection over union, from which a face counts as found

Boxes = npt.NDArray[np.float64]


def read_truth(path: Path) -> dict[str, Boxes]:
    """Read boxes in the format of WIDER FACE.

    Parameters
    ----------
    path : Path
        For each photograph its name, a number, and so many lines that begin with x y w h; one of
        zeros where the number is 0.

    Returns
    -------
    dict of str to ndarray of float64, shape (n, 4)
        By name x1, y1, x2, y2.
    """
    truth: dict[str, Boxes] = {}
    lines = iter(path.read_text().splitlines())
    for name in lines:
        rows = [next(lines).split()[:4] for _ in range(max(int(next(lines)), 1))]
        x, y, width, height = np.array(rows, np.float64).T
        truth[name] = np.stack([x, y, x + width, y + height], axis=1)
    return truth


def overlaps(box: npt.NDArray[np.float32], others: Boxes) -> npt.NDArray[np.float64]:
    """Return intersection over union of a box with others."""
    corners = np.asarray(box, np.float64)
    sides = np.minimum(corners[2:], others[:, 2:]) - np.maximum(corners[:2], others[:, :2])
    common = sides.clip(0).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1) + (corners[2:] - corners[:2]).prod()
    shares: npt.NDArray[np.float64] = common / np.maximum(areas - common, 1e-9)
    return shares


def judge(found: fastmtcnn.Detections, truth: Boxes, counts: npt.NDArray[np.bool_]) -> list[str]:
    """Say of each face found what it is, the best first.

    Parameters
    ----------
    found : Detections
        Of one photograph.
    truth : ndarray of float64, shape (n, 4)
        Its faces.
    counts : ndarray of bool, shape (n,)
        Those that count; of the others it does not matter whether they are found.

    Returns
    -------
    list of str
        ``"right"``, ``"wrong"`` or ``"ignored"``. A face of the truth is found once.
    """
    said = []
    free = np.ones(len(truth), bool)
    for box in found.boxes:
        shares = np.where(free, overlaps(box, truth), 0)
        # Those that count first: one that does not is no excuse for missing one that does.
        best = max(
            range(len(truth)),
            key=lambda k: (shares[k] >= OVERLAP, counts[k], shares[k]),
            default=-1,
        )
        if best < 0 or shares[best] < OVERLAP:
            said.append("wrong")
        else:
            said.append("right" if counts[best] else "ignored")
            free[best] = not counts[best]
    return said


def table(
    results: Sequence[tuple[fastmtcnn.Detections, Boxes]], smallest: float
) -> list[tuple[float, int, int, int]]:
    """Return min_score, right ones, wrong ones and faces of the truth, a line for each value.

    Parameters
    ----------
    results : sequence of (Detections, ndarray of float64, shape (n, 4))
        Of each photograph what was found, and what there is.
    smallest : float
        Smallest longer side of faces that count, in pixels.
    """
    scores: dict[str, list[float]] = {"right": [], "wrong": [], "ignored": []}
    num_faces = 0
    for found, truth in results:
        counts = (truth[:, 2:] - truth[:, :2]).max(axis=1, initial=0) >= smallest
        num_faces += int(counts.sum())
        for score, said in zip(found.scores, judge(found, truth, counts), strict=True):
            scores[said].append(float(score))
    right, wrong = np.array(scores["right"]), np.array(scores["wrong"])
    return [
        (limit, int((right >= limit).sum()), int((wrong >= limit).sum()), num_faces)
        for limit in MIN_SCORES
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder", type=Path, help="with images/ and bbx_gt.txt as WIDER FACE has it"
    )
    parser.add_argument("--no-faces", type=Path, help="folder of photographs without faces")
    parser.add_argument("--count", type=int, default=150, help="photographs of the first folder")
    parser.add_argument("--smallest", type=float, default=20, help="smaller faces do not count")
    parser.add_argument("--min-face-size", type=float, default=20)
    parser.add_argument("--rotations", type=int, nargs="*", default=[])
    options = parser.parse_args()
    detector = fastmtcnn.MTCNN(options.min_face_size, rotations=options.rotations)
    truth = read_truth(options.folder / "bbx_gt.txt")
    names = sorted(truth)
    random.Random(0).shuffle(names)
    names = names[: options.count]
    found = detector.detect_stream(options.folder / "images" / name for name in names)
    with_faces = [(one, truth[name]) for one, name in zip(found, names, strict=True)]
    paths = sorted(options.no_faces.iterdir()) if options.no_faces else []
    without = [(one, np.zeros((0, 4))) for one in detector.detect_stream(paths)]
    print(  # noqa: T201
        f"{len(with_faces)} photographs with faces, {len(without)} without; smallest face that "
        f"counts {options.smallest:g} px, overlap {OVERLAP:g}; {detector!r}"
    )
    print("min_score  precision  recall   wrong  wrong where there are no faces")  # noqa: T201
    everything = table(with_faces + without, options.smallest)
    for line, alone in zip(everything, table(without, 0), strict=True):
        limit, right, wrong, faces = line
        precision, recall = right / max(right + wrong, 1), right / max(faces, 1)
        print(  # noqa: T201
            f"{limit:<9g}  {precision:9.3f}  {recall:6.3f}  {wrong:6d}  {alone[2]:6d}"
        )


if __name__ == "__main__":
    main()
