"""Keeps other threads out of C++ while the interpreter exits.

Python ends a daemon thread the moment it comes back from C++ for the interpreter's lock. Before
Python 3.14 it does so by unwinding the stack, which C++ destructors may not: the process aborts.
"""

from __future__ import annotations

import atexit
import threading
import time
from types import TracebackType

from .per_process import PerProcess

# How often the exit goes on waiting after Ctrl-C: someone who presses it more often wants to leave.
_PATIENCE = 16


class _State:
    """What is inside in this process, and whether it exits."""

    def __init__(self) -> None:
        # Not Condition, whose code is Python: Ctrl-C may interrupt it and leave it locked.
        self.lock = threading.Lock()
        self.never = threading.Lock()  # is never released
        self.never.acquire()
        self.inside = 0
        self.closed = False


class _Gate:
    """A section that the exit waits for; from then on, other threads than the main one stay out.

    Inside are threads, once however often they enter, and calls that they have passed to threads of
    a pool: the exit waits for both, so these calls must still be made. The main thread is not
    counted, since Ctrl-C may interrupt it between any two lines.
    """

    def __init__(self) -> None:
        # A forked child has none of the other threads, which may be inside or hold the lock.
        self._state = PerProcess(_State)
        self._thread = threading.local()  # `depth`: how often this thread has entered

    @property
    def closed(self) -> bool:
        """Whether the interpreter exits."""
        return self._state.get().closed

    @property
    def refuses(self) -> bool:
        """Whether a call that this thread passes on would not be made: the main one at the exit."""
        return _is_main() and self.closed

    def __enter__(self) -> None:
        if _is_main():
            return
        if not self._depth:
            self._count()
        self._thread.depth = self._depth + 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if _is_main():
            return
        self._thread.depth = self._depth - 1
        if not self._depth:
            self._uncount()

    def pass_on(self) -> bool:
        """Count a call that this thread passes to another; return whether it was counted.

        One of the main thread is not: if it has not begun, nobody waits for it at the exit.
        """
        if _is_main():
            return False
        self._count(even_if_closed=bool(self._depth))
        return True

    def begin_call(self, is_counted: bool) -> bool:
        """Enter for a call that another thread has passed on; return False if it is too late.

        Parameters
        ----------
        is_counted : bool
            What `pass_on` returned.
        """
        if not is_counted:
            state = self._state.get()
            with state.lock:
                if state.closed:
                    return False
                state.inside += 1
        self._thread.depth = 1
        return True

    def end_call(self) -> None:
        """Leave after a call that another thread has passed on."""
        self._thread.depth = 0
        self._uncount()

    @property
    def _depth(self) -> int:
        return getattr(self._thread, "depth", 0)

    def _count(self, even_if_closed: bool = False) -> None:
        state = self._state.get()
        with state.lock:
            is_open = even_if_closed or not state.closed
            state.inside += is_open
        if not is_open:
            state.never.acquire()  # until Python ends this thread, here where no C++ is to unwind

    def _uncount(self) -> None:
        state = self._state.get()
        with state.lock:
            state.inside -= 1

    def close(self) -> None:
        """Keep out whatever is outside, and wait for what is inside or until Ctrl-C is pressed."""
        try:
            state = self._state.get()
            with state.lock:
                state.closed = True
            while state.inside:
                time.sleep(0.001)
        except KeyboardInterrupt:
            pass  # the next of the registered calls goes on


def _is_main() -> bool:
    # Which Python does not end, but which Ctrl-C may interrupt between any two lines.
    return threading.current_thread() is threading.main_thread()


native_section = _Gate()
# After an interrupt the next call goes on waiting: Ctrl-C cannot be kept out of Python code.
for _ in range(_PATIENCE):
    atexit.register(native_section.close)
