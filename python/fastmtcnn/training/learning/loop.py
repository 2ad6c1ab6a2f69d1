"""The training of one network: step after step, interrupted or not."""

from __future__ import annotations

import copy
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ...runtime.threads import Call, ThreadPool
from ..errors import StoppedElsewhereError, TrainingError
from ..samples.batches import Batches
from .augmentation import Augmentation, Inputs, augment
from .checkpoints import Checkpoint, load_checkpoint, restore, save_checkpoint
from .devices import Device
from .losses import Losses, LossWeights, multitask_losses
from .schedule import Schedule

_SECONDS_BETWEEN_CHECKPOINTS = 60.0
_TIMED_STEPS = 15
_OVERHEAD = 1.1  # samples, reports, checkpoints
_LARGEST_GRADIENT = 5.0  # norm above which gradients are scaled down


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes
    ----------
    schedule : Schedule
        Steps and learning rates.
    weights : LossWeights
        Weights of the losses.
    hard_fraction : float
        Share of the samples, those with the highest loss, that are back-propagated.
    all_tasks : bool
        Whether this holds for all three losses, or for face classification only.
    augmentation : Augmentation
        Changes of the samples.
    seed : int
        Seed of the changes.
    momentum, weight_decay : float
        Of stochastic gradient descent.
    nesterov : bool
        Whether the momentum is Nesterov's.
    """

    schedule: Schedule
    weights: LossWeights = field(default_factory=LossWeights)
    hard_fraction: float = 0.7
    all_tasks: bool = True
    augmentation: Augmentation = field(default_factory=Augmentation)
    seed: int = 0
    momentum: float = 0.9
    weight_decay: float = 5e-4
    nesterov: bool = True


class Step(NamedTuple):
    """What is reported of a training.

    Attributes
    ----------
    step : int
        Number of steps done.
    losses : dict of str to float
        Means over the steps since the last report: total, face, box, landmark.
    rate : float
        Learning rate.
    samples_per_second : float
        Since the last report.
    """

    step: int
    losses: dict[str, float]
    rate: float
    samples_per_second: float


def train_network(
    network: nn.Module,
    batches: Batches,
    recipe: Recipe,
    path: Path,
    device: Device,
    report: Callable[[Step], None] = lambda step: None,
    judge: Callable[[int], None] = lambda step: None,
    check: Callable[[], None] = lambda: None,
    report_every: int = 50,
    judge_every: int = 0,
) -> None:
    """Train a network, or go on where an interrupted training was.

    Parameters
    ----------
    network : Module
        The network. Its weights are those to begin with, and afterwards the trained ones.
    batches : Batches
        The samples.
    recipe : Recipe
        How to train.
    path : Path
        File of the checkpoint.
    device : Device
        Where to train.
    report : callable
        Called with a `Step` after every `report_every` steps.
    judge : callable
        Called with the number of steps done after every `judge_every` steps, if that is not 0, but
        not after the last one.
    check : callable
        Called after every step. If it raises an exception, the training stops with a checkpoint.
    report_every, judge_every : int
        Numbers of steps.

    Raises
    ------
    TrainingError
        If a loss is not finite, or the checkpoint is damaged.
    OSError
        If a checkpoint cannot be written.
    """
    _check_shares(batches, device)
    model = device.place(network)
    optimizer = torch.optim.SGD(
        _parameter_groups(network, recipe.weight_decay),
        lr=recipe.schedule.rate,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
    )
    began = time.monotonic()
    before = load_checkpoint(path)
    first = 0
    if before is not None:
        restore(before, path, network, optimizer)
        first = before.step
        began -= before.seconds

    def save(step: int) -> None:
        reporter.check(step, path)
        if device.is_first:
            spent = time.monotonic() - began
            state = Checkpoint(step, network.state_dict(), optimizer.state_dict(), spent)
            save_checkpoint(path, state)

    kinds = torch.from_numpy(device.share(batches.kinds()))
    reporter = _Reporter(report, len(batches.kinds()))
    saved = time.monotonic()
    network.train()
    steps = recipe.schedule.steps
    with _prefetched(batches, recipe, device, range(first, steps)) as inputs:
        for step, batch in zip(range(first, steps), inputs, strict=True):
            rate = recipe.schedule.rate_at(step)
            losses = _step(model, optimizer, batch, kinds, recipe, rate, device)
            done = step + 1
            if reporter.add(done, losses, rate, due=done % report_every == 0 or done == steps):
                reporter.check(done, path)
            if device.is_first and time.monotonic() - saved > _SECONDS_BETWEEN_CHECKPOINTS:
                save(done)
                saved = time.monotonic()
            stopped = _exception_of(check)
            if device.any(stopped is not None):
                save(done)
                raise stopped or StoppedElsewhereError
            if judge_every and done % judge_every == 0 and done < steps:
                network.eval()
                with reporter.paused():
                    judge(done)
                network.train()
    network.eval()
    save(steps)


def _exception_of(check: Callable[[], None]) -> BaseException | None:
    try:
        check()
    except BaseException as error:  # it is raised when all processes know
        return error
    return None


def _check_shares(batches: Batches, device: Device) -> None:
    """Refuse so many processes that one would have no sample of a kind."""
    kind, fewest = min(batches.counts.items(), key=lambda item: item[1])
    if device.world_size > max(fewest, 1):
        raise TrainingError(
            f"{device.world_size} processes cannot share mini-batches with {fewest} samples of "
            f"kind {kind.name.lower()}; use at most {max(fewest, 1)}"
        )


def measure_steps_per_second(
    network: nn.Module, batches: Batches, recipe: Recipe, device: Device
) -> float:
    """Return the speed of a training, measured on a copy of the network.

    Parameters
    ----------
    network, batches, recipe, device
        As for `train_network`, but that only this process may work on it.
    """
    alone = replace(device, rank=0, world_size=1)
    copied = copy.deepcopy(network).train()
    optimizer = torch.optim.SGD(copied.parameters(), lr=0.0)
    kinds = torch.from_numpy(device.share(batches.kinds()))
    batch = augment(batches.take(device.share(batches.rows(0))), recipe.augmentation, _no_seed())
    alone.place(copied)
    times = []
    for _ in range(_TIMED_STEPS):
        began = time.perf_counter()
        _step(copied, optimizer, batch, kinds, recipe, 0.0, alone)
        times.append(time.perf_counter() - began)
    return 1 / (_OVERHEAD * float(np.median(times)))


def _no_seed() -> np.random.Generator:
    return np.random.default_rng(0)


def _parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Return weights with decay, and biases and slopes without."""
    weights = [each for each in network.parameters() if each.ndim > 1]
    others = [each for each in network.parameters() if each.ndim <= 1]
    return [
        {"params": weights, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]


def _step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    inputs: Inputs,
    kinds: Tensor,
    recipe: Recipe,
    rate: float,
    device: Device,
) -> Losses:
    for group in optimizer.param_groups:
        group["lr"] = rate
    images, offsets, points = (device.move(each) for each in inputs)
    with device.precision():
        outputs = model(images)
    floats = tuple(each.float() for each in outputs)
    losses = multitask_losses(
        floats,
        device.move(kinds),
        offsets,
        points,
        recipe.weights,
        recipe.hard_fraction,
        recipe.all_tasks,
    )
    optimizer.zero_grad(set_to_none=True)
    losses.total.backward()
    nn.utils.clip_grad_norm_(model.parameters(), _LARGEST_GRADIENT)
    optimizer.step()
    return losses


