"""A line of the table of ratios."""

from __future__ import annotations

from dataclasses import dataclass, field

OURS, REFERENCE = SIDES = ("fastmtcnn", "reference")


@dataclass
class Row:
    """One group of benchmarks.

    By side: the median in seconds, the share of the networks, and, where the median is of CPU time,
    that of the wall time.
    """

    group: str
    target: float
    settings: str
    medians: dict[str, float] = field(default_factory=dict)
    networks: dict[str, float] = field(default_factory=dict)
    wall: dict[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """How many times as fast as the reference fastmtcnn is."""
        return self.medians[REFERENCE] / self.medians[OURS]

    @property
    def is_below(self) -> bool:
        """Whether the ratio misses its target."""
        return self.ratio < self.target

    def cells(self) -> list[str]:
        """Return what the table shows of it."""
        notes = [self.settings] if self.settings else []
        if len(self.wall) == len(SIDES):
            ours, reference = (self.wall[side] for side in SIDES)
            times = f"{ours * 1e6:,.1f} and {reference * 1e6:,.1f} us"
            notes.append(f"wall time {times}, ratio {reference / ours:.2f}")
        if self.networks:
            shares = ", ".join(f"{side} {share:.0%}" for side, share in self.networks.items())
            notes.append(f"share of the networks: {shares}")
        return [
            self.group,
            *(f"{self.medians[side] * 1e6:,.1f}" for side in SIDES),
            f"{self.ratio:.2f}",
            f"{self.target:.2f}",
            "BELOW" if self.is_below else "",
            "; ".join(notes),
        ]
