"""Kill a training at random moments, and compare its end with one that nothing disturbed.

    python tests/scripts/kill_training.py [--kills 20] [--seed 0] [--workers 2]

Each time the first process gets a signal: SIGKILL, or every fourth time SIGTERM. The same
command then goes on. The final models must be equal to the byte, and no worker may outlive its
parent for more than a few seconds.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.training.discs import disc_set

_STEPS = "60,40,30"
_PATIENCE = 15  # seconds within which workers of a killed parent end
_GRACE = 60  # seconds within which a training must stop after SIGTERM


def command(table: Path, out: Path, workers: int) -> list[str]:
    """Return the command of a short training."""
    options = ["--steps", _STEPS, "--device", "cpu", "--num-threads", "1", "--quiet"]
    source = ["-m", "fastmtcnn", "train", f"table:{table}", "--output", str(out)]
    return [sys.executable, *source, *options, "--workers", str(workers)]


def models_of(out: Path) -> dict[str, bytes]:
    """Return the final models of a run."""
    return {path.name: path.read_bytes() for path in sorted(out.glob("*.onnx"))}


def children_of(parent: int) -> list[int]:
    """Return the processes below another one."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False
    )
    direct = [int(line) for line in listed.stdout.split()]
    return [*direct, *(each for child in direct for each in children_of(child))]


def is_alive(process: int) -> bool:
    """Return whether a process runs, and is no zombie."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def disturb(arguments: list[str], seconds: float, number: signal.Signals) -> str:
    """Run a command, and send its first process a signal after some time; return the outcome."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        process.wait(seconds)
        return "done"
    except subprocess.TimeoutExpired:
        pass
    children = children_of(process.pid)
    process.send_signal(number)
    _, error = process.communicate(timeout=_GRACE)
    if number == signal.SIGTERM and process.returncode not in (0, 128 + signal.SIGTERM):
        raise SystemExit(f"SIGTERM ended with status {process.returncode}: {error.decode()}")
    if b"Traceback" in error:
        raise SystemExit(f"{number.name} left a traceback: {error.decode()}")
    deadline = time.monotonic() + _PATIENCE
    while any(map(is_alive, children)):
        if time.monotonic() > deadline:
            raise SystemExit(f"workers outlived {number.name}: {children}")
        time.sleep(0.1)
    return f"{number.name} after {seconds:.1f} s with {len(children)} processes below"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        table = disc_set(Path(folder) / "discs", count=60)
        calm, disturbed = Path(folder) / "calm", Path(folder) / "disturbed"
        began = time.monotonic()
        subprocess.run(command(table, calm, given.workers), check=True, stdout=subprocess.DEVNULL)
        took = time.monotonic() - began
        print(f"undisturbed: {took:.1f} s")
        wanted = models_of(calm)
        for number in range(given.kills):
            kind = signal.SIGTERM if number % 4 == 3 else signal.SIGKILL
            # Most of a start is imports; later moments are the more interesting ones.
            seconds = chance.uniform(0.5, max(took * 0.8, 6))
            outcome = disturb(command(table, disturbed, given.workers), seconds, kind)
            print(f"{number + 1}: {outcome}", flush=True)
            if outcome == "done":
                check(models_of(disturbed), wanted)
                # Begin anew, with the samples of the calm run or without.
                disturbed = Path(folder) / f"disturbed{number}"
        subprocess.run(
            command(table, disturbed, given.workers), check=True, stdout=subprocess.DEVNULL
        )
        check(models_of(disturbed), wanted)
        left = list(Path(folder).rglob(".fastmtcnn-*"))
        print(f"equal models; {len(left)} partial files left behind by kills")


def check(found: dict[str, bytes], wanted: dict[str, bytes]) -> None:
    """Compare models to the byte."""
    different = [name for name in {*found, *wanted} if found.get(name) != wanted.get(name)]
    if different:
        raise SystemExit(f"these models differ: {', '.join(sorted(different))}")


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
