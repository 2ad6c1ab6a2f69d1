"""Literal numbers only, and nothing but numpy, pytest and the package: runs on every wheel."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

import fastmtcnn
from fastmtcnn import _core


def boxes(*rows: ArrayLike) -> NDArray[np.float64]:
    return np.array(rows, np.float64).reshape(-1, 4)


def floats(values: ArrayLike) -> NDArray[np.float32]:
    return np.array(values, np.float32)


def gray(rows: ArrayLike) -> NDArray[np.uint8]:
    """An RGB image of gray pixels."""
    return np.repeat(np.array(rows, np.uint8)[:, :, None], 3, axis=2)


def pixel_values(plane: NDArray[np.float32]) -> list[list[float]]:
    """Undo the normalisation of planes that must all be the same."""
    assert plane.dtype == np.float32
    assert (plane == plane[:1]).all()
    rows: list[list[float]] = (plane[0] * 128 + 127.5).tolist()
    return rows


def test_version() -> None:
    assert fastmtcnn.__version__ == _core.__version__
    assert fastmtcnn.__version__[0].isdigit()


def test_cpu_features() -> None:
    targets = fastmtcnn.cpu_features()
    assert len(set(targets)) == len(targets)
    assert targets[-1] == "scalar"
    for target in targets:
        source = _core.ResampleSource(gray([[10, 21], [30, 40]]), target=target)
        assert source.target == target
        assert pixel_values(_core.resample(source, 1, 1)) == [[26]]


@pytest.mark.parametrize(
    ("height", "width", "min_face_size", "expected"),
    [
        (48, 100, 24, [0.5]),
        (100, 50, 12, [1.0, 0.5, 0.25]),
        (100, 49, 12, [1.0, 0.5, 0.25]),
        (100, 48, 12, [1.0, 0.5]),  # a level whose side equals the window is none
        (13, 13, 6, [2.0, 1.0]),
        (12, 12, 12, []),
        (1, 1, 20, []),
    ],
)
def test_pyramid_scales(
    height: int, width: int, min_face_size: float, expected: list[float]
) -> None:
    assert _core.pyramid_scales(height, width, min_face_size, 0.5, 12) == expected


def test_pyramid_scales_window() -> None:
    assert _core.pyramid_scales(64, 70, 32, 0.5, 16) == [0.5]


def test_level_size() -> None:
    assert _core.level_size(101, 51, 0.25) == (26, 13)
    assert _core.level_size(100, 52, 0.25) == (25, 13)


def test_resample_averages_and_rounds_after_each_axis() -> None:
    # 10, 21 -> 16 (15.5); 30, 40 -> 35; then 25.5 -> 26
    plane = _core.resample(_core.ResampleSource(gray([[10, 21], [30, 40]])), 1, 1)
    assert plane.shape == (3, 1, 1)
    assert pixel_values(plane) == [[26]]


def test_resample_interpolates() -> None:
    assert pixel_values(_core.resample(_core.ResampleSource(gray([[0, 100]])), 1, 4)) == [
        [0, 25, 75, 100]
    ]
    assert pixel_values(_core.resample(_core.ResampleSource(gray([[0], [100]])), 4, 1)) == [
        [0],
        [25],
        [75],
        [100],
    ]


def test_resample_normalises() -> None:
    image = np.array([[[0, 128, 255]]], np.uint8)
    assert _core.resample(_core.ResampleSource(image), 1, 1).ravel().tolist() == [
        -0.99609375,
        0.00390625,
        0.99609375,
    ]


def test_order_of_resampling_axes() -> None:
    # 3 -> 1 weighs 2, 3, 2 of 7. Rows first: 5 (4.5), 0, 0, then 1 (1.43); else it would be 2.
    assert pixel_values(
        _core.resample(_core.ResampleSource(gray([[0, 9], [0, 0], [0, 0]])), 1, 1)
    ) == [[1]]
    # 4 -> 1 weighs 5, 7, 7, 5 of 24. More than twice as many rows as columns go, so columns first:
    # 0 and 1 (0.625), then 1 (0.5); else it would be 0.
    assert pixel_values(
        _core.resample(_core.ResampleSource(gray([[0, 3], [0, 0], [0, 0], [0, 0]])), 1, 1)
    ) == [[1]]


def test_resample_flipped_view() -> None:
    assert pixel_values(
        _core.resample(_core.ResampleSource(gray([[1, 2], [3, 4]])[::-1]), 2, 2)
    ) == [
        [3, 4],
        [1, 2],
    ]


def test_boxes_from_heat_map() -> None:
    offsets = floats(np.arange(16).reshape(4, 2, 2))
    found = _core.boxes_from_heat_map(floats([[0.1, 0.9], [0.8, 0.2]]), offsets, 0.5, 0.5, 12, 2)
    assert found[0].tolist() == [[6, 2, 30, 26], [2, 6, 26, 30]]
    assert found[1].tolist() == floats([0.9, 0.8]).tolist()
    assert found[2].tolist() == [[1, 5, 9, 13], [2, 6, 10, 14]]
    assert found[3].tolist() == [[0, 1], [1, 0]]
    no_offsets = floats(np.zeros((4, 1, 1)))
    tile = _core.boxes_from_heat_map(floats([[0.9]]), no_offsets, 0.5, 0.5, 12, 2, 3, 5)
    assert tile[0].tolist() == [[22, 14, 46, 38]]
    assert tile[3].tolist() == [[3, 5]]
    assert [part.dtype for part in found[:3]] == [np.float64, np.float32, np.float32]
    assert found[3].dtype == np.int64


def test_boxes_from_heat_map_rounds_half_to_even() -> None:
    found = _core.boxes_from_heat_map(floats([[0, 1]]), floats(np.zeros((4, 1, 2))), 2, 0.5, 12, 2)
    assert found[0].tolist() == [[2, 0, 8, 6]]  # of 1.5, 0.5, 7.5, 6.5


@pytest.mark.parametrize(
    ("threshold", "kept"),
    [(0.6, 1), (0.7, 0)],  # as float32, 0.6 is 0.60000002 and 0.7 is 0.69999999
)
def test_boxes_from_heat_map_compares_in_double(threshold: float, kept: int) -> None:
    scores = floats([[threshold, np.nan]])
    found = _core.boxes_from_heat_map(scores, floats(np.zeros((4, 1, 2))), 1, threshold, 12, 2)
    assert [len(part) for part in found] == [kept] * 4


def test_nms() -> None:
    # The first two share 90 of 110 pixels.
    three = boxes([0, 0, 9, 9], [1, 0, 10, 9], [20, 20, 29, 29])
    scores = floats([0.9, 0.8, 0.95])
    assert _core.nms(three, scores, 0.8, "union").tolist() == [2, 0]
    assert _core.nms(three, scores, 0.82, "union").tolist() == [2, 0, 1]
    assert _core.nms(three, scores, 0.8, "union").dtype == np.int64


def test_nms_over_smaller_box() -> None:
    nested = boxes([0, 0, 9, 9], [0, 0, 4, 4])
    scores = floats([0.9, 0.8])
    assert _core.nms(nested, scores, 0.5, "union").tolist() == [0, 1]
    assert _core.nms(nested, scores, 0.5, "min").tolist() == [0]


def test_nms_orders_ties_by_index_and_keeps_an_overlap_equal_to_the_limit() -> None:
    halves = boxes([0, 0, 9, 9], [0, 0, 9, 4], [30, 0, 39, 9])
    scores = floats([0.5, 0.5, 0.5])
    assert _core.nms(halves, scores, 0.5, "union").tolist() == [0, 1, 2]
    assert _core.nms(halves, scores, 0.49, "union").tolist() == [0, 2]


def test_apply_offsets() -> None:
    moved = _core.apply_offsets(boxes([10, 20, 19, 39]), floats([[0.5, -0.25, 0.25, 0.5]]))
    assert moved.tolist() == [[15, 15, 21.5, 49]]
    assert moved.dtype == np.float64


def test_square_boxes() -> None:
    squares = _core.square_boxes(
        boxes([0, 0, 9, 19], [0, 0, 10, 19], [1, 0, 11, 19], [5, 5, 24, 7])
    )
    assert squares.tolist() == [
        [-5, 0, 14, 19],
        [-4, 0, 14, 19],  # half to even, of -4.5 and 14.5: a pixel off square
        [-4, 0, 16, 19],  # of -3.5 and 15.5
        [5, -4, 24, 16],  # of -3.5 and 15.5
    ]
    assert squares.dtype == np.float64


def test_croppable_indices() -> None:
    candidates = boxes(
        [0, 0, 5, 5],
        [5, 5, 4, 9],  # inverted
        [19, 9, 30, 30],
        [20, 0, 30, 5],  # right of the image
        [-9, -9, 0, 0],
        [-9, -9, -1, 5],  # left of it
        [np.nan, 0, 5, 5],
        [0, 0, np.inf, 5],
        [0, 0, 1023, 5],  # 16 times 64
        [0, 0, 1024, 5],
    )
    indices = _core.croppable_indices(candidates, 10, 20)
    assert indices.tolist() == [0, 2, 4, 8]
    assert indices.dtype == np.int64


def test_clip() -> None:
    clipped = _core.clip(boxes([-5, -5, 30, 30], [1.5, 2, 3, 4]), 10, 20)
    assert clipped.tolist() == [[0, 0, 19, 9], [1.5, 2, 3, 4]]


def test_crop_of_constant_region() -> None:
    image = np.full((20, 30, 3), 200, np.uint8)
    crops = _core.crop(_core.ResampleSource(image), boxes([2, 3, 9, 12], [0, 0, 29, 19]), 24)
    assert crops.shape == (2, 3, 24, 24)
    assert crops.dtype == np.float32
    assert (crops == 0.56640625).all()


def test_crop_across_the_border() -> None:
    image = np.full((20, 30, 3), 200, np.uint8)
    # Two black columns, two of 200; the weights are 3, 3, 1, 0 and 0, 1, 3, 3 of 7.
    left, right = 29, 171
    expected = [[left, right], [left, right]]
    assert (
        pixel_values(_core.crop(_core.ResampleSource(image), boxes([-2, 4, 1, 7]), 2)[0])
        == expected
    )
    assert (
        pixel_values(_core.crop(_core.ResampleSource(image), boxes([28, 4, 31, 7]), 2)[0])
        == [[right, left]] * 2
    )
    assert pixel_values(_core.crop(_core.ResampleSource(image), boxes([4, -2, 7, 1]), 2)[0]) == [
        [left] * 2,
        [right] * 2,
    ]


def test_project_landmarks() -> None:
    points = floats([[0, 1, 0.5, 0.25, 0.75, 0, 0.25, 0.5, 1, 1]])
    landmarks = _core.project_landmarks(boxes([10, 20, 19, 39]), points)
    expected = [[10, 20], [20, 25], [15, 30], [12.5, 40], [17.5, 40]]
    assert landmarks.tolist() == [expected]
    assert landmarks.dtype == np.float32


def test_empty_inputs() -> None:
    image = np.zeros((5, 5, 3), np.uint8)
    none, no_scores = boxes(), floats([])
    assert _core.nms(none, no_scores, 0.5, "min").shape == (0,)
    assert _core.apply_offsets(none, floats(np.zeros((0, 4)))).shape == (0, 4)
    assert _core.square_boxes(none).shape == (0, 4)
    assert _core.croppable_indices(none, 5, 5).shape == (0,)
    assert _core.crop(_core.ResampleSource(image), none, 24).shape == (0, 3, 24, 24)
    assert _core.clip(none, 5, 5).shape == (0, 4)
    assert _core.project_landmarks(none, floats(np.zeros((0, 10)))).shape == (0, 5, 2)


def test_sample_photo() -> None:
    found = fastmtcnn.MTCNN().detect(fastmtcnn.sample_photo())
    assert found.num_faces == 1
    np.testing.assert_allclose(found.boxes, [[178.9, 60.1, 267.5, 171.8]], atol=0.5)
    np.testing.assert_allclose(found.scores, [1], atol=1e-3)
    landmarks = [[203.6, 101.2], [246.6, 103.7], [224.5, 128.1], [201.6, 140.2], [244.9, 141.6]]
    np.testing.assert_allclose(found.landmarks, [landmarks], atol=0.5)


def test_sample_photo_with_higher_thresholds() -> None:
    found = fastmtcnn.MTCNN(variant="modelscope").detect(fastmtcnn.sample_photo())
    np.testing.assert_allclose(found.boxes, [[179.1, 60.5, 267.1, 172.9]], atol=0.5)


def test_no_face() -> None:
    found = fastmtcnn.MTCNN().detect(np.zeros((50, 60, 3), np.uint8))
    assert [part.shape for part in found] == [(0, 4), (0,), (0, 5, 2)]
    assert {part.dtype for part in found} == {np.dtype(np.float32)}
