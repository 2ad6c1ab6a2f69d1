"""The loop of every worker: make the peer, then detect when asked.

Nothing here imports what a peer may import: the time that takes counts as the peer's.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from benchmarks.peers.protocol import Message, Settings


def _unchanged(picture: Any) -> Any:  # noqa: ANN401
    return picture


@dataclass(frozen=True)
class Peer:
    """A detector that is ready.

    Attributes
    ----------
    detect : callable
        What is timed: from the prepared picture to the peer's own answer.
    count : callable
        The number of faces in such an answer.
    prepare : callable
        From RGB pixels (uint8, shape (h, w, 3)) to what the peer's users have in hand; not timed.
    """

    detect: Callable[[Any], Any]
    count: Callable[[Any], int]
    prepare: Callable[[Any], Any] = _unchanged


def serve(load: Callable[[Settings], Peer], *distributions: str) -> None:
    """Answer the driver until it closes the pipe.

    Parameters
    ----------
    load : callable
        Imports and makes the peer.
    distributions : str
        What to name in the version; the peer's own first.
    """
    replies = _take_stdout()

    def reply(**message: Any) -> None:  # noqa: ANN401
        replies.write(json.dumps(message) + "\n")
        replies.flush()

    settings = Settings.from_json(sys.argv[1])
    if settings.cpus:
        os.sched_setaffinity(0, settings.cpus)
    try:
        start = perf_counter()
        peer = load(settings)
        load_ms = 1e3 * (perf_counter() - start)
        reply(version=_versions(distributions), load_ms=load_ms, peak_mb=peak_mb())
    except Exception as error:  # the driver reports whatever a peer fails with
        reply(error=_one_line(error))
        return

    picture: Any = None
    for line in sys.stdin:
        request: Message = json.loads(line)
        try:
            if "open" in request:
                picture = peer.prepare(_read(request["open"]))
            times, answer = [], None
            for _ in range(request["calls"]):
                start, cpu_start = perf_counter(), process_time()
                answer = peer.detect(picture)
                end, cpu_end = perf_counter(), process_time()
                times.append((1e3 * (end - start), 1e3 * (cpu_end - cpu_start)))
            faces = int(peer.count(answer))
            reply(faces=faces, peak_mb=peak_mb(), times=times)
        except Exception as error:  # as above
            reply(error=_one_line(error))


def peak_mb() -> float:
    """Return the largest resident set so far in MB, or 0 where the system does not tell."""
    # Not getrusage: its figure includes the driver, as whose copy this process began.
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    return float(status.split("VmHWM:")[1].split()[0]) / 1024


def _take_stdout() -> Any:  # noqa: ANN401
    """Keep the pipe to the driver for replies, and send what peers print elsewhere."""
    own = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(own, "w")


def _read(path: str) -> Any:  # noqa: ANN401
    import numpy as np

    return np.load(path)


def _versions(distributions: tuple[str, ...]) -> str:
    from importlib.metadata import version

    own, *others = distributions
    return ", ".join([version(own), *(f"{name} {version(name)}" for name in others)])


def _one_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:200] if text else ''}"