@contextmanager
def _prefetched(
    batches: Batches, recipe: Recipe, device: Device, steps: range
) -> Iterator[Iterator[Inputs]]:
    """Prepare the next mini-batch in another thread while one is in use."""

    def make(step: int) -> Inputs:
        rows = device.share(batches.rows(step))
        rng = np.random.default_rng([recipe.seed, step, device.rank])
        return augment(batches.take(rows), recipe.augmentation, rng)

    pool = ThreadPool(1)
    pending: deque[Call[Inputs]] = deque()

    def begin(step: int) -> None:
        if step in steps:
            pending.append(pool.submit(make, step))

    def all_of() -> Iterator[Inputs]:
        begin(steps.start)
        for step in steps:
            ready = pending.popleft().result()
            begin(step + 1)
            yield ready

    try:
        yield all_of()
    finally:
        for call in pending:
            if not call.cancel():
                with suppress(Exception):  # nobody needs its result; but it reads the batches
                    call.result()


class _Reporter:
    """Means of the losses since the last report."""

    def __init__(self, report: Callable[[Step], None], batch: int) -> None:
        self._report, self._batch = report, batch
        self._sums = torch.zeros(len(Losses._fields))
        self._count = 0
        self._since = time.monotonic()
        self._last_total = 0.0

    def add(self, done: int, losses: Losses, rate: float, due: bool) -> bool:
        """Count the losses of a step; return whether they were reported."""
        self._sums += torch.stack([each.detach().cpu() for each in losses])
        self._count += 1
        if not due:
            return False
        means = (self._sums / self._count).tolist()
        now = time.monotonic()
        speed = self._count * self._batch / max(now - self._since, 1e-9)
        losses_of_all = dict(zip(Losses._fields, means, strict=True))
        self._last_total = losses_of_all["total"]
        self._report(Step(done, losses_of_all, rate, speed))
        self._sums.zero_()
        self._count, self._since = 0, now
        return True

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the time that the body of a with statement takes out of the speed."""
        began = time.monotonic()
        yield
        self._since += time.monotonic() - began

    def check(self, step: int, path: Path) -> None:
        """Stop a training that diverged, before its weights are saved."""
        total = self._last_total
        if self._count:
            total = float(self._sums[0])
        if not math.isfinite(total):
            kept = f". The run keeps its last checkpoint, {path.name}" if path.exists() else ""
            raise TrainingError(
                f"the loss became {total} before step {step}; a lower learning rate may help{kept}"
            )
