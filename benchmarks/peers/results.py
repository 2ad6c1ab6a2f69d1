"""What a run found, and its form as JSON."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Timing:
    """One peer on one picture: times by the clock and of the processor, or what went wrong."""

    times_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    faces: int = 0
    peak_mb: float = 0.0
    error: str = ""

    @property
    def median_ms(self) -> float:
        """Return the median, or not a number where the peer failed."""
        return statistics.median(self.times_ms) if self.times_ms else float("nan")

    @property
    def median_cpu_ms(self) -> float:
        """Return the median of the processor's time, of all threads together."""
        return statistics.median(self.cpu_ms) if self.cpu_ms else float("nan")


@dataclass
class Entry:
    """One peer with one number of threads; timings by size, such as ``1280x720``."""

    peer: str
    version: str
    threads: int
    load_ms: float
    timings: dict[str, Timing] = field(default_factory=dict)

    @property
    def peak_mb(self) -> float:
        """Return the peak over all sizes."""
        return max((timing.peak_mb for timing in self.timings.values()), default=0.0)


@dataclass
class Results:
    """A run: the machine, the settings, the entries, and who could not take part and why."""

    machine: dict[str, Any]
    settings: dict[str, Any]
    sizes: list[str]
    entries: list[Entry] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def find(self, peer: str, threads: int) -> Entry | None:
        """Return the entry of a peer, if it took part."""
        for entry in self.entries:
            if (entry.peer, entry.threads) == (peer, threads):
                return entry
        return None

    def quiet(self) -> float | None:
        """Return which share of the time peers with one thread had their core, if there are any."""
        timings = [
            timing
            for entry in self.entries
            if entry.threads == 1
            for timing in entry.timings.values()
        ]
        total = sum(sum(timing.times_ms) for timing in timings)
        return sum(sum(timing.cpu_ms) for timing in timings) / total if total else None

    def to_dict(self) -> dict[str, Any]:
        """Return plain types, with the medians among them."""
        content = asdict(self)
        for entry, plain in zip(self.entries, content["entries"], strict=True):
            for size, timing in entry.timings.items():
                if timing.times_ms:
                    plain["timings"][size]["median_ms"] = timing.median_ms
                    plain["timings"][size]["median_cpu_ms"] = timing.median_cpu_ms
        return content
