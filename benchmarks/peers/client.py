"""The driver's end of a worker."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
from typing import Any

from benchmarks.peers.protocol import Message, Settings

_CAN_PAUSE = hasattr(signal, "SIGSTOP")
_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class WorkerError(Exception):
    """A peer failed, or did not answer in time."""


class Worker:
    """A peer in a process of its own, which stands still except while it is asked.

    Parameters
    ----------
    command : list of str
        Python and the worker's module.
    settings : Settings
        For the worker.
    timeout : float
        Seconds to wait for any answer.

    Raises
    ------
    WorkerError
        If the peer cannot be made.
    """

    def __init__(self, command: list[str], settings: Settings, timeout: float) -> None:
        self._timeout = timeout
        self._replies: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115
        threads = {name: str(settings.threads) for name in _LIMITS}
        self._process = subprocess.Popen(
            [*command, settings.to_json()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            env={**os.environ, **threads, "TF_CPP_MIN_LOG_LEVEL": "3", "GLOG_minloglevel": "3"},
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        try:
            hello = self._receive()
        except BaseException:
            self.close()
            raise
        self.version: str = hello["version"]
        self.load_ms: float = hello["load_ms"]
        self.peak_mb: float = hello["peak_mb"]
        self._pause()

    def ask(self, **request: Any) -> Message:  # noqa: ANN401
        """Send a request and return the reply.

        Raises
        ------
        WorkerError
            If the peer raises, dies or takes too long.
        """
        self._wake()
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            reply = self._receive()
        except BrokenPipeError:
            raise WorkerError(self._last_words()) from None
        finally:
            self._pause()
        self.peak_mb = reply["peak_mb"]
        return reply

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._listener.join(timeout=5)
        for file in (self._process.stdin, self._process.stdout, self._stderr):
            if file is not None:
                with contextlib.suppress(BrokenPipeError):
                    file.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._replies.put(line)
        self._replies.put("")

    def _receive(self) -> Message:
        try:
            line = self._replies.get(timeout=self._timeout)
        except queue.Empty:
            raise WorkerError(f"no answer within {self._timeout:.0f} s") from None
        if not line:
            raise WorkerError(self._last_words())
        reply: Message = json.loads(line)
        if "error" in reply:
            raise WorkerError(reply["error"])
        return reply

    def _last_words(self) -> str:
        self._process.wait()
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        return f"ended with {self._process.returncode}: {lines[-1] if lines else 'no message'}"

    # A peer at rest may still hold a core: thread pools spin for a while after work.
    def _pause(self) -> None:
        if _CAN_PAUSE and self._process.poll() is None:
            self._process.send_signal(signal.SIGSTOP)

    def _wake(self) -> None:
        if _CAN_PAUSE:
            self._process.send_signal(signal.SIGCONT)
