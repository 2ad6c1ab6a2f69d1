"""The log of a run: one JSON object a line."""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import time
from pathlib import Path
from typing import Any


class RunLog:
    """Appends to the log of a run, which may have been interrupted.

    Every line has ``stage``, ``event``, ``step`` and ``seconds``, the time that the run took so far
    without interruptions. Numbers that are not finite are null.

    Parameters
    ----------
    path : Path
        The file, which need not exist. An incomplete last line, which an interrupted run may leave,
        is removed.

    Raises
    ------
    OSError
        If the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        _remove_incomplete_line(path)
        before = read_log(path)
        self._began = time.monotonic() - (float(before[-1]["seconds"]) if before else 0.0)

    @property
    def seconds(self) -> float:
        """Time that the run took so far."""
        return time.monotonic() - self._began

    def append(self, stage: str, event: str, step: int, **fields: Any) -> None:  # noqa: ANN401
        """Append a line.

        Parameters
        ----------
        stage : str
            ``"pnet"``, ``"rnet"``, ``"onet"`` or ``"cascade"``.
        event : str
            What the line tells, such as ``"loss"``.
        step : int
            Number of steps done.
        **fields : JSON values
            What is told.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        line = {
            "stage": stage,
            "event": event,
            "step": step,
            "seconds": round(self.seconds, 1),
            **fields,
        }
        content = (json.dumps(_finite(line)) + "\n").encode()
        with self._path.open("ab", buffering=0) as file:
            before = file.tell()
            try:
                if file.write(content) < len(content):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError as error:
                with contextlib.suppress(OSError):
                    file.truncate(before)  # the next line must not join a part of this one
                error.filename = str(self._path)
                raise


def read_log(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a log, without those that are damaged.

    Parameters
    ----------
    path : Path
        The file, which need not exist.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    if not path.exists():
        return []
    lines = []
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and isinstance(line.get("seconds"), (int, float)):
            lines.append(line)
    return lines


def _remove_incomplete_line(path: Path) -> None:
    if not path.exists():
        return
    content = path.read_bytes()
    complete = content.rfind(b"\n") + 1
    if complete < len(content):
        with path.open("r+b") as file:
            file.truncate(complete)


def _finite(value: Any) -> Any:  # noqa: ANN401
    """Return JSON values with null in place of numbers that JSON lacks."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return value
