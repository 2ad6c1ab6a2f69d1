"""Changes of samples, beside flipped pictures and loops over pixels."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from fastmtcnn.training.learning.augmentation import (
    Augmentation,
    augment,
    colour_matrices,
    mirror_offsets,
    mirror_points,
)
from fastmtcnn.training.samples.records import Kind, Records, record_type

pytestmark = pytest.mark.optional


def samples(count: int, side: int = 12, seed: int = 0) -> Records:
    rng = np.random.default_rng(seed)
    records = np.zeros(count, record_type(side))
    records["pixels"] = rng.integers(0, 256, records["pixels"].shape)
    records["kind"] = Kind.POSITIVE
    records["offsets"] = rng.normal(0, 0.2, (count, 4))
    records["points"] = rng.uniform(0, 1, (count, 10))
    return records


def scaled(pixels: np.ndarray) -> np.ndarray:
    return ((pixels.astype(np.float64) - 127.5) / 128).astype(np.float32)


def test_nothing_is_changed_without_settings() -> None:
    records = samples(20)
    inputs = augment(records, Augmentation(mirror=False, colour=0), np.random.default_rng(0))
    np.testing.assert_array_equal(inputs.images.numpy(), scaled(records["pixels"]))
    np.testing.assert_array_equal(inputs.offsets.numpy(), records["offsets"])
    np.testing.assert_array_equal(inputs.points.numpy(), records["points"])


def test_mirrored_twice_is_as_before() -> None:
    records = samples(50)
    offsets, points = records["offsets"], records["points"]
    np.testing.assert_array_equal(mirror_offsets(mirror_offsets(offsets)), offsets)
    np.testing.assert_allclose(mirror_points(mirror_points(points)), points, rtol=0, atol=1e-7)


def test_mirrored_truth_by_hand() -> None:
    """A window from x = 0 to 100: a face from 10 to 80, with points, seen in a mirror."""
    offsets = np.array([[0.1, 0.2, -0.2, 0.05]], np.float32)
    np.testing.assert_allclose(mirror_offsets(offsets), [[0.2, 0.2, -0.1, 0.05]], atol=1e-7)
    # Left eye 0.3, right eye 0.6, nose 0.5, left corner 0.35, right corner 0.55; y differ.
    points = np.array([[0.3, 0.6, 0.5, 0.35, 0.55, 0.1, 0.2, 0.5, 0.8, 0.9]], np.float32)
    expected = [[0.4, 0.7, 0.5, 0.45, 0.65, 0.2, 0.1, 0.5, 0.9, 0.8]]
    np.testing.assert_allclose(mirror_points(points), expected, atol=1e-6)


def test_every_second_sample_is_mirrored_with_its_truth() -> None:
    records = samples(400)
    inputs = augment(records, Augmentation(mirror=True, colour=0), np.random.default_rng(3))
    straight = scaled(records["pixels"])
    num_mirrored = 0
    for k, record in enumerate(records):
        image = inputs.images[k].numpy()
        if np.array_equal(image, straight[k]):
            np.testing.assert_array_equal(inputs.offsets[k].numpy(), record["offsets"])
            np.testing.assert_array_equal(inputs.points[k].numpy(), record["points"])
            continue
        num_mirrored += 1
        np.testing.assert_array_equal(image, straight[k][:, :, ::-1])
        x1, y1, x2, y2 = record["offsets"].tolist()
        np.testing.assert_allclose(inputs.offsets[k].numpy(), [-x2, y1, -x1, y2], atol=1e-7)
        xs, ys = record["points"][:5], record["points"][5:]
        for place, source in enumerate([1, 0, 2, 4, 3]):
            assert inputs.points[k, place].item() == pytest.approx(1 - xs[source], abs=1e-6)
            assert inputs.points[k, 5 + place].item() == pytest.approx(ys[source], abs=1e-6)
    assert 150 < num_mirrored < 250


def test_colours_equal_a_loop_over_pixels() -> None:
    records = samples(6, side=5)
    inputs = augment(records, Augmentation(mirror=False, colour=1), np.random.default_rng(7))
    matrices = colour_matrices(6, 1, np.random.default_rng(7))
    changed = 0
    for k in range(6):
        for y in range(5):
            for x in range(5):
                red, green, blue = (float(each) for each in records["pixels"][k][:, y, x])
                for channel in range(3):
                    a, b, c, d = matrices[k, channel].tolist()
                    value = min(max(a * red + b * green + c * blue + d, 0), 255)
                    expected = (value - 127.5) / 128
                    assert inputs.images[k, channel, y, x].item() == pytest.approx(
                        expected, abs=1e-5
                    )
                    changed += value != float(records["pixels"][k][channel, y, x])
    assert changed > 100


def test_no_strength_is_no_change() -> None:
    matrices = colour_matrices(100, 0.0, np.random.default_rng(0))
    np.testing.assert_allclose(matrices, np.tile(np.eye(3, 4), (100, 1, 1)), atol=1e-9)


def test_kinds_of_changes() -> None:
    matrices = colour_matrices(4000, 1.0, np.random.default_rng(1))
    mixing = matrices[:, :, :3]
    is_unchanged = (matrices == np.eye(3, 4)).all(axis=(1, 2))
    assert is_unchanged.mean() == pytest.approx(0.3, abs=0.03)
    # Grey and tints depend on one number of the colour only, brightness.
    is_grey = np.linalg.matrix_rank(mixing) == 1
    assert is_grey.mean() == pytest.approx(0.17, abs=0.03)
    is_swapped = (np.diagonal(mixing, axis1=1, axis2=2) == 0).any(axis=1)
    assert is_swapped.mean() == pytest.approx(0.15, abs=0.03)


def test_the_same_numbers_from_the_same_seed() -> None:
    records = samples(30)
    one, other, third = (
        augment(records, Augmentation(), np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(one.images, other.images)
    assert not torch.equal(one.images, third.images)
