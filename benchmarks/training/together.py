"""What two processes that train together bring, against one with the same mini-batches.

Both trainings run as users start them, the second one by `torchrun` with gloo, with `--threads` for
each process, and are judged on the photographs held back.
"""

from __future__ import annotations

import os
import shlex
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.training.programs import Clock, Table, parser, percent, publish
from benchmarks.training.sets import shortened
from fastmtcnn.training import Data
from fastmtcnn.training.data.annotated import AnnotatedImage
from fastmtcnn.training.finishing import images_of
from fastmtcnn.training.judging.figures import cascade_figures
from fastmtcnn.training.reporting.log import read_log
from fastmtcnn.training.settings import STAGES, Stage


def train_with(processes: int, data: Sequence[str], run: Path, options: Sequence[str]) -> None:
    """Train with a number of processes, as a user does.

    Parameters
    ----------
    processes : int
        Their number.
    data : sequence of str
        Sets, as `fastmtcnn train` takes them.
    run : Path
        Folder of the run.
    options : sequence of str
        Further options of the command.
    """
    launcher = ["-m", "torch.distributed.run", f"--nproc-per-node={processes}"]
    command = [sys.executable, *(launcher if processes > 1 else [])]
    command += ["-m", "fastmtcnn", "train", *data, "--out", str(run), *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
    if ended.returncode:
        raise SystemExit(f"error: {shlex.join(command)} ended with {ended.returncode}")


def samples_a_second(run: Path, key: Stage) -> float:
    """Return the median rate of a network's training, by the clock, of all processes together."""
    rates = [
        float(line["samples_per_second"])
        for line in read_log(run / "log.jsonl")
        if line["event"] == "loss" and line["stage"] == key
    ]
    return statistics.median(rates)


def average_precision(run: Path, images: Sequence[AnnotatedImage]) -> float:
    """Return the average precision of a run's networks."""
    return cascade_figures(run, images, options={"min_face_size": 20}).average_precision


def main() -> None:
    """Train, measure, print."""
    made = parser(__doc__)
    made.add_argument("data", nargs="+", help="sets, as `fastmtcnn train` takes them")
    made.add_argument("--work", type=Path, required=True, help="folder of the runs")
    made.add_argument("--photos", type=int, help="of the first set; default: all")
    made.add_argument("--steps", type=int, nargs="+", default=(3000, 1000, 500))
    arguments = made.parse_args()
    clock = Clock()
    data = [
        shortened(arguments.data[0], arguments.photos, arguments.work / "some.csv"),
        *arguments.data[1:],
    ]
    options = ["--steps", ",".join(map(str, arguments.steps)), "--seed", str(arguments.seed)]
    threads = str(arguments.threads)
    options += ["--device", "cpu", "--num-threads", threads, "--workers", threads, "--quiet"]
    held_back = images_of(Data(data).read().held_back)
    found: dict[int, dict[str, Any]] = {}
    for processes in (1, 2):
        run = arguments.work / f"processes{processes}"
        train_with(processes, data, run, options)
        found[processes] = {
            "samples": {key: samples_a_second(run, key) for key in STAGES},
            "AP": average_precision(run, held_back),
        }
    publish(arguments, [table(found)], {"processes": found}, clock)


def table(found: dict[int, dict[str, Any]]) -> Table:
    """Return the rates of both trainings, their ratios, and both average precisions."""
    rows = [
        [f"{processes}", *(f"{each['samples'][key]:,.0f}" for key in STAGES), percent(each["AP"])]
        for processes, each in found.items()
    ]
    one, two = (found[processes]["samples"] for processes in (1, 2))
    rows.append(["ratio", *(f"{two[key] / one[key]:.2f}" for key in STAGES), ""])
    return Table(
        "samples a second by the clock, medians; AP in % on the photographs held back",
        ["processes", *STAGES, "AP"],
        rows,
    )


if __name__ == "__main__":
    main()
