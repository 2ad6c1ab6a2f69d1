"""Faces of photographs by both engines: whether they are the same, and by how much they differ.

A face that one engine finds and the other does not is named, with what the other engine's networks
gave the box: the stage that lost it, and how far its score was from that stage's threshold. A score
that is nearer than the networks' difference explains the face; any other is for a person to see.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import fastmtcnn
from fastmtcnn import MTCNN, VARIANTS, Detections
from fastmtcnn.networks.native import native_target

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.peers.matching import match, overlaps

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
NEAR = 0.5  # IoU above which a box of a trace may be that of a face


@dataclass
class Agreement:
    """What a comparison of many photographs found.

    Attributes
    ----------
    photos, faces, same : int
        Photographs, faces by onnxruntime, and faces that both engines found.
    unequal_photos : int
        Photographs in which an engine found a face that the other did not.
    largest : dict
        Largest difference of boxes, scores and landmarks of the same face.
    different : list of str
        A line for each face that only one engine found.
    """

    photos: int = 0
    faces: int = 0
    same: int = 0
    unequal_photos: int = 0
    largest: dict[str, float] = field(
        default_factory=lambda: {"box": 0.0, "score": 0.0, "landmarks": 0.0}
    )
    different: list[str] = field(default_factory=list)


def find(detectors: Sequence[MTCNN], path: Path, agreement: Agreement) -> None:
    """Search a photograph by both engines and add to the comparison."""
    traces = [detector.trace(path) for detector in detectors]
    theirs, ours = (trace.detections for trace in traces)
    pairs = match(theirs, ours)
    agreement.photos += 1
    agreement.faces += theirs.num_faces
    agreement.same += len(pairs)
    agreement.unequal_photos += len(pairs) < max(theirs.num_faces, ours.num_faces)
    for pair in pairs:
        for name, largest in agreement.largest.items():
            agreement.largest[name] = max(largest, getattr(pair, name))
    matched = {pair.theirs for pair in pairs}, {pair.ours for pair in pairs}
    for side in range(2):
        found = (theirs, ours)[side]
        for index in sorted(set(range(found.num_faces)) - matched[side]):
            other = traces[1 - side]
            thresholds = detectors[1 - side].cascade.options.thresholds
            where = nearest_decision(found, index, other, thresholds)
            box = " ".join(f"{value:.1f}" for value in found.boxes[index])
            engine = ("onnxruntime", "native")[side]
            agreement.different.append(
                f"{path.name}: face {box}, score {found.scores[index]:.7f}, only by {engine}; "
                f"the other engine: {where}"
            )


def nearest_decision(
    found: Detections, index: int, other: fastmtcnn.Trace, thresholds: Sequence[float]
) -> str:
    """Return how far a trace got with a face: the last stage that saw its box, and the score."""
    box = found.boxes[index : index + 1]
    stages = (
        ("O-Net", other.onet.boxes, other.onet.network_scores, thresholds[2]),
        ("R-Net", other.rnet.boxes, other.rnet.network_scores, thresholds[1]),
        ("P-Net", other.proposals[:, :4], other.proposals[:, 4], thresholds[0]),
    )
    for name, boxes, scores, threshold in stages:
        near = overlaps(box, boxes.astype(np.float32))[0] > NEAR
        if near.any():
            score = float(scores[near].max())
            distance = f"{score - threshold:+.1e} from its threshold {threshold:g}"
            return f"{name} gave {score:.7f}, {distance}"
    return "no box of any stage near it"


def photographs(folder: Path, count: int, seed: int) -> list[Path]:
    """Return some photographs of a folder and all below, chosen at random."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    random.Random(seed).shuffle(paths)
    return paths[:count]


def report(variant: str, agreement: Agreement) -> Iterator[str]:
    """Return the lines of a variant."""
    largest = agreement.largest
    yield (
        f"{variant:16} {agreement.photos:6} {agreement.faces:6} {agreement.same:6} "
        f"{agreement.unequal_photos:7} {largest['box']:10.1e} {largest['score']:10.1e} "
        f"{largest['landmarks']:10.1e}"
    )
    for line in agreement.different:
        yield f"  {line}"


def main() -> None:
    """Print a line for each variant, and one for each face that only one engine found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="photographs, in it and below")
    parser.add_argument("--photos", type=int, default=200, help="how many, chosen at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--min-face-size", type=float, default=20)
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    options = parser.parse_args()
    if native_target() is None:
        parser.error("the native engine needs AVX2 with FMA, AVX-512 or NEON")
    paths = photographs(options.folder, options.photos, options.seed)
    if not paths:
        parser.error(f"no photographs in {options.folder}")
    print(  # noqa: T201
        f"{len(paths)} photographs, min_face_size {options.min_face_size:g}, native kernels "
        f"{native_target()}\n"
        f"{'variant':16} {'photos':>6} {'faces':>6} {'same':>6} {'unequal':>7} "
        f"{'box px':>10} {'score':>10} {'landm. px':>10}"
    )
    for variant in options.variants:
        detectors = [
            MTCNN(options.min_face_size, variant=variant, engine=engine, num_threads=1)
            for engine in ("onnxruntime", "native")
        ]
        agreement, refused = Agreement(), Counter[str]()
        for path in paths:
            try:
                find(detectors, path, agreement)
            except (OSError, fastmtcnn.ImageError) as error:
                refused[type(error).__name__] += 1
        for line in report(variant, agreement):
            print(line, flush=True)  # noqa: T201
        if refused:
            print(f"  not read: {dict(refused)}")  # noqa: T201


if __name__ == "__main__":
    main()
