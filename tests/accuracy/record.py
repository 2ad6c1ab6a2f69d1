"""Measures what tests/accuracy/test_accuracy.py compares with, prints it, and writes levels.json.

    python tests/accuracy/record.py [--dry-run]

To be run when a change is meant to find other faces, or to find them better; each line that is
marked then needs a reason.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.accuracy.measure import RECORDED, Level, measure, read, write
from tests.accuracy.ways import WAYS

HEADER = f"{'':55} found      false  overlap, least error, greatest"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    options = parser.parse_args()
    before = read()[1] if RECORDED.exists() else {}
    levels: dict[str, dict[str, dict[str, Level]]] = {}
    print(HEADER)
    for name, way in WAYS.items():
        if way.like != name:
            continue
        detect = way.make()
        levels[name] = {series: measure(series, detect) for series in way.series}
        for series, rows in levels[name].items():
            old = before.get(name, {}).get(series, {})
            for level, row in rows.items():
                changed = level in old and old[level] != row
                print(
                    f"{name:16} {f'{series}: {level}':38} {described(row)}"
                    + (f"   recorded: {described(old[level])}" if changed else "")
                )
    if not options.dry_run:
        write(levels)


def described(row: Level) -> str:
    """Return a line for people."""
    shares = "  ".join(f"{share:5.3f}" for share in row[3:])
    return f"{row.found:3} of {row.faces:<3} {row.false:5}   {shares}"


if __name__ == "__main__":
    main()
