"""Each network, as rewritten for the CPU, beside the plain graph that it was rewritten from; and by
kernels of our own beside the rewritten graph."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks import baseline
from benchmarks.files import MODELS
from benchmarks.rows import OURS, REFERENCE, SIDES
from fastmtcnn import _core
from fastmtcnn._core import has_avx512f
from fastmtcnn.diagnostics.multiply_adds import MACS
from fastmtcnn.graphs.reading import read_weights
from fastmtcnn.networks.architecture import ARCHITECTURES

Compare: TypeAlias = Callable[..., None]
Images: TypeAlias = npt.NDArray[np.float32]
Outputs: TypeAlias = list[npt.NDArray[np.float32]]

NAMES = {"pnet": "P-Net", "rnet": "R-Net", "onet": "O-Net"}
FAST = {
    "pnet": "pnet_fast_avx512" if has_avx512f() else "pnet_fast",
    "rnet": "rnet_fast",
    "onet": "onet_fast",
}


# How many times as fast the rewritten graph is to be. A single crop and a tiny level are mostly
# the runtime's expense for each node.
PNET_TARGETS = {(24, 32): 1.2, (96, 128): 1.6, (288, 384): 1.6}
CROP_TARGETS = {
    ("rnet", 1): 1.2,
    ("rnet", 16): 1.8,
    ("rnet", 64): 1.8,
    ("onet", 1): 1.2,
    ("onet", 8): 1.4,
    ("onet", 32): 1.4,
}

# The same for the native kernels beside the rewritten graph: levels of 1280x720 no larger than a
# tile, which the cascade cuts for onnxruntime; batches of the cascade, and parts of them.
NATIVE_LEVELS = {
    (27, 48): 1.5,
    (54, 96): 1.5,
    (108, 192): 2.0,
    (153, 272): 2.0,
    (216, 384): 2.0,
}
NATIVE_CROPS = {
    ("rnet", 1): 1.5,
    ("rnet", 16): 2.0,
    ("rnet", 32): 2.0,
    ("onet", 1): 1.5,
    ("onet", 6): 1.8,
    ("onet", 12): 1.8,
}

pytestmark = pytest.mark.benchmark(max_time=0.8, min_rounds=9)


@pytest.fixture(scope="module")
def sessions() -> dict[str, onnxruntime.InferenceSession]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return {
        name: onnxruntime.InferenceSession(
            MODELS / f"{name}.onnx", options, providers=["CPUExecutionProvider"]
        )
        for name in (*NAMES, *FAST.values())
    }


@pytest.fixture(scope="module")
def crops(crowd: npt.NDArray[np.uint8]) -> dict[str, Images]:
    """Return what R-Net and O-Net get to see of the crowd.

    Photographs, not noise, here and for P-Net: PRelu, of which the plain graphs are full, takes
    longer the less the signs of its input can be foreseen.
    """
    trace = baseline.BaselineMTCNN(MODELS).trace(crowd)
    return {
        "rnet": baseline.crop(crowd, trace.rnet_boxes, 24),
        "onet": baseline.crop(crowd, trace.onet_boxes, 48),
    }


def run(session: onnxruntime.InferenceSession, images: Images) -> Outputs:
    names = sorted(output.name for output in session.get_outputs())
    outputs: Outputs = session.run(names, {"image": images})
    return outputs


def assert_close(answer: Outputs, expected: Outputs, landmarks: float = 3e-6) -> None:
    """Compare outputs; of probabilities, the last of the sorted names, only those of a face."""
    *others, probabilities = answer
    *expected_others, expected_probabilities = expected
    others.append(probabilities[:, -1])
    expected_others.append(expected_probabilities[:, -1])
    for values, expected_values in zip(others, expected_others, strict=True):
        is_landmarks = values.ndim == 2 and values.shape[1] == 10
        tolerance = landmarks if is_landmarks else 3e-6
        np.testing.assert_allclose(values, expected_values, rtol=0, atol=tolerance)


@pytest.fixture
def compare_graphs(
    compare: Compare,
    benchmark: BenchmarkFixture,
    sessions: dict[str, onnxruntime.InferenceSession],
) -> Callable[[str, Images, float], None]:
    """Return a function that times one graph of a network and checks it by the other."""

    def run_both(name: str, images: Images, target: float) -> None:
        compare(
            f"{NAMES[name]}, {'x'.join(map(str, images.shape))}",
            partial(run, sessions[FAST[name]], images),
            partial(run, sessions[name], images),
            target=target,
            settings="reference: the plain graph, onnxruntime too",
            check=assert_close,
        )
        if benchmark.stats is not None:
            offsets = run(sessions[name], images)[-2]
            speed = MACS[name] * offsets.size / 4 / benchmark.stats.stats.median
            benchmark.extra_info["giga_multiply_adds_per_s"] = speed / 1e9

    return run_both


@pytest.mark.parametrize(("height", "width"), PNET_TARGETS)
def test_pnet(
    compare_graphs: Callable[[str, Images, float], None],
    crowd: npt.NDArray[np.uint8],
    height: int,
    width: int,
) -> None:
    level = baseline.resample(crowd, height, width)[None]
    compare_graphs("pnet", level, PNET_TARGETS[height, width])


@pytest.mark.parametrize(("name", "n"), CROP_TARGETS)
def test_crops(
    compare_graphs: Callable[[str, Images, float], None],
    crops: dict[str, Images],
    name: str,
    n: int,
) -> None:
    batch = crops[name][np.arange(n) % len(crops[name])]
    compare_graphs(name, batch, CROP_TARGETS[name, n])


Native: TypeAlias = _core.NativePNet | _core.NativeRNet | _core.NativeONet


@pytest.fixture(scope="module", params=_core.network_targets()[:-1])
def native(request: pytest.FixtureRequest) -> dict[str, Native]:
    """Return the networks by our own kernels for each CPU target but "scalar"."""
    weights = {
        key: read_weights((MODELS / f"{key}.onnx").read_bytes(), ARCHITECTURES[key]["original"])
        for key in NAMES
    }
    return {
        "pnet": _core.NativePNet(weights["pnet"], request.param),
        "rnet": _core.NativeRNet(weights["rnet"], request.param),
        "onet": _core.NativeONet(weights["onet"], request.param),
    }


@pytest.fixture
def compare_native(
    compare: Compare,
    benchmark: BenchmarkFixture,
    sessions: dict[str, onnxruntime.InferenceSession],
    native: dict[str, Native],
) -> Callable[[str, Images, float], None]:
    """Return a function that times a native network and checks it by the rewritten graph."""

    def as_graph(name: str, images: Images) -> Outputs:
        """Return the outputs in the order of their names, as `run`."""
        scores, *others = native[name](images[0] if name == "pnet" else images)
        outputs = [*reversed(others), scores[:, None]]
        return [output[None] for output in (others[0], scores[None])] if name == "pnet" else outputs

    def run_both(name: str, images: Images, target: float) -> None:
        wall: dict[str, list[float]] = {side: [] for side in SIDES}

        def timed(side: str, function: Callable[[], Outputs]) -> Callable[[], Outputs]:
            def call() -> Outputs:
                start = time.perf_counter()
                outputs = function()
                wall[side].append(time.perf_counter() - start)
                return outputs

            return call

        compare(
            f"{NAMES[name]}, {'x'.join(map(str, images.shape))}, {native[name].target}",
            timed(OURS, partial(as_graph, name, images)),
            timed(REFERENCE, partial(run, sessions[FAST[name]], images)),
            target=target,
            settings="native beside the rewritten graph in onnxruntime, CPU time",
            check=partial(assert_close, landmarks=1e-6),
        )
        side = benchmark.extra_info["side"]
        benchmark.extra_info["wall"] = statistics.median(wall[side])
        if benchmark.stats is not None:
            cells = run(sessions[name], images)[-2].size / 4
            speed = MACS[name] * cells / benchmark.stats.stats.median
            benchmark.extra_info["giga_multiply_adds_per_s"] = speed / 1e9

    return run_both


# Of the process, so that what else the machine does counts less.
cpu_time = pytest.mark.benchmark(timer=time.process_time)


@cpu_time
@pytest.mark.parametrize(("height", "width"), NATIVE_LEVELS)
def test_native_pnet(
    compare_native: Callable[[str, Images, float], None],
    crowd: npt.NDArray[np.uint8],
    height: int,
    width: int,
) -> None:
    level = baseline.resample(crowd, height, width)[None]
    compare_native("pnet", level, NATIVE_LEVELS[height, width])


@cpu_time
@pytest.mark.parametrize(("name", "n"), NATIVE_CROPS)
def test_native_crops(
    compare_native: Callable[[str, Images, float], None],
    crops: dict[str, Images],
    name: str,
    n: int,
) -> None:
    batch = crops[name][np.arange(n) % len(crops[name])]
    compare_native(name, batch, NATIVE_CROPS[name, n])
