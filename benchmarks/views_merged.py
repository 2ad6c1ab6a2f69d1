"""What views of photographs bring together, by several ways to merge their faces.

Reads the detections that `views.py` keeps; no network runs. Average precision is that of PASCAL
VOC for faces of 10 px and more. The photographs are split in two halves by their names.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from fastmtcnn import Detections, _core
from fastmtcnn.evaluation import read_widerface
from fastmtcnn.faces.fusion import fuse_views
from fastmtcnn.faces.overlaps import overlaps

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.judge import Figures, Judge, truth_by_height
from benchmarks.kept import at_random, halves, read_kept
from benchmarks.views import SETTINGS, kept_name

Merge: TypeAlias = Callable[[Sequence[Detections]], Detections]
Numbers: TypeAlias = npt.NDArray[np.float64]

RECALLS = (0.8, 0.85, 0.88)
TOGETHER = (
    ("image", "grey"),
    ("image", "mirror"),
    ("image", "half step"),
    ("image", "grey", "mirror"),
    ("image", "mirror", "half step"),
    ("image", "grey", "mirror", "half step"),
)
TRIED = ("grey mirror", "bgr", "equalised", "gamma 0.5", "gamma 2", "scale 1.1")
UNIONS = ("P-Net grey", "P-Net grey, mirror")


def by_nms(found: Sequence[Detections], threshold: float = 0.4) -> Detections:
    """Return the faces that non-maximum suppression keeps, with their own scores."""
    pooled = _pooled(found)
    boxes = pooled.boxes.astype(np.float64)
    return pooled.select(_core.nms(boxes, pooled.scores, threshold, "union"))


def by_groups(
    found: Sequence[Detections],
    score: Callable[[Numbers], float],
    threshold: float = 0.5,
    voting: bool = True,
) -> Detections:
    """Return a face for each group of boxes around the one with the highest score.

    Parameters
    ----------
    found : sequence of Detections
        The faces of each view.
    score : callable
        Takes the highest score of each view in the group, 0 if there is none.
    threshold : float
        Intersection over union above which a box belongs to the group.
    voting : bool
        Whether the box is the mean of the group's by score, or the one with the highest score.
    """
    pooled = _pooled(found)
    views = np.repeat(np.arange(len(found)), [each.num_faces for each in found])
    rest = np.argsort(-pooled.scores, kind="stable")
    rows = []
    while len(rest):
        same = overlaps(pooled.boxes[rest[:1]], pooled.boxes[rest], extra=1.0)[0] > threshold
        same[0] = True
        group, rest = rest[same], rest[~same]
        highest = np.zeros(len(found))
        np.maximum.at(highest, views[group], pooled.scores[group])
        members = group if voting else group[:1]
        weights = pooled.scores[members] / pooled.scores[members].sum()
        rows.append((weights @ pooled.boxes[members], score(highest), pooled.landmarks[group[0]]))
    return _of_rows(rows)


def by_weighted_boxes_fusion(found: Sequence[Detections], threshold: float = 0.5) -> Detections:
    """Return the faces by weighted boxes fusion as Solovyev et al. (2021) describe it.

    Each box joins the cluster whose fused box it overlaps most; the score is the mean of the
    cluster's, times the number of its boxes over that of the views if there are fewer.
    """
    pooled, clusters = _pooled(found), list[list[int]]()
    fused = np.zeros((0, 4))
    for k in np.argsort(-pooled.scores, kind="stable"):
        shares = overlaps(pooled.boxes[k : k + 1], fused, extra=1.0)[0]
        nearest = int(shares.argmax()) if len(shares) else -1
        if nearest < 0 or shares[nearest] <= threshold:
            clusters.append([k])
            fused = np.vstack([fused, pooled.boxes[k]])
            continue
        clusters[nearest].append(k)
        scores = pooled.scores[clusters[nearest]]
        fused[nearest] = scores @ pooled.boxes[clusters[nearest]] / scores.sum()
    rows = []
    for box, cluster in zip(fused, clusters, strict=True):
        agreement = min(len(cluster), len(found)) / len(found)
        score = float(pooled.scores[cluster].mean()) * agreement
        rows.append((box, score, pooled.landmarks[cluster[0]]))
    return _of_rows(rows)


def _pooled(found: Sequence[Detections]) -> Detections:
    return Detections(*map(np.concatenate, zip(*found, strict=True)))


def _of_rows(rows: Sequence[tuple[Numbers, float, npt.NDArray[np.float32]]]) -> Detections:
    if not rows:
        return Detections.empty()
    boxes, scores, landmarks = map(np.array, zip(*rows, strict=True))
    order = np.argsort(-scores, kind="stable")
    return Detections(*(part[order].astype(np.float32) for part in (boxes, scores, landmarks)))


def _noisy_or(scores: Numbers) -> float:
    return float(1 - np.prod(1 - scores))


def _product_of_odds(scores: Numbers) -> float:
    """Return the probability of independent sensors, which views without the face do not change.

    The probabilistic ensembling of Chen et al., "Multimodal Object Detection via Probabilistic
    Ensembling", ECCV 2022, with equal priors.
    """
    shown = np.clip(scores[scores > 0], 1e-9, 1 - 1e-9)
    return float(1 / (1 + np.prod((1 - shown) / shown)))


def _mean_and_highest(scores: Numbers) -> float:
    return math.sqrt(scores.mean() * scores.max())


MERGES: Mapping[str, Merge] = {
    "box voting, noisy-or": fuse_views,
    "NMS, IoU 0.4": by_nms,
    "box voting, highest score": partial(by_groups, score=np.max),
    "box voting, mean score": partial(by_groups, score=np.mean),
    "weighted boxes fusion": by_weighted_boxes_fusion,
    "box voting, mean times highest, rooted": partial(by_groups, score=_mean_and_highest),
    "box voting, product of odds": partial(by_groups, score=_product_of_odds),
    "box of the highest score, noisy-or": partial(by_groups, score=_noisy_or, voting=False),
    "box voting from IoU 0.4, noisy-or": partial(by_groups, score=_noisy_or, threshold=0.4),
    "box voting from IoU 0.3, noisy-or": partial(by_groups, score=_noisy_or, threshold=0.3),
}


def row(figures: Figures, label: str, milliseconds: float) -> str:
    """Return a row of a Markdown table."""
    gains = (f"{figures.gain_of_half[half]:+.1f}" for half in ("tune", "confirm"))
    low, high = figures.interval
    cells = [
        label,
        f"{milliseconds:.0f}",
        f"{figures.precision['all']:.1f} ({figures.gain:+.1f} [{low:+.1f}, {high:+.1f}])",
        ", ".join(gains),
        f"{figures.precision['large']:.1f}",
        f"{figures.precision['small']:.1f}",
        ", ".join(map(figures.false_positives_at, RECALLS)),
    ]
    return f"| {' | '.join(cells)} |"


class Some(NamedTuple):
    """Detections and times of each view of some photographs, and who judges them."""

    found: dict[str, list[Detections]]
    milliseconds: dict[str, float]
    judge: Judge


def main() -> None:
    """Print a table of views and one of merges for each setting."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path, help="with images/ and bbx_gt.txt as WIDER FACE has it")
    parser.add_argument("folder", type=Path, help="where views.py keeps the detections")
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    arguments = parser.parse_args()
    data = read_widerface(arguments.root)
    for setting in arguments.settings:
        groups = [("image",), *TOGETHER, *(("image", view) for view in TRIED)]
        groups += [(union,) for union in UNIONS]
        have = {path.name for path in arguments.folder.iterdir()}
        groups = [
            group for group in groups if have.issuperset(kept_name(setting, each) for each in group)
        ]
        views = sorted({view for group in groups for view in group})
        names = {view: kept_name(setting, view) for view in views}
        kept = read_kept(arguments.folder, names.values(), at_random(data.names))
        some = Some(
            {view: kept.found[name] for view, name in names.items()},
            {view: kept.milliseconds[name] for view, name in names.items()},
            Judge(
                truth_by_height(data, kept.names), kept.found[names["image"]], halves(kept.names)
            ),
        )
        print(f"\n{setting}: {len(kept.names)} photographs\n")  # noqa: T201
        print("| | ms | AP (gain [95 %]) | tune, confirm | 30 px | 10-30 px | false |")  # noqa: T201
        for group in groups:
            print(_merged(some, group, fuse_views, " + ".join(group)))  # noqa: T201
        print()  # noqa: T201
        largest = max(groups, key=len)
        for name, merge in MERGES.items():
            print(_merged(some, largest, merge, name))  # noqa: T201


def _merged(some: Some, views: Sequence[str], merge: Merge, label: str) -> str:
    columns = zip(*(some.found[view] for view in views), strict=True)
    found = [each[0] if len(views) == 1 else merge(each) for each in columns]
    return row(some.judge.figures(found), label, sum(some.milliseconds[view] for view in views))


if __name__ == "__main__":
    main()
