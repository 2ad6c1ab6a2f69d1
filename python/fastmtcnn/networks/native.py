"""The native engine: networks of the original architectures, run by kernels of the core."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from .. import _core
from ..errors import ModelError, unknown_name
from .architecture import find_architecture
from .network import ONET, PNET, RNET, Outputs, Role, no_outputs, role_metadata
from .onnx_file import read_onnx
from .plain_weights import plain_weights

Engine: TypeAlias = Literal["onnxruntime", "native", "auto"]
ENGINES: Final[tuple[Engine, ...]] = get_args(Engine)
ENGINE_VARIABLE = "FASTMTCNN_ENGINE"

_SCALAR = "scalar"  # a target for tests
_Kernel: TypeAlias = _core.NativePNet | _core.NativeRNet | _core.NativeONet
_KERNELS: Mapping[Role, type[_Kernel]] = {
    PNET: _core.NativePNet,
    RNET: _core.NativeRNet,
    ONET: _core.NativeONet,
}


def native_target() -> str | None:
    """Return the CPU target that the native engine uses here; None if it cannot run."""
    target = _core.network_targets()[0]
    return None if target == _SCALAR else target


def engine_of_environment(default: Engine = "onnxruntime") -> Engine:
    """Return the engine that the environment variable ``FASTMTCNN_ENGINE`` names.

    Parameters
    ----------
    default : {"onnxruntime", "native", "auto"}
        The engine if it names none.

    Raises
    ------
    ValueError
        If there is no such engine.
    """
    name = os.environ.get(ENGINE_VARIABLE) or default
    for engine in ENGINES:
        if name == engine:
            return engine
    raise unknown_name(f"the environment variable {ENGINE_VARIABLE}", name, ENGINES)


class NativeNetwork:
    """A network that the core runs, with the weights of a plain ONNX file.

    Parameters
    ----------
    role : Role
        Place of the network in the cascade.
    content : bytes
        An ONNX model with the graph of the original architecture, operator by operator. Its
        metadata may have the entries of `Metadata`.
    name : str
        Name of the model for error messages.
    file : str or None
        Path of the model, or name of the shipped file.

    Attributes
    ----------
    role, batch_size, prefetch, batches_images, max_tile, on_level, on_crops, window, stride, \
    crop_scale, threshold, metadata, file, engine
        As in `Network`.
    target : str
        CPU target whose kernels run it, such as ``"avx2"``.

    Raises
    ------
    ModelError
        If the model cannot be read, its graph is another one, or this processor lacks the
        instructions that the kernels need.
    """

    engine: Final = "native"
    batches_images = False
    max_tile = None  # the kernels go through a level row by row

    def __init__(self, role: Role, content: bytes, name: str, file: str | None = None) -> None:
        what = f"{role.title} from {name}"
        refusal = f"{what} cannot be run by the native engine"
        if native_target() is None:
            raise ModelError(f"{refusal}: it needs AVX2 with FMA, AVX-512 or NEON")
        self.role = role
        self.file = file
        self.batch_size = role.cpu_batch
        self.prefetch = role.accelerator_batch // self.batch_size if role.size else 1
        architecture = find_architecture(role.key, "original")
        try:
            model = read_onnx(content)
            weights = plain_weights(model, architecture)
        except ModelError as error:
            raise ModelError(f"{refusal}: {error.reason}") from error
        self.metadata = role_metadata(role, model.metadata, what)
        self.window = self.metadata.window or role.size
        self.stride = self.metadata.stride or 0
        self.crop_scale = self.metadata.crop_scale or 1.0
        self.threshold = self.metadata.threshold
        if self.window not in (0, architecture.window) or self.stride not in (
            0,
            architecture.stride,
        ):
            raise ModelError(f"{refusal}: it states another window or stride than its graph has")
        self._run = _KERNELS[role](weights)
        self.target = self._run.target
        self.on_level = None if role.size else self._on_level
        self.on_crops = self._on_crops if role.size else None

    def __call__(self, batch: npt.NDArray[np.float32]) -> Outputs:
        """Run the network, as `Network` describes it."""
        if self.role is PNET:
            parts = [self._run(level) for level in batch]
            scores, offsets = (np.stack([part[k] for part in parts]) for k in range(2))
            return Outputs(scores, offsets, np.zeros((len(batch), 0), np.float32))
        return _outputs(self._run(batch)) if len(batch) else no_outputs(self.role)

    def _on_level(
        self,
        source: _core.ResampleSource,
        height: int,
        width: int,
        begin: int,
        end: int,
        threshold: float,
    ) -> Outputs:
        assert isinstance(self._run, _core.NativePNet)
        return _outputs(self._run.on_level(source, height, width, begin, end, threshold))

    def _on_crops(self, source: _core.ResampleSource, boxes: _core.Boxes) -> Outputs:
        assert not isinstance(self._run, _core.NativePNet)
        return _outputs(self._run.on_crops(source, boxes))


def _outputs(arrays: Sequence[npt.NDArray[np.float32]]) -> Outputs:
    """Return scores, offsets and points, if any, as outputs."""
    scores, offsets, *points = arrays
    return Outputs(scores, offsets, *(points or [np.zeros((len(scores), 0), np.float32)]))
