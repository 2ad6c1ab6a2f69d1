"""What runs the networks: onnxruntime, the native engine, or each where it can."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastmtcnn import MTCNN, ModelError
from fastmtcnn.networks.loading import read_shipped
from fastmtcnn.networks.native import native_target
from fastmtcnn.options import Options
from tests.support.helpers import golden_image

pytestmark = pytest.mark.skipif(native_target() is None, reason="needs AVX2, AVX-512 or NEON")

KEYS = ("pnet", "rnet", "onet")


def engines(detector: MTCNN) -> list[str]:
    return [network.engine for network in detector.cascade.networks]


def models(folder: Path, **others: bytes) -> Path:
    for key in KEYS:
        (folder / f"{key}.onnx").write_bytes(others.get(key) or read_shipped(f"{key}.onnx"))
    return folder


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("FASTMTCNN_ENGINE", raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        (None, "onnxruntime"),
        ("onnxruntime", "onnxruntime"),
        ("native", "native"),
        ("auto", "native"),
    ],
)
def test_each_engine(clean: pytest.MonkeyPatch, engine: Any, expected: str) -> None:
    detector = MTCNN(engine=engine, num_threads=1)
    assert engines(detector) == 3 * [expected]
    assert detector.options["engine"] == (engine or "onnxruntime")
    copy = pickle.loads(pickle.dumps(detector))
    assert engines(copy) == engines(detector)


def test_the_environment(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("FASTMTCNN_ENGINE", "native")
    assert engines(MTCNN(num_threads=1)) == 3 * ["native"]
    assert engines(MTCNN(engine="onnxruntime", num_threads=1)) == 3 * ["onnxruntime"]
    clean.setenv("FASTMTCNN_ENGINE", "")
    assert Options().engine == "onnxruntime"
    clean.setenv("FASTMTCNN_ENGINE", "nativ")
    wanted = "the environment variable FASTMTCNN_ENGINE must be one of .*did you mean 'native'"
    with pytest.raises(ValueError, match=wanted):
        MTCNN()


@pytest.mark.parametrize("engine", ["Native", "onnx", 3, ["native"]])
def test_no_engine(engine: Any) -> None:
    with pytest.raises(ValueError, match="engine must be one of"):
        MTCNN(engine=engine)


def test_what_repr_tells(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("OMP_NUM_THREADS", "2")
    assert repr(MTCNN(num_threads=1)) == "MTCNN(num_threads=1)"
    shown = repr(MTCNN(engine="auto", num_threads=1))
    assert shown == "MTCNN(engine='auto', num_threads=1) [native: P-Net, R-Net, O-Net]"


def test_the_same_faces_but_for_the_last_digits() -> None:
    image = golden_image("crowd.png")
    one, other = (
        MTCNN(engine=engine, num_threads=1).detect(image) for engine in ("onnxruntime", "native")
    )
    assert one.num_faces == other.num_faces > 10
    np.testing.assert_allclose(other.boxes, one.boxes, atol=2e-3)
    np.testing.assert_allclose(other.scores, one.scores, atol=3e-6)
    np.testing.assert_allclose(other.landmarks, one.landmarks, atol=2e-3)
    assert not np.array_equal(other.boxes, one.boxes)  # it was not the same engine


def test_threads_and_batches_do_not_matter() -> None:
    images = [golden_image(name) for name in ("astronaut.png", "crowd.png")]
    alone = [MTCNN(engine="native", num_threads=1).detect(image) for image in images]
    several = MTCNN(engine="native", num_threads=4)
    for found in (several.detect_batch(images), [several.detect(image) for image in images]):
        for one, other in zip(alone, found, strict=True):
            for name in ("boxes", "scores", "landmarks"):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_models_from_a_folder_and_from_memory(tmp_path: Path) -> None:
    folder = models(tmp_path)
    assert engines(MTCNN(engine="native", models=folder)) == 3 * ["native"]
    content = {"onet": read_shipped("onet.onnx")}
    assert engines(MTCNN(engine="native", models=content)) == 3 * ["native"]


def test_a_fast_twin_is_not_run_natively(tmp_path: Path) -> None:
    folder = models(tmp_path, rnet=read_shipped("rnet_fast.onnx"))
    detector = MTCNN(engine="auto", models=folder, num_threads=1)
    assert engines(detector) == ["native", "onnxruntime", "native"]
    assert repr(detector).endswith("[native: P-Net, O-Net; onnxruntime: R-Net]")
    with pytest.raises(
        ModelError, match=r"R-Net from .*rnet.onnx' cannot be run by the native eng"
    ):
        MTCNN(engine="native", models=folder)


@pytest.mark.parametrize("engine", ["native", "auto"])
def test_models_that_nothing_can_run(tmp_path: Path, engine: Any) -> None:
    folder = models(tmp_path, onet=b"no model")
    with pytest.raises(ModelError, match=r"O-Net from .*onet.onnx"):
        MTCNN(engine=engine, models=folder)
    (folder / "pnet.onnx").unlink()
    with pytest.raises(FileNotFoundError):
        MTCNN(engine=engine, models=folder)


def test_options_of_the_networks_stay_with_them() -> None:
    cascade = MTCNN(num_threads=1).cascade
    with pytest.raises(TypeError, match="a cascade keeps its networks, so engine cannot"):
        cascade.replace(engine="native")


def test_mirrored_networks(clean: pytest.MonkeyPatch) -> None:
    detector = MTCNN(engine="native", mirror=("rnet", "onet"), num_threads=1)
    assert engines(detector) == 3 * ["native"]
    assert detector.detect(golden_image("astronaut.png")).num_faces == 1


def test_without_the_instructions() -> None:
    """FASTMTCNN_DISABLE leaves the scalar target, which is for tests alone."""
    program = """
from fastmtcnn import MTCNN, ModelError
try:
    MTCNN(engine="native")
except ModelError as error:
    print(error)
print(MTCNN(engine="auto"))
"""
    out = subprocess.run(
        [sys.executable, "-c", program],
        env={"FASTMTCNN_DISABLE": "avx512,avx2,neon", "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert out[0] == (
        "P-Net from pnet.onnx cannot be run by the native engine: "
        "it needs AVX2 with FMA, AVX-512 or NEON"
    )
    assert out[1].startswith("MTCNN(engine='auto'")
    assert "native:" not in out[1]
