"""Where a network is trained: processor or GPU, one process or several."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, distributed, nn

_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True)
class Device:
    """A device, and the part of each mini-batch that this process works on.

    Attributes
    ----------
    name : str
        Name of the device in PyTorch.
    rank, world_size : int
        Number of this process, and number of processes that train together.
    mixed_precision : bool
        Whether convolutions run in bfloat16; only on GPUs.
    """

    name: str = "cpu"
    rank: int = 0
    world_size: int = 1
    mixed_precision: bool = False

    @property
    def is_first(self) -> bool:
        """Whether this process writes files and reports."""
        return self.rank == 0

    def place(self, network: nn.Module) -> nn.Module:
        """Move a network to the device; its gradients become means over all processes."""
        network.to(self.name)
        if self.world_size == 1:
            return network
        return nn.parallel.DistributedDataParallel(network)

    def move(self, tensor: Tensor) -> Tensor:
        """Return a tensor on the device."""
        return tensor.to(self.name, non_blocking=True)

    def share(self, values: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
        """Return this process's part of a mini-batch: every kind in the same ratio."""
        return np.ascontiguousarray(values[self.rank :: self.world_size])

    @contextlib.contextmanager
    def precision(self) -> Iterator[None]:
        """Run convolutions in lower precision if that is wanted."""
        if self.mixed_precision:
            with torch.autocast(self.name.partition(":")[0], torch.bfloat16):
                yield
        else:
            yield

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.world_size > 1:
            distributed.barrier()

    def any(self, own: bool) -> bool:
        """Return whether something holds in any of the processes, which all must ask."""
        if self.world_size == 1:
            return own
        flag = torch.tensor([float(own)], device=self.name)
        distributed.all_reduce(flag, distributed.ReduceOp.MAX)
        return bool(flag.item())

    def gather(self, own: list[str]) -> list[str]:
        """Return the texts of all processes, which all must ask."""
        if self.world_size == 1:
            return own
        found: list[list[str]] = [[] for _ in range(self.world_size)]
        distributed.all_gather_object(found, own)
        return [text for each in found for text in each]
