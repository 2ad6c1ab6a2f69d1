"""The three stages, each with all that belongs to it, and the networks' part of the whole."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.baseline import BaselineMTCNN
from benchmarks.files import MODELS
from benchmarks.rows import OURS, REFERENCE, Row
from benchmarks.sizes import Pixels, fitted
from fastmtcnn import MTCNN, Detections, _core
from fastmtcnn.cascade.proposals import propose
from fastmtcnn.cascade.pyramid import pyramid_scales
from fastmtcnn.cascade.refinement import refine, run_on_crops
from fastmtcnn.cascade.stage_results import Candidates, CropBatchResult
from fastmtcnn.networks.network import Outputs
from fastmtcnn.networks.onnx import OnnxNetwork

Compare: TypeAlias = Callable[..., None]
Setting: TypeAlias = tuple[Pixels, int]

SETTINGS = [(1280, 720, 20), (1280, 720, 40), (1920, 1080, 20), (1920, 1080, 40)]
RNET, ONET = 1, 2

pytestmark = pytest.mark.benchmark(max_time=1.0, min_rounds=7)


@pytest.fixture(params=SETTINGS, ids=["{}x{}-{}".format(*setting) for setting in SETTINGS])
def setting(request: pytest.FixtureRequest, crowd: Pixels) -> Setting:
    """Return an image and a min_face_size."""
    width, height, min_face_size = request.param
    return fitted(crowd, width, height), min_face_size


def named(stage: str, setting: Setting) -> str:
    image, min_face_size = setting
    return f"{stage}, {image.shape[1]}x{image.shape[0]}, min_face_size {min_face_size}"


def run_pnet(detector: MTCNN, image: Pixels) -> Candidates:
    """Run P-Net's stage: pyramid, network, boxes, both rounds of NMS."""
    source, cascade = _core.ResampleSource(image), detector.cascade
    scales = pyramid_scales(source, cascade.options)
    (found,) = propose([source], [scales], cascade.networks.pnet, cascade.options, map)
    return found


def show(detector: MTCNN, image: Pixels, candidates: Candidates, which: int) -> CropBatchResult:
    """Run what R-Net's and O-Net's stages consist of: squares, crops, network."""
    network, variant = detector.cascade.networks[which], detector.cascade.options.variant
    squares = candidates.to_squares(1, variant)
    (result,) = run_on_crops([_core.ResampleSource(image)], [squares], network, variant, map)
    return result


def show_baseline(
    reference: BaselineMTCNN, image: Pixels, candidates: Candidates, which: int
) -> Any:
    """Run the same by the baseline."""
    network = "rnet" if which == RNET else "onet"
    boxes = reference._crop_boxes(network, candidates.boxes, candidates.offsets, *image.shape[:2])
    return reference._refine(image, boxes) if which == RNET else reference._finish(image, boxes)


def assert_same_proposals(answer: Any, expected: Any) -> None:
    """Compare proposals, of which one in a thousand may hang on the last bits of a score."""
    ours, theirs = (
        np.column_stack([boxes, scores]).round(2) for boxes, scores, _ in (answer, expected)
    )
    common = {tuple(row) for row in ours} & {tuple(row) for row in theirs}
    assert max(len(ours), len(theirs)) - len(common) <= len(theirs) / 1000


def assert_same_outputs(answer: Any, expected: Any) -> None:
    """Compare scores and offsets of rewritten and plain networks."""
    ours, theirs = (
        side.outputs if isinstance(side, CropBatchResult) else side for side in (answer, expected)
    )
    for mine, other in zip(ours[:2], theirs[:2], strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-5)


@pytest.mark.parametrize("reference", ["plain networks", "the baseline"])
def test_pnet_stage(compare: Compare, setting: Setting, reference: str) -> None:
    image, min_face_size = setting
    baseline = BaselineMTCNN(MODELS, min_face_size)
    scales = baseline.trace(image).scales
    compare(
        named(f"P-Net's stage beside {reference}", setting),
        partial(run_pnet, MTCNN(min_face_size), image),
        partial(run_pnet, MTCNN(min_face_size, models=MODELS), image)
        if reference == "plain networks"
        else partial(baseline._propose, image, scales),
        target=2.0,
        check=assert_same_proposals,
    )


@pytest.mark.parametrize("reference", ["plain networks", "the baseline"])
@pytest.mark.parametrize("which", [RNET, ONET])
def test_crop_stages(compare: Compare, setting: Setting, reference: str, which: int) -> None:
    image, min_face_size = setting
    ours, plain = MTCNN(min_face_size), MTCNN(min_face_size, models=MODELS)
    candidates = run_pnet(ours, image)
    if which == ONET:
        candidates = refine(show(ours, image, candidates, RNET), ours.cascade.options)
    compare(
        named(f"{'R-Net' if which == RNET else 'O-Net'}'s stage beside {reference}", setting),
        partial(show, ours, image, candidates, which),
        partial(show, plain, image, candidates, which)
        if reference == "plain networks"
        else partial(show_baseline, BaselineMTCNN(MODELS), image, candidates, which),
        target=1.8 if which == RNET else 1.4,
        settings=f"{len(candidates.boxes)} crops",
        check=assert_same_outputs,
    )


def test_outside_the_networks(
    benchmark: BenchmarkFixture,
    add_row: Callable[[Row], None],
    setting: Setting,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The ratio is the share of the networks: the target leaves 12 or 20 % for all the rest."""
    image, min_face_size = setting
    detector = MTCNN(min_face_size, num_threads=1)
    expected = detector.detect(image)
    call, spent, networks = OnnxNetwork.__call__, [0.0], []

    def timed(network: OnnxNetwork, batch: Any) -> Outputs:
        start = perf_counter()
        outputs = call(network, batch)
        spent[0] += perf_counter() - start
        return outputs

    def detect() -> Detections:
        spent[0] = 0.0
        result = detector.detect(image)
        networks.append(spent[0])
        return result

    monkeypatch.setattr(OnnxNetwork, "__call__", timed)
    benchmark.group = named("detect, networks", setting)
    for mine, other in zip(benchmark(detect), expected, strict=True):
        np.testing.assert_array_equal(mine, other)
    if benchmark.stats is not None:
        medians = {OURS: benchmark.stats.stats.median, REFERENCE: float(np.median(networks))}
        target = 0.88 if min_face_size < 40 else 0.80
        add_row(
            Row(benchmark.group, target, "reference: its networks; ratio: their share", medians)
        )
