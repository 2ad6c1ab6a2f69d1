"""Hard samples: what the cascade so far proposes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import fastmtcnn
from fastmtcnn.networks.loading import network_loader, read_shipped
from fastmtcnn.training.samples.faces import Faces
from fastmtcnn.training.samples.mining import (
    MiningSettings,
    Proposals,
    StageKey,
    choose_hard,
    find_proposals,
)
from fastmtcnn.training.samples.records import Kind
from fastmtcnn.training.samples.settings import WindowSettings
from tests.support.annotated import annotated
from tests.support.helpers import golden_image

FACES = Faces.of(
    annotated([[100, 100, 160, 160], [300, 100, 340, 140]]), WindowSettings(min_face=10)
)


def proposals(number: int, seed: int = 0) -> Proposals:
    rng = np.random.default_rng(seed)
    near = rng.integers(70, 130, (number // 2, 2))
    far = rng.integers(0, 400, (number - number // 2, 2))
    corners = np.concatenate([near, far]).astype(float)
    windows = np.hstack([corners, corners + rng.integers(30, 80, (number, 1))])
    return Proposals(windows, rng.random(number).astype(np.float32))


def as_set(windows: NDArray[np.float64]) -> set[tuple[float, ...]]:
    return {tuple(window) for window in windows.tolist()}


def test_the_hardest_negatives_are_among_those_chosen() -> None:
    found, settings = proposals(600), MiningSettings(negatives=20, per_face=5)
    chosen = choose_hard(found, FACES, settings, np.random.default_rng(1))
    kinds, nearest = FACES.label(found.windows)
    negatives = [k for k in range(600) if kinds[k] == Kind.NEGATIVE]
    hardest = sorted(negatives, key=lambda k: -found.scores[k])[:10]
    assert as_set(found.windows[hardest]) <= as_set(chosen)
    kinds_chosen, faces_chosen = FACES.label(chosen)
    assert (kinds_chosen == Kind.NEGATIVE).sum() == 20
    for kind in (Kind.POSITIVE, Kind.PART):
        for face in range(2):
            there = int(((kinds == kind) & (nearest == face)).sum())
            got = int(((kinds_chosen == kind) & (faces_chosen == face)).sum())
            assert got == min(there, 5)
    assert len(as_set(chosen)) == len(chosen)


def test_the_order_is_that_of_the_proposals() -> None:
    found = proposals(300)
    chosen = choose_hard(found, FACES, MiningSettings(), np.random.default_rng(0))
    place = {tuple(window): k for k, window in enumerate(found.windows.tolist())}
    places = [place[tuple(window)] for window in chosen.tolist()]
    assert places == sorted(places)


def test_chance_decides_on_the_other_half() -> None:
    found = proposals(600)
    settings = MiningSettings(negatives=20, per_face=0)
    sets = [
        as_set(choose_hard(found, FACES, settings, np.random.default_rng(seed)))
        for seed in (1, 1, 2)
    ]
    assert sets[0] == sets[1] != sets[2]
    assert len(sets[0] & sets[2]) >= 10


@pytest.mark.parametrize("number", [0, 1, 7])
def test_fewer_proposals_than_are_wanted(number: int) -> None:
    found = proposals(number)
    chosen = choose_hard(found, FACES, MiningSettings(), np.random.default_rng(0))
    assert as_set(chosen) <= as_set(found.windows)
    no_face = Faces.of(annotated(np.empty((0, 4))), WindowSettings())
    everything = choose_hard(found, no_face, MiningSettings(), np.random.default_rng(0))
    assert len(everything) == number


@pytest.mark.parametrize(("key", "crops"), [("rnet", "rnet"), ("onet", "onet")])
def test_proposals_are_what_the_cascade_would_show_to_the_network(
    key: StageKey, crops: str
) -> None:
    photo = golden_image("astronaut_333x277.png")
    names = ("pnet", "rnet")[: 1 if key == "rnet" else 2]
    models = {name: read_shipped(f"{name}.onnx") for name in names}
    settings = MiningSettings(min_face_size=24, thresholds=(0.6, 0.7))
    options = settings.options()
    networks = network_loader(models, options.providers, ()).get()
    found = find_proposals(photo, networks, key, options)
    detector = fastmtcnn.MTCNN(min_face_size=24, thresholds=(0.6, 0.7, 0.0), num_threads=1)
    trace = getattr(detector.trace(photo), key)
    expected = np.hstack([trace.boxes[:, :2], trace.boxes[:, 2:] + 1])
    # Rounding may leave a square one pixel higher than wide; a sample is as high as wide.
    assert np.abs(expected[:, 2] - expected[:, 0] - expected[:, 3] + expected[:, 1]).max() <= 1
    assert as_set(expected[:, :3]) <= as_set(found.windows[:, :3])
    # The detector leaves out squares without a pixel of the photograph.
    assert len(found.windows) - len(expected) <= 3
    sides = found.windows[:, 2:] - found.windows[:, :2]
    assert (sides[:, 0] == sides[:, 1]).all()
