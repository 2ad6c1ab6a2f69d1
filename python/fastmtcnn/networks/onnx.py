"""The three networks: each maps a batch of images to arrays."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from .. import _core
from ..errors import ModelError, path_name, unknown_name
from ..files.opening import open_regular
from ..runtime.shutdown import in_cpp
from .mirroring import mean_of_both, mirrored
from .providers import Providers, as_ours, check_providers, is_cpu, open_session

ModelSource: TypeAlias = str | os.PathLike[str] | bytes
Models: TypeAlias = str | os.PathLike[str] | Mapping[str, ModelSource]

_TILE = (224, 400)
_FACE = 1  # of the two classes, background comes first
_OFFSETS, _POINTS = 4, 10  # channels
_FLOAT = "tensor(float)"
_LARGEST_FILE = 1 << 31  # bytes: what an ONNX file may have


class Outputs(NamedTuple):
    """What a network says of a batch.

    Attributes
    ----------
    scores : ndarray of float32, shape (n,), for P-Net (n, rows, columns)
        Probabilities of a face.
    offsets : ndarray of float32, shape (n, 4), for P-Net (n, 4, rows, columns)
        How far to move x1, y1, x2, y2, in widths and heights of the box.
    points : ndarray of float32, shape (n, 10) for O-Net, else (n, 0)
        Five x, then five y, in widths and heights of the box.
    """

    scores: npt.NDArray[np.float32]
    offsets: npt.NDArray[np.float32]
    points: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Role:
    """What the cascade expects of the model in one of its three places.

    Attributes
    ----------
    key : str
        Name of the place and of its file without extension.
    title : str
        Name for people.
    size : int
        Side in pixels of the images that it takes; 0 for any.
    chunk : int
        Images a call that a CPU is fastest with: what they take should stay in its cache.
    large_chunk : int
        Images a call for an accelerator, and those prepared at a time: bounded by memory only.
    rank : int
        Number of dimensions of its outputs.
    has_points : bool
        Whether it gives landmarks.
    """

    key: str
    title: str
    size: int
    chunk: int
    large_chunk: int
    rank: int
    has_points: bool = False


PNET = Role("pnet", "P-Net", size=0, chunk=1, large_chunk=16, rank=4)
RNET = Role("rnet", "R-Net", size=24, chunk=32, large_chunk=1024, rank=2)
ONET = Role("onet", "O-Net", size=48, chunk=12, large_chunk=256, rank=2, has_points=True)
ROLES = (PNET, RNET, ONET)

# By importlib.resources: in an editable install they lie beside other files than this.
MODELS = resources.files("fastmtcnn") / "models"


class Network:
    """One network in an onnxruntime session.

    Parameters
    ----------
    role : Role
        The place that it takes in the cascade.
    source : str, path-like or bytes
        An ONNX file or its content: one float32 input (n, 3, height, width); outputs, in any
        order and by any name, with 4 channels (offsets), 2 (probabilities of background and face)
        or 1 (of a face), and for O-Net 10 (landmarks).
    providers : sequence
        As onnxruntime takes them.
    tile : tuple of int, or None
        Largest height and width that it should be given at a time; None for any.
    mirrors : bool
        Whether it looks at mirrored images too, and says the mean of both.

    Attributes
    ----------
    size : int
        Side in pixels of the images that it takes; 0 for any.
    chunk : int
        Images that it should be given at a time.
    chunks_ahead : int
        Chunks that may be prepared before it is given the first.
    joins : bool
        Whether these should come from several images: an accelerator wants large batches.
    tile : tuple of int, or None
        As given.

    Raises
    ------
    ModelError
        If the model cannot be loaded or has not the inputs and outputs of its role.
    OSError
        If the file cannot be read.
    """

    def __init__(
        self,
        role: Role,
        source: ModelSource,
        providers: Providers,
        tile: tuple[int, int] | None = None,
        mirrors: bool = False,
    ) -> None:
        content, name = _read(source)
        self._what = f"{role.title} from {name}"
        self._session = open_session(content, providers, self._what)
        self._role = role
        self.size = role.size
        self.joins = not is_cpu(providers)
        self.chunk = role.large_chunk if self.joins else role.chunk
        # Of images of any size one is enough to hold.
        self.chunks_ahead = role.large_chunk // self.chunk if role.size or tile else 1
        self.tile = tile
        self._mirrors = mirrors
        self._input = self._check_input()
        self._outputs = self._find_outputs()

    def _check_input(self) -> str:
        inputs = self._session.get_inputs()
        size = self._role.size
        sides = (size, size) if size else ("any", "any")
        wanted = f"one float32 input (n, 3, {sides[0]}, {sides[1]})"
        shape = inputs[0].shape if inputs else []
        fits = (
            len(inputs) == 1
            and inputs[0].type == _FLOAT
            and len(shape) == 4
            and _accepts(shape[1], 3)
            and not isinstance(shape[0], int)
            and all(
                _accepts(side, size) if size else not isinstance(side, int) for side in shape[2:]
            )
        )
        if not fits:
            raise ModelError(f"{self._what} must have {wanted}, got {_described(inputs)}")
        return str(inputs[0].name)

    def _find_outputs(self) -> list[str]:
        """Return the names of the outputs for offsets, probabilities and points."""
        outputs = self._session.get_outputs()
        names: dict[int, list[str]] = {}
        for node in outputs:
            if node.type == _FLOAT and len(node.shape) == self._role.rank:
                names.setdefault(node.shape[1], []).append(node.name)
        found = [names.get(_OFFSETS, []), names.get(2) or names.get(1, [])]
        wanted = "4 channels (offsets), 2 or 1 (probabilities)"
        if self._role.has_points:
            found.append(names.get(_POINTS, []))
            wanted += " and 10 (landmarks)"
        if any(len(each) != 1 for each in found):
            raise ModelError(
                f"{self._what} must have float32 outputs of {self._role.rank} dimensions, one each "
                f"with {wanted}, got {_described(outputs)}"
            )
        return [name for (name,) in found]

    def __call__(self, batch: npt.NDArray[np.float32]) -> Outputs:
        """Run the network.

        Parameters
        ----------
        batch : ndarray of float32, shape (n, 3, height, width)
            RGB values (p - 127.5) / 128.

        Raises
        ------
        ModelError
            If the network fails, or its outputs are not of the size of the batch.
        MemoryError
            If there is not enough memory.
        """
        said = self._run(batch)
        return mean_of_both(said, self._run(mirrored(batch))) if self._mirrors else said

    def _run(self, batch: npt.NDArray[np.float32]) -> Outputs:
        if len(batch) == 0:  # which is none of a network's business
            shapes = (0,), (0, _OFFSETS), (0, _POINTS if self._role.has_points else 0)
            return Outputs(*(np.zeros(shape, np.float32) for shape in shapes))
        try:
            found = self._session.run(self._outputs, {self._input: batch})
        except Exception as error:
            raise as_ours(error, f"{self._what} cannot be run on {batch.shape}") from error
        offsets, probabilities, *others = found
        count, sides = len(batch), offsets.shape[2:]
        fits = (
            2 + len(sides) == self._role.rank
            and offsets.shape == (count, _OFFSETS, *sides)
            and probabilities.shape in ((count, 1, *sides), (count, 2, *sides))
            and all(points.shape == (count, _POINTS) for points in others)
        )
        if not fits:
            raise ModelError(
                f"{self._what} must return a value for each image or cell, got "
                f"{', '.join(str(part.shape) for part in found)} for {batch.shape}"
            )
        face = min(_FACE, probabilities.shape[1] - 1)
        return Outputs(
            np.ascontiguousarray(probabilities[:, face]),
            offsets,
            others[0] if others else np.zeros((count, 0), np.float32),
        )


class Networks:
    """The three networks of a detector, opened anew in every process that uses them.

    Parameters
    ----------
    models : mapping, str or path-like
        Own models: a folder with ``pnet.onnx``, ``rnet.onnx`` and ``onet.onnx``, or a mapping from
        ``"pnet"``, ``"rnet"``, ``"onet"`` to files or their content; those not in the mapping are
        the shipped ones.
    providers : sequence
        As onnxruntime takes them.
    mirror : sequence of str
        Keys of the networks that look at mirrored images too.
    """

    def __init__(self, models: Models, providers: Providers, mirror: Sequence[str]) -> None:
        self.mirror = tuple(mirror)
        self._sources = _sources(models)
        self._providers = check_providers(providers)
        self._opened = self._open()
        self._inherited: object = None

    def _open(self) -> tuple[int, tuple[Network, Network, Network]]:
        with in_cpp:
            pnet, rnet, onet = (self._open_one(role) for role in ROLES)
        return os.getpid(), (pnet, rnet, onet)

    def _open_one(self, role: Role) -> Network:
        mirrors = role.key in self.mirror
        if role.key in self._sources:
            return Network(role, self._sources[role.key], self._providers, mirrors=mirrors)
        on_cpu = is_cpu(self._providers)
        content = _shipped(shipped_file(role, on_cpu))
        # Only of the shipped P-Net it is known that tiles give the same result.
        tile = _TILE if on_cpu and role is PNET else None
        return Network(role, content, self._providers, tile, mirrors)

    @property
    def join(self) -> bool:
        """Whether they should be given tiles and crops of several images together."""
        return not is_cpu(self._providers)

    def get(self) -> tuple[Network, Network, Network]:
        """Return P-Net, R-Net and O-Net, usable in this process."""
        opened = self._opened
        # A forked child has the parent's sessions, but not the threads that they wait for.
        if opened[0] != os.getpid():
            # Kept, since taking the parent's sessions down would wait for those threads.
            self._inherited = opened
            opened = self._opened = self._open()
        return opened[1]

    def __getstate__(self) -> dict[str, Any]:
        """Keep the options; sessions cannot be pickled."""
        return {**self.__dict__, "_opened": (-1, ()), "_inherited": None}


def _shipped(name: str) -> bytes:
    return (MODELS / name).read_bytes()


def _sources(models: Models) -> dict[str, ModelSource]:
    keys = [role.key for role in ROLES]
    if isinstance(models, (str, os.PathLike)):
        folder = os.fspath(models)
        return {key: os.path.join(folder, f"{key}.onnx") for key in keys}  # noqa: PTH118
    if not isinstance(models, Mapping):
        raise TypeError(
            "models must be a folder or a mapping from 'pnet', 'rnet', 'onet' to files, "
            f"got {type(models).__name__}"
        )
    for key in models:
        if key not in keys:
            raise unknown_name("a key of models", key, keys)
    return dict(models)


def shipped_file(role: Role, on_cpu: bool) -> str:
    """Return the name of the shipped file that serves best.

    Parameters
    ----------
    role : Role
        The place that it takes.
    on_cpu : bool
        Whether onnxruntime's own code for the processor runs it.
    """
    if not on_cpu:
        return f"{role.key}.onnx"
    if role is PNET and _core.has_avx512f():
        return "pnet_fast_avx512.onnx"
    return f"{role.key}_fast.onnx"


def _read(source: ModelSource) -> tuple[bytes, str]:
    """Return the content of a model, and what to call it."""
    if isinstance(source, bytes):
        return source, f"{len(source)} bytes"
    if not isinstance(source, (str, os.PathLike)):
        raise TypeError(f"a model must be a path or bytes, got {type(source).__name__}")
    path = os.fspath(source)
    with open_regular(path, "a model", _not_a_model) as file:
        size = os.fstat(file.fileno()).st_size
        if size >= _LARGEST_FILE:
            raise ModelError(
                f"{path_name(path)}: a model must have less than {_LARGEST_FILE} bytes, got {size}"
            )
        return file.read(), path_name(path)


def _not_a_model(reason: str, *, path: str | bytes) -> ModelError:
    return ModelError(f"{path_name(path)}: {reason}")


def _described(nodes: Sequence[Any]) -> str:
    return ", ".join(f"{node.type} {node.shape}" for node in nodes) or "none"


def _accepts(dimension: int | str | None, size: int) -> bool:
    return dimension == size or not isinstance(dimension, int)
