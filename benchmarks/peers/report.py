"""A run as text, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.peers.catalogue import OURS, PEERS
from benchmarks.peers.results import Entry, Results

_EXPLANATION = (
    "Cells of a size: median ms of one detection (time of the peer / time of fastmtcnn; faces "
    "found). load ms: import and construction, median of fresh processes. peak MB: resident set, "
    "all sizes of the run included."
)


def text(results: Results) -> str:
    """Return the table for a terminal, with the machine before and the notes after."""
    rows = _rows(results)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = ["  ".join(_align(row, widths)).rstrip() for row in rows]
    notes = [f"{name}: {note}" for name, note in _notes(results)]
    return "\n".join([*_preamble(results), "", *table, "", _EXPLANATION, *notes, *_failed(results)])


def markdown(results: Results) -> str:
    """Return the same for a README."""
    header, *rows = (f"| {' | '.join(cells)} |" for cells in _rows(results))
    rule = "|" + "|".join(["---", "---"] + ["---:"] * (len(_rows(results)[0]) - 2)) + "|"
    notes = [f"* {name}: {note}" for name, note in _notes(results)]
    failed = [f"* {line}" for line in _failed(results)]
    parts = [" ".join(_preamble(results)), "\n".join([header, rule, *rows]), _EXPLANATION]
    return "\n\n".join([*parts, "\n".join([*notes, *failed])]) + "\n"


def _preamble(results: Results) -> list[str]:
    machine, settings = results.machine, results.settings
    instructions = ", ".join(machine["instructions"]) or machine["architecture"]
    return [
        f"{machine['cpu']} ({instructions}), {machine['usable_cores']} of {machine['cores']} cores "
        f"usable, {machine['system']}, Python {machine['python']}, "
        f"load before the run {machine['load_before']}{_quiet(results)}.",
        f"crowd.png fitted into each size, min_face_size {settings['min_face_size']} where the "
        f"peer has it, {settings['rounds']} rounds in turns, {settings['pinning']}.",
    ]


def _quiet(results: Results) -> str:
    share = results.quiet()
    busy = results.machine["load_before"] > 0.5 if share is None else share < 0.95
    had = "" if share is None else f"; peers with one thread had their core {share:.0%} of the time"
    # Beside other work, medians say as much about that work as about the peers.
    return had + (" (NOT QUIET: repeat when nothing else runs)" if busy else "")


def _rows(results: Results) -> list[list[str]]:
    header = ["peer", "version", "threads", *results.sizes, "load ms", "peak MB"]
    entries = sorted(results.entries, key=lambda entry: _rank(entry, results.sizes))
    return [header, *(_row(entry, results) for entry in entries)]


def _rank(entry: Entry, sizes: list[str]) -> tuple[int, bool, float]:
    times = [entry.timings[size].median_ms for size in sizes if entry.timings[size].times_ms]
    return entry.threads, not times, sum(times)


def _row(entry: Entry, results: Results) -> list[str]:
    cells = [_cell(entry, results.find(OURS, entry.threads), size) for size in results.sizes]
    peak = f"{entry.peak_mb:.0f}" if entry.peak_mb else "?"
    return [
        entry.peer,
        entry.version,
        str(entry.threads),
        *cells,
        f"{entry.load_ms:.0f}",
        peak,
    ]


def _cell(entry: Entry, ours: Entry | None, size: str) -> str:
    timing = entry.timings[size]
    if not timing.times_ms:
        return "failed"
    ratio = ""
    if ours is not None and ours.timings[size].times_ms:
        ratio = f"{timing.median_ms / ours.timings[size].median_ms:.2f}; "
    return f"{timing.median_ms:.1f} ({ratio}{timing.faces})"


def _align(row: list[str], widths: list[int]) -> Iterable[str]:
    for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.ljust(width) if column < 2 else cell.rjust(width)


def _notes(results: Results) -> list[tuple[str, str]]:
    present = {entry.peer for entry in results.entries}
    return [(peer.name, peer.note) for peer in PEERS if peer.note and peer.name in present]


def _failed(results: Results) -> list[str]:
    return [f"NOT MEASURED {line}" for line in results.failures]
