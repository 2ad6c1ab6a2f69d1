"""Runs ``fastmtcnn detect --output-dir`` on very many photos, kills it, and watches its memory.

    python tests/scripts/many_shards.py --photos 1000000

The photos are those of many_paths.py. Each of two shards is killed with SIGKILL when half of its
parts are there, and resumed. Memory is printed at each tenth of the photos. The exit status is 0
if in each run it grew by less than ``--growth`` from the first tenth on, and if the parts have
each photo once.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

from pyarrow import parquet

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.scripts.many_paths import make_photos, paths, resident, write_list

SHARDS = 2


def main() -> int:
    """Run, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--rows-per-file", type=int, default=5_000)
    parser.add_argument("--growth", type=float, default=30, help="of memory allowed, in MB")
    parser.add_argument("--at", type=Path, help="where to make the photos")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.at) as name:
        place = Path(name)
        make_photos(place, options.photos)
        expected = options.photos // SHARDS // options.rows_per_file
        problems = []
        for index in range(SHARDS):
            for stop in (expected // 2, None):
                memory = run(place, index, options, expected, stop)
                if memory and max(memory) - memory[0] > options.growth:
                    problems.append(f"memory grew by {max(memory) - memory[0]:.1f} MB")
        problems += wrong_rows(place, options.photos)
    print("; ".join(problems) or "held")
    return int(bool(problems))


def run(
    place: Path, index: int, options: argparse.Namespace, expected: int, stop: int | None
) -> list[float]:
    """Run a shard, until so many parts are there, and return its memory at each tenth of them."""
    command = [sys.executable, "-m", "fastmtcnn", "detect", "-", "--output-dir", "faces"]
    command += ["--shard", f"{index}/{SHARDS}", "--rows-per-file", str(options.rows_per_file)]
    command += ["--min-face-size", "1000", "--workers", "1", "--num-threads", "1", "--resume"]
    began = time.monotonic()
    memory: list[float] = []
    with subprocess.Popen([*command, "--quiet"], cwd=place, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        writer = threading.Thread(target=write, args=(process.stdin, options.photos), daemon=True)
        writer.start()
        before = number_of_parts(place, index)
        while process.poll() is None:
            time.sleep(0.01)
            number = number_of_parts(place, index)
            if number - before > len(memory) * expected / 10:
                memory.append(resident(process.pid))
                seconds = time.monotonic() - began
                print(f"shard {index}: {number:5} parts, {seconds:5.0f} s: {memory[-1]:.1f} MB")
            if stop is not None and number >= stop:
                process.kill()
    if stop is None and process.returncode:
        raise SystemExit(f"exit status {process.returncode}")
    return memory


def write(file: IO[bytes], count: int) -> None:
    """Write the list until its reader has ended."""
    with contextlib.suppress(BrokenPipeError):
        write_list(file, count)


def number_of_parts(place: Path, index: int) -> int:
    """Count the parts of a shard."""
    return sum(1 for _ in (place / "faces").glob(f"part-{index:05}-*"))


def wrong_rows(place: Path, count: int) -> list[str]:
    """Return what is wrong with the rows of all parts."""
    found: list[str] = []
    for part in sorted((place / "faces").glob("part-*")):
        table = parquet.read_table(part)
        found += table["path"].to_pylist()
        if table["error"].null_count < table.num_rows or table["width"].null_count:
            return [f"{part.name} has errors"]
    found.sort()
    return [] if found == list(paths(count)) else [f"{len(found)} rows, of {count} photos"]


if __name__ == "__main__":
    sys.exit(main())
