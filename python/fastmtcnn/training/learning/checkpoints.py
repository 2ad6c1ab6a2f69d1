"""Checkpoints: all that a training needs to go on with the same bits."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ...files.atomic_write import replacing
from ..errors import TrainingError


class Checkpoint(NamedTuple):
    """The state of a training between two steps.

    Attributes
    ----------
    step : int
        Number of steps done.
    network : dict
        State of the network.
    optimizer : dict
        State of the optimiser.
    seconds : float
        Time that the training took so far, over all its processes.
    """

    step: int
    network: dict[str, Any]
    optimizer: dict[str, Any]
    seconds: float


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint durably: after a power cut there is the old one or the new one.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    content = io.BytesIO()
    torch.save(checkpoint._asdict(), content)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(content.getbuffer())
        file.flush()
        os.fsync(file.fileno())


def load_checkpoint(path: Path) -> Checkpoint | None:
    """Return a checkpoint; None if there is none.

    Raises
    ------
    TrainingError
        If the file is damaged.
    OSError
        If the file cannot be read.
    """
    if not path.exists():
        return None
    try:
        return Checkpoint(**torch.load(path, map_location="cpu", weights_only=True))
    except OSError:
        raise
    except Exception as error:  # torch raises unrelated types
        raise TrainingError(
            f"{path}: it must be a checkpoint, but cannot be read; delete it, and its stage "
            "begins again"
        ) from error
