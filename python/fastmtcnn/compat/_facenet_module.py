"""Methods of torch's modules that a detector of facenet-pytorch has, and the detector behind it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from .. import checks, detector
from ..files.images import DEFAULT_MAX_PIXELS
from ..networks.providers import Providers
from ._common import device_number, providers_for
from ._facenet_crops import torch_or_none

_DEVICE = re.compile(r"(cpu|cuda)(?::(\d+))?")
_Self = TypeVar("_Self", bound="Module")


class Module:
    """What `fastmtcnn.compat.facenet_pytorch.MTCNN` has in common with ``torch.nn.Module``.

    Parameters
    ----------
    providers : sequence, optional
        Execution providers in place of those that the device means.
    num_threads : int, optional
        As for `fastmtcnn.MTCNN`.
    """

    min_face_size: float
    thresholds: Sequence[float]
    factor: float

    def __init__(self, providers: Providers | None, num_threads: int | None) -> None:
        self.training = True
        self._providers = providers
        self._num_threads = num_threads
        self._made: tuple[object, detector.MTCNN] | None = None

    def to(self: _Self, device: object) -> _Self:
        """Choose the device, as ``device`` of the class does, and return the detector itself.

        Raises
        ------
        ValueError
            If onnxruntime has no support for it here.
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
        """Choose the CPU."""
        return self.to("cpu")

    def cuda(self: _Self, device: object = None) -> _Self:
        """Choose a GPU."""
        return self.to("cuda" if device is None else device)

    def train(self: _Self, mode: bool = True) -> _Self:
        """Set `training`, which means nothing."""
        self.training = mode
        return self

    def eval(self: _Self) -> _Self:
        """Unset `training`, which means nothing."""
        return self.train(False)

    @property
    def device(self) -> Any:  # noqa: ANN401
        """The device as it was given, else that of the CPU."""
        if self._device is not None:
            return self._device
        torch = torch_or_none()
        return "cpu" if torch is None else torch.device("cpu")

    @device.setter
    def device(self, device: object) -> None:
        self.to(device)

    def _finder(self) -> detector.MTCNN:
        """Return the detector for the options as they are now."""
        options = (
            checks.pixels("min_face_size", self.min_face_size),
            checks.fractions("thresholds", self.thresholds, 3),
            checks.open_fraction("factor", self.factor),
        )
        made = self._made
        if made is None or made[0] != options:
            own = self._providers
            min_face_size, thresholds, factor = options
            finder = detector.MTCNN(
                min_face_size,
                thresholds,
                factor=factor,
                variant="facenet-pytorch",
                max_pixels=DEFAULT_MAX_PIXELS,
                providers=_device_providers(self._device) if own is None else own,
                num_threads=self._num_threads,
            )
            made = self._made = (options, finder)
        return made[1]


def _device_providers(device: object) -> Providers | None:
    """Return the execution providers that a device of torch stands for."""
    is_number = isinstance(device, int) and not isinstance(device, bool)
    name = "cpu" if device is None else f"cuda:{device}" if is_number else str(device)
    return providers_for(device_number(name, _DEVICE, "'cpu', 'cuda' or 'cuda:0'", given=device))
