"""Kills ``fastmtcnn detect`` in the middle of many photos, and takes it up with ``--resume``.

    python tests/scripts/kill_and_resume.py --photos 500 --kills 3

The result file must be, byte for byte, that of a run without interruption, and no photo may be
done twice (one that was being worked on when the run was killed was not finished).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.helpers import cut_photos


def main() -> int:
    """Run, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=500)
    parser.add_argument("--kills", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return compare(Path(folder), options.photos, options.kills)


def compare(folder: Path, count: int, kills: int) -> int:
    """Make photos, run with and without kills, and compare."""
    photos = make_photos(folder, count)
    whole = start(folder, photos, "whole.json")
    if whole.wait() != 0:
        print("FAILED: the run without interruption")
        return 1
    journal = folder / "killed.json.unfinished"
    noted: list[int] = []
    for kill in range(1, kills + 1):
        run = start(folder, photos, "killed.json", *(["--resume"] if kill > 1 else []))
        while run.poll() is None and lines(journal) <= count * kill // (kills + 1):
            time.sleep(0.001)
        run.kill()
        if run.wait() != -9 or (folder / "killed.json").exists():
            print("FAILED: the run was not killed in the middle")
            return 1
        noted.append(lines(journal) - 1)
    run = start(folder, photos, "killed.json", "--resume")
    most = 0
    while run.poll() is None:
        most = max(most, lines(journal) - 1)
        time.sleep(0.001)
    same = (folder / "killed.json").read_bytes() == (folder / "whole.json").read_bytes()
    held = run.returncode == 0 and same and most <= count and not journal.exists()
    print(
        f"{count} photos; killed after {', '.join(map(str, noted))}; with --resume, the result "
        f"{'equals' if same else 'DIFFERS FROM'} that of a run without interruption "
        f"({(folder / 'whole.json').stat().st_size:,} bytes)"
    )
    print("held" if held else "FAILED")
    return 0 if held else 1


def make_photos(folder: Path, count: int) -> list[str]:
    """Cut photos of 60 to 400 pixels a side out of others; return their names."""
    random = np.random.default_rng(0)
    names = [f"{k:04}.jpg" for k in range(count)]
    for name, photo in zip(names, cut_photos(random, count, 60, 400), strict=True):
        photo.save(folder / name, quality=90)
    return names


def start(folder: Path, photos: list[str], result: str, *more: str) -> subprocess.Popen[bytes]:
    """Start the command."""
    command = [sys.executable, "-m", "fastmtcnn", "detect", *photos, "--json", result, *more]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)


def lines(path: Path) -> int:
    """Return how many lines a file has; 0 if it is not there."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


if __name__ == "__main__":
    sys.exit(main())
