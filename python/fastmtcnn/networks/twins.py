"""Fast twins of model files: graphs rewritten for the CPU, which compute what plain ones do."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .. import _core
from ..errors import ModelError, path_name
from .network import PNET, Role
from .onnx import OnnxNetwork
from .providers import Providers

TILE = (224, 400)  # height, width: P-Net's activations stay in the cache of a core


def twin_files(role: Role) -> tuple[str, ...]:
    """Return the names of the files that may hold a network's fast twin, the fastest here first.

    Parameters
    ----------
    role : Role
        Place in the cascade.
    """
    if role is PNET and _core.has_avx512f():
        return "pnet_fast_avx512.onnx", "pnet_fast.onnx"
    return (f"{role.key}_fast.onnx",)


def open_twin(role: Role, folder: str, plain: bytes, providers: Providers) -> OnnxNetwork | None:
    """Open the fast twin that lies beside a plain file, if it was made from that file.

    Parameters
    ----------
    role : Role
        Place in the cascade.
    folder : str
        Folder of the plain file.
    plain : bytes
        Content of the plain file, whose SHA-256 the twin must state in its metadata.
    providers : sequence
        Execution providers of onnxruntime, the CPU first.

    Returns
    -------
    OnnxNetwork or None
        None if there is no usable twin, so that the plain file is to be used.
    """
    sha256 = hashlib.sha256(plain).hexdigest()
    for name in twin_files(role):
        path = Path(folder, name)
        if not path.is_file():
            continue
        # Tiles give the same result with every P-Net whose twin was made here.
        tile = TILE if role is PNET else None
        try:
            content, file = path.read_bytes(), str(path)
            network = OnnxNetwork(role, content, path_name(file), providers, tile, file)
        except (OSError, ModelError):
            continue
        if network.metadata.plain_sha256 == sha256:
            return network
    return None
