"""Signals that ask a program to end."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import os, signal
from fastmtcnn.runtime.interrupts import interrupt_status, raise_interrupts

raise_interrupts()
try:
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), 0)  # by then the signal is here
except KeyboardInterrupt:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(os.getpid(), number)
    print("cleaned up", interrupt_status())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs POSIX signals")
def test_only_the_first_signal_interrupts() -> None:
    """Further ones would interrupt what the first has led to, such as the removal of files."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("cleaned up 143\n", "")
