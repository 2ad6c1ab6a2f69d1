"""Checkpoints: written whole, read back, and what is said of damaged ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from fastmtcnn.training import TrainingError
from fastmtcnn.training.learning.checkpoints import (
    Checkpoint,
    load_checkpoint,
    restore,
    save_checkpoint,
)

pytestmark = pytest.mark.optional


def state(step: int = 7, width: int = 3) -> Checkpoint:
    network = torch.nn.Linear(width, 2)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    network(torch.ones(1, width)).sum().backward()
    optimizer.step()
    return Checkpoint(step, network.state_dict(), optimizer.state_dict(), 12.5)


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "new" / "part0.pt"
    assert load_checkpoint(path) is None
    written = state()
    save_checkpoint(path, written)
    read = load_checkpoint(path)
    assert read is not None
    assert (read.step, read.seconds) == (7, 12.5)
    for name, tensor in written.network.items():
        assert torch.equal(read.network[name], tensor)
    buffers = [each.optimizer["state"][0]["momentum_buffer"] for each in (read, written)]
    assert torch.equal(*buffers)


@pytest.mark.parametrize("damage", ["short", "empty", "text", "other"])
def test_damaged(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "part0.pt"
    save_checkpoint(path, state())
    content = path.read_bytes()
    if damage == "other":
        torch.save({"step": 1}, path)
    else:
        path.write_bytes({"short": content[:-400], "empty": b"", "text": b"no"}[damage])
    with pytest.raises(TrainingError, match=r"part0\.pt: it must be a checkpoint") as caught:
        load_checkpoint(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("part", ["network", "optimizer", "step", "seconds"])
def test_of_another_network(part: str) -> None:
    network = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    restore(state(), Path("part0.pt"), network, optimizer)
    others = {**state(width=4)._asdict(), "step": -1, "seconds": None}
    damaged = state()._replace(**{part: others[part]})
    message = r"part0\.pt: it must be a checkpoint of this network.*; delete it, and its stage"
    with pytest.raises(TrainingError, match=message):
        restore(damaged, Path("part0.pt"), network, optimizer)


def test_a_full_disk_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "part0.pt"
    save_checkpoint(path, state(1))

    def full(_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        save_checkpoint(path, state(2))
    assert caught.value.filename == str(path)
    read = load_checkpoint(path)
    assert read is not None
    assert read.step == 1
    assert [each.name for each in tmp_path.iterdir()] == ["part0.pt"]
