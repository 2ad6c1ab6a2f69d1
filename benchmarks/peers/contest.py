"""All peers in turns: each detects once a round, in an order drawn anew."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.catalogue import Peer
from benchmarks.peers.client import Worker, WorkerError
from benchmarks.peers.protocol import Settings
from benchmarks.peers.results import Entry, Results, Timing

_WARM_UP = 2


@dataclass(frozen=True)
class Rules:
    """How to measure.

    Attributes
    ----------
    rounds : int
        Timed detections of each peer and size.
    loads : int
        Fresh processes to take the time of import and construction from.
    timeout : float
        Seconds that a peer may take for one answer.
    """

    rounds: int
    loads: int
    timeout: float


def hold(
    commands: dict[Peer, list[str]],
    settings: Settings,
    pictures: dict[str, Path],
    rules: Rules,
    results: Results,
    tell: Callable[[str], None],
) -> None:
    """Measure all peers with one number of threads and add to the results.

    Parameters
    ----------
    commands : dict
        What starts the worker of each peer.
    settings : Settings
        For the workers.
    pictures : dict
        Path of the pixels by size.
    rules : Rules
        How to measure.
    results : Results
        Gets the entries and failures.
    tell : callable
        Gets lines about the progress.
    """
    workers: list[tuple[Entry, Worker]] = []
    try:
        for peer, command in commands.items():
            tell(f"threads {settings.threads}: starting {peer.name}")
            try:
                worker, load_ms = _start(command, settings, rules)
            except WorkerError as error:
                results.failures.append(f"{peer.name}, threads {settings.threads}: {error}")
                continue
            entry = Entry(peer.name, worker.version, settings.threads, load_ms)
            results.entries.append(entry)
            workers.append((entry, worker))
        for size, picture in pictures.items():
            tell(f"threads {settings.threads}: {size}")
            _run_size(workers, size, picture, rules.rounds)
    finally:
        for _, worker in workers:
            worker.close()
    for entry, _ in workers:
        for size, timing in entry.timings.items():
            if timing.error:
                results.failures.append(
                    f"{entry.peer}, threads {settings.threads}, {size}: {timing.error}"
                )


def _start(command: list[str], settings: Settings, rules: Rules) -> tuple[Worker, float]:
    """Start a worker several times, keep the last, and return the median of its times to load."""
    times = []
    while True:
        worker = Worker(command, settings, rules.timeout)
        times.append(worker.load_ms)
        if len(times) == rules.loads:
            return worker, statistics.median(times)
        worker.close()


def _run_size(workers: list[tuple[Entry, Worker]], size: str, picture: Path, rounds: int) -> None:
    running = []
    for entry, worker in workers:
        timing = entry.timings[size] = Timing()
        if _try(worker, timing, open=str(picture), calls=_WARM_UP):
            running.append((timing, worker))
    order = random.Random(0)
    for _ in range(rounds):
        order.shuffle(running)
        running = [(timing, worker) for timing, worker in running if _try(worker, timing, calls=1)]


def _try(worker: Worker, timing: Timing, **request: object) -> bool:
    """Ask a worker, note what it says, and return whether it may go on."""
    try:
        reply = worker.ask(**request)
    except WorkerError as error:
        timing.error, timing.times_ms, timing.cpu_ms = str(error), [], []
        return False
    if "open" not in request:  # those were to warm up
        timing.times_ms += [clock for clock, _ in reply["times"]]
        timing.cpu_ms += [processor for _, processor in reply["times"]]
    timing.faces, timing.peak_mb = reply["faces"], reply["peak_mb"]
    return True
