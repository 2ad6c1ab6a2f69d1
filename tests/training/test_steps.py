"""How many steps a training takes: as many as were asked for, or as the time allows."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("matplotlib")

from fastmtcnn.training import Data, Machine, Observer, Settings, TrainingError, train
from fastmtcnn.training.folder import RunFolder, read_json
from fastmtcnn.training.observer import Subject
from fastmtcnn.training.reporting.log import read_log
from tests.training.discs import disc_set

pytestmark = pytest.mark.optional

MACHINE = Machine(device="cpu", num_threads=1, workers=1)


class Notes(Observer):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def note(self, key: Subject, text: str) -> None:
        self.texts.append(text)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return Data([f"table:{disc_set(tmp_path_factory.mktemp('discs'), count=8)}"])


def losses(folder: Path) -> list[int]:
    return [line["step"] for line in read_log(folder / "log.jsonl") if line["event"] == "loss"]


def test_few_steps_are_not_made_more(data: Data, tmp_path: Path) -> None:
    settings = Settings(start="shipped", stages=("pnet",), steps=(5,))
    notes = Notes()
    train(data, tmp_path, settings, machine=MACHINE, observer=notes)
    assert losses(tmp_path)[-1] == 5
    assert notes.texts == []


class StoppedError(Exception):
    pass


class StopsAtSamples(Observer):
    """Interrupts a run when it has its first samples."""

    def samples(self, *_: object) -> None:
        raise StoppedError


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("mining1.json", '{"a": 1}', "it must hold two thresholds from 0 to 1"),
        ("mining1.json", "[0.5, 2]", "it must hold two thresholds from 0 to 1"),
        ("steps0.json", "null", "it must hold a number of steps"),
        ("steps0.json", "no JSON", "it must hold a number of steps"),
        ("pnet.onnx", "damaged", "the model is not a valid ONNX file"),
    ],
)
def test_damaged_files_of_a_run_are_named(
    data: Data, tmp_path: Path, name: str, content: str, words: str
) -> None:
    settings = Settings(start="shipped", stages=("pnet",), seconds=0.01)
    with pytest.raises(StoppedError):
        train(data, tmp_path, settings, machine=MACHINE, observer=StopsAtSamples())
    path = RunFolder(tmp_path).stage("pnet") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    with pytest.raises(TrainingError) as caught:
        train(data, tmp_path, settings, machine=MACHINE)
    text = str(caught.value)
    assert text.startswith(f"{path}: {words}")
    assert "; delete it, and " in text


def test_a_time_that_is_over_before_training_begins_is_said(data: Data, tmp_path: Path) -> None:
    settings = Settings(start="shipped", stages=("pnet",), seconds=0.01)
    notes = Notes()
    train(data, tmp_path, settings, machine=MACHINE, observer=notes)
    folder = RunFolder(tmp_path).stage("pnet")
    steps = [read_json(folder / f"steps{part}.json") for part in range(2)]
    assert losses(tmp_path)[-1] == sum(steps)
    assert len(notes.texts) == 2
    assert "the time is over before 20 steps of P-Net" in notes.texts[0]
    assert "The time is over before 20 steps of P-Net" in (tmp_path / "README.md").read_text(
        "utf-8"
    )
