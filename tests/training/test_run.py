"""Whole trainings on generated photographs: discs with five dots on noise."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

from fastmtcnn import MTCNN
from fastmtcnn.graphs.reading import read_weights, recognise
from fastmtcnn.networks.architecture import find_architecture
from fastmtcnn.networks.loading import read_shipped
from fastmtcnn.training import Data, Machine, Observer, Settings, TrainingError, train
from fastmtcnn.training.data.splitting import names_of, take_replay
from fastmtcnn.training.folder import RunFolder
from fastmtcnn.training.learning import augmentation, loop
from fastmtcnn.training.learning.augmentation import Augmentation, Inputs
from fastmtcnn.training.observer import Subject
from fastmtcnn.training.outcome import Outcome
from fastmtcnn.training.settings import STAGES
from tests.training.discs import disc_photo, disc_set
from tests.training.generated import csv_file, photo

pytestmark = pytest.mark.optional

SETTINGS = Settings(steps=(20, 20, 20))
MODELS = [
    "onet.onnx",
    "onet_fast.onnx",
    "pnet.onnx",
    "pnet_fast.onnx",
    "pnet_fast_avx512.onnx",
    "rnet.onnx",
    "rnet_fast.onnx",
]


class StoppedError(Exception):
    pass


class StopsAt(Observer):
    """Stops a training at the n-th time that it is asked."""

    def __init__(self, number: int) -> None:
        self.left = number

    def check(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise StoppedError


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set with a photograph that cannot be decoded."""
    table = disc_set(tmp_path_factory.mktemp("discs"), count=14)
    broken = table.with_name("001.png")
    broken.write_bytes(broken.read_bytes()[:-20000])
    return table


def run(
    table: Path,
    out: Path,
    settings: Settings = SETTINGS,
    samples: Path | None = None,
    **options: Any,
) -> Outcome:
    machine = Machine(device="cpu", num_threads=1, workers=1, samples=samples)
    outcome = train(Data([f"table:{table}"]), out, settings, machine=machine, **options)
    assert outcome is not None
    return outcome


class Finished:
    """A training that nothing disturbed."""

    def __init__(self, folder: Path, outcome: Outcome) -> None:
        self.folder, self.outcome = folder, outcome
        self.models = models_of(folder)


def models_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.onnx"))}


