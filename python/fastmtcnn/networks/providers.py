"""Execution providers: those that are available, and onnxruntime sessions that use them."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import threading
from collections.abc import Mapping, Sequence
from importlib import util
from typing import Any, TypeAlias

# Without this variable, onnxruntime from 1.29 on reports to Microsoft which models it runs, keeps
# a database and a device identifier in the user's cache folder, and starts a thread for which a
# forked process waits forever at exit. It reads the variable once, at its first import.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime

from ..errors import ModelError, first_line, unknown_name
from .self_contained import check_self_contained

Providers: TypeAlias = Sequence[str | tuple[str, Mapping[str, Any]]]

CPU = "CPUExecutionProvider"
_CUDA = ("CUDAExecutionProvider", "TensorrtExecutionProvider")
_OPENVINO = "OpenVINOExecutionProvider"
_OPENVINO_PLUGIN = "onnxruntime_ep_openvino"
_EXTRAS = {_CUDA[0]: "cuda", _OPENVINO: "openvino"}
_OUT_OF_MEMORY = ("bad_alloc", "Failed to allocate memory")
_FATAL_ONLY = 4  # log level: other errors are raised as exceptions as well
_registering = threading.Lock()


def check_providers(providers: Providers) -> Providers:
    """Return the providers after checking that onnxruntime or its plug-ins have them.

    Raises
    ------
    ValueError
        If a provider is not available.
    TypeError
        If they are not a sequence of names or of (name, options) pairs.
    """
    if isinstance(providers, str) or not isinstance(providers, Sequence):
        raise TypeError(f"providers must be a list of names, got {providers!r}")
    if not providers:
        raise ValueError("providers must name at least one provider, got none")
    available = available_providers()
    for provider in providers:
        named = isinstance(provider, tuple) and len(provider) == 2
        name = provider[0] if named else provider
        if not isinstance(name, str) or (named and not isinstance(provider[1], Mapping)):
            raise TypeError(
                f"each of providers must be a name or a (name, options) pair, got {provider!r}"
            )
        if name not in available and name in onnxruntime.get_all_providers():
            raise ValueError(
                f"provider {name!r} is not in the installed onnxruntime, which has "
                f"{', '.join(map(repr, available))}; {_remedy(name)}"
            )
        if name not in available:
            raise unknown_name("provider", name, available)
    if _needs_plugin(providers) and provider_names(providers) not in (
        [_OPENVINO],
        [_OPENVINO, CPU],
    ):
        raise ValueError(
            f"{_OPENVINO} as a plug-in must come first, with none but {CPU} behind it, "
            f"got {', '.join(provider_names(providers))}"
        )
    return tuple(providers)


def unavailable_providers(providers: Providers) -> list[str]:
    """Return the names of those providers that onnxruntime knows, but has not got here.

    Parameters
    ----------
    providers : sequence
        Anything that a user passed as providers.
    """
    missing = set(onnxruntime.get_all_providers()) - set(available_providers())
    listed = providers if isinstance(providers, (list, tuple)) else []
    names = [each[0] if isinstance(each, tuple) and each else each for each in listed]
    return [name for name in names if isinstance(name, str) and name in missing]


def provider_names(providers: Providers) -> list[str]:
    """Return the names of the providers, without their options."""
    return [provider if isinstance(provider, str) else provider[0] for provider in providers]


def is_cpu(providers: Providers) -> bool:
    """Return whether the first of the providers is onnxruntime's CPU provider."""
    return provider_names(providers)[0] == CPU


