"""Checkpoints: all that a training needs to go on with the same bits."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

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
        raise _damaged(path, "a checkpoint, but cannot be read") from error


def restore(
    checkpoint: Checkpoint, path: Path, network: nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    """Put a network and its optimiser into the state of a checkpoint.

    Parameters
    ----------
    checkpoint : Checkpoint
        What `load_checkpoint` returned.
    path : Path
        Its file, for messages.
    network, optimizer
        What gets the state.

    Raises
    ------
    TrainingError
        If it is the state of something else.
    """
    try:
        network.load_state_dict(checkpoint.network)
        optimizer.load_state_dict(checkpoint.optimizer)
        fits = all(
            state["momentum_buffer"].shape == weights.shape
            for weights, state in optimizer.state.items()
        )
        fits &= type(checkpoint.step) is int and checkpoint.step >= 0
        fits &= isinstance(checkpoint.seconds, float)
    except Exception as error:  # torch raises unrelated types
        raise _damaged(path, "a checkpoint of this network, but is another one") from error
    if not fits:
        raise _damaged(path, "a checkpoint of this network, but is another one")


def _damaged(path: Path, what: str) -> TrainingError:
    return TrainingError(f"{path}: it must be {what}; delete it, and its stage begins again")
