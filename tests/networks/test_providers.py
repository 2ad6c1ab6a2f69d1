"""Execution providers: what is refused, and how plug-ins and CUDA's libraries are brought in.

None of them is there where the tests usually run; onnxruntime's part is played by stand-ins.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest

from fastmtcnn import MTCNN, ModelError
from tests.support.helpers import golden_image

OPENVINO = "OpenVINOExecutionProvider"
CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"


class _Plugin:
    """OpenVINO's plug-in as seen through onnxruntime: which devices it has, and what was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, devices: list[str]) -> None:
        self.registered: list[str] = []
        self.added: list[tuple[list[str], dict[str, str]]] = []
        module = ModuleType("onnxruntime_ep_openvino")
        module.get_library_path = lambda: "/plugin.so"  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "onnxruntime_ep_openvino", module)
        monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
        plugin = self

        def register(_: str, path: str) -> None:
            plugin.registered.append(path)

        def get_ep_devices() -> list[Any]:
            found = [SimpleNamespace(ep_name=CPU, ep_metadata={})]
            if plugin.registered:
                found += [
                    SimpleNamespace(ep_name=OPENVINO, ep_metadata={"ov_device": device})
                    for device in devices
                ]
            return found

        class Options(onnxruntime.SessionOptions):  # type: ignore[misc]
            def add_provider_for_devices(self, devices: Any, options: Mapping[str, str]) -> None:
                names = [each.ep_metadata["ov_device"] for each in devices]
                plugin.added.append((names, dict(options)))

        class Session(onnxruntime.InferenceSession):  # type: ignore[misc]
            def __init__(self, content: bytes, options: Any) -> None:
                super().__init__(content, options, providers=[CPU])

            def get_providers(self) -> list[str]:
                return [OPENVINO, CPU]

        monkeypatch.setattr(
            onnxruntime, "register_execution_provider_library", register, raising=False
        )
        monkeypatch.setattr(onnxruntime, "get_ep_devices", get_ep_devices, raising=False)
        monkeypatch.setattr(onnxruntime, "SessionOptions", Options)
        monkeypatch.setattr(onnxruntime, "InferenceSession", Session)


def test_openvino_as_a_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    image = golden_image("astronaut.png")
    expected = MTCNN(40).detect(image)
    plugin = _Plugin(monkeypatch, ["NPU", "CPU", "GPU"])
    found = MTCNN(40, providers=[OPENVINO, CPU]).detect(image)
    MTCNN(40, providers=[(OPENVINO, {"device_type": "GPU", "num_streams": 2})])
    assert plugin.registered == ["/plugin.so"]
    assert plugin.added == 3 * [(["CPU"], {})] + 3 * [(["GPU"], {"num_streams": "2"})]
    assert found.num_faces == expected.num_faces == 1
    np.testing.assert_allclose(found.boxes, expected.boxes, rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    ("devices", "message"),
    [
        (["NPU", "GPU"], "OpenVINO.* it finds no device CPU here; it finds GPU, NPU$"),
        ([], "OpenVINO.* it finds no device CPU here; it needs hardware from Intel$"),
    ],
)
def test_openvino_without_a_device(
    monkeypatch: pytest.MonkeyPatch, devices: list[str], message: str
) -> None:
    _Plugin(monkeypatch, devices)
    with pytest.raises(ModelError, match=message):
        MTCNN(providers=[OPENVINO])


@pytest.mark.parametrize("wrong", [[CPU, OPENVINO], [OPENVINO, CUDA], [OPENVINO, OPENVINO]])
def test_openvino_beside_others(monkeypatch: pytest.MonkeyPatch, wrong: list[str]) -> None:
    _Plugin(monkeypatch, ["CPU"])
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    listed = ", ".join(wrong)
    with pytest.raises(ValueError, match=f"must come first, with none but {CPU}.* got {listed}$"):
        MTCNN(providers=wrong)


def test_openvino_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    message = (
        f"'{OPENVINO}' is not in .* which has '{CPU}'; the extra fastmtcnn.openvino. brings it"
    )
    with pytest.raises(ValueError, match=message):
        MTCNN(providers=[OPENVINO])


@pytest.mark.parametrize(
    ("installed", "message"),
    [
        ([], r"which has 'CPU\w+'; the extra fastmtcnn\[cuda\] brings it$"),
        (
            ["onnxruntime-gpu"],
            "onnxruntime overwrote it: pip install --force-reinstall --no-deps onnxruntime-gpu$",
        ),
    ],
)
def test_cuda_not_available(
    monkeypatch: pytest.MonkeyPatch, installed: list[str], message: str
) -> None:
    def version(distribution: str) -> str:
        if distribution in installed:
            return "1.31.1"
        raise metadata.PackageNotFoundError(distribution)

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    monkeypatch.setattr("importlib.metadata.version", version)
    with pytest.raises(ValueError, match=message):
        MTCNN(providers=[CUDA])


def test_a_provider_that_no_extra_brings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    with pytest.raises(
        ValueError, match=r"'CoreML.* is not in .*; other builds of it have others$"
    ):
        MTCNN(providers=["CoreMLExecutionProvider"])


def test_a_provider_that_onnxruntime_replaces_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    preloaded = []

    class Replaced:
        def __init__(self, *_: Any, **__: Any) -> None: ...

        def get_providers(self) -> list[str]:
            return [CPU]

    def preload() -> None:
        preloaded.append(1)
        sys.stdout.write("Failed to load libcublas.so")  # as the true one does

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA])
    monkeypatch.setattr(onnxruntime, "InferenceSession", Replaced)
    monkeypatch.setattr(onnxruntime, "preload_dlls", preload, raising=False)
    with pytest.raises(ModelError, match=f"{CUDA} cannot be used: onnxruntime took {CPU}"):
        MTCNN(providers=[CUDA])
    assert preloaded
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_nothing_is_reported_to_anybody(tmp_path: Path) -> None:
    """onnxruntime's telemetry is off: no thread, no files, and a forked process can end."""
    program = """
import os, sys, fastmtcnn
photo = fastmtcnn.sample_photo()
detector = fastmtcnn.MTCNN(num_threads=1)
assert detector.detect(photo).num_faces == 1
child = os.fork()
if child == 0:
    assert detector.detect(photo).num_faces == 1
    sys.exit(0)
print(os.waitpid(child, 0)[1], os.environ["ORT_DISABLE_TELEMETRY"])
"""
    # In CI onnxruntime holds still anyway.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("CI", "TF_BUILD", "GITHUB_ACTIONS", "ORT_DISABLE_TELEMETRY")
    }
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        timeout=60,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.split(), done.stderr, done.returncode) == (["0", "1"], "", 0)
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("chosen", ["0", "1", ""])
def test_who_wants_telemetry_keeps_it(chosen: str) -> None:
    program = "import os, fastmtcnn; print(repr(os.environ['ORT_DISABLE_TELEMETRY']))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "CI": "true", "ORT_DISABLE_TELEMETRY": chosen},
        timeout=60,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{chosen!r}\n"
