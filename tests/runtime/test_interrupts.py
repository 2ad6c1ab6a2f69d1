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


IGNORED = """
import os, signal, sys, threading
from fastmtcnn.runtime.interrupts import interrupt_status, raise_interrupts

class Ignores:
    def __init__(self, send):
        self.send = send
    def __del__(self):  # what is raised here is ignored
        try:
            self.send()
            threading.Event().wait(60)
        finally:
            raised.append(sys.exc_info()[0])

raised = []
raise_interrupts()
try:
    Ignores(lambda: os.kill(os.getpid(), signal.{name}))
    Ignores(lambda: None)
    threading.Event().wait(60)
except KeyboardInterrupt:
    os.kill(os.getpid(), signal.SIGINT)  # is ignored from now on
    print(raised == 2 * [KeyboardInterrupt], interrupt_status())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs POSIX signals")
@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_an_ignored_interrupt_is_raised_again(name: str, status: int) -> None:
    """Twice here: the interpreter ignores it in both destructors."""
    done = subprocess.run(
        [sys.executable, "-c", IGNORED.replace("{name}", name)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == (f"True {status}\n", "")


def test_other_ignored_errors_are_still_told() -> None:
    program = """
from fastmtcnn.runtime.interrupts import raise_interrupts
raise_interrupts()
class Fails:
    def __del__(self):
        raise ValueError("told")
Fails()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert "ValueError: told" in done.stderr
