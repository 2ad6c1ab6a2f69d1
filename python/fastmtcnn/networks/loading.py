"""From model files to the three networks: which file, which engine, in which process."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from importlib import resources
from typing import NamedTuple, TypeAlias

from .. import _core
from ..errors import ModelError, path_name, unknown_name
from ..files.opening import open_regular
from ..runtime.per_process import PerProcess
from ..runtime.shutdown import native_section
from .mirroring import MirroredNetwork
from .network import PNET, ROLES, Network, Role
from .onnx import OnnxNetwork
from .providers import Providers, check_providers, is_cpu

ModelSource: TypeAlias = str | os.PathLike[str] | bytes
Models: TypeAlias = str | os.PathLike[str] | Mapping[str, ModelSource]

# In an editable install the models lie elsewhere than this file; importlib.resources finds them.
MODELS = resources.files("fastmtcnn") / "models"

_TILE = (224, 400)  # height, width: P-Net's activations stay in the cache of a core
_LARGEST_FILE = 1 << 31  # bytes; protobuf allows no more


class Networks(NamedTuple):
    """P-Net, R-Net and O-Net, open in this process."""

    pnet: Network
    rnet: Network
    onet: Network


NetworkLoader: TypeAlias = PerProcess[Networks]


def network_loader(
    models: Models | None, providers: Providers, mirror: Sequence[str]
) -> NetworkLoader:
    """Return an object that opens the three networks, once in every process.

    Parameters
    ----------
    models : mapping, str, path-like or None
        Custom models: a folder with ``pnet.onnx``, ``rnet.onnx`` and ``onet.onnx``, or a mapping
        from ``"pnet"``, ``"rnet"``, ``"onet"`` to files or their content. The shipped models
        replace missing ones, and are the default.
    providers : sequence
        Execution providers of onnxruntime.
    mirror : sequence of str
        Keys of the networks that run on mirrored crops, too.

    Returns
    -------
    PerProcess of Networks
        Its ``get`` raises ModelError if a model cannot be loaded or does not fit its role, and
        OSError if a file cannot be read.

    Raises
    ------
    TypeError, ValueError
        If `models` or `providers` has another form, or a provider is not available.
    """
    return PerProcess(partial(_open, _model_sources(models), check_providers(providers), mirror))


def _open(
    sources: Mapping[str, ModelSource], providers: Providers, mirror: Sequence[str]
) -> Networks:
    with native_section:
        return Networks(*(_open_one(role, sources, providers, mirror) for role in ROLES))


def _open_one(
    role: Role,
    sources: Mapping[str, ModelSource],
    providers: Providers,
    mirror: Sequence[str],
) -> Network:
    on_cpu = is_cpu(providers)
    is_shipped = role.key not in sources
    if is_shipped:
        name = shipped_file(role, on_cpu)
        content = read_shipped(name)
    else:
        content, name = _read_model(sources[role.key])
    # Only for the shipped P-Net are tiles known to give the same result.
    tiled = on_cpu and role is PNET and is_shipped
    network = OnnxNetwork(role, content, name, providers, _TILE if tiled else None)
    return MirroredNetwork(network) if role.key in mirror else network


def read_shipped(name: str) -> bytes:
    """Return the content of a file that is shipped beside the models.

    Parameters
    ----------
    name : str
        Name of the file.
    """
    return (MODELS / name).read_bytes()


def shipped_file(role: Role, on_cpu: bool) -> str:
    """Return the name of the fastest shipped model for a place in the cascade.

    Parameters
    ----------
    role : Role
        Place in the cascade.
    on_cpu : bool
        Whether onnxruntime's CPU provider runs the model.
    """
    if not on_cpu:
        return f"{role.key}.onnx"
    if role is PNET and _core.has_avx512f():
        return "pnet_fast_avx512.onnx"
    return f"{role.key}_fast.onnx"


def _model_sources(models: Models | None) -> dict[str, ModelSource]:
    keys = [role.key for role in ROLES]
    if models is None:
        return {}
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


def _read_model(source: ModelSource) -> tuple[bytes, str]:
    """Return the content of a model, and its name for messages."""
    if isinstance(source, bytes):
        return source, f"{len(source)} bytes"
    if not isinstance(source, (str, os.PathLike)):
        raise TypeError(f"a model must be a path or bytes, got {type(source).__name__}")
    path = os.fspath(source)
    with open_regular(path, "a model", ModelError) as file:
        size = os.fstat(file.fileno()).st_size
        if size >= _LARGEST_FILE:
            raise ModelError(
                f"a model must have less than {_LARGEST_FILE} bytes, got {size}", path=path
            )
        return file.read(), path_name(path)
