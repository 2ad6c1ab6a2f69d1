"""The command line ``fastmtcnn``.

Importing a module of `commands` adds its command to the program. Only that of the command that is
run is imported, since all of them take as long as the start of Python.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import app

if TYPE_CHECKING:
    from .app import App

__all__ = ["main", "program"]

_COMMANDS = (
    "bench",
    "blur",
    "crop",
    "detect",
    "draw",
    "evaluate",
    "explain",
    "info",
    "report",
    "train",
    "video",
)
_COMPLETION = "_FASTMTCNN_COMPLETE"  # set by a shell that asks for completions


def program() -> App:
    """Return the program with all commands."""
    _load(_COMMANDS)
    return app.app


def main() -> None:
    """Run the command line, and exit with its status."""
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    # Whatever lists commands needs all of them.
    _load([first] if first in _COMMANDS and _COMPLETION not in os.environ else _COMMANDS)
    app.main()


def _load(names: Sequence[str]) -> None:
    for name in names:
        importlib.import_module(f".commands.{name}", __name__)
