"""The environment variable that takes CPU targets away."""

from __future__ import annotations

import os

from ..errors import unknown_name, warn_user

_VARIABLE = "FASTMTCNN_DISABLE"
_TARGETS = ("avx512", "avx2", "neon", "scalar")  # of all processors; the last cannot be disabled


def warn_of_unknown_targets() -> None:
    """Warn, at the user's line, of a name in ``FASTMTCNN_DISABLE`` that no CPU target has."""
    problem = unknown_targets()
    if problem is not None:
        warn_user(problem, RuntimeWarning)


def unknown_targets() -> str | None:
    """Return a sentence on a name in ``FASTMTCNN_DISABLE`` that no CPU target has, or None."""
    for name in os.environ.get(_VARIABLE, "").split(","):
        if name and name not in _TARGETS:
            return str(unknown_name(f"each name in {_VARIABLE}", name, _TARGETS))
    return None
