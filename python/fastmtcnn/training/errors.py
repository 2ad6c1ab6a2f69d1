"""The error of a training that cannot start or continue."""

from __future__ import annotations

from ..errors import FastMTCNNError


class TrainingError(FastMTCNNError):
    """Training cannot start or continue: data, settings or a run folder are unusable."""


class StoppedElsewhereError(TrainingError):
    """Another of the processes that train together ended, and has said why."""

    def __init__(self) -> None:
        super().__init__("another process of this training ended")
