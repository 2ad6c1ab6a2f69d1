"""Photographs at other scales, and several passes over them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from fastmtcnn.training import PRESETS
from fastmtcnn.training.cascades import write_cascade
from fastmtcnn.training.samples.making import Source, make_samples
from fastmtcnn.training.samples.mining import MiningSettings
from fastmtcnn.training.samples.records import Kind
from fastmtcnn.training.samples.scaling import at_scale
from tests.support.annotated import annotated
from tests.training.samples.test_making import FACE, MAKING, SMALL, WINDOWS


def test_a_bright_square_stays_in_its_box() -> None:
    pixels = np.zeros((120, 200, 3), np.uint8)
    pixels[40:80, 60:100] = 255
    points = np.array([[60, 40], [99, 40], [79.5, 59.5], [60, 79], [99, 79]], np.float64)
    image = annotated([[59.5, 39.5, 99.5, 79.5]], points=points[None])
    smaller, moved = at_scale(pixels, image, 0.5)
    assert smaller.shape == (60, 100, 3)
    assert smaller.dtype == np.uint8
    bright = np.argwhere(smaller[:, :, 0] > 127)
    assert bright.min(axis=0).tolist() == [20, 30]
    assert bright.max(axis=0).tolist() == [39, 49]
    # Pixel corners 60 and 100 become 30 and 50; centres are half a pixel less.
    assert moved.boxes.tolist() == [[29.5, 19.5, 49.5, 39.5]]
    assert moved.points[0, 2].tolist() == [39.5, 29.5]
    assert moved.points[0, 0].tolist() == [29.75, 19.75]
    assert image.boxes.tolist() == [[59.5, 39.5, 99.5, 79.5]]


def test_sides_are_whole_and_not_too_small() -> None:
    pixels = np.zeros((31, 1001, 3), np.uint8)
    image = annotated([[0, 0, 1000, 30]])
    smaller, moved = at_scale(pixels, image, 0.3)
    assert smaller.shape == (24, 300, 3)
    np.testing.assert_allclose(
        (moved.boxes[0] + 0.5) / np.array([300, 24, 300, 24]),
        np.array([0.5, 0.5, 1000.5, 30.5]) / np.array([1001, 31, 1001, 31]),
    )
    tiny = np.zeros((9, 9, 3), np.uint8)
    assert at_scale(tiny, image, 0.3)[0].shape == (9, 9, 3)


def test_the_photograph_itself() -> None:
    pixels, image = np.zeros((50, 60, 3), np.uint8), annotated(FACE)
    same, moved = at_scale(pixels, image, 1.0)
    assert same is pixels
    assert moved is image


def test_few_photographs_are_gone_through_several_times() -> None:
    modern = PRESETS["modern"].stages
    photos = (1, 500, 501, 999, 1000, 1999, 2000, 12880, 0)
    assert [modern["rnet"].passes(number) for number in photos] == [4, 4, 4, 3, 2, 2, 1, 1, 4]
    assert {modern["pnet"].passes(number) for number in photos} == {1}
    for stage in PRESETS["paper"].stages.values():
        assert {stage.passes(number) for number in photos} == {1}


def test_passes_add_samples(tmp_path: Path) -> None:
    """The first pass is that of one alone; the others are other samples of the same face."""
    mining = MiningSettings(thresholds=(0.2, 0.1), negatives=10, per_face=3)
    windows = replace(WINDOWS, tries=40)
    making = replace(
        MAKING, windows=windows, mining=mining, cascade=write_cascade(tmp_path / "cascade", {})
    )
    source = Source(annotated(FACE, path=SMALL))
    counts = {}
    for passes in (1, 3):
        folder = tmp_path / str(passes)
        (made,) = make_samples([source], replace(making, passes=passes), folder, 1)
        assert made.problems == []
        records = np.load(made.path)
        counts[passes] = {kind: int((records["kind"] == kind).sum()) for kind in Kind}
        if passes == 1:
            first = records
    assert records[: len(first)].tobytes() == first.tobytes()
    assert len(np.unique(records["pixels"].reshape(len(records), -1), axis=0)) > 2 * len(first)
    for kind in (Kind.NEGATIVE, Kind.POSITIVE, Kind.PART):
        assert counts[3][kind] > 2 * counts[1][kind] > 0


def test_crops_are_gone_through_once(tmp_path: Path) -> None:
    points = np.full((1, 5, 2), np.nan)
    points[0] = [[160, 90], [205, 90], [185, 115], [165, 135], [200, 135]]
    source = Source(annotated(FACE, path=SMALL, points=points), complete=False)
    for passes in (1, 4):
        list(make_samples([source], replace(MAKING, passes=passes), tmp_path / str(passes), 1))
    once, several = (next((tmp_path / name).iterdir()).read_bytes() for name in "14")
    assert once == several
