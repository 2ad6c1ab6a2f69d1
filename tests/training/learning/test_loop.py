"""The loop: interrupted anywhere and continued, it ends with the same bits."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from fastmtcnn.graphs.building import build, serialise
from fastmtcnn.networks.architecture import find_architecture
from fastmtcnn.training import TrainingError
from fastmtcnn.training.learning import loop
from fastmtcnn.training.learning.augmentation import Augmentation
from fastmtcnn.training.learning.checkpoints import load_checkpoint
from fastmtcnn.training.learning.devices import Device
from fastmtcnn.training.learning.loop import Recipe, Step, measure_steps_per_second, train_network
from fastmtcnn.training.learning.networks import TrainedNetwork
from fastmtcnn.training.learning.schedule import Schedule
from fastmtcnn.training.samples.batches import Batches
from fastmtcnn.training.samples.records import Kind, Records, record_type

pytestmark = pytest.mark.optional

STEPS = 9


class StoppedError(Exception):
    pass


def samples(count: int = 120, side: int = 12) -> Records:
    """Faces are brighter than other windows."""
    rng = np.random.default_rng(0)
    records = np.zeros(count, record_type(side))
    records["kind"] = np.arange(count) % 4
    faces = records["kind"] != Kind.NEGATIVE
    records["pixels"] = rng.integers(0, 120, records["pixels"].shape)
    records["pixels"][faces] += 120
    records["offsets"] = rng.normal(0, 0.1, (count, 4))
    records["points"] = np.nan
    landmarks = records["kind"] == Kind.LANDMARK
    records["points"][landmarks] = rng.uniform(0.2, 0.8, (int(landmarks.sum()), 10))
    return records


def batches() -> Batches:
    return Batches([samples()], 28, seed=3)


def recipe(steps: int = STEPS, rate: float = 0.02, **changes: Any) -> Recipe:
    return Recipe(Schedule(steps, rate), augmentation=Augmentation(), seed=4, **changes)


def fresh(key: str = "pnet") -> TrainedNetwork:
    network = TrainedNetwork(find_architecture(key, "original"))
    network.initialize("he", 1)
    return network


def content(network: TrainedNetwork) -> bytes:
    return serialise(build(network.architecture, network.weights(), ""))


def train(
    path: Path, network: TrainedNetwork | None = None, steps: int = STEPS, **options: Any
) -> bytes:
    network = network or fresh()
    train_network(network, batches(), recipe(steps), path, Device(), **options)
    return content(network)


def stop_after(number: int) -> Callable[[], None]:
    calls = []

    def check() -> None:
        calls.append(1)
        if len(calls) == number:
            raise StoppedError

    return check


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return train(tmp_path_factory.mktemp("undisturbed") / "part0.pt")


@pytest.mark.parametrize("number", range(1, STEPS + 1))
def test_interrupted_after_any_step(number: int, undisturbed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "part0.pt"
    with pytest.raises(StoppedError):
        train(path, check=stop_after(number))
    saved = load_checkpoint(path)
    assert saved is not None
    assert saved.step == number
    assert train(path) == undisturbed


def test_the_samples_are_not_read_any_more_when_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller may close them: the mini-batch that is being prepared is waited for."""
    take, numbers, read = Batches.take, itertools.count(1), list[int]()
    reading, release = threading.Event(), threading.Event()

    def slow(batches: Batches, rows: Any) -> Any:
        number = next(numbers)
        if number == 2:
            reading.set()
            assert release.wait(60)
        taken = take(batches, rows)
        read.append(number)
        return taken

    def check() -> None:
        assert reading.wait(60)
        threading.Timer(0.2, release.set).start()  # when the training waits, or has ended too early
        raise StoppedError

    monkeypatch.setattr(Batches, "take", slow)
    with pytest.raises(StoppedError):
        train(tmp_path / "part0.pt", check=check)
    assert read == [1, 2]


