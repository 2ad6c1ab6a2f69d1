"""PyTorch in this process: device, threads, determinism, and other processes."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Iterator

import torch
from torch import distributed

from ..errors import TrainingError
from .devices import Device

_WAIT = datetime.timedelta(hours=12)  # for the first process, which judges and mines


@contextlib.contextmanager
def prepared_device(name: str, num_threads: int) -> Iterator[Device]:
    """Set PyTorch up, and join the other processes that ``torchrun`` started.

    Parameters
    ----------
    name : str
        ``"auto"`` for a GPU if there is one, or a device of PyTorch.
    num_threads : int
        Number of threads of this process.

    Yields
    ------
    Device
        The device.

    Raises
    ------
    TrainingError
        If there is no such device.
    """
    world_size, rank = (int(os.environ.get(key, default)) for key, default in _OF_TORCHRUN)
    chosen = _choose(name, int(os.environ.get("LOCAL_RANK", "0")))
    torch.set_num_threads(num_threads)
    torch.use_deterministic_algorithms(True, warn_only=chosen != "cpu")
    if world_size > 1:
        backend = "nccl" if chosen.startswith("cuda") else "gloo"
        distributed.init_process_group(backend, timeout=_WAIT)
    try:
        yield Device(chosen, rank, world_size, mixed_precision=chosen.startswith("cuda"))
    finally:
        torch.use_deterministic_algorithms(False)
        if world_size > 1:
            distributed.destroy_process_group()


_OF_TORCHRUN = (("WORLD_SIZE", "1"), ("RANK", "0"))


def _choose(name: str, local_rank: int) -> str:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        first = str(error).partition("\n")[0]
        raise TrainingError(f"device {name!r} cannot be used: {first}") from error
    if device.type == "cuda":
        chosen = f"cuda:{local_rank if device.index is None else device.index}"
        torch.cuda.set_device(chosen)
        return chosen
    return str(device)
