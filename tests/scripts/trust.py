"""All that is to show that the package can be trusted with input from strangers, in one table.

    python tests/scripts/trust.py                 # all of it, about an hour on two cores
    python tests/scripts/trust.py --share 0.05    # a twentieth of the long parts
    python tests/scripts/trust.py soak resume     # some of it

needs what the tests need (``pip install '.[cli,test]'``), clang and its fuzzer, and Linux. What
each part prints is kept in ``build/trust``; the exit status is 1 if any part fails.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / "build" / "trust"
PASSED = r"(?P<passed>\d+) passed"
PYTEST = ("-m", "pytest", "-q", "-m", "")  # the slow ones too


class Part(NamedTuple):
    """One thing to be shown.

    Attributes
    ----------
    what : str
        As the table calls it.
    command : callable
        Takes the share of the full length and returns what to run.
    figures : str
        A pattern for what the command prints last; the groups fill `said`.
    said : str
        What that means.
    """

    what: str
    command: Callable[[float], list[str]]
    figures: str
    said: str


def python(*arguments: str) -> list[str]:
    """Return a command that runs this Python."""
    return [sys.executable, *arguments]


def scaled(number: float, share: float) -> str:
    """Return a number as an argument."""
    return str(max(1, round(number * share)))


PARTS = {
    "inputs": Part(
        "wrong and odd inputs, hostile arguments, faults of models",
        lambda _: python(
            *(*PYTEST, "tests/files/test_inputs.py", "tests/core/test_hostile.py"),
            *("tests/networks/test_own_models.py", "tests/detector/test_failures.py"),
        ),
        PASSED,
        "{passed} cases, each with the result or the sentence it should have",
    ),
    "concurrency": Part(
        "threads, forks, pools, signals, the interpreter's end; determinism",
        lambda _: python(
            *(*PYTEST, "tests/runtime/test_concurrency.py", "tests/detector/test_determinism.py")
        ),
        PASSED,
        "{passed} cases",
    ),
    "fuzz": Part(
        "C++ functions, fuzzed under AddressSanitizer and UBSan",
        lambda share: python("tests/fuzz/run.py", "--executions", scaled(2_000_000, share)),
        r"total\s+(?P<done>[\d,]+)\s+[\d,]+\s+(?P<crashes>\d+)\s+(?P<timeouts>\d+)",
        "{done} executions, {crashes} crashes or reports, {timeouts} hangs",
    ),
    "detections": Part(
        "whole detections on mutated images",
        lambda share: python("tests/fuzz/detections.py", "--count", scaled(50_000, share)),
        r"(?P<done>[\d,]+) images .* (?P<slowest>[\d.]+) s at most; (?P<peak>\d+) MB .* "
        r"(?P<bad>\d+) bad",
        "{done} images, {bad} crashes, hangs or other surprises; {slowest} s, {peak} MB at most",
    ),
    "address": Part(
        "the test suite under AddressSanitizer and UBSan",
        lambda _: ["bash", "tests/scripts/sanitize.sh", "address"],
        PASSED,
        "{passed} tests pass, no report",
    ),
    "thread": Part(
        "the core from 8 threads under ThreadSanitizer",
        lambda _: ["bash", "tests/scripts/sanitize.sh", "thread"],
        r"(?P<said>[^\n]+)\s*$",
        "{said}",
    ),
    "soak": Part(
        "soak: batch, stream and single calls from 8 threads",
        # Below five minutes, memory has not found its level yet.
        lambda share: python("tests/scripts/soak.py", "--minutes", f"{max(5.0, 10 * share):g}"),
        r"(?P<done>[\d,]+) images in .* (?P<first>[\d.]+) MB at half time, (?P<last>[\d.]+) MB .*"
        r"slope (?P<slope>\S+) .*descriptors (?P<files>\S+); (?P<wrong>\d+) results",
        "{done} images, {first} to {last} MB ({slope} MB per 1,000 in the second half), file "
        "descriptors {files}, {wrong} results differ",
    ),
    "resume": Part(
        "kill -9 and --resume",
        lambda share: python(
            "tests/scripts/kill_and_resume.py", "--photos", scaled(500, max(share, 0.1))
        ),
        r"(?P<photos>\d+) photos; killed after (?P<noted>[\d, ]+); with --resume, .* "
        r"(?P<same>equals|DIFFERS FROM) ",
        "{photos} photos, killed after {noted}: the result {same} an uninterrupted run's",
    ),
    "folder": Part(
        "a folder, some of its photos broken",
        lambda share: python(
            *("tests/scripts/folder.py", "--photos", scaled(500, max(share, 0.1)), "--workers", "2")
        ),
        r"(?P<photos>\d+) photos, (?P<broken>\d+) of them broken, .* memory (?P<early>\d+) MB .*, "
        r"(?P<late>\d+) MB at the end\nheld",
        "{photos} photos: the {broken} broken ones named, the others as they should be; {early} MB "
        "after a quarter, {late} MB at the end",
    ),
    "coverage": Part(
        "coverage",
        lambda _: ["bash", "tests/scripts/coverage.sh"],
        r"(?s)\nTOTAL .*?(?P<python>\d+)%\n.*\nTOTAL .*?(?P<cpp>\d+)%",
        "Python {python} % of lines and branches, C++ {cpp} % of lines",
    ),
}


def main() -> int:
    """Run the parts, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--share", type=float, default=1.0, help="of the length of the long parts")
    options = parser.parse_args()
    for name in options.parts:
        if name not in PARTS:
            parser.error(f"no such part: {name}; there are {', '.join(PARTS)}")
    LOGS.mkdir(parents=True, exist_ok=True)
    rows = []
    failed = False
    for name in options.parts or PARTS:
        status, said, seconds = run(name, PARTS[name], options.share)
        failed |= status != "ok"
        rows.append(f"| {PARTS[name].what} | {said} | {status} | {seconds:.0f} s |")
        print(f"{name}: {status}", file=sys.stderr, flush=True)
    print("| what | figures | held | took |\n|---|---|---|---|")
    print("\n".join(rows))
    return int(failed)


def run(name: str, part: Part, share: float) -> tuple[str, str, float]:
    """Run a part; return whether it held, its figures, and the seconds it took."""
    start = time.monotonic()
    with (LOGS / f"{name}.log").open("w+", encoding="utf-8", errors="replace") as log:
        done = subprocess.run(
            part.command(share), cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, check=False
        )
        log.seek(0)
        printed = log.read()
    seconds = time.monotonic() - start
    found = list(re.finditer(part.figures, printed))
    if not found:
        return "FAILED", f"no figures; see build/trust/{name}.log", seconds
    figures = found[-1].groupdict()
    return "ok" if done.returncode == 0 else "FAILED", part.said.format(**figures), seconds


if __name__ == "__main__":
    sys.exit(main())
