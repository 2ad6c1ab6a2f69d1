"""The methods of ``torch.nn.Module`` that users of facenet-pytorch call on its detector."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from .. import checks, detector
from ..files.images import DEFAULT_MAX_PIXELS
from ..networks.native import Engine
from ..networks.providers import Providers
from ._common import device_number, providers_for
from ._facenet_crops import torch_or_none

_DEVICE = re.compile(r"(cpu|cuda)(?::(\d+))?")
_Self = TypeVar("_Self", bound="Module")


class Module:
    """Base class of `fastmtcnn.compat.facenet_pytorch.MTCNN` with methods of ``torch.nn.Module``.

    Parameters
    ----------
    providers : sequence, optional
        Execution providers, which take precedence over the device.
    engine, views, num_threads
        As for `fastmtcnn.MTCNN`.
    """

    min_face_size: float
    thresholds: Sequence[float]
    factor: float

    def __init__(
        self,
        providers: Providers | None,
        engine: Engine | None,
        views: Sequence[str],
        num_threads: int | None,
    ) -> None:
        self.training = True
        self._providers = providers
        self._engine = engine
        self._views = views
        self._num_threads = num_threads
        self._made: tuple[object, detector.MTCNN] | None = None

    def to(self: _Self, device: object) -> _Self:
        """Select the device, like the argument ``device`` of the class, and return the detector.

        Raises
        ------
        ValueError
            If the installed onnxruntime does not support the device.
        """
        before = getattr(self, "_device", None), self._made
        self._device, self._made = device, None
        try:
            self._finder()
        except Exception:
            self._device, self._made = before
            raise
        return self

    def cpu(self: _Self) -> _Self:
        """Select the CPU, and return the detector."""
        return self.to("cpu")

    def cuda(self: _Self, device: object = None) -> _Self:
        """Select a GPU, and return the detector."""
        return self.to("cuda" if device is None else device)

    def train(self: _Self, mode: bool = True) -> _Self:
        """Set `training`, which has no effect, and return the detector."""
        self.training = mode
        return self

    def eval(self: _Self) -> _Self:
        """Clear `training`, which has no effect, and return the detector."""
        return self.train(False)

    @property
    def device(self) -> Any:  # noqa: ANN401
        """The device that was passed, by default the CPU."""
        if self._device is not None:
            return self._device
        torch = torch_or_none()
        return "cpu" if torch is None else torch.device("cpu")

    @device.setter
    def device(self, device: object) -> None:
        self.to(device)

    def _finder(self) -> detector.MTCNN:
        """Return the detector for the current options, which may have changed since the last."""
        options = (
            checks.pixels("min_face_size", self.min_face_size),
            checks.fractions("thresholds", self.thresholds, 3),
            checks.open_fraction("factor", self.factor),
        )
        made = self._made
        if made is None or made[0] != options:
            providers = self._providers
            if providers is None:
                providers = _device_providers(self._device)
            min_face_size, thresholds, factor = options
            finder = detector.MTCNN(
                min_face_size,
                thresholds,
                factor=factor,
                variant="facenet-pytorch",
                max_pixels=DEFAULT_MAX_PIXELS,
                providers=providers,
                engine=self._engine,
                views=self._views,
                num_threads=self._num_threads,
            )
            made = self._made = (options, finder)
        return made[1]


def _device_providers(device: object) -> Providers | None:
    """Return the execution providers for a device of torch."""
    is_number = isinstance(device, int) and not isinstance(device, bool)
    name = "cpu" if device is None else f"cuda:{device}" if is_number else str(device)
    return providers_for(device_number(name, _DEVICE, "'cpu', 'cuda' or 'cuda:0'", given=device))
