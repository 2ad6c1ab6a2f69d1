"""Deprecated: `fastmtcnn.diagnostics.information` has taken its place."""

from __future__ import annotations

import warnings

from .diagnostics.information import information as information

warnings.warn(
    "fastmtcnn.information is deprecated, use fastmtcnn.diagnostics.information",
    DeprecationWarning,
    stacklevel=2,
)
