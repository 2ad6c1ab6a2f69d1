"""Keeps other threads out of C++ while the interpreter exits.

Python ends a daemon thread the moment it comes back from C++ for the interpreter's lock. Before
Python 3.14 it does so by unwinding the stack, which C++ destructors may not: the process aborts.
"""

from __future__ import annotations

import atexit
import os
import threading
from types import TracebackType


class _Gate:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._closed = False

    def __enter__(self) -> None:
        if _is_main():
            return
        with self._changed:
            while self._closed:  # until Python ends this thread, here where no C++ is to unwind
                self._changed.wait()
            self._inside += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if _is_main():
            return
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: self._inside == 0)


def _is_main() -> bool:
    # Which Python does not end, but which Ctrl-C may interrupt between any two lines.
    return threading.current_thread() is threading.main_thread()


native_section = _Gate()
atexit.register(native_section.close)
if hasattr(os, "register_at_fork"):
    # A child has none of the parent's other threads, which may have been inside or at the lock.
    os.register_at_fork(after_in_child=native_section.reset)
