"""Two processes that train together, started by ``torchrun``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("typer")

from tests.support.helpers import ROOT
from tests.training.discs import disc_set

pytestmark = [pytest.mark.optional, pytest.mark.slow]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of several chunks of photographs, two of which cannot be decoded."""
    table = disc_set(tmp_path_factory.mktemp("discs"), count=56)
    for name in ("001.png", "002.png", "040.png", "041.png"):
        path = table.with_name(name)
        path.write_bytes(path.read_bytes()[:-20000])
    return table


def start(table: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    program = ["-m", "fastmtcnn", "train", f"table:{table}", "--output", str(out)]
    fixed = ["--device", "cpu", "--workers", "1", "--steps", "25"]
    return subprocess.Popen(
        [*launcher, *program, *fixed, *options],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[str, str]:
    out, error = process.communicate(timeout=280)
    assert process.returncode == 0, error
    return out, error


def models_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.onnx"))}


def own_lines(error: str) -> list[str]:
    """What the trainings say, without what the launcher says of its processes."""
    return [line for line in error.splitlines() if line.startswith(("error:", "stopped"))]


@pytest.fixture(scope="module")
def undisturbed(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    out, error = finish(start(table, folder))
    assert out.count("use it with MTCNN") == 1  # the first process alone reports
    assert error.count("P-Net, steps: 25 of 25") <= 1
    return folder


def test_one_log_with_the_problems_of_both(undisturbed: Path) -> None:
    lines = [json.loads(line) for line in (undisturbed / "log.jsonl").read_text().splitlines()]
    losses = [line for line in lines if line["event"] == "loss" and line["stage"] == "rnet"]
    steps = [line["step"] for line in losses]
    assert steps == sorted(set(steps))
    problems = {line["text"].partition(":")[0] for line in lines if line["event"] == "problem"}
    held_back = (undisturbed / "held_back.txt").read_text()
    expected = {name for name in ("001", "002", "040", "041") if f"/{name}\n" not in held_back}
    assert {Path(problem).stem for problem in problems} == expected
    mined = [line["photographs"] for line in lines if line["event"] == "mining"]
    assert len(mined) == 4  # two rounds of P-Net, one of R-Net and of O-Net
    assert len(set(mined)) == 1


def test_interrupted_and_continued(undisturbed: Path, table: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    for marker, seconds in (("stages/pnet", 0.5), ("stages/onet", 1.0)):
        process = start(table, folder)
        deadline = time.monotonic() + 200
        while not (folder / marker).exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(seconds)
        process.send_signal(signal.SIGTERM)
        _, error = process.communicate(timeout=120)
        assert process.returncode != 0
        assert len(own_lines(error)) <= 1, error
        assert "RuntimeError" not in error
    finish(start(table, folder))
    assert models_of(folder) == models_of(undisturbed)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("--from", "nowhere"), "networks to begin with must be 'shipped'"),
        (("--guard", "nowhere"), "there is no such file or folder"),
    ],
)
def test_one_sentence_for_an_error_of_all(
    options: tuple[str, ...], wanted: str, table: Path, tmp_path: Path
) -> None:
    process = start(table, tmp_path / "run", *options)
    _, error = process.communicate(timeout=120)
    assert process.returncode != 0
    (line,) = own_lines(error)
    assert wanted in line


def test_one_sentence_for_an_error_of_the_first(table: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    process = start(table, folder)
    _, error = process.communicate(timeout=120)
    assert process.returncode != 0
    (line,) = own_lines(error)
    assert "the folder of a new run must be empty" in line
    assert "RuntimeError" not in error