def open_session(content: bytes, providers: Providers, what: str) -> onnxruntime.InferenceSession:
    """Open a model on the first of the providers.

    Parameters
    ----------
    content : bytes
        Content of an ONNX file.
    providers : sequence
        Providers that `check_providers` returned.
    what : str
        Name of the model for messages.

    Raises
    ------
    ModelError
        If the model is not self-contained, onnxruntime cannot load it, or would use another
        provider.
    MemoryError
        If there is not enough memory.
    """
    check_self_contained(content, what)
    options = onnxruntime.SessionOptions()
    # This package's threads work on different tiles and batches, which scales better.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL_ONLY
    wanted = provider_names(providers)[0]
    try:
        if _needs_plugin(providers):
            _add_openvino(options, providers[0])
            session = onnxruntime.InferenceSession(content, options)
        else:
            if wanted in _CUDA:
                _preload_cuda()
            session = onnxruntime.InferenceSession(
                content, options, providers=list(providers), enable_fallback=0
            )
    except ModelError:
        raise
    except Exception as error:
        raise translate_error(error, f"cannot load {what}") from error
    used = session.get_providers()[0]
    if wanted != used:  # onnxruntime silently uses another provider
        raise ModelError(f"{wanted} cannot be used: onnxruntime took {used} in its place")
    return session


def translate_error(error: Exception, what: str) -> ModelError | MemoryError:
    """Return the error of the package that corresponds to an error of onnxruntime.

    Parameters
    ----------
    error : Exception
        An error of onnxruntime, which has a class for each of its status codes.
    what : str
        Description of what failed, for the message.
    """
    message = first_line(error)
    if any(sign in message for sign in _OUT_OF_MEMORY):
        return MemoryError(f"{what}: there is not enough memory")
    return ModelError(f"{what}: {message}")


def available_providers() -> list[str]:
    """Return the names of the providers that this onnxruntime and its plug-ins have."""
    available = list(onnxruntime.get_available_providers())
    if _OPENVINO not in available and _has_plugin():
        available.insert(0, _OPENVINO)
    return available


def _has_plugin() -> bool:
    return util.find_spec(_OPENVINO_PLUGIN) is not None and hasattr(
        onnxruntime, "register_execution_provider_library"
    )


def _needs_plugin(providers: Providers) -> bool:
    # Some builds of onnxruntime include OpenVINO.
    return (
        _OPENVINO in provider_names(providers)
        and _OPENVINO not in onnxruntime.get_available_providers()
    )


def _remedy(name: str) -> str:
    if name in _CUDA and _is_installed("onnxruntime-gpu"):
        return (
            "onnxruntime-gpu is installed, but onnxruntime overwrote it: "
            "pip install --force-reinstall --no-deps onnxruntime-gpu"
        )
    if name in _EXTRAS:
        return f"the extra fastmtcnn[{_EXTRAS[name]}] brings it"
    return "other builds of it have others"


def _is_installed(distribution: str) -> bool:
    from importlib import metadata  # takes long to import, and only errors need it

    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def _preload_cuda() -> None:
    """Load CUDA's libraries from their pip packages, if these are installed."""
    preload = getattr(onnxruntime, "preload_dlls", None)  # onnxruntime 1.21
    if preload is not None:
        # It prints which libraries are missing; opening the session fails if one is needed.
        with contextlib.redirect_stdout(io.StringIO()):
            preload()


def _add_openvino(
    options: onnxruntime.SessionOptions, provider: str | tuple[str, Mapping[str, Any]]
) -> None:
    """Add a device of the OpenVINO plug-in to the session, by default the CPU.

    The option ``device_type`` of the provider selects the device.
    """
    provider_options = {} if isinstance(provider, str) else dict(provider[1])
    wanted = str(provider_options.pop("device_type", "CPU"))
    with _registering:
        found = _openvino_devices()
        if not found:
            plugin = importlib.import_module(_OPENVINO_PLUGIN)
            # This fails if another part of the process has registered it by this name.
            with contextlib.suppress(Exception):
                onnxruntime.register_execution_provider_library(
                    _OPENVINO, plugin.get_library_path()
                )
            found = _openvino_devices()
    chosen = [each for each in found if each.ep_metadata.get("ov_device") == wanted]
    if not chosen:
        others = sorted(each.ep_metadata.get("ov_device", "?") for each in found)
        has = f"it finds {', '.join(others)}" if others else "it needs hardware from Intel"
        raise ModelError(f"{_OPENVINO} cannot be used: it finds no device {wanted} here; {has}")
    options.add_provider_for_devices(
        chosen[:1], {key: str(value) for key, value in provider_options.items()}
    )


def _openvino_devices() -> list[Any]:
    return [each for each in onnxruntime.get_ep_devices() if each.ep_name == _OPENVINO]
