"""Signals that ask a program to end: it cleans up, and its exit status names the signal."""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from sys import UnraisableHookArgs

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
_UNHANDLED = (signal.SIG_DFL, signal.default_int_handler)
_received = signal.SIGINT
_SECONDS_TO_RETRY = 0.02


def ending_signals() -> list[signal.Signals]:
    """Return the signals that ask to end, without those that are ignored, as by ``nohup``."""
    signals = [signal.Signals[name] for name in _NAMES if hasattr(signal, name)]
    return [each for each in signals if signal.getsignal(each) != signal.SIG_IGN]


def raise_interrupts() -> None:
    """Let the first signal that asks to end raise KeyboardInterrupt, as Ctrl-C does.

    Signals with a handler of somebody else keep it. An interrupt that Python ignores, as it does in
    destructors and in functions that a library of C calls, is raised again.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for each in ending_signals():
        if signal.getsignal(each) in _UNHANDLED:
            signal.signal(each, _interrupt_once)
    sys.unraisablehook = _retrying(sys.unraisablehook)


def interrupt_status() -> int:
    """Return the exit status of an interrupted program, as shells report it: 128 + the signal."""
    return 128 + _received


def _interrupt_once(number: int, _frame: FrameType | None) -> None:
    # A second one would interrupt what the first has led to: partial files being removed.
    global _received
    for each in ending_signals():
        if signal.getsignal(each) == _interrupt_once:
            signal.signal(each, signal.SIG_IGN)
    _received = signal.Signals(number)
    raise KeyboardInterrupt


def _retrying(hook: Callable[[UnraisableHookArgs], object]) -> Callable[[UnraisableHookArgs], None]:
    """Return a hook for ignored exceptions that raises interrupts again, a moment later."""

    def retry(unraisable: UnraisableHookArgs) -> None:
        is_ours = signal.getsignal(_received) == signal.SIG_IGN
        if unraisable.exc_type is not KeyboardInterrupt or not is_ours:
            hook(unraisable)
            return
        signal.signal(_received, _interrupt_once)
        # Not at once: that would be in here, where it is ignored, too.
        again = threading.Timer(_SECONDS_TO_RETRY, _signal_main_thread, [_received])
        again.daemon = True
        again.start()

    return retry


def _signal_main_thread(number: signal.Signals) -> None:
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, number)  # also wakes it if it waits
    else:
        _thread.interrupt_main(number)


@contextlib.contextmanager
def starting() -> Iterator[None]:
    """Import the package in the body: if it is for the program, Ctrl-C ends that without a word.

    The program can do so itself only after the package, which takes a moment, is imported.
    """
    is_ours = threading.current_thread() is threading.main_thread() and _is_program()
    if not is_ours or signal.getsignal(signal.SIGINT) != signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, lambda number, _frame: os._exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _is_program() -> bool:
    arguments = sys.orig_argv[1:]
    is_module = sys.argv[:1] == ["-m"] and ["-m", "fastmtcnn"] in (
        arguments[index : index + 2] for index in range(len(arguments))
    )
    name = os.path.basename(sys.argv[0]) if sys.argv else ""  # noqa: PTH119
    return is_module or name in ("fastmtcnn", "fastmtcnn.exe")
