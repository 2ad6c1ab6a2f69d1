"""The contact sheet of samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from fastmtcnn.training import TrainingSet
from fastmtcnn.training.checking.preview import preview_samples
from fastmtcnn.training.checking.sample_pictures import records_picture, samples_picture
from fastmtcnn.training.samples.records import Kind, record_type
from tests.training.generated import annotated, photo, training_set

GREY = 120
GREEN, BLUE, ORANGE, WHITE = (80, 230, 120), (80, 160, 255), (255, 150, 40), (255, 255, 255)
NO_BOX, NO_POINTS = np.full(4, np.nan), np.full((5, 2), np.nan)


def drawn(
    kind: str, offsets: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.uint8]:
    crops = np.full((1, 12, 12, 3), GREY, np.uint8)
    return np.array(samples_picture(crops, [kind], offsets[None], points[None]))


def place(picture: NDArray[np.uint8], colour: tuple[int, ...]) -> tuple[int, int, int, int]:
    """First and last column and row with a colour."""
    rows, columns = np.nonzero((picture == colour).all(axis=2))
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


def test_the_box_is_at_the_corners_plus_offsets_times_the_side() -> None:
    left, top, right, bottom = place(drawn("positive", NO_BOX, NO_POINTS), (GREY,) * 3)
    side = right - left + 1
    assert side == bottom - top + 1 == 80
    got = place(drawn("positive", np.array([0.25, 0.1, -0.5, 0.2]), NO_POINTS), GREEN)
    assert got == (left + 20, top + 8, right - 40, bottom + 16)


def test_points_are_shares_of_the_side() -> None:
    left, top, *_ = place(drawn("landmark", NO_BOX, NO_POINTS), (GREY,) * 3)
    points = np.array([[0.25, 0.25], [0.75, 0.25], [0.5, 0.5], [0.25, 0.75], [0.75, 0.75]])
    picture = drawn("landmark", NO_BOX, points)
    for point, colour in zip(points, (BLUE, ORANGE, WHITE, BLUE, ORANGE), strict=True):
        x, y = (np.array([left, top]) + point * 80).astype(int)
        assert tuple(picture[y, x]) == colour
    assert place(drawn("part", NO_BOX, NO_POINTS), (GREY,) * 3)[0] == left
    assert not (drawn("part", NO_BOX, NO_POINTS) == GREEN).all(axis=2).any()


def test_what_lies_far_outside_stays_within_the_cell() -> None:
    offsets, points = np.array([-9.0, -9, 9, 9]), np.full((5, 2), 9.0)
    left, top, right, bottom = place(drawn("part", offsets, points), GREEN)
    assert right - left < 128
    assert bottom - top < 128


def test_kinds_are_sorted_and_limited() -> None:
    kinds = ["negative", "positive"] * 30
    crops = np.repeat(np.array([[10], [200]] * 30, np.uint8), 12 * 12 * 3).reshape(-1, 12, 12, 3)
    none = np.full((60, 4), np.nan), np.full((60, 5, 2), np.nan)
    picture = np.array(samples_picture(crops, kinds, *none, most=15))
    bright = (picture == 200).all(axis=2)
    dark = (picture == 10).all(axis=2)
    assert bright.sum() == dark.sum() == 15 * 80 * 80
    assert np.nonzero(bright)[0].max() < np.nonzero(dark)[0].min()


def test_no_sample() -> None:
    empty = samples_picture(
        np.zeros((0, 12, 12, 3), np.uint8), [], np.empty((0, 4)), np.empty((0, 5, 2))
    )
    assert empty.height < 200


@pytest.mark.parametrize(
    ("crops", "kinds", "offsets", "message"),
    [
        (np.zeros((1, 12, 12, 3)), ["part"], np.zeros((1, 4)), "crops must be uint8.*float64"),
        (np.zeros((1, 12, 11, 3), np.uint8), ["part"], np.zeros((1, 4)), r"\(1, 12, 11, 3\)"),
        (np.zeros((2, 12, 12, 3), np.uint8), ["part"], np.zeros((1, 4)), "one for each kind"),
        (np.zeros((1, 12, 12, 3), np.uint8), ["part"], np.zeros((1, 5)), r"got \(1, 5\) and"),
        (np.zeros((1, 12, 12, 3), np.uint8), ["face"], np.zeros((1, 4)), "some of .*got 'face'"),
    ],
)
def test_others_are_refused(
    crops: NDArray[np.uint8], kinds: list[str], offsets: NDArray[np.float64], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        samples_picture(crops, kinds, offsets, np.zeros((1, 5, 2)))


def test_samples_as_they_are_stored() -> None:
    records = np.zeros(2, record_type(12))
    records["pixels"] = np.arange(432, dtype=np.uint8).reshape(3, 12, 12)
    records["kind"] = [Kind.LANDMARK, Kind.PART]
    records["offsets"] = [[np.nan] * 4, [0.1, 0.2, 0.3, 0.4]]
    points = np.linspace(0.1, 0.9, 10).reshape(5, 2)
    records["points"] = [[*points[:, 0], *points[:, 1]], [np.nan] * 10]
    expected = samples_picture(
        np.repeat(np.arange(432, dtype=np.uint8).reshape(3, 12, 12).transpose(1, 2, 0)[None], 2, 0),
        ["landmark", "part"],
        np.array([NO_BOX, np.array([0.1, 0.2, 0.3, 0.4], np.float32)]),
        np.array([points.astype(np.float32), NO_POINTS]),
    )
    np.testing.assert_array_equal(records_picture(records), expected)


@pytest.fixture
def two_sets(tmp_path: Path) -> list[TrainingSet]:
    """Faces that are bright squares in photographs, and crops with points."""
    pixels = np.zeros((200, 200, 3), np.uint8)
    pixels[60:120, 70:130] = 250
    PIL.Image.fromarray(pixels).save(tmp_path / "a.png")
    points = np.array([[[85, 80], [115, 80], [100, 90], [88, 105], [112, 105]]], float)
    box = [(70, 60, 130, 120)]
    image = annotated("faces/a", box, path=tmp_path / "a.png")
    crops = [
        annotated(f"crops/{k}", box, path=tmp_path / "a.png", points=points) for k in range(20)
    ]
    damaged = photo(tmp_path / "damaged.png")
    damaged.write_bytes(damaged.read_bytes()[:200])
    return [
        training_set("faces", [image, annotated("faces/b", path=damaged)]),
        training_set("crops", crops, complete=False),
    ]


def test_a_preview_has_samples_of_each_kind(two_sets: list[TrainingSet]) -> None:
    picture = np.array(preview_samples(two_sets, seed=1))
    assert (picture == GREEN).all(axis=2).any()
    assert (picture == BLUE).all(axis=2).any()
    np.testing.assert_array_equal(picture, np.array(preview_samples(two_sets, seed=1)))
    assert not np.array_equal(picture, np.array(preview_samples(two_sets, seed=2)))


def test_a_preview_of_negatives_has_no_box(two_sets: list[TrainingSet]) -> None:
    image = annotated("n/a", (), path=two_sets[0].images[0].file.path)
    picture = np.array(preview_samples([training_set("n", [image])], stage="pnet"))
    assert not (picture == GREEN).all(axis=2).any()
    assert (picture == 0).all(axis=2).sum() > 80 * 80  # a black crop
