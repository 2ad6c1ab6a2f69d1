"""PyTorch in this process: device, threads, determinism, and other processes."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Iterator

import torch
from torch import distributed
from torch.distributed.rendezvous import rendezvous

from ...errors import first_line
from ..errors import StoppedElsewhereError, TrainingError
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
    StoppedElsewhereError
        If an error in the body is not the first one of all processes.
    """
    world_size, rank = (int(os.environ.get(key, default)) for key, default in _OF_TORCHRUN)
    chosen = _choose(name, int(os.environ.get("LOCAL_RANK", "0")))
    torch.set_num_threads(num_threads)
    torch.use_deterministic_algorithms(True, warn_only=chosen != "cpu")
    device = Device(chosen, rank, world_size, mixed_precision=chosen.startswith("cuda"))
    try:
        if world_size == 1:
            yield device
        else:
            with _together(device):
                yield device
    finally:
        torch.use_deterministic_algorithms(False)


@contextlib.contextmanager
def _together(device: Device) -> Iterator[None]:
    """Join the other processes, and let only the first one that fails say why."""
    backend = "nccl" if device.name.startswith("cuda") else "gloo"
    store, rank, world_size = next(rendezvous("env://"))
    distributed.init_process_group(
        backend, store=store, rank=rank, world_size=world_size, timeout=_WAIT
    )
    try:
        yield
    except BaseException as error:
        if isinstance(error, StoppedElsewhereError) or not _is_first_failure(store):
            raise StoppedElsewhereError from error
        if isinstance(error, distributed.DistError) or "gloo" in str(error):
            raise TrainingError(
                "another process of this training ended without saying why; repeat the command to "
                "go on"
            ) from error
        raise
    finally:
        # Those that wait for this process fail at once.
        distributed.destroy_process_group()


def _is_first_failure(store: distributed.Store) -> bool:
    try:
        return int(store.add("failures", 1)) == 1
    except RuntimeError:  # the process that had the store is gone
        return False


_OF_TORCHRUN = (("WORLD_SIZE", "1"), ("RANK", "0"))


def _choose(name: str, local_rank: int) -> str:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        float(torch.zeros(1, device=device))
    except (RuntimeError, AssertionError, ImportError) as error:
        reason = first_line(error).partition(". ")[0]
        if isinstance(error, NotImplementedError):  # which names operators
            reason = "this PyTorch does not support it"
        raise TrainingError(f"device {name!r} cannot be used: {reason}") from error
    if device.type == "cuda":
        chosen = f"cuda:{local_rank if device.index is None else device.index}"
        torch.cuda.set_device(chosen)
        return chosen
    return str(device)
