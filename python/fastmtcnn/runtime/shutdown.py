"""What other threads may not be in the middle of when the interpreter exits.

Python ends a daemon thread the moment it comes back from C++ for the interpreter's lock. Before
Python 3.14 it does so by unwinding the stack, which C++ destructors may not: the process aborts.
Nor may a call end halfway that somebody asked for: it may be writing a file.
"""

from __future__ import annotations

import atexit
import threading
from types import TracebackType

from .per_process import PerProcess


class _State:
    """How many threads of this process are inside, and whether it exits."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.inside = 0
        self.closed = False


class _Gate:
    """A context that the exit waits for; no thread but the main one enters it from then on."""

    def __init__(self) -> None:
        # A forked child has none of the other threads, which may be inside or hold the lock.
        self._state = PerProcess(_State)

    @property
    def closed(self) -> bool:
        """Whether the interpreter exits."""
        return self._state.get().closed

    def __enter__(self) -> None:
        if _is_main():
            return
        state = self._state.get()
        with state.changed:
            while state.closed:  # until Python ends this thread, here where nothing is to unwind
                state.changed.wait()
            state.inside += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if _is_main():
            return
        state = self._state.get()
        with state.changed:
            state.inside -= 1
            state.changed.notify_all()

    def close(self) -> None:
        state = self._state.get()
        with state.changed:
            state.closed = True
            state.changed.wait_for(lambda: state.inside == 0)


def _is_main() -> bool:
    # Which Python does not end, but which Ctrl-C may interrupt between any two lines.
    return threading.current_thread() is threading.main_thread()


native_section = _Gate()  # in C++
atexit.register(native_section.close)
unfinished_calls = _Gate()  # in a call that another thread may wait for, which leads into C++
atexit.register(unfinished_calls.close)  # before the other one
