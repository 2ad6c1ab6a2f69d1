"""``fastmtcnn info`` and what it is made of, beside those who know it first-hand."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from importlib import metadata
from pathlib import Path

import onnxruntime
import pytest

import fastmtcnn
from fastmtcnn.diagnostics import information as module
from fastmtcnn.diagnostics.information import information
from fastmtcnn.networks import loading
from tests.support.helpers import MODELS, elsewhere

SHIPPED = sorted(path.name for path in MODELS.glob("*.onnx"))


def test_versions() -> None:
    found = information()
    assert found["fastmtcnn"] == fastmtcnn.__version__
    assert found["python"] == platform.python_version()
    for name in ("numpy", "pillow"):
        assert found["packages"][name] == metadata.version(name)
    assert found["packages"]["onnxruntime"] == onnxruntime.__version__
    assert found["cpu_targets"] == fastmtcnn.cpu_features()
    assert set(onnxruntime.get_available_providers()) <= set(found["providers"])
    json.dumps(found)


def test_threads() -> None:
    def threads(limit: str) -> int:
        return int(elsewhere(information, OMP_NUM_THREADS=limit)["threads"])

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert threads("1") == 1
    assert 1 <= threads("1000") <= (cores or 1)


def test_models_as_shipped() -> None:
    models = information()["models"]
    assert sorted(model["file"] for model in models) == SHIPPED
    for model in models:
        content = (MODELS / model["file"]).read_bytes()
        assert model["bytes"] == len(content)
        assert model["sha256"] == hashlib.sha256(content).hexdigest()
        assert model["state"] == "shipped"


def test_changed_and_missing_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in MODELS.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "onet.onnx").unlink()
    with (tmp_path / "rnet_fast.onnx").open("ab") as file:
        file.write(b"x")
    monkeypatch.setattr(module, "MODELS", tmp_path)
    models = {model["file"]: model for model in information()["models"]}
    states = {name: model["state"] for name, model in models.items()}
    expected = {"onet.onnx": "missing", "rnet_fast.onnx": "changed"}
    assert states == {**dict.fromkeys(SHIPPED, "shipped"), **expected}
    assert models["onet.onnx"]["sha256"] is None
    assert (
        models["rnet_fast.onnx"]["sha256"]
        == hashlib.sha256((MODELS / "rnet_fast.onnx").read_bytes() + b"x").hexdigest()
    )


def test_no_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MODELS", tmp_path)
    entry = {"file": "models.json", "bytes": None, "sha256": None, "state": "missing"}
    assert information()["models"] == [entry]
    (tmp_path / "models.json").write_text("{")
    assert information()["models"] == [{**entry, "state": "changed"}]


@pytest.mark.parametrize("avx512f", [False, True])
def test_networks_are_those_that_a_detector_opens(
    monkeypatch: pytest.MonkeyPatch, avx512f: bool
) -> None:
    opened: list[str] = []
    read = loading.read_shipped

    def shipped(name: str) -> bytes:
        opened.append(name)
        return read(name)

    monkeypatch.setattr("fastmtcnn._core.has_avx512f", lambda: avx512f)
    monkeypatch.setattr(loading, "read_shipped", shipped)
    fastmtcnn.MTCNN()
    assert [each["on_cpu"] for each in information()["networks"]] == opened
    assert all("avx512" not in name for name in opened) or avx512f


def test_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    requirements = [
        "numpy>=1.23",
        'pytest>=8; extra == "test"',
        'pillow>=10.1 ; extra == "one"',
        "no-such-package[some,thing]>=2; (python_version > '3') and extra == 'one'",
        'fastmtcnn[one]; extra == "all"',
        'onnx.no-such; extra == "two-words"',
        'numpy; extra == "none-missing"',
    ]
    monkeypatch.setattr("importlib.metadata.requires", lambda _: requirements)
    extras = information()["extras"]
    assert list(extras) == ["none-missing", "one", "two-words"]
    assert extras["one"]["packages"] == {
        "pillow": metadata.version("pillow"),
        "no-such-package": None,
    }
    assert [extra["installed"] for extra in extras.values()] == [True, False, False]
    assert extras["two-words"]["install"] == 'pip install "fastmtcnn[two-words]"'


def test_without_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.requires", requires)
    assert information()["extras"] == {}


def test_command(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("typer")
    from typer.testing import CliRunner

    from fastmtcnn import cli

    def invoke(*arguments: str) -> str:
        result = CliRunner().invoke(cli.program(), ["info", *arguments], prog_name="fastmtcnn")
        assert result.exit_code == 0
        return result.output

    monkeypatch.setattr("importlib.metadata.requires", lambda _: ['no-such-package; extra == "x"'])
    assert json.loads(invoke("--json")) == information()
    lines = invoke().splitlines()
    assert lines[0].split() == ["fastmtcnn", fastmtcnn.__version__]
    (of_onet,) = (line for line in lines if line.startswith("  onet.onnx "))
    content = (MODELS / "onet.onnx").read_bytes()
    expected = ["onet.onnx", "shipped", f"{len(content):,}", "bytes"]
    assert of_onet.split() == [*expected, hashlib.sha256(content).hexdigest()]
    assert lines[-1].split(maxsplit=1) == [
        "x",
        'no-such-package missing; get it with: pip install "fastmtcnn[x]"',
    ]
