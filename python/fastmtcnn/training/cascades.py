"""Trained networks as a folder that the cascade runs, with their fast twins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from ..graphs.writing import write_networks
from ..networks.architecture import Architecture, Weights
from .settings import STAGES
from .start import SHIPPED, read_old_networks

TrainedNetworks: TypeAlias = Mapping[str, tuple[Architecture, Weights]]


def write_cascade(folder: Path, networks: TrainedNetworks) -> Path:
    """Write networks that are in training, to search photographs with them.

    Parameters
    ----------
    folder : Path
        The folder.
    networks : mapping of str to (Architecture, weights)
        Some of the three networks. The shipped ones stand in for the others, whose results are not
        used.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    shipped = read_old_networks(SHIPPED)
    every: TrainedNetworks = {
        key: networks.get(key, (shipped[key].architecture, shipped[key].weights)) for key in STAGES
    }
    write_networks(folder, every, description="In training.")
    return folder
