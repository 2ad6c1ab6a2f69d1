"""The command ``fastmtcnn``, also as ``python -m fastmtcnn``."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType


def main() -> None:
    """Run the command line, or say how to get what it needs."""
    is_usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_usual and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, _interrupt_once)
    try:
        from . import cli
    except KeyboardInterrupt:
        sys.exit(130)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in ("typer", "rich"):
            raise
        sys.exit(
            f"fastmtcnn: the command line needs {package}, which is not installed; "
            'get it with: pip install "fastmtcnn[cli]"'
        )
    try:
        cli.main()
    except KeyboardInterrupt:
        sys.exit(130)


def _interrupt_once(_number: int, _frame: FrameType | None) -> None:
    # The second of two would interrupt what the first has led to: partial files being removed.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
