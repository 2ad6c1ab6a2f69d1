"""Writing trained networks as a folder of models that a detector takes."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .. import checks
from ..errors import unknown_name
from ..files.atomic_write import replacing
from ..networks.architecture import ARCHITECTURES, Architecture, Weights
from ..networks.metadata import Metadata
from ..networks.network import PNET, ROLES, Outputs, Role
from ..networks.onnx import OnnxNetwork
from .building import build, serialise
from .chains import RewriteError
from .reading import load_model
from .rewriting import FAST_FILES, rewrite

# Between outputs of a plain file and its twin up to 1; of larger ones in proportion to them.
TOLERANCE = 3e-6

_CPU = ("CPUExecutionProvider",)
_NUM_INPUTS = 4
_PNET_SIZES = ((33, 46), (97, 60))  # height, width; neither all even nor all odd


class WrittenNetwork(NamedTuple):
    """The files of one network.

    Attributes
    ----------
    key : str
        ``"pnet"``, ``"rnet"`` or ``"onet"``.
    plain : Path
        The plain file.
    twins : tuple of Path
        The fast twins beside it.
    problem : str or None
        Why there are no twins; None if there are.
    """

    key: str
    plain: Path
    twins: tuple[Path, ...]
    problem: str | None


def write_networks(
    folder: str | PathLike[str],
    networks: Mapping[str, tuple[Architecture, Weights]],
    *,
    thresholds: Mapping[str, float] | None = None,
    description: str,
) -> list[WrittenNetwork]:
    """Write networks as ONNX files, each with its fast twins for the CPU.

    Each file is written completely or not at all, and none before all of them have been made and
    compared. A twin states the SHA-256 of its plain file, so that a detector never takes one that
    belongs to another.

    Parameters
    ----------
    folder : str or path-like
        Folder for ``pnet.onnx``, ``pnet_fast.onnx``, ``pnet_fast_avx512.onnx``, ``rnet.onnx`` and
        so on. It is created if need be.
    networks : mapping of str to (Architecture, mapping of str to ndarray of float32)
        Architecture and weights of some of ``"pnet"``, ``"rnet"`` and ``"onet"``. The files of
        others stay as they are.
    thresholds : mapping of str to float, optional
        Scores, 0 to 1, that a face must exceed after some of the networks. A detector takes them
        as its defaults.
    description : str
        Documentation of the models.

    Returns
    -------
    list of WrittenNetwork
        One for each network, in the order of the cascade. If a network cannot be rewritten, or its
        twin does not agree with it, there is none, and one of an earlier network is removed.

    Raises
    ------
    ValueError, TypeError
        If a key is unknown, weights do not fit the architecture or are not finite, or a threshold
        is out of range.
    OSError
        If a file cannot be written.
    """
    for key in networks:
        if key not in ARCHITECTURES:
            raise unknown_name("a key of networks", key, ARCHITECTURES)
        if networks[key][0].key != key:
            raise ValueError(
                f"networks[{key!r}] must have an architecture of {key}, got one of "
                f"{networks[key][0].key}"
            )
    stated = {}
    for key, value in (thresholds or {}).items():
        if key not in networks:
            raise unknown_name("a key of thresholds", key, networks)
        stated[key] = checks.fraction(f"thresholds[{key!r}]", value)
    made = [
        _make(role, *networks[role.key], stated.get(role.key), description)
        for role in ROLES
        if role.key in networks
    ]
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder, each) for each in made]


class _Made(NamedTuple):
    """The contents of one network's files."""

    key: str
    plain: bytes
    twins: dict[str, bytes]  # by the name of the file
    problem: str | None


def _make(
    role: Role,
    architecture: Architecture,
    weights: Weights,
    threshold: float | None,
    description: str,
) -> _Made:
    stated = Metadata(architecture=architecture.name, threshold=threshold)
    model = build(architecture, weights, description, metadata=stated.to_properties())
    plain = serialise(model)
    load_model(plain)  # it passes the checks of onnx
    origin = Metadata(plain_sha256=hashlib.sha256(plain).hexdigest()).to_properties()
    twins = {}
    try:
        for name, narrow in FAST_FILES[role.key].items():
            twins[name] = serialise(rewrite(model, narrow, metadata=origin))
            _compare(role, plain, twins[name])
    except RewriteError as error:
        return _Made(role.key, plain, {}, str(error))
    return _Made(role.key, plain, twins, None)


def _compare(role: Role, plain: bytes, twin: bytes) -> None:
    """Run a plain model and its twin on random images.

    Raises
    ------
    RewriteError
        If the outputs differ by more than float32 arithmetic does.
    """
    first = OnnxNetwork(role, plain, f"the plain {role.key}", _CPU)
    second = OnnxNetwork(role, twin, f"the twin of {role.key}", _CPU)
    generator = np.random.default_rng(0)
    sizes = _PNET_SIZES if role is PNET else ((first.window, first.window),)
    for height, width in sizes:
        pixels = generator.integers(0, 256, (_NUM_INPUTS, 3, height, width))
        images = ((pixels - 127.5) / 128).astype(np.float32)
        difference = _difference(first(images), second(images))
        if not difference <= TOLERANCE:
            raise RewriteError(
                f"the outputs of {role.title} and its fast twin differ by {difference:.1e}, "
                f"more than {TOLERANCE:.0e}"
            )


def _difference(outputs: Outputs, others: Outputs) -> float:
    """Return the largest difference of outputs, relative to those above 1."""
    differences = [0.0]
    for values, other in zip(outputs, others, strict=True):
        if values.size:
            size = max(1.0, float(np.abs(values).max()))
            differences.append(float(np.abs(values - other).max()) / size)
    return max(differences)


def _write(folder: Path, made: _Made) -> WrittenNetwork:
    plain = folder / f"{made.key}.onnx"
    _replace(plain, made.plain)
    twins = []
    for name in FAST_FILES[made.key]:
        if name in made.twins:
            _replace(folder / name, made.twins[name])
            twins.append(folder / name)
        else:
            with contextlib.suppress(FileNotFoundError):
                (folder / name).unlink()
    return WrittenNetwork(made.key, plain, tuple(twins), made.problem)


def _replace(path: Path, content: bytes) -> None:
    with replacing(path) as file:
        file.write(content)
