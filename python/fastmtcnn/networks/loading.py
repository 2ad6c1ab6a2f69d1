"""From model files to the three networks: which file, which engine, in which process."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from importlib import resources
from typing import NamedTuple, TypeAlias

from ..errors import ModelError, path_name, unknown_name
from ..files.opening import open_regular
from ..runtime.per_process import PerProcess
from ..runtime.shutdown import native_section
from .mirroring import MirroredNetwork
from .native import Engine, NativeNetwork
from .network import PNET, ROLES, Network, Role
from .onnx import OnnxNetwork
from .providers import Providers, check_providers, is_cpu, provider_names
from .twins import TILE, open_twin, twin_files

ModelSource: TypeAlias = str | os.PathLike[str] | bytes
_Source: TypeAlias = "ModelSource | _InFolder"
Models: TypeAlias = str | os.PathLike[str] | Mapping[str, ModelSource]

# In an editable install the models lie elsewhere than this file; importlib.resources finds them.
MODELS = resources.files("fastmtcnn") / "models"

_LARGEST_FILE = 1 << 31  # bytes; protobuf allows no more


class Networks(NamedTuple):
    """P-Net, R-Net and O-Net, open in this process."""

    pnet: Network
    rnet: Network
    onet: Network

    def thresholds(self, default: Sequence[float]) -> tuple[float, ...]:
        """Return the thresholds that the models state.

        Parameters
        ----------
        default : sequence of three floats
            Those of networks whose model states none.
        """
        stated = (network.threshold for network in self)
        return tuple(
            other if own is None else own for own, other in zip(stated, default, strict=True)
        )


class _InFolder(NamedTuple):
    """A model in a folder that may hold its fast twin, too."""

    folder: str
    key: str

    @property
    def path(self) -> str:
        return os.path.join(self.folder, f"{self.key}.onnx")  # noqa: PTH118


NetworkLoader: TypeAlias = PerProcess[Networks]


def network_loader(
    models: Models | None,
    providers: Providers,
    mirror: Sequence[str],
    engine: Engine = "onnxruntime",
) -> NetworkLoader:
    """Return an object that opens the three networks, once in every process.

    Parameters
    ----------
    models : mapping, str, path-like or None
        Custom models: a folder with ``pnet.onnx``, ``rnet.onnx`` and ``onet.onnx``, or a mapping
        from ``"pnet"``, ``"rnet"``, ``"onet"`` to files or their content. The shipped models
        replace missing ones, and are the default. On the CPU, the fast twins in a folder run in
        place of the plain files from which they were made.
    providers : sequence
        Execution providers of onnxruntime.
    mirror : sequence of str
        Keys of the networks that run on mirrored crops, too.
    engine : {"onnxruntime", "native", "auto"}
        What runs the networks. ``"auto"``: the native engine where it can, network by network.

    Returns
    -------
    PerProcess of Networks
        Its ``get`` raises ModelError if a model cannot be loaded or does not fit its role, and
        OSError if a file cannot be read.

    Raises
    ------
    TypeError, ValueError
        If `models` or `providers` has another form, a provider is not available, or the native
        engine is to run on another provider than the CPU.
    """
    providers = check_providers(providers)
    if engine == "native" and not is_cpu(providers):
        raise ValueError(
            f"the engine 'native' runs on the CPU, got the provider {provider_names(providers)[0]}"
        )
    if not is_cpu(providers):
        engine = "onnxruntime"
    return PerProcess(partial(_open, _model_sources(models), providers, mirror, engine))


def _open(
    sources: Mapping[str, _Source], providers: Providers, mirror: Sequence[str], engine: Engine
) -> Networks:
    with native_section:
        opened = (_open_one(role, sources, providers, engine) for role in ROLES)
        return Networks(
            *(
                MirroredNetwork(network) if network.role.key in mirror else network
                for network in opened
            )
        )


def _open_one(
    role: Role, sources: Mapping[str, _Source], providers: Providers, engine: Engine
) -> OnnxNetwork | NativeNetwork:
    if engine != "onnxruntime":
        try:
            return _open_native(role, sources)
        except ModelError:
            if engine == "native":
                raise
    if role.key not in sources:
        return _open_shipped(role, providers)
    source = sources[role.key]
    if isinstance(source, _InFolder):
        return _open_in_folder(role, source, providers)
    return _open_plain(role, _read_model(source), providers)


def _open_native(role: Role, sources: Mapping[str, _Source]) -> NativeNetwork:
    if role.key not in sources:
        name = shipped_file(role, on_cpu=False)  # the plain file, of whose graph the kernels are
        return NativeNetwork(role, read_shipped(name), name, name)
    source = sources[role.key]
    model = _read_model(source.path if isinstance(source, _InFolder) else source)
    return NativeNetwork(role, model.content, model.name, model.file)


def _open_shipped(role: Role, providers: Providers) -> OnnxNetwork:
    on_cpu = is_cpu(providers)
    name = shipped_file(role, on_cpu)
    tile = TILE if on_cpu and role is PNET else None
    return OnnxNetwork(role, read_shipped(name), name, providers, tile, name)


def _open_plain(role: Role, model: _Model, providers: Providers) -> OnnxNetwork:
    return OnnxNetwork(role, model.content, model.name, providers, file=model.file)


def _open_in_folder(role: Role, source: _InFolder, providers: Providers) -> OnnxNetwork:
    plain = _read_model(source.path)
    twin = open_twin(role, source.folder, plain.content, providers) if is_cpu(providers) else None
    return _open_plain(role, plain, providers) if twin is None else twin


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
    return twin_files(role)[0] if on_cpu else f"{role.key}.onnx"


def _model_sources(models: Models | None) -> dict[str, _Source]:
    keys = [role.key for role in ROLES]
    if models is None:
        return {}
    if isinstance(models, (str, os.PathLike)):
        folder = os.fspath(models)
        return {key: _InFolder(folder, key) for key in keys}
    if not isinstance(models, Mapping):
        raise TypeError(
            "models must be a folder or a mapping from 'pnet', 'rnet', 'onet' to files, "
            f"got {type(models).__name__}"
        )
    for key in models:
        if key not in keys:
            raise unknown_name("a key of models", key, keys)
    return dict(models)


class _Model(NamedTuple):
    """A model that was read."""

    content: bytes
    name: str  # for messages
    file: str | None


def _read_model(source: ModelSource) -> _Model:
    if isinstance(source, bytes):
        return _Model(source, f"{len(source)} bytes", None)
    if not isinstance(source, (str, os.PathLike)):
        raise TypeError(f"a model must be a path or bytes, got {type(source).__name__}")
    path = os.fspath(source)
    with open_regular(path, "a model", ModelError) as file:
        size = os.fstat(file.fileno()).st_size
        if size >= _LARGEST_FILE:
            raise ModelError(
                f"a model must have less than {_LARGEST_FILE} bytes, got {size}", path=path
            )
        return _Model(file.read(), path_name(path), os.fsdecode(path))