def test_interrupted_after_every_step(undisturbed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "part0.pt"
    for _ in range(STEPS):
        with pytest.raises(StoppedError):
            train(path, check=stop_after(1))
    assert train(path) == undisturbed
    assert train(path) == undisturbed  # that is done already


def test_killed_after_a_checkpoint(
    undisturbed: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps after the last checkpoint are lost, and made again."""
    path = tmp_path / "part0.pt"
    monkeypatch.setattr(loop, "_SECONDS_BETWEEN_CHECKPOINTS", -1.0)
    copies = []

    def check() -> None:
        copies.append(path.read_bytes())

    assert train(path, check=check) == undisturbed
    assert len(copies) == STEPS
    for copy in copies:
        path.write_bytes(copy)
        assert train(path) == undisturbed


def test_judging_changes_nothing(undisturbed: bytes, tmp_path: Path) -> None:
    judged = []
    network = fresh()

    def judge(step: int) -> None:
        judged.append(step)
        assert not network.training
        torch.rand(5)

    assert train(tmp_path / "part0.pt", network, judge=judge, judge_every=3) == undisturbed
    assert judged == [3, 6]


def test_reports(tmp_path: Path) -> None:
    steps: list[Step] = []
    train(tmp_path / "part0.pt", report=steps.append, report_every=4)
    assert [step.step for step in steps] == [4, 8, 9]
    for step in steps:
        assert set(step.losses) == {"total", "face", "box", "landmark"}
        losses = step.losses
        total = losses["face"] + 0.5 * losses["box"] + 0.5 * losses["landmark"]
        assert losses["total"] == pytest.approx(total, rel=1e-5)
        assert step.samples_per_second > 0


def test_it_learns(tmp_path: Path) -> None:
    steps: list[Step] = []
    train(tmp_path / "part0.pt", steps=150, report=steps.append, report_every=25)
    assert steps[-1].losses["face"] < 0.5 * steps[0].losses["face"]


def test_another_seed_gives_other_weights(undisturbed: bytes, tmp_path: Path) -> None:
    network = TrainedNetwork(find_architecture("pnet", "original"))
    network.initialize("he", 2)
    assert train(tmp_path / "part0.pt", network) != undisturbed


def poisoned(after: int) -> Batches:
    """Batches of which those from a step on hold a number that is none."""

    class Poisoned(Batches):
        def rows(self, step: int) -> Any:
            self.step = step
            return super().rows(step)

        def take(self, rows: Any) -> Records:
            taken = super().take(rows)
            if self.step >= after:
                taken["offsets"] = np.nan
            return taken

    return Poisoned([samples()], 28, seed=3)


def test_a_loss_that_is_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However rarely it is looked at, no checkpoint has the weights behind it."""
    monkeypatch.setattr(loop, "_SECONDS_BETWEEN_CHECKPOINTS", -1.0)
    path = tmp_path / "part0.pt"
    with pytest.raises(TrainingError, match="the loss became nan") as caught:
        train_network(fresh(), poisoned(5), recipe(), path, Device(), report_every=100)
    assert "\n" not in str(caught.value)
    saved = load_checkpoint(path)
    assert saved is not None
    assert saved.step == 5
    assert all(torch.isfinite(each).all() for each in saved.network.values())
    assert train(path)  # goes on


def test_stopped_behind_a_loss_that_is_no_number(tmp_path: Path) -> None:
    path = tmp_path / "part0.pt"
    with pytest.raises((StoppedError, TrainingError)):
        train_network(
            fresh(), poisoned(2), recipe(), path, Device(), check=stop_after(6), report_every=100
        )
    saved = load_checkpoint(path)
    assert saved is None or all(torch.isfinite(each).all() for each in saved.network.values())


def test_a_rate_far_too_high_ends_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="a lower learning rate may help"):
        train_network(
            fresh(), batches(), recipe(400, 1e18), tmp_path / "part0.pt", Device(), report_every=1
        )


def test_the_speed_is_measured_on_a_copy() -> None:
    network = fresh()
    before = content(network)
    assert measure_steps_per_second(network, batches(), recipe(), Device()) > 0
    assert content(network) == before


def test_more_processes_than_samples_of_a_kind(tmp_path: Path) -> None:
    device = Device("cpu", rank=0, world_size=5)
    with pytest.raises(
        TrainingError, match=r"5 processes cannot share .* with 4 samples of kind po"
    ):
        train_network(fresh(), batches(), recipe(), tmp_path / "part0.pt", device)


def test_shares_of_a_mini_batch() -> None:
    values = np.arange(7)
    shares = [Device("cpu", rank, 3).share(values).tolist() for rank in range(3)]
    assert shares == [[0, 3, 6], [1, 4], [2, 5]]