@pytest.fixture(scope="module")
def finished(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("finished") / "run"
    return Finished(folder, run(table, folder))


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


# What comes out


def test_the_folder_is_one_of_models(finished: Finished) -> None:
    assert sorted(finished.models) == MODELS
    assert recognise(finished.models["onet.onnx"]).name == "original"
    detector = MTCNN(models=finished.folder, num_threads=1)
    assert detector.options["thresholds"] == tuple(finished.outcome.thresholds.thresholds)
    files = [Path(each.file or "").name for each in detector.cascade.networks]
    assert all("_fast" in file for file in files)
    pixels, boxes, _ = disc_photo(77)
    found = detector.detect(pixels)
    assert found.num_faces >= len(boxes) > 0


def test_the_log(finished: Finished) -> None:
    lines = lines_of(finished.folder)
    assert {line["stage"] for line in lines} == {"pnet", "rnet", "onet", "cascade"}
    events = {line["event"] for line in lines}
    assert {"loss", "figures", "mining", "samples", "thresholds", "problem"} <= events
    seconds = [line["seconds"] for line in lines]
    assert seconds == sorted(seconds)
    for line in lines:
        if line["event"] == "loss":
            names = ("loss", "class_loss", "box_loss", "landmark_loss", "rate")
            assert all(np.isfinite(line[name]) for name in names)


def test_crops_alone_are_refused_before_samples_are_made(table: Path, tmp_path: Path) -> None:
    names = ("eye_left", "eye_right", "nose", "mouth_left", "mouth_right")
    header = ",".join(f"{name}_{axis}" for name in names for axis in "xy")
    rows = [f"{k}.png,20,30,40,30,30,40,22,52,38,52" for k in range(10)]
    crops = csv_file(tmp_path / "crops.csv", f"path,{header}", *rows)
    for k in range(10):
        photo(tmp_path / f"{k}.png", seed=k)
    data = Data([str(crops)], guard=[f"table:{table}"])
    with pytest.raises(TrainingError, match="photographs of which all faces are annotated"):
        train(data, tmp_path / "run", SETTINGS, machine=Machine(device="cpu", workers=1))
    assert not (tmp_path / "run" / "samples").exists()


def test_a_photograph_that_cannot_be_decoded_is_named(finished: Finished, table: Path) -> None:
    problems = {line["text"] for line in lines_of(finished.folder) if line["event"] == "problem"}
    held_back = (finished.folder / "held_back.txt").read_text()
    in_training = "/001" not in held_back
    assert any("001.png" in text for text in problems) == in_training
    assert table.with_name("001.png").exists()


# Interrupted, and continued


@pytest.mark.parametrize("mirror", [True, False])
def test_samples_are_mirrored_if_that_is_wanted(
    mirror: bool, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without changes of colours: whether inputs and samples are equal tells it."""
    equal: list[bool] = []

    def augment(records: Any, settings: Augmentation, rng: np.random.Generator) -> Inputs:
        if len(equal) == 3:
            raise StoppedError
        inputs = augmentation.augment(records, settings, rng)
        pixels = (records["pixels"].astype(np.float32) - 127.5) / 128
        equal.append(bool((inputs.images.numpy() == pixels).all()))
        return inputs

    monkeypatch.setattr(loop, "augment", augment)
    with pytest.raises(StoppedError):
        run(table, tmp_path / "run", Settings("paper", steps=(9, 9, 9), mirror=mirror))
    assert equal == [not mirror] * 3


@pytest.mark.slow
def test_interrupted_and_continued(finished: Finished, table: Path, tmp_path: Path) -> None:
    """Another folder, stopped over and over: the same bytes."""
    folder, samples = tmp_path / "run", finished.folder / "samples"
    stops = 0
    for number in (1, 2, 9, 14, 30, 26, 5):
        try:
            run(table, folder, samples=samples, observer=StopsAt(number))
        except StoppedError:
            stops += 1
        else:
            break
    assert stops >= 5
    run(table, folder, samples=samples)
    assert models_of(folder) == finished.models
    seconds = [line["seconds"] for line in lines_of(folder)]
    assert seconds == sorted(seconds)


def test_the_same_command_on_a_finished_run_changes_nothing(
    finished: Finished, table: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(finished.folder, tmp_path / "run")
    run(table, folder)
    assert models_of(folder) == finished.models


def test_another_seed_gives_another_network(
    finished: Finished, table: Path, tmp_path: Path
) -> None:
    class AfterPNet(Observer):
        def mining(self, key: str, *_: object) -> None:
            if key == "rnet":
                raise StoppedError

    settings = Settings(steps=(20, 20, 20), seed=1)
    with pytest.raises(StoppedError):
        run(table, tmp_path / "run", settings, observer=AfterPNet())
    plain = Path("stages", "pnet", "pnet.onnx")
    assert (tmp_path / "run" / plain).read_bytes() != (finished.folder / plain).read_bytes()


@pytest.mark.slow
def test_a_full_disk(
    finished: Finished, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever file it is at, the same command goes on, and ends with the same bytes."""
    folder, samples = tmp_path / "run", finished.folder / "samples"
    monkeypatch.setattr(loop, "_SECONDS_BETWEEN_CHECKPOINTS", 0.3)
    opened = Path.open
    written: list[str] = []

    def full(self: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if "x" in mode and self.name.startswith(".fastmtcnn-"):
            written.append(str(self))
            if len(written) in (1, 4, 8, 13):
                raise OSError(28, "No space left on device", str(self))
        return opened(self, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", full)
    failures = 0
    for _ in range(6):
        try:
            run(table, folder, samples=samples)
        except OSError:
            failures += 1
            assert not list(folder.rglob(".fastmtcnn-*"))
        else:
            break
    assert failures == 4
    assert models_of(folder) == finished.models


# Fine-tuning


@pytest.mark.slow
def test_fine_tuning_begins_with_the_weights(
    finished: Finished, table: Path, tmp_path: Path
) -> None:
    settings = Settings(stages=("onet",), start=str(finished.folder), steps=(20,))
    outcome = run(table, tmp_path / "run", settings)
    assert outcome.blend is not None
    assert outcome.own.before is not None
    losses = {
        name: [
            line["loss"]
            for line in lines_of(folder)
            if line["event"] == "loss" and line["stage"] == "onet"
        ]
        for name, folder in (("fresh", finished.folder), ("tuned", tmp_path / "run"))
    }
    assert losses["tuned"][0] < losses["fresh"][0] / 2
    # Networks that are not trained stay as they are, and are mixed with themselves.
    for key in ("pnet", "rnet"):
        architecture = find_architecture(key, "original")
        weights = [
            read_weights((folder / f"{key}.onnx").read_bytes(), architecture)
            for folder in (finished.folder, tmp_path / "run")
        ]
        for name, array in weights[0].items():
            np.testing.assert_array_equal(weights[1][name], array)


# Refusals


def refusal(call: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises((TrainingError, ValueError)) as caught:
        call(*arguments, **options)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_other_settings_in_the_folder(finished: Finished, table: Path) -> None:
    before = models_of(finished.folder)
    text = refusal(run, table, finished.folder, Settings(steps=(21, 20, 20)))
    assert "it holds a run with other settings: steps [20, 20, 20] in place of [21, 20, 20]" in text
    text = refusal(run, table, finished.folder, Settings(steps=(20, 20, 20), seed=3))
    assert "seed 0 in place of 3" in text
    assert models_of(finished.folder) == before


def test_a_run_that_would_delete_the_networks_it_begins_with(
    finished: Finished, table: Path
) -> None:
    before = models_of(finished.folder)
    settings = Settings(stages=("onet",), start=f"{finished.folder}/.", steps=(20,))
    for restart in (False, True):
        text = refusal(run, table, finished.folder, settings, restart=restart)
        assert "must have another folder than the networks that it begins with" in text
    assert models_of(finished.folder) == before


def test_other_networks_to_begin_with(finished: Finished, table: Path, tmp_path: Path) -> None:
    start = tmp_path / "start"
    start.mkdir()
    for key in STAGES:
        (start / f"{key}.onnx").write_bytes(read_shipped(f"{key}.onnx"))
    settings = Settings(stages=("onet",), start=str(start), steps=(20,))
    with pytest.raises(StoppedError):
        run(table, tmp_path / "run", settings, observer=StopsAt(1))
    (start / "rnet.onnx").write_bytes(finished.models["rnet.onnx"])
    text = refusal(run, table, tmp_path / "run", settings)
    assert "other settings: networks to begin with.rnet" in text


def test_a_finished_run_of_which_the_stages_were_deleted(
    finished: Finished, table: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(finished.folder, tmp_path / "run")
    shutil.rmtree(copy / "stages")
    text = refusal(run, table, copy)
    assert "this run is finished" in text
    assert models_of(copy) == finished.models


class Listening(StopsAt):
    """Notes what it is told, too."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.notes: list[tuple[str, str]] = []

    def note(self, key: Subject, text: str) -> None:
        self.notes.append((key, text))


def test_what_is_left_out_is_said(table: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(table.parent, tmp_path / "faces")
    (copy / "003.png").unlink()
    listening = Listening(1)
    with pytest.raises(StoppedError):
        run(copy / table.name, tmp_path / "run", observer=listening)
    ((key, text),) = listening.notes
    assert key == "data"
    assert "1 photograph is missing: " in text
    assert "003.png" in text
    noted = [line["text"] for line in lines_of(tmp_path / "run") if line["event"] == "note"]
    assert noted == [text]


def test_photographs_that_are_not_learned_from_are_listed(table: Path, tmp_path: Path) -> None:
    """Of the guard, half is learned from when networks are fine-tuned."""
    other = disc_set(tmp_path / "other", count=10, seed=1)
    data = Data([f"table:{table}"], guard=[f"table:{other}"])
    machine = Machine(device="cpu", num_threads=1, workers=1)
    listed = {}
    for start in (None, "shipped"):
        out = tmp_path / str(start)
        settings = Settings(steps=(20, 20, 20), start=start)
        with pytest.raises(StoppedError):
            train(data, out, settings, machine=machine, observer=StopsAt(1))
        listed[start] = (out / "guard.txt").read_text().splitlines()
        names = (out / "held_back.txt").read_text().splitlines()
        assert names == names_of(data.read().held_back)
    assert listed[None] == names_of(data.read().guard)
    assert len(listed[None]) == 10
    assert listed["shipped"] == names_of(take_replay(data.read()).guard)
    assert 0 < len(listed["shipped"]) < 10


def test_places_where_no_run_can_be(table: Path, tmp_path: Path) -> None:
    file = photo(tmp_path / "file.png")
    assert "a run must be a folder, got a file" in refusal(run, table, file)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    text = refusal(run, table, tmp_path / "other")
    assert "the folder of a new run must be empty, got 'thesis.txt'" in text


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_that_cannot_be_written(table: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o500)
    with pytest.raises(PermissionError):
        run(table, tmp_path / "run")


def test_two_trainings_in_one_folder(table: Path, tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    folder = RunFolder(tmp_path / "run")
    with folder.locked():
        text = refusal(run, table, folder.path)
    assert "another process trains in this folder" in text
    assert [each.name for each in folder.path.iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"preset": "best"}, "preset must be one of"),
        ({"stages": ("rnet",)}, "a cascade needs all three networks: pnet must be among the"),
        ({"start": "nowhere"}, "networks to begin with must be 'shipped' or a folder"),
        ({"architectures": {"onet": "contxt"}}, "did you mean 'context'"),
        (
            {"architectures": {"pnet": "wide"}, "start": "shipped"},
            "cannot begin with the weights of architecture 'original'",
        ),
        ({"steps": (20, 20)}, "steps must be a number for each of 3 networks"),
        ({"steps": (20, 20, 20), "epochs": 2}, "steps and epochs exclude each other"),
    ],
)
def test_settings_that_cannot_be(
    settings: Mapping[str, Any], wanted: str, table: Path, tmp_path: Path
) -> None:
    text = refusal(lambda: run(table, tmp_path / "run", Settings(**settings)))
    assert wanted in text
    assert not (tmp_path / "run").exists()


def test_devices_that_are_not_there(table: Path, tmp_path: Path) -> None:
    import torch

    names = ["nonsense", "meta", "fpga"] + (["cuda"] if not torch.cuda.is_available() else [])
    for name in names:
        machine = Machine(device=name, num_threads=1, workers=1)
        data = Data([f"table:{table}"])
        text = refusal(train, data, tmp_path / "run", SETTINGS, machine=machine)
        assert f"device {name!r} cannot be used" in text
        assert len(text) < 300
    assert not (tmp_path / "run").exists()


def test_photographs_without_any_face(tmp_path: Path) -> None:
    lines = ["path,x1,y1,x2,y2"]
    for number in range(6):
        photo(tmp_path / f"{number}.png", seed=number)
        lines.append(f"{number}.png,,,,")
    table = csv_file(tmp_path / "faces.csv", *lines)
    text = refusal(run, table, tmp_path / "run")
    assert "face" in text


def test_one_photograph_leaves_nothing_to_hold_back(tmp_path: Path) -> None:
    table = disc_set(tmp_path / "set", count=1)
    text = refusal(run, table, tmp_path / "run")
    assert "there must be at least one face to train with" in text


def test_fine_tuning_without_a_face_to_choose_a_mixture_with(table: Path, tmp_path: Path) -> None:
    """The only photograph with all of its faces annotated is learned from."""
    alone = disc_set(tmp_path / "alone", count=1, seed=5)
    alone.with_name("000.png").rename(alone.with_name("single.png"))
    alone.write_text(alone.read_text().replace("000.png", "single.png"))
    outcome = train(
        Data([f"table:{alone}", f"landmarks:{table}"]),
        tmp_path / "run",
        Settings(stages=("rnet", "onet"), start="shipped", steps=(20, 20)),
        machine=Machine(device="cpu", num_threads=1, workers=1),
    )
    assert outcome is not None
    assert outcome.blend is None
    assert np.isnan(outcome.own.after.average_precision)
    assert outcome.thresholds.notes[0].startswith("There is no face to choose thresholds with")
    assert (tmp_path / "run" / "report.html").exists()
