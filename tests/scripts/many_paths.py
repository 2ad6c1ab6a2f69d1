"""Runs ``fastmtcnn detect`` on very many photos, and watches its memory.

    python tests/scripts/many_paths.py --photos 1000000

The photos are so small that detection takes next to nothing; they are hard links in folders of
250. They are listed on standard input, or with ``--folder`` found by the command. Memory is
printed at each tenth of the photos; the exit status is 0 if it grew by less than ``--growth``
from the first tenth to the last, and all results came in order.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

IN_FOLDER = 250
LINKS = 40 * IN_FOLDER  # of one file; file systems allow 65,000 or fewer
MEGABYTES = 1_000_000


def main() -> int:
    """Run, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--folder", action="store_true", help="name the folder, instead of a list")
    parser.add_argument("--growth", type=float, default=20, help="of memory allowed, in MB")
    parser.add_argument("--at", type=Path, help="where to make the photos")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.at) as place:
        began = time.monotonic()
        make_photos(Path(place), options.photos)
        print(f"{options.photos} photos made in {time.monotonic() - began:.0f} s", flush=True)
        problem = run(Path(place), options.photos, options.folder, options.growth)
    print(problem or "held")
    return int(problem is not None)


def paths(count: int) -> Iterator[str]:
    """Yield the paths of the photos in order."""
    for number in range(count):
        yield f"photos/{number // IN_FOLDER:06}/{number:08}.png"


def make_photos(place: Path, count: int) -> None:
    """Make the photos as links to some small files."""
    random = np.random.default_rng(0)
    source = place / "source.png"
    for number, path in enumerate(paths(count)):
        if number % LINKS == 0:
            source.unlink(missing_ok=True)
            pixels = random.integers(0, 256, (24, 24, 3), np.uint8)
            Image.fromarray(pixels).save(source)
        if number % IN_FOLDER == 0:
            (place / path).parent.mkdir(parents=True)
        os.link(source, place / path)


def run(place: Path, count: int, folder: bool, growth: float) -> str | None:
    """Run the command, print its memory, and return what did not hold."""
    command = [sys.executable, "-m", "fastmtcnn", "detect", "photos" if folder else "-"]
    command += ["--format", "jsonl", "--output", "faces.json", "--min-face-size", "1000"]
    command += ["--workers", "1", "--num-threads", "1"]
    began = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=place,
        stdin=subprocess.DEVNULL if folder else subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        if process.stdin is not None:
            threading.Thread(target=write_list, args=(process.stdin, count), daemon=True).start()
        assert process.stdout is not None
        memory: list[float] = []
        for number, (path, line) in enumerate(zip(paths(count), process.stdout, strict=False), 1):
            found = json.loads(line)["path"]
            if found != path:
                process.kill()
                return f"{found} came instead of {path}"
            if number * 10 // count > len(memory):
                memory.append(resident(process.pid))
                seconds = time.monotonic() - began
                print(f"{number:8} photos, {seconds:5.0f} s: {memory[-1]:.1f} MB", flush=True)
        rest = process.stdout.read()
    if process.returncode or rest or len(memory) != 10:
        return f"exit status {process.returncode}, {len(memory)} tenths, then {rest[:200]!r}"
    with (place / "faces.json").open("rb") as file:
        num_lines = sum(1 for _ in file)
    if num_lines != count + 2:  # an element a line, between brackets
        return f"faces.json has {num_lines} lines"
    grown = max(memory) - memory[0]
    print(f"memory grew by {grown:.1f} MB from the first tenth on")
    return f"memory grew by more than {growth} MB" if grown > growth else None


def write_list(file: IO[bytes], count: int) -> None:
    """Write the paths as `find -print0` does."""
    with file:
        for path in paths(count):
            file.write(path.encode() + b"\0")


def resident(process: int) -> float:
    """Return the resident memory of a process in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTES


if __name__ == "__main__":
    sys.exit(main())
