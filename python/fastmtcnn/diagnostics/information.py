"""Information on the installation: versions, providers, models and extras."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from importlib import metadata
from typing import Any

import numpy as np
import onnxruntime
import PIL

from .._core import __version__, cpu_features
from ..networks.loading import MODELS, shipped_file
from ..networks.native import engine_of_environment, native_target
from ..networks.network import ROLES
from ..networks.providers import available_providers
from ..runtime.cores import default_num_threads

_PURPOSES = {
    "cli": "the command line",
    "cuda": "networks on NVIDIA's GPUs",
    "evaluate": "accuracy on data sets",
    "openvino": "networks on Intel's hardware",
    "parquet": "tables in Parquet files",
    "heif": "photos in HEIF files (.heic)",
    "report": "pages for the browser",
    "video": "videos",
}
_NOT_FOR_USERS = ("test",)
_MANIFEST = "models.json"  # hashes of the models, written by models/convert.py
_REQUIREMENT = re.compile(r"""^([\w.-]+).*;.*\bextra *== *['"]([\w.-]+)['"]""")


def information() -> dict[str, Any]:
    """Return what is installed, and what a detector with default options would use.

    Returns
    -------
    dict
        JSON values. ``"fastmtcnn"``, ``"python"``, ``"platform"``: versions. ``"packages"``:
        versions of numpy, onnxruntime and pillow. ``"cpu_targets"``: the result of `cpu_features`.
        ``"threads"``: the number that a detector uses. ``"providers"``: the available execution
        providers. ``"networks"``: for each network, the model files that onnxruntime runs on the
        CPU and on other providers, and the one that the native engine runs. ``"native"``: the CPU
        target of the native engine, None if this processor lacks what it needs. ``"engine"``: what
        runs the networks unless an option says otherwise. ``"models"``: for each shipped file, its
        size in bytes, its sha256, and as ``"state"`` ``"shipped"``, ``"changed"`` or ``"missing"``.
        ``"extras"``: for each extra, its purpose, the versions of its packages (None if one is not
        installed), whether all are installed, and the command that installs them.

    Examples
    --------
    >>> import fastmtcnn
    >>> from fastmtcnn.diagnostics.information import information
    >>> information()["fastmtcnn"] == fastmtcnn.__version__
    True
    """
    return {
        "fastmtcnn": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {
            "numpy": np.__version__,
            "onnxruntime": onnxruntime.__version__,
            "pillow": PIL.__version__,
        },
        "cpu_targets": cpu_features(),
        "threads": default_num_threads(),
        "providers": available_providers(),
        "native": native_target(),
        "engine": engine_of_environment(),
        "networks": [
            {
                "network": role.title,
                "on_cpu": shipped_file(role, on_cpu=True),
                "elsewhere": shipped_file(role, on_cpu=False),
                "native": shipped_file(role, on_cpu=False),
            }
            for role in ROLES
        ],
        "models": _models(),
        "extras": _extras(),
    }


def _models() -> list[dict[str, Any]]:
    try:
        recorded = json.loads((MODELS / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        state = "missing" if isinstance(error, FileNotFoundError) else "changed"
        return [{"file": _MANIFEST, "bytes": None, "sha256": None, "state": state}]
    return [_model(name, entry["sha256"]) for name, entry in recorded.items()]


def _model(name: str, recorded: str) -> dict[str, Any]:
    try:
        content = (MODELS / name).read_bytes()
    except OSError:
        return {"file": name, "bytes": None, "sha256": None, "state": "missing"}
    sha256 = hashlib.sha256(content).hexdigest()
    state = "shipped" if sha256 == recorded else "changed"
    return {"file": name, "bytes": len(content), "sha256": sha256, "state": state}


def _extras() -> dict[str, dict[str, Any]]:
    packages: dict[str, dict[str, str | None]] = {}
    for requirement in _requirements():
        found = _REQUIREMENT.match(requirement)
        # An extra may include other extras, as a requirement of this package itself.
        if found and found[2] not in _NOT_FOR_USERS and found[1] != "fastmtcnn":
            packages.setdefault(found[2], {})[found[1]] = _version(found[1])
    return {
        extra: {
            "purpose": _PURPOSES.get(extra, ""),
            "packages": versions,
            "installed": None not in versions.values(),
            "install": f'pip install "fastmtcnn[{extra}]"',
        }
        for extra, versions in sorted(packages.items())
    }


def _requirements() -> list[str]:
    try:
        return metadata.requires("fastmtcnn") or []
    except metadata.PackageNotFoundError:  # the package was copied, not installed
        return []


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
