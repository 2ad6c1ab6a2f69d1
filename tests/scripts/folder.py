"""Runs ``fastmtcnn detect`` on a folder of many photographs, some of them broken.

    python tests/scripts/folder.py --photos 500 --broken 10

All good ones must have the faces that the library finds in them, in order; the broken ones must be
named, in order; memory must not grow with the number of photos; and with the workers, so must the
photos done in a second. The figures are printed.
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
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

import fastmtcnn

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SOURCES = ["crowd.png", "astronaut.png", "grace_hopper.png", "coffee_noface.png"]
MEGABYTES = 1 << 20


class Run(NamedTuple):
    status: int
    seconds: float
    cores: float
    early: float
    late: float
    errors: list[str]


def main() -> int:
    """Run, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=500)
    parser.add_argument("--broken", type=int, default=10)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--growth", type=float, default=30, help="of memory allowed, in MB")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        good, bad = make_photos(folder / "photos", options.photos, options.broken)
        rates = {}
        for workers in options.workers:
            run = detect(folder, workers)
            rates[workers] = options.photos / run.seconds
            print(
                f"{workers} at a time: {options.photos} photos, {options.broken} of them broken, "
                f"in {run.seconds:.1f} s: {rates[workers]:.1f} photos/s, {run.cores:.2f} cores "
                f"busy; memory {run.early:.0f} MB after a quarter, {run.late:.0f} MB at the end"
            )
            check(folder, run, good, bad, options.growth)
        first = options.workers[0]
        for workers in options.workers[1:]:
            print(f"{workers} at a time beside {first}: {rates[workers] / rates[first]:.2f}")
    print("held")
    return 0


def make_photos(folder: Path, count: int, num_broken: int) -> tuple[list[Path], list[Path]]:
    """Make JPEG photographs of some 500 to 1,300 pixels a side; return the good and the bad."""
    random = np.random.default_rng(0)
    sources = [Image.open(GOLDEN / name).convert("RGB") for name in SOURCES]
    is_bad = np.zeros(count, bool)
    is_bad[random.choice(count, num_broken, replace=False)] = True
    good: list[Path] = []
    bad: list[Path] = []
    for number in range(count):
        photo = sources[number % len(sources)]
        scale = random.uniform(0.8, 1.2)
        photo = photo.resize((round(photo.width * scale), round(photo.height * scale)))
        path = folder / f"{number // 100}" / f"{number:04}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        photo.save(path, quality=90)
        if is_bad[number]:
            spoil(path, len(bad))
        (bad if is_bad[number] else good).append(path)
    return good, bad


def spoil(path: Path, kind: int) -> None:
    """Break a file in one of several ways."""
    content = path.read_bytes()
    path.write_bytes((b"", b"no image at all", content[: len(content) // 2])[kind % 3])


def detect(folder: Path, workers: int) -> Run:
    """Run the command, and measure it."""
    command = [sys.executable, "-m", "fastmtcnn", "detect", str(folder / "photos"), "--quiet"]
    command += ["--output", str(folder / "faces.jsonl"), "--draw", str(folder / "photos" / "out")]
    command += ["--workers", str(workers), "--num-threads", str(workers)]
    began = time.monotonic()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        memory: list[float] = []
        watch = threading.Thread(target=sample, args=(process, memory))
        watch.start()
        assert process.stderr is not None
        errors = process.stderr.read().splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.join()
    seconds = time.monotonic() - began
    quarter = len(memory) // 4
    return Run(
        process.returncode,
        seconds,
        (usage.ru_utime + usage.ru_stime) / seconds,
        max(memory[: 2 * quarter][quarter // 2 :]),
        max(memory[-quarter:]),
        errors,
    )


def sample(process: subprocess.Popen[str], memory: list[float]) -> None:
    """Note the memory of a process in MB, as long as it runs."""
    page = os.sysconf("SC_PAGE_SIZE")
    while process.returncode is None:
        try:
            resident = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
        except (OSError, IndexError):
            return
        memory.append(resident * page / MEGABYTES)
        time.sleep(0.05)


def check(folder: Path, run: Run, good: list[Path], bad: list[Path], growth: float) -> None:
    """Raise an error if the results are not those that they should be."""
    assert run.status == 1, run.errors
    named = [line.removeprefix("error: ").split(": ")[0] for line in run.errors]
    assert named == [str(path) for path in bad], named
    found = [json.loads(line) for line in (folder / "faces.jsonl").read_text().splitlines()]
    assert [photo["path"] for photo in found] == [str(path) for path in good]
    expected = fastmtcnn.MTCNN().detect_batch(good)
    for photo, faces in zip(found, expected, strict=True):
        assert photo["faces"] == faces.to_dicts(), photo["path"]
    copies = sorted(path.name for path in (folder / "photos" / "out").rglob("*.jpg"))
    assert copies == sorted(path.name for path in good)
    assert run.late < run.early + growth, f"memory grew from {run.early} to {run.late} MB"


if __name__ == "__main__":
    sys.exit(main())
