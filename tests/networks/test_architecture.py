"""Architectures as data: names, shapes and counts, against figures counted by hand."""

from __future__ import annotations

import pytest

from fastmtcnn.networks.architecture import ARCHITECTURES, Pool, find_architecture, pooled

NAMED = [(key, name) for key, named in ARCHITECTURES.items() for name in named]


@pytest.mark.parametrize(
    ("key", "name", "parameters", "multiply_adds"),
    [
        # 27*10 + 90*16 + 144*32 + 32*6 weights, 10+16+32 slopes, 10+16+32+6 biases
        ("pnet", "original", 6632, 4 * 270 + 1440 + 4608 + 192),
        # 27*16 + 144*32 + 288*48 + 48*6, 96 slopes, 96+6 biases
        ("pnet", "wide", 19350, 4 * 432 + 4608 + 13824 + 288),
        ("rnet", "original", 100178, 484 * 756 + 81 * 12096 + 9 * 12288 + 576 * 128 + 768),
        ("rnet", "context", 100178, 484 * 756 + 81 * 12096 + 9 * 12288 + 576 * 128 + 768),
        ("onet", "original", 389040, 12909952),
        ("onet", "context", 389040, 12909952),
        (
            "onet",
            "context64",
            903648,
            62**2 * 432 + 29**2 * 9216 + 144 * 36864 + 25 * 32768 + 3200 * 256 + 256 * 16,
        ),
        (
            "onet",
            "context64-wide",
            913328,
            62**2 * 864 + 29**2 * 18432 + 144 * 36864 + 25 * 32768 + 3200 * 256 + 256 * 16,
        ),
    ],
)
def test_counts(key: str, name: str, parameters: int, multiply_adds: int) -> None:
    architecture = find_architecture(key, name)
    assert architecture.num_parameters == parameters
    assert architecture.num_multiply_adds == multiply_adds


def test_every_named_architecture_is_counted() -> None:
    assert len(NAMED) == 8
    assert all(ARCHITECTURES[key][name].name == name for key, name in NAMED)
    assert all(ARCHITECTURES[key][name].key == key for key, name in NAMED)


def test_sizes_and_scales() -> None:
    facts = {
        (key, name): (each.side, each.window, each.stride, each.crop_scale)
        for key, named in ARCHITECTURES.items()
        for name, each in named.items()
    }
    assert facts == {
        ("pnet", "original"): (None, 12, 2, 1.0),
        ("pnet", "wide"): (None, 12, 2, 1.0),
        ("rnet", "original"): (24, 24, None, 1.0),
        ("rnet", "context"): (24, 24, None, 1.5),
        ("onet", "original"): (48, 48, None, 1.0),
        ("onet", "context"): (48, 48, None, 1.5),
        ("onet", "context64"): (64, 64, None, 1.5),
        ("onet", "context64-wide"): (64, 64, None, 1.5),
    }


def test_state_dict_names_in_order() -> None:
    shapes = find_architecture("rnet", "original").shapes
    assert list(shapes.items()) == [
        ("conv1.weight", (28, 3, 3, 3)),
        ("conv1.bias", (28,)),
        ("prelu1.weight", (28,)),
        ("conv2.weight", (48, 28, 3, 3)),
        ("conv2.bias", (48,)),
        ("prelu2.weight", (48,)),
        ("conv3.weight", (64, 48, 2, 2)),
        ("conv3.bias", (64,)),
        ("prelu3.weight", (64,)),
        ("dense4.weight", (128, 576)),
        ("dense4.bias", (128,)),
        ("prelu4.weight", (128,)),
        ("dense5_1.weight", (2, 128)),
        ("dense5_1.bias", (2,)),
        ("dense5_2.weight", (4, 128)),
        ("dense5_2.bias", (4,)),
    ]


def test_only_what_differs_from_the_original_is_metadata() -> None:
    for key in ARCHITECTURES:
        assert find_architecture(key, "original").metadata.to_properties() == {}
    assert find_architecture("onet", "context64").metadata.to_properties() == {
        "fastmtcnn.architecture": "context64",
        "fastmtcnn.window": "64",
        "fastmtcnn.crop_scale": "1.5",
        "fastmtcnn.multiply_adds": "16362176",
    }


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "ceil_mode", "expected"),
    [(10, 2, 2, True, 5), (22, 3, 2, True, 11), (22, 3, 2, False, 10), (62, 3, 3, True, 21)],
)
def test_side_of_pooled_maps(
    side: int, kernel: int, stride: int, ceil_mode: bool, expected: int
) -> None:
    assert pooled(side, Pool("pool1", kernel, stride, ceil_mode)) == expected


def test_unknown_names() -> None:
    with pytest.raises(ValueError, match="network must be one of 'pnet', 'rnet', 'onet', got 'q'"):
        find_architecture("q", "original")
    with pytest.raises(ValueError, match=r"architecture of pnet must be one of .*did you mean"):
        find_architecture("pnet", "wid")
