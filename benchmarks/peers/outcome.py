"""What came of comparing an implementation's faces with ours, on any number of images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from benchmarks.peers.matching import SAME_FACE, Match, match, overlaps
from fastmtcnn import Detections

WANTED = 0.995
_TIE = 1e-4  # scores closer than that may come in either order


@dataclass(frozen=True)
class Pairing:
    """An implementation and what follows it.

    Attributes
    ----------
    peer : str
        Its name in the catalogue.
    variant : str
        The variant of fastmtcnn.
    thresholds : tuple of three floats, optional
        The peer's, where they are not the variant's.
    tolerance : float, optional
        Largest difference of a coordinate in pixels; none where the arithmetic differs by design.
    """

    peer: str
    variant: str
    thresholds: tuple[float, float, float] | None = None
    tolerance: float | None = None


@dataclass
class Outcome:
    """The figures of a pairing.

    Attributes
    ----------
    pairing : Pairing
        Who is compared.
    versions : str
        Of the peer and its runtime.
    images, theirs, ours : int
        Images on which both answered, and the faces of each on these.
    matches : list of Match
        All pairs of faces.
    disagreements : list of str
        A line for each face that one side alone has, or that differs by more than the tolerance.
    reordered : list of str
        Images whose faces the two sides give in different orders, ties aside.
    crashes, failures : list of str
        A line for each image on which the peer, or fastmtcnn, raised.
    """

    pairing: Pairing
    versions: str
    images: int = 0
    theirs: int = 0
    ours: int = 0
    matches: list[Match] = field(default_factory=list)
    disagreements: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def faces(self) -> int:
        """Faces that either side has, each counted once."""
        return self.theirs + self.ours - len(self.matches)

    @property
    def within(self) -> int:
        """Faces that both have, no coordinate further apart than the tolerance."""
        return sum(not self._apart(pair) for pair in self.matches)

    @property
    def reached(self) -> bool:
        """Whether enough faces are within the tolerance, if there is one."""
        return self.pairing.tolerance is None or self.within >= WANTED * self.faces

    def add(self, image: str, theirs: Detections, ours: Detections) -> None:
        """Compare the faces of one image."""
        pairs = match(theirs, ours)
        self.images += 1
        self.theirs += theirs.num_faces
        self.ours += ours.num_faces
        self.matches += pairs
        if self.pairing.tolerance is not None and _reordered(pairs, theirs):
            self.reordered.append(image)
        self.disagreements += [
            f"{image}: theirs {_face(theirs, pair.theirs)}, ours {_face(ours, pair.ours)}: "
            f"box {pair.box:.3g} px, landmarks {pair.landmarks:.3g} px, "
            f"score {pair.score:.2g} apart"
            for pair in pairs
            if self._apart(pair)
        ]
        shares = overlaps(theirs.boxes, ours.boxes)
        self.disagreements += [
            f"{image}: only theirs {_face(theirs, k)}; "
            f"our nearest overlaps by {shares[k].max(initial=0):.2f}"
            for k in _others(theirs, [pair.theirs for pair in pairs])
        ]
        self.disagreements += [
            f"{image}: only ours {_face(ours, k)}; "
            f"their nearest overlaps by {shares[:, k].max(initial=0):.2f}"
            for k in _others(ours, [pair.ours for pair in pairs])
        ]

    def text(self) -> str:
        """Return all of it for a terminal."""
        pairing, count = self.pairing, len(self.matches)
        at = f" with thresholds {pairing.thresholds}" if pairing.thresholds else ""
        shares = f"{_share(count, self.theirs)} of theirs, {_share(count, self.ours)} of ours"
        rows = [
            ("images compared", f"{self.images}"),
            ("faces", f"theirs {self.theirs}, ours {self.ours}"),
            ("matched", f"{count}, which overlap by more than {SAME_FACE}: {shares}"),
        ]
        if count:
            figures = [
                (each.box, each.score, each.landmarks, each.overlap) for each in self.matches
            ]
            box, score, landmarks, overlap = np.array(figures).T
            rows += [
                (
                    f"{name} difference",
                    f"boxes {of(box):.3g} px, scores {of(score):.2g}, "
                    f"landmarks {of(landmarks):.3g} px",
                )
                for name, of in (("largest", np.max), ("median", np.median))
            ]
            rows.append(("overlap", f"mean {overlap.mean():.4f}, least {overlap.min():.4f}"))
        if pairing.tolerance is not None:
            share = f"{_share(self.within, self.faces)} of the {self.faces} faces of either"
            verdict = "pass" if self.reached else "FAIL"
            rows.append(
                (
                    f"within {pairing.tolerance:g} px",
                    f"{self.within}, {share}; wanted {WANTED:.1%}: {verdict}",
                )
            )
        lines = [f"  {title:20}{figure}" for title, figure in rows]
        for title, items in (
            ("disagreements", self.disagreements),
            ("in another order", self.reordered),
            ("the peer crashed on", self.crashes),
            ("fastmtcnn FAILED on", self.failures),
        ):
            lines += [f"  {title:20}{len(items)}", *(f"    {item}" for item in items)]
        return "\n".join([f'{self.versions} beside variant "{pairing.variant}"{at}', *lines])

    def to_dict(self) -> dict[str, Any]:
        """Return all of it for JSON."""
        return {**asdict(self), "faces": self.faces, "within": self.within, "reached": self.reached}

    def _apart(self, pair: Match) -> bool:
        tolerance = self.pairing.tolerance
        return tolerance is not None and max(pair.box, pair.landmarks) > tolerance


def _reordered(pairs: list[Match], theirs: Detections) -> bool:
    return any(
        one.ours > other.ours and theirs.scores[one.theirs] - theirs.scores[other.theirs] > _TIE
        for k, one in enumerate(pairs)
        for other in pairs[k + 1 :]
    )


def _others(found: Detections, matched: Iterable[int]) -> list[int]:
    return sorted(set(range(found.num_faces)) - set(matched))


def _face(found: Detections, k: int) -> str:
    corners = " ".join(f"{value:.6g}" for value in found.boxes[k])
    return f"[{corners}] score {found.scores[k]:.5f}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2%}" if whole else "all"
