"""Build the fuzz targets, replay what is known and look for more.

python tests/fuzz/run.py [--executions 2_000_000] [--seconds 1200] [TARGET ...]
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "fuzz"
CORPUS = HERE / "corpus"
REGRESSIONS = HERE / "regressions"  # inputs that once failed
GROWN, FOUND = BUILD / "corpus", BUILD / "found"

COMPILERS = ("clang++-16", "clang++", "clang++-14")
TARGETS = ("boxes", "crop", "heat_map", "networks", "nms", "pyramid", "resample", "vectors", "warp")
SLOW = {"networks": 100}  # times as long an execution as one of the others
MOST_BYTES = 512
# A short stack for each allocation and little memory kept from reuse: twice as fast. An input that
# fails is best run again without.
ASAN_OPTIONS = "malloc_context_size=2:quarantine_size_mb=16"


class Result(NamedTuple):
    """What came of a target."""

    target: str
    executions: int
    rate: int  # a second
    corpus: int  # inputs
    crashes: int  # also leaks, and too much memory
    timeouts: int
    log: Path
    status: int

    @property
    def failed(self) -> bool:
        return self.status != 0 or self.crashes > 0 or self.timeouts > 0


def tool(name: str) -> str:
    """Return a program that lies beside this Python, or that the shell would find."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        sys.exit(f"{name} is needed to build the fuzz targets, and is not there")
    return found


def compiler() -> str:
    """Return a clang."""
    wanted = os.environ.get("CXX", "")
    names = (wanted, *COMPILERS) if "clang" in wanted else COMPILERS
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        sys.exit(
            "clang is needed to build the fuzz targets: "
            "apt-get install clang-16 libclang-rt-16-dev llvm-16"
        )
    return found


def build() -> None:
    """Configure and build all targets."""
    configure = [tool("cmake"), "-S", str(ROOT), "-B", str(BUILD), "-DFASTMTCNN_FUZZ=ON"]
    configure += [f"-DCMAKE_CXX_COMPILER={compiler()}", "-DCMAKE_BUILD_TYPE=RelWithDebInfo"]
    configure += ["-DFASTMTCNN_WERROR=ON"]
    for command in (configure, [tool("cmake"), "--build", str(BUILD), "-j2", "--target", "fuzz"]):
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode != 0:
            sys.exit(f"{done.stdout}\n{' '.join(command)} failed")


def libfuzzer(target: str, arguments: Sequence[object], log: Path) -> int:
    """Run a target; return its exit status."""
    found = FOUND / target
    found.mkdir(parents=True, exist_ok=True)
    command = [
        str(BUILD / "tests" / "fuzz" / f"fuzz_{target}"),
        "-timeout=10",
        "-rss_limit_mb=2048",
        f"-max_len={MOST_BYTES}",
        "-print_final_stats=1",
        f"-artifact_prefix={found}{os.sep}",
        *map(str, arguments),
    ]
    options = os.environ.get("ASAN_OPTIONS", ASAN_OPTIONS)
    with log.open("ab") as file:
        return subprocess.run(
            command,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "ASAN_OPTIONS": options},
            check=False,
        ).returncode


def files(folder: Path) -> list[Path]:
    """Return the files of a folder, if it is there."""
    return sorted(path for path in folder.glob("*") if path.is_file())


def number(name: str, text: str) -> int:
    """Return the last figure of that name among those that libFuzzer prints at its end."""
    found = re.findall(rf"^stat::{name}:\s+(\d+)", text, re.MULTILINE)
    return int(found[-1]) if found else 0


def fuzz(target: str, executions: int, seconds: int) -> Result:
    """Replay what is known of a target, then look for more."""
    grown, log = GROWN / target, BUILD / f"{target}.log"
    grown.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(FOUND / target, ignore_errors=True)
    log.write_bytes(b"")
    known = [*files(CORPUS / target), *files(REGRESSIONS / target)]
    if not known:
        sys.exit(f"{CORPUS / target} is empty: there is nothing to begin with")
    status = libfuzzer(target, known, log)
    if status == 0:
        limits = [f"-runs={executions}", f"-max_total_time={seconds}"]
        status = libfuzzer(target, [*limits, grown, CORPUS / target], log)
    text = log.read_text(errors="replace")
    found = [path.name for path in files(FOUND / target)]
    timeouts = sum(name.startswith(("timeout-", "slow-unit-")) for name in found)
    if status != 0 and not found:  # among those known, which are not kept again
        failed = re.findall(r"^Running: (.+)", text, re.MULTILINE)[-1:]
        shutil.copy(failed[0] if failed else log, FOUND / target / "known")
        found.append("known")
    return Result(
        target=target,
        executions=number("number_of_executed_units", text),
        rate=number("average_exec_per_sec", text),
        corpus=len(files(grown)) + len(files(CORPUS / target)),
        crashes=len(found) - timeouts,
        timeouts=timeouts,
        log=log,
        status=status,
    )


def minimise(target: str) -> None:
    """Make the seeds of a target as few inputs as cover what the grown corpus does."""
    seeds, merged = CORPUS / target, BUILD / "merged" / target
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir(parents=True)
    seeds.mkdir(parents=True, exist_ok=True)
    log = BUILD / f"{target}.log"
    # By code reached only, not by how often: that would keep hundreds.
    options = ["-set_cover_merge=1", "-use_counters=0", "-use_value_profile=0"]
    if libfuzzer(target, [*options, merged, seeds, GROWN / target], log) != 0:
        sys.exit(f"the corpus of {target} cannot be merged: see {log}")
    shutil.rmtree(seeds)
    shutil.copytree(merged, seeds)
    print(f"{target}: {len(files(seeds))} seeds")


def table(rows: Sequence[Sequence[object]]) -> str:
    """Return rows in columns, the first to the left."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        [row[0].ljust(widths[0])]
        + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        for row in cells
    )
    return "\n".join("  ".join(line) for line in lines)


def main() -> int:
    """Run; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}")
    parser.add_argument(
        "--executions", type=int, default=2_000_000, help="in total (default: 2,000,000)"
    )
    parser.add_argument(
        "--seconds", type=int, default=1_200, help="at most, for each target (default: 1,200)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="targets at a time (default: 2)")
    parser.add_argument(
        "--minimise", action="store_true", help="instead: make the seeds anew from what was found"
    )
    options = parser.parse_args()
    targets = options.targets or list(TARGETS)
    unknown = set(targets) - set(TARGETS)
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    build()
    if options.minimise:
        for target in targets:
            minimise(target)
        return 0
    each = -(-options.executions // len(targets))
    with ThreadPoolExecutor(options.jobs) as pool:
        results = list(
            pool.map(
                lambda target: fuzz(target, each // SLOW.get(target, 1), options.seconds), targets
            )
        )
    for result in results:
        if result.failed:
            print(f"-- {result.target}: the end of {result.log}")
            print("\n".join(result.log.read_text(errors="replace").splitlines()[-60:]))
            print(f"-- {result.target}: inputs that fail are in {FOUND / result.target}\n")
    head = ("target", "executions", "executions/s", "corpus", "crashes", "timeouts")
    total = sum(result.executions for result in results)
    crashes = sum(result.crashes for result in results)
    timeouts = sum(result.timeouts for result in results)
    last = ("total", total, "", sum(result.corpus for result in results), crashes, timeouts)
    print(table([head, *(result[:6] for result in results), last]))
    return int(any(result.failed for result in results))


if __name__ == "__main__":
    sys.exit(main())
