"""The command line as on a user's terminal, whatever that of the developer or of CI is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import pytest

COMMAND = [sys.executable, "-m", "fastmtcnn"]
# They change what is printed, or hide what stays unwritten.
_FOREIGN = {
    *("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"),
    *("PYTHONUNBUFFERED", "PYTHONWARNINGS"),
}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in _FOREIGN}


class Ran(NamedTuple):
    """What came of a command: its status, and what went to the terminal and elsewhere."""

    status: int
    shown: str
    other: str


def _heed_signals() -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)


def to_be_interrupted(command: Sequence[str], cwd: Path | None = None) -> subprocess.Popen[str]:
    """Start a command that heeds signals, as it would not in the background of a shell."""
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_signals,
    )


def on_terminal(
    *arguments: str | Path,
    stream: Literal["stdout", "stderr"] = "stderr",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Ran:
    """Run a command one of whose streams is a terminal, the other a file."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    with tempfile.TemporaryFile() as file:
        process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            cwd=cwd,
            env={**ENVIRONMENT, "TERM": "xterm", "COLUMNS": "100", **(env or {})},
            stdout=theirs if stream == "stdout" else file,
            stderr=theirs if stream == "stderr" else file,
        )
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 10_000)
            except OSError:  # how Linux reports that the other end is closed
                break
            if not part:
                break
            shown += part
        os.close(ours)
        status = process.wait(timeout=120)
        file.seek(0)
        return Ran(status, shown.decode(), file.read().decode())
