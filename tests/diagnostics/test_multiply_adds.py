"""Multiply-adds of the networks, beside counts by hand."""

from __future__ import annotations

import re

import pytest

from fastmtcnn.diagnostics.multiply_adds import MACS, NATIVE_LAYERS, NATIVE_MACS, native_work
from fastmtcnn.networks.architecture import find_architecture
from tests.support.helpers import ROOT

# By hand from cpp/src/networks: (layer, plain, issued).
BY_HAND = {
    # A cell is 2x2 places of the first layer and one of the others. Six products a tap column give
    # four rows of outputs; 6 x 4 products give 4 x 2 outputs.
    "pnet": [
        ("conv1", 4 * 27 * 10, 4 * 3 * 3 * 10 * 6 // 4),
        ("conv2", 9 * 10 * 16, 24 * 10 * 16 // 8),
        ("conv3", 9 * 16 * 32, 24 * 16 * 32 // 8),
        ("heads", 32 * 6, 32 * 5),
    ],
    # The first layer has 6 groups of rows for 22 rows, and 28 of 32 channels are used.
    "rnet": [
        ("conv1", 22 * 22 * 27 * 28, 6 * 6 * 22 * 3 * 3 * 32),
        ("conv2", 9 * 9 * 9 * 28 * 48, 9 * 25 * 28 * 48),
        ("conv3", 3 * 3 * 4 * 48 * 64, 16 * 48 * 64),
        ("dense4", 576 * 128, 576 * 128),
        ("heads", 128 * 6, 128 * 16),
    ],
    "onet": [
        ("conv1", 46 * 46 * 27 * 32, 12 * 6 * 46 * 3 * 3 * 32),
        ("conv2", 21 * 21 * 9 * 32 * 64, 49 * 25 * 32 * 64),
        ("conv3", 8 * 8 * 9 * 64 * 64, 2 * 4 * 24 * 64 * 64),
        ("conv4", 3 * 3 * 4 * 64 * 128, 16 * 64 * 128),
        ("dense5", 1152 * 256, 1152 * 256),
        ("heads", 256 * 16, 256 * 16),
    ],
}


@pytest.mark.parametrize("key", BY_HAND)
def test_each_layer(key: str) -> None:
    counted = [(layer.name, layer.plain, layer.issued) for layer in native_work(key)]
    assert counted == BY_HAND[key]


def test_sums() -> None:
    assert MACS == {"pnet": 7_320, "rnet": 1_530_768, "onet": 12_909_952}
    assert NATIVE_MACS == {"pnet": 2_716, "rnet": 655_424, "onet": 4_679_168}


@pytest.mark.parametrize("key", BY_HAND)
def test_plain_ones_are_those_of_the_architecture(key: str) -> None:
    plain = sum(layer.plain for layer in native_work(key))
    assert plain == find_architecture(key, "original").num_multiply_adds == MACS[key]


def test_algorithms_are_named() -> None:
    names = {
        key: [str(native) for native in layers.values()] for key, layers in NATIVE_LAYERS.items()
    }
    cells = "F(4,3) x F(2,3)"
    assert names["pnet"] == ["F(4,3) x direct", cells, cells, "matrix product"]
    assert names["onet"][1:4] == ["F(3,3) x F(3,3)", cells, "F(3,2) x F(3,2)"]


@pytest.mark.parametrize("key", BY_HAND)
def test_algorithms_are_those_of_the_core(key: str) -> None:
    source = (ROOT / "cpp" / "src" / "networks" / "weights.cpp").read_text()
    prepare = source[source.index(f"prepare_{key}(const NamedTensors& tensors) {{") :]
    prepare = prepare[: prepare.index("\n}\n")]
    calls = r"prepare_(\w+)(?:<Winograd(\d)(\d), Winograd(\d)(\d)>)?\(tensors, \{([\d, ]+)\}"
    found = {}
    for first, *digits, shape in re.findall(calls, prepare):
        number, _, _, channels = map(int, shape.split(", "))
        lines = [4, 3, 1, 3] if first.startswith("first") else [int(digit) for digit in digits]
        found[f"conv{number}"] = (*lines, channels)
    assert len(found) >= 3
    assert found == {
        name: (*native.rows, *native.columns, native.channels)
        for name, native in NATIVE_LAYERS[key].items()
        if native.rows is not None and native.columns is not None
    }
