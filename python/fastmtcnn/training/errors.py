"""The error of a training that cannot start or continue."""

from __future__ import annotations

from ..errors import FastMTCNNError


class TrainingError(FastMTCNNError):
    """Training cannot start or continue: data, settings or a run folder are unusable."""
