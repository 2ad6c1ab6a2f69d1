"""The networks that a training begins with or goes beyond."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ..errors import ModelError
from ..graphs.reading import read_weights, recognise
from ..networks.architecture import Architecture, Weights, find_architecture
from ..networks.loading import read_shipped
from .errors import TrainingError
from .settings import STAGES, Settings, Stage

SHIPPED = "shipped"


class OldNetwork(NamedTuple):
    """A network before the training.

    Attributes
    ----------
    content : bytes
        The ONNX model.
    architecture : Architecture
        Its architecture.
    weights : mapping of str to ndarray of float32
        Its weights.
    """

    content: bytes
    architecture: Architecture
    weights: Weights


def read_old_networks(start: str | None) -> dict[str, OldNetwork]:
    """Return the networks that a training begins with.

    Parameters
    ----------
    start : str or None
        ``"shipped"``, or a folder with ``pnet.onnx``, ``rnet.onnx`` and ``onet.onnx``; None for
        no networks.

    Raises
    ------
    TrainingError
        If a file is missing, or holds another network.
    ModelError
        If a file is not a network of a known architecture with finite weights.
    OSError
        If a file cannot be read.
    """
    if start is None:
        return {}
    old: dict[str, OldNetwork] = {}
    for key in STAGES:
        content = _read(start, key)
        path = f"{key}.onnx" if start == SHIPPED else str(Path(start) / f"{key}.onnx")
        try:
            architecture = recognise(content)
            weights = read_weights(content, architecture)
        except ModelError as error:
            raise ModelError(error.reason, path=path) from error
        if architecture.key != key:
            raise TrainingError(f"{path}: the network must be {key}, got {architecture.key}")
        old[key] = OldNetwork(content, architecture, weights)
    return old


def _read(start: str, key: Stage) -> bytes:
    if start == SHIPPED:
        return read_shipped(f"{key}.onnx")
    path = Path(start) / f"{key}.onnx"
    if not path.is_file():
        raise TrainingError(
            f"{path}: networks to begin with must be 'shipped' or a folder with pnet.onnx, "
            "rnet.onnx and onet.onnx"
        )
    return path.read_bytes()


def architectures_of(
    settings: Settings, old: Mapping[str, OldNetwork]
) -> dict[Stage, Architecture]:
    """Return the architecture of each network of a run.

    Parameters
    ----------
    settings : Settings
        Settings of the run.
    old : mapping of str to OldNetwork
        The networks that it begins with.

    Raises
    ------
    TrainingError
        If a network without an architecture of its own choice cannot begin with the old weights.
    ValueError
        If there is no such architecture.
    """
    chosen = {}
    for key in STAGES:
        name = settings.architectures.get(key)
        before = old[key].architecture if key in old else None
        if name is None:
            chosen[key] = before or find_architecture(key, "original")
            continue
        chosen[key] = find_architecture(key, name)
        if before is not None and chosen[key].shapes != before.shapes:
            raise TrainingError(
                f"{key} of architecture {name!r} cannot begin with the weights of architecture "
                f"{before.name!r}; train it from random weights"
            )
    return chosen
