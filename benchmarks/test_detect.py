"""The whole detection beside the baseline's, with the same networks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import fastmtcnn
from benchmarks.baseline import BaselineMTCNN, detector
from benchmarks.files import MODELS
from fastmtcnn.networks.onnx import OnnxNetwork

P = ParamSpec("P")
T = TypeVar("T")
Faces = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]


class Stopwatch:
    """Adds up the seconds that a function takes."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timing(self, function: Callable[P, T]) -> Callable[P, T]:
        """Return the same function, timed."""

        def timed(*args: P.args, **kwargs: P.kwargs) -> T:
            start = perf_counter()
            result = function(*args, **kwargs)
            self.seconds += perf_counter() - start
            return result

        return timed


def assert_same_faces(answer: Faces, expected: Faces) -> None:
    for ours, theirs, tolerance in zip(answer, expected, (1e-3, 1e-5, 1e-3), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


@pytest.mark.benchmark(min_rounds=15)
def test_detect(
    compare: Callable[..., None],
    benchmark: BenchmarkFixture,
    monkeypatch: pytest.MonkeyPatch,
    crowd: npt.NDArray[np.uint8],
) -> None:
    ours = fastmtcnn.MTCNN(models=MODELS, num_threads=1)
    reference = BaselineMTCNN(MODELS, num_threads=1)
    networks = {"fastmtcnn": Stopwatch(), "reference": Stopwatch()}
    whole = {side: Stopwatch() for side in networks}
    timed = networks["fastmtcnn"].timing(OnnxNetwork.__call__)
    monkeypatch.setattr(OnnxNetwork, "__call__", timed)
    monkeypatch.setattr(detector, "_run", networks["reference"].timing(detector._run))
    height, width = crowd.shape[:2]
    compare(
        f"detect, {width}x{height}",
        whole["fastmtcnn"].timing(partial(ours.detect, crowd)),
        whole["reference"].timing(partial(reference.detect, crowd)),
        target=1.3,
        settings=f"defaults, {ours.detect(crowd).num_faces} faces",
        check=assert_same_faces,
    )
    side = benchmark.extra_info["side"]
    benchmark.extra_info["networks"] = networks[side].seconds / whole[side].seconds
