"""Every function of the C++ core against the function of the same name in the baseline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
import PIL
import PIL.Image
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from benchmarks import baseline
from fastmtcnn import _core, cpu_features
from tests.support.helpers import assert_same, random_image

Image: TypeAlias = NDArray[np.uint8]
Boxes: TypeAlias = NDArray[np.float64]
Scores: TypeAlias = NDArray[np.float32]
Mode: TypeAlias = Literal["union", "min"]

PILLOW_MAJOR = int(PIL.__version__.split(".")[0])
LARGEST_SIDE = 16  # a croppable box has at most as many longer sides of the image,
SMALLEST_IMAGE = 64  # which counts as so many pixels at least

sides = st.integers(1, 12) | st.integers(1, 100)
seeds = st.integers(0, 2**32 - 1)
targets = st.sampled_from(cpu_features())


@st.composite
def images(draw: st.DrawFn) -> Image:
    """Noise, black, white or a step, whole or as a view with another row stride."""
    height, width = draw(sides), draw(sides)
    left, right, above, below = (draw(st.sampled_from([0, 0, 1, 2, 7])) for _ in range(4))
    kind = draw(st.sampled_from(["noise", "noise", "black", "white", "step"]))
    whole = random_image(above + height + below, left + width + right, draw(seeds))
    if kind == "step":
        whole = np.where(whole < 128, 0, 255).astype(np.uint8)
    elif kind != "noise":
        whole[:] = 0 if kind == "black" else 255
    image = whole[above : above + height, left : left + width]
    return image[::-1] if draw(st.booleans()) else image


# Few different values, so that boxes touch, coincide, nest and are turned inside out.
coordinates = st.integers(-6, 20).map(float) | st.integers(-12, 40).map(lambda n: n / 2)
reals = st.floats(-1e4, 1e4)
some_scores = (
    st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, float(np.float32(0.6))])
    | st.floats(0, 1, width=32)
    | st.sampled_from([np.nan, np.inf, -np.inf, -0.0])
)
thresholds = st.sampled_from([0.0, 0.25, 0.3, 0.5, 0.6, 0.7, 1.0]) | st.floats(0, 1)


def boxes(
    elements: st.SearchStrategy[float] = coordinates, most: int = 30
) -> st.SearchStrategy[Boxes]:
    return st.integers(0, most).flatmap(lambda n: arrays(np.float64, (n, 4), elements=elements))


@st.composite
def boxes_and(
    draw: st.DrawFn,
    columns: int,
    elements: st.SearchStrategy[float],
    box_elements: st.SearchStrategy[float] = coordinates,
) -> tuple[Boxes, NDArray[np.float32]]:
    """Boxes and a float32 table of as many rows (a vector for 0 columns)."""
    rows = draw(boxes(box_elements))
    shape = (len(rows), columns) if columns else (len(rows),)
    return rows, draw(arrays(np.float32, shape, elements=elements))


# ---- pyramid


@given(sides, sides, st.floats(1, 60), st.floats(0.2, 0.95), st.integers(2, 30))
@example(100, 60, 20.0, 0.707, 12)
@example(48, 48, 12.0, 0.5, 12)
def test_pyramid_scales(
    height: int, width: int, min_face_size: float, factor: float, window: int
) -> None:
    arguments = (height, width, min_face_size, factor, window)
    assert _core.pyramid_scales(*arguments) == baseline.pyramid_scales(*arguments)


@pytest.mark.parametrize("factor", [0.5, 0.707, 0.709, 0.79, 0.9])
def test_pyramid_scales_of_all_sides(factor: float) -> None:
    for side in range(1, 2_200):
        arguments = (side, 4_000, 20.0, factor, 12)
        assert _core.pyramid_scales(*arguments) == baseline.pyramid_scales(*arguments)


@pytest.mark.parametrize(
    ("side", "min_face_size", "factor", "levels"),
    [(1_200, 12, 0.1, 2), (75, 15, 0.2, 1), (300, 12, 0.2, 2), (1_875, 15, 0.2, 3)],
)
def test_pyramid_that_ends_at_the_window(
    side: int, min_face_size: float, factor: float, levels: int
) -> None:
    # Here it matters that the side is multiplied step by step and not with a power of the factor.
    arguments = (side, 4_000, min_face_size, factor, 12)
    assert len(_core.pyramid_scales(*arguments)) == levels
    assert _core.pyramid_scales(*arguments) == baseline.pyramid_scales(*arguments)


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.floats(1e-4, 4))
@example(100, 50, 0.1)
def test_level_size(height: int, width: int, scale: float) -> None:
    assert _core.level_size(height, width, scale) == baseline.level_size(height, width, scale)


# ---- resampling


@given(images(), sides, sides, targets)
def test_resample(image: Image, height: int, width: int, target: str) -> None:
    source = _core.ResampleSource(image, target=target)
    assert_same(_core.resample(source, height, width), baseline.resample(image, height, width))


@st.composite
def stretches(draw: st.DrawFn, length: int) -> tuple[int, int]:
    """Where a part of a length begins, and its length."""
    start = draw(st.integers(0, length - 1))
    return start, draw(st.integers(1, length - start))


@given(images(), sides, sides, targets, st.data())
def test_resample_to_a_tile(
    image: Image, height: int, width: int, target: str, data: st.DataObject
) -> None:
    top, rows = data.draw(stretches(height))
    left, columns = data.draw(stretches(width))
    source = _core.ResampleSource(image, target=target)
    actual = _core.resample(source, height, width, (top, left, rows, columns))
    whole = baseline.resample(image, height, width)
    assert_same(actual, whole[:, top : top + rows, left : left + columns])
    # What a thread keeps from call to call must not show.
    assert_same(_core.resample(source, height, width), whole)


def pillow(image: Image, height: int, width: int) -> NDArray[np.float32]:
    """Resample with Pillow alone."""
    resized = PIL.Image.fromarray(image).resize((width, height), PIL.Image.Resampling.BILINEAR)
    return baseline.pyramid.normalise(np.asarray(resized).transpose(2, 0, 1))


def in_the_order_of_this_pillow(image: Image, height: int, width: int) -> bool:
    """Whether this Pillow resamples the axes in the order of Pillow 13."""
    removed = image.shape[0] - height
    columns_first = removed > 0 and removed > 2 * (image.shape[1] - width)
    return PILLOW_MAJOR >= 13 or not columns_first


SIDES = (*range(1, 10), 12, 16, 23, 31, 32, 33, 47, 64, 65, 100)
FAR_FROM_SQUARE = [
    ((1, 1), (1, 1)),
    ((1, 1), (70, 90)),
    ((1, 5_000), (1, 7)),
    ((5_000, 1), (7, 1)),
    ((1, 5_000), (9, 6)),
    ((5_000, 1), (6, 9)),
    ((5_000, 3), (50, 40)),
    ((3, 5_000), (40, 50)),
    ((2_000, 40), (1, 1)),
    ((40, 2_000), (1, 1)),
    ((2, 3), (1, 3_000)),
    ((3, 2), (3_000, 1)),
    ((1_500, 7), (1_499, 7)),
    ((7, 1_500), (7, 1_499)),
    ((700, 900), (13, 17)),
]


def test_resample_equals_pillow() -> None:
    rng = np.random.default_rng(7)
    pairs = [tuple(rng.choice(SIDES, 4).tolist()) for _ in range(3_300)]
    pairs += [(*size, *target) for size, target in FAR_FROM_SQUARE]
    compared = 0
    for rows, columns, height, width in pairs:
        image = random_image(rows, columns, compared)
        if in_the_order_of_this_pillow(image, height, width):
            target = cpu_features()[compared % len(cpu_features())]
            actual = _core.resample(_core.ResampleSource(image, target=target), height, width)
            expected = pillow(image, height, width)
            assert np.array_equal(actual, expected), (rows, columns, height, width)
            compared += 1
    # Before version 13, Pillow resampled rows first always, so a third does not count.
    assert compared == len(pairs) if PILLOW_MAJOR >= 13 else compared > 2_000


NARROW = [(1, 70_001), (70_001, 1), (3, 30_000), (30_000, 3), (15, 5_003), (5_003, 15)]


@pytest.mark.parametrize("scale", [2.5, 1.0, 0.7, 0.31])
@pytest.mark.parametrize("shape", NARROW)
def test_narrow_images(shape: tuple[int, int], scale: float) -> None:
    """Of these only the part is made ready that an output needs, however small that is."""
    image = random_image(*shape)
    height, width = (max(1, round(side * scale)) for side in shape)
    source = _core.ResampleSource(image)
    whole = _core.resample(source, height, width)
    if in_the_order_of_this_pillow(image, height, width):
        assert_same(whole, pillow(image, height, width))
    for top, left in ((0, 0), (height // 3, width // 3), (height - 1, width - 1)):
        rows, columns = min(13, height - top), min(17, width - left)
        tile = _core.resample(source, height, width, (top, left, rows, columns))
        assert_same(tile, whole[:, top : top + rows, left : left + columns])


@pytest.mark.parametrize("shape", NARROW)
def test_crops_of_narrow_images(shape: tuple[int, int]) -> None:
    image = random_image(*shape)
    height, width = shape
    rows = np.array(
        [
            [0, 0, 30, 30],
            [width - 9, height - 9, width + 20, height + 20],
            [width // 2 - 30, height // 2 - 40, width // 2 + 30, height // 2 + 20],
            [width // 3, height // 3, width // 3 + 1, height // 3 + 1],
        ],
        np.float64,
    )
    assert len(_core.croppable_indices(rows, *shape)) == len(rows)
    for size in (24, 48):
        assert_same(
            _core.crop(_core.ResampleSource(image), rows, size), baseline.crop(image, rows, size)
        )


def test_resample_to_the_same_size_copies() -> None:
    image = random_image(37, 41)
    expected = ((image - 127.5) / 128).astype(np.float32).transpose(2, 0, 1)
    np.testing.assert_array_equal(_core.resample(_core.ResampleSource(image), 37, 41), expected)


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(lambda image: image[5:30, 3:33], id="cropped"),
        pytest.param(lambda image: image[::-1], id="flipped"),
        pytest.param(lambda image: image[30:5:-1, 7:], id="cropped and flipped"),
        pytest.param(lambda image: image[::3], id="every third row"),
        pytest.param(lambda image: image[::-2, :11], id="every second row, flipped"),
        pytest.param(lambda image: image[-1:, -1:], id="last pixel"),
        pytest.param(lambda image: image[:, 4:5], id="one column"),
        pytest.param(lambda image: np.broadcast_to(image[4], (9, 50, 3)), id="one row repeated"),
    ],
)
def test_views(view: Callable[[Image], Image]) -> None:
    image = view(random_image(40, 50))
    plain = np.ascontiguousarray(image)
    for size in ((7, 5), (1, 1), (60, 70)):
        assert_same(
            _core.resample(_core.ResampleSource(image), *size), baseline.resample(plain, *size)
        )
    inside = np.array([[-3.0, -2, 5, 6], [0, 0, 0, 0]])
    assert_same(
        _core.crop(_core.ResampleSource(image), inside, 24), baseline.crop(plain, inside, 24)
    )


# ---- crops


@st.composite
def crops(draw: st.DrawFn) -> tuple[Image, Boxes, int]:
    """An image, croppable boxes with whole coordinates, and the side of the crops."""
    image = draw(images())
    height, width = image.shape[:2]
    rows = []
    for _ in range(draw(st.integers(0, 4))):
        # One pixel of the box, which lies in the image, and how far it reaches from there.
        x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
        reach = st.integers(0, 6) | st.integers(0, 60) | st.integers(0, 300)
        rows.append([x - draw(reach), y - draw(reach), x + draw(reach), y + draw(reach)])
    size = draw(st.sampled_from([24, 48, 1, 2, 7, 33]))
    return image, np.array(rows, np.float64).reshape(-1, 4), size


@given(crops(), targets)
def test_crop(case: tuple[Image, Boxes, int], target: str) -> None:
    image, rows, size = case
    assert len(_core.croppable_indices(rows, *image.shape[:2])) == len(rows)
    source = _core.ResampleSource(image, target=target)
    assert_same(_core.crop(source, rows, size), baseline.crop(image, rows, size))


@pytest.mark.parametrize("size", [24, 48, 5])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (9, 5), (80, 70)])
def test_crop_up_to_the_limit(height: int, width: int, size: int) -> None:
    image = random_image(height, width)
    most = LARGEST_SIDE * max(height, width, SMALLEST_IMAGE)
    rows = np.array(
        [
            [0, 0, most - 1, most - 1],
            [1 - most, 1 - most, 0, 0],
            [width - 1, height - 1, width + most - 2, height + most - 2],
            [-most // 2, -most // 2, most - most // 2 - 1, most - most // 2 - 1],
            [-most // 3, 0, most // 3, 0],  # one row, so far from square
            [0, -most // 3, 0, most // 3],
            [-1, -1, width, height],
            [0, 0, width - 1, height - 1],
        ],
        np.float64,
    )
    assert len(_core.croppable_indices(rows, height, width)) == len(rows)
    assert_same(
        _core.crop(_core.ResampleSource(image), rows, size), baseline.crop(image, rows, size)
    )
    for row in rows:  # one alone, without what the crop before left in the buffers
        alone = row[None]
        assert_same(
            _core.crop(_core.ResampleSource(image), alone, size), baseline.crop(image, alone, size)
        )


def test_weights_of_other_sizes_do_not_mix() -> None:
    # A thread keeps weights under a number made of sizes and position, which others share.
    image = random_image(50, 60)
    source = _core.ResampleSource(image)
    rows = np.array([[x, y, x + 19.0, y + 19] for x in range(4) for y in range(4)])
    for size in (24, 25, 26, 27, 24, 536, 24, 23, 22, 21):
        assert_same(_core.crop(source, rows, size), baseline.crop(image, rows, size))
        assert_same(_core.resample(source, size, size), baseline.resample(image, size, size))


# ---- boxes


@st.composite
def heat_maps(draw: st.DrawFn) -> tuple[Scores, NDArray[np.float32], float, float, int, int]:
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(seeds))
    threshold = draw(thresholds)
    scores = rng.random((height, width), np.float32)
    # Some just at the threshold: as float32, 0.6 lies above it and 0.7 below.
    special = np.array([threshold, np.nan, 0, 1, np.inf, -np.inf], np.float32)
    chosen = rng.random((height, width)) < draw(st.sampled_from([0, 0.3, 1]))
    scores[chosen] = rng.choice(special, int(chosen.sum()))
    if draw(st.booleans()):
        scores[scores > 0.9] = np.nextafter(np.float32(threshold), np.float32(2))
    offsets = rng.normal(0, 0.2, (4, height, width)).astype(np.float32)
    scale = draw(st.sampled_from([0.6, 1.0, 2.0, 0.12]) | st.floats(0.01, 12))
    return scores, offsets, scale, threshold, draw(st.integers(1, 40)), draw(st.integers(1, 9))


@given(heat_maps())
def test_boxes_from_heat_map(
    case: tuple[Scores, NDArray[np.float32], float, float, int, int],
) -> None:
    actual = _core.boxes_from_heat_map(*case)
    expected = baseline.boxes_from_heat_map(*case)
    assert_same(actual[0], expected[0])
    assert_same(actual[1], expected[1])
    assert_same(actual[2], expected[2])
    assert_same(actual[3], expected[3])


@given(heat_maps(), st.data())
def test_boxes_from_part_of_a_heat_map(
    case: tuple[Scores, NDArray[np.float32], float, float, int, int], data: st.DataObject
) -> None:
    scores, offsets, scale, threshold, window, stride = case
    top, rows = data.draw(stretches(scores.shape[0]))
    left, columns = data.draw(stretches(scores.shape[1]))
    bottom, right = top + rows, left + columns
    actual = _core.boxes_from_heat_map(
        np.ascontiguousarray(scores[top:bottom, left:right]),
        np.ascontiguousarray(offsets[:, top:bottom, left:right]),
        scale,
        threshold,
        window,
        stride,
        top,
        left,
    )
    expected = baseline.boxes_from_heat_map(*case)
    row, column = expected[3].T
    inside = (top <= row) & (row < bottom) & (left <= column) & (column < right)
    assert_same(actual[0], expected[0][inside])
    assert_same(actual[1], expected[1][inside])
    assert_same(actual[2], expected[2][inside])
    assert_same(actual[3], expected[3][inside])


@given(boxes_and(0, some_scores), thresholds, st.sampled_from(["union", "min"]), targets)
def test_nms(case: tuple[Boxes, Scores], threshold: float, mode: Mode, target: str) -> None:
    actual = _core.nms(*case, threshold, mode, target=target)
    assert_same(actual, baseline.nms(*case, threshold, mode))


def many_boxes(n: int, seed: int, ties: bool, nan: bool) -> tuple[Boxes, Scores]:
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 60, (n, 2)) * 0.5
    sizes = rng.integers(0, 40, (n, 2)) * 0.5
    rows = np.hstack([corners, corners + sizes])
    if nan:
        rows[rng.random(rows.shape) < 0.05] = np.nan
    scores = rng.random(n, np.float32)
    return rows, scores.round(1) if ties else scores


@given(
    st.integers(0, 300),
    seeds,
    thresholds,
    st.sampled_from(["union", "min"]),
    st.booleans(),
    st.booleans(),
    targets,
)
def test_nms_of_many(
    n: int, seed: int, threshold: float, mode: Mode, ties: bool, nan: bool, target: str
) -> None:
    case = many_boxes(n, seed, ties, nan)
    actual = _core.nms(*case, threshold, mode, target=target)
    assert_same(actual, baseline.nms(*case, threshold, mode))


@pytest.mark.parametrize("mode", ["union", "min"])
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.7])
def test_nms_of_thousands(threshold: float, mode: Mode) -> None:
    """More than are compared each with each: those of a grid, also far apart and not finite."""
    rng = np.random.default_rng(3)
    corners = rng.uniform(-50, 3000, (3500, 2)).round()
    sizes = np.where(rng.random((3500, 1)) < 0.02, 1500, 40) * rng.uniform(0.2, 1, (3500, 2))
    rows = np.hstack([corners, corners + sizes.round(1)])
    rows[:5, 0] = [np.nan, -np.inf, np.inf, -1e300, 1e300]
    rows[5] = [-1e6, -1e6, 1e6, 1e6]
    scores = rng.random(3500, np.float32).round(2)
    actual = _core.nms(rows, scores, threshold, mode)
    assert_same(actual, baseline.nms(rows, scores, threshold, mode))


def test_nms_of_duplicates() -> None:
    same = np.tile([3.0, 4, 9, 8], (50, 1))
    scores = np.full(50, 0.5, np.float32)
    assert _core.nms(same, scores, 0.99, "union").tolist() == [0]
    assert _core.nms(same, scores, 1.0, "union").tolist() == list(range(50))


@pytest.mark.parametrize("column", range(4))
def test_nms_of_boxes_with_nan(column: int) -> None:
    rows = np.array([[0.0, 0, 9, 9], [0, 0, 9, 9], [1, 1, 9, 9]])
    rows[1, column] = np.nan
    scores = np.array([0.9, 0.8, 0.7], np.float32)
    assert_same(_core.nms(rows, scores, 0.5, "min"), baseline.nms(rows, scores, 0.5, "min"))


@given(boxes_and(4, st.floats(-2, 2, width=32), coordinates | reals))
def test_apply_offsets(case: tuple[Boxes, NDArray[np.float32]]) -> None:
    assert_same(_core.apply_offsets(*case), baseline.apply_offsets(*case))


@given(boxes(coordinates | reals))
def test_square_boxes(rows: Boxes) -> None:
    assert_same(_core.square_boxes(rows), baseline.square_boxes(rows))


@given(
    boxes(
        coordinates
        | st.sampled_from([-1023.0, -1024, 1022, 1023, 1024, 1e300, -1e300])
        | st.sampled_from([np.nan, np.inf, -np.inf, -0.0])
    ),
    sides,
    sides,
)
def test_croppable_indices(rows: Boxes, height: int, width: int) -> None:
    assert_same(
        _core.croppable_indices(rows, height, width),
        baseline.croppable_indices(rows, height, width),
    )


@pytest.mark.parametrize(("height", "width"), [(10, 20), (64, 64), (65, 3), (3, 70), (300, 200)])
def test_croppable_limits(height: int, width: int) -> None:
    most = LARGEST_SIDE * max(height, width, SMALLEST_IMAGE)
    near = [-most, 1 - most, 2 - most, -1, 0, 1, width - 1, width, height - 1, height]
    near += [most - 2, most - 1, most]
    grid = np.stack(np.meshgrid(near, near, near, near), axis=-1).reshape(-1, 4).astype(np.float64)
    actual = _core.croppable_indices(grid, height, width)
    assert_same(actual, baseline.croppable_indices(grid, height, width))
    assert 0 < len(actual) < len(grid)


@given(
    boxes(coordinates | st.sampled_from([np.nan, np.inf, -np.inf, 1e300, -1e300])),
    sides,
    sides,
)
def test_squares_of_what_a_broken_network_says(rows: Boxes, height: int, width: int) -> None:
    with np.errstate(invalid="ignore", over="ignore"):
        expected = baseline.square_boxes(rows)
    actual = _core.square_boxes(rows)
    usable = _core.croppable_indices(actual, height, width)
    assert_same(usable, baseline.croppable_indices(expected, height, width))
    assert_same(actual[usable], expected[usable])


@given(boxes(coordinates | reals | st.sampled_from([np.inf, -np.inf, np.nan])), sides, sides)
def test_clip(rows: Boxes, height: int, width: int) -> None:
    assert_same(_core.clip(rows, height, width), baseline.clip(rows, height, width))


@given(boxes_and(10, st.floats(-1, 2, width=32), coordinates | reals))
def test_project_landmarks(case: tuple[Boxes, NDArray[np.float32]]) -> None:
    assert_same(_core.project_landmarks(*case), baseline.project_landmarks(*case))


def test_inputs_stay_as_they_are() -> None:
    rows = np.array([[-3.5, 2, 8, 9], [1, 1, 30, 30]])
    scores = np.array([0.5, 0.9], np.float32)
    offsets = np.full((2, 4), 0.3, np.float32)
    points = np.full((2, 10), 0.3, np.float32)
    image = random_image(12, 14)
    whole = np.round(rows)
    for array in (rows, scores, offsets, points, image, whole):
        array.flags.writeable = False  # and this is no reason to refuse them
    _core.nms(rows, scores, 0.5, "union")
    _core.apply_offsets(rows, offsets)
    _core.square_boxes(rows)
    _core.croppable_indices(rows, 12, 14)
    _core.clip(rows, 12, 14)
    _core.project_landmarks(rows, points)
    _core.crop(_core.ResampleSource(image), whole, 24)
    _core.resample(_core.ResampleSource(image), 5, 5)
    assert rows.tolist() == [[-3.5, 2, 8, 9], [1, 1, 30, 30]]


EMPTY: list[tuple[str, tuple[Any, ...]]] = [
    ("nms", (np.zeros((0, 4)), np.zeros(0, np.float32), 0.5, "union")),
    ("nms", (np.zeros((0, 4)), np.zeros(0, np.float32), 0.5, "min")),
    ("apply_offsets", (np.zeros((0, 4)), np.zeros((0, 4), np.float32))),
    ("square_boxes", (np.zeros((0, 4)),)),
    ("croppable_indices", (np.zeros((0, 4)), 10, 10)),
    ("crop", (random_image(9, 9), np.zeros((0, 4)), 24)),
    ("clip", (np.zeros((0, 4)), 10, 10)),
    ("project_landmarks", (np.zeros((0, 4)), np.zeros((0, 10), np.float32))),
    *(
        (
            "boxes_from_heat_map",
            (np.zeros(shape, np.float32), np.zeros((4, *shape), np.float32), 1.0, 0.5, 12, 2),
        )
        for shape in [(0, 0), (0, 5), (5, 0), (3, 3)]
    ),
]


@pytest.mark.parametrize(("name", "arguments"), EMPTY, ids=[name for name, _ in EMPTY])
def test_nothing_in_nothing_out(name: str, arguments: tuple[Any, ...]) -> None:
    expected = getattr(baseline, name)(*arguments)
    if name == "crop":
        arguments = (_core.ResampleSource(arguments[0]), *arguments[1:])
    actual = getattr(_core, name)(*arguments)
    if name != "boxes_from_heat_map":
        actual, expected = (actual,), (expected,)
    for part, expected_part in zip(actual, expected, strict=True):
        assert len(part) == 0
        assert_same(part, expected_part)


@pytest.mark.parametrize("origin", [0, 1, 2, 3])
def test_crop_whose_sides_share_a_slot_of_the_weights(origin: int) -> None:
    """Sides 128 apart: the weights of one must not take the place of the other's."""
    image = random_image(200, 330)
    box = np.array([[origin, origin, origin + 277, origin + 149]], np.float64)
    for size in (24, 48):
        assert_same(
            _core.crop(_core.ResampleSource(image), box, size), baseline.crop(image, box, size)
        )


# ---- misuse

IMAGE = random_image(8, 9)
BOX = np.array([[0.0, 0, 5, 5]])
SCORE = np.array([0.5], np.float32)
OFFSETS = np.zeros((1, 4), np.float32)
POINTS = np.zeros((1, 10), np.float32)
MAP = np.zeros((3, 4), np.float32)
MAP_OFFSETS = np.zeros((4, 3, 4), np.float32)


def with_box(*row: float) -> Boxes:
    return np.array([BOX[0].tolist(), row])


def transposed(array: NDArray[Any]) -> NDArray[Any]:
    """Equal values with other strides."""
    return np.asfortranarray(np.repeat(array, 2, axis=0))


WRONG_VALUES: list[tuple[str, tuple[Any, ...], str]] = [
    ("pyramid_scales", (0, 5, 20, 0.7, 12), r"height must be between 1 and 2\*\*28, got 0"),
    ("pyramid_scales", (5, -1, 20, 0.7, 12), "width must be between .* got -1"),
    ("pyramid_scales", (5, 2**28 + 1, 20, 0.7, 12), "width must be between .* got 268435457"),
    ("pyramid_scales", (5, 5, 0, 0.7, 12), "min_face_size must be finite and above 0, got 0"),
    ("pyramid_scales", (5, 5, np.nan, 0.7, 12), "min_face_size must .* got nan"),
    ("pyramid_scales", (5, 5, np.inf, 0.7, 12), "min_face_size must .* got inf"),
    ("pyramid_scales", (5, 5, 20, 1.0, 12), "factor must be between 0 and 1, got 1"),
    ("pyramid_scales", (5, 5, 20, 0.0, 12), "factor must be between 0 and 1, got 0"),
    ("pyramid_scales", (5, 5, 20, np.nan, 12), "factor must be between 0 and 1, got nan"),
    ("pyramid_scales", (5, 5, 20, 0.7, 0), "window must be between"),
    ("resample", (_core.ResampleSource(IMAGE), 0, 5), "height must be between"),
    ("resample", (_core.ResampleSource(IMAGE), 5, 5, (0, 0, 6, 5)), "tile must be .* level of 5x5"),
    (
        "resample",
        (_core.ResampleSource(IMAGE), 5, 5, (-1, 0, 5, 5)),
        r"tile .* got \(-1, 0, 5, 5\)",
    ),
    ("resample", (_core.ResampleSource(IMAGE), 5, 5, (4, 4, 1, 2)), "tile must be"),
    ("resample", (_core.ResampleSource(IMAGE), 5, 5, (0, 0, 0, 5)), "tile must be"),
    ("resample", (_core.ResampleSource(IMAGE), 5, 5, (2**62, 0, 2**62, 5)), "tile must be"),
    ("resample", (_core.ResampleSource(IMAGE), 5, -3), "width must be between .* got -3"),
    ("ResampleSource", (IMAGE[:, :, 0],), r"image must be a \(height, width, 3\) .* got shape"),
    ("ResampleSource", (IMAGE[:, :, :2],), r"image must be .* got shape \(8, 9, 2\)"),
    ("ResampleSource", (IMAGE[:0],), r"with at least one pixel, got shape \(0, 9, 3\)"),
    ("ResampleSource", (IMAGE[:, :0],), r"with at least one pixel, got shape \(8, 0, 3\)"),
    ("ResampleSource", (IMAGE[:, ::2],), r"packed RGB pixels, got strides \(27, 6, 1\)"),
    ("ResampleSource", (IMAGE[:, ::-1],), "packed RGB pixels, got strides"),
    ("ResampleSource", (IMAGE[:, :, ::-1],), "packed RGB pixels, got strides"),
    ("ResampleSource", (IMAGE.transpose(1, 0, 2),), "packed RGB pixels, got strides"),
    ("ResampleSource", (IMAGE[:, ::2],), "packed RGB pixels, got strides"),
    (
        "crop",
        (_core.ResampleSource(IMAGE), BOX[0], 24),
        r"boxes must be an \(n, 4\) array, got shape \(4,\)",
    ),
    (
        "crop",
        (_core.ResampleSource(IMAGE), BOX[:, :3].copy(), 24),
        r"boxes must be an \(n, 4\) array",
    ),
    (
        "ResampleSource",
        (IMAGE, "bilinear", "x"),
        r"target must be one of cpu_features\(\), got 'x'",
    ),
    ("nms", (BOX, SCORE, 0.5, "min", True, "AVX2"), "target must be .* got 'AVX2'"),
    ("warp", (IMAGE, np.zeros((0, 2, 3)), 5, 5, "constant", (0, 0, 0), False, ""), "target must"),
    ("measure_peak_macs", (0.0, "x"), "target must be"),
    ("apply_table", (IMAGE, np.zeros(256, np.float32), True), r"images must be an \(n, height"),
    ("apply_table", (IMAGE[None], np.zeros(255, np.float32), True), r"table must be a \(256,\)"),
    ("crop", (_core.ResampleSource(IMAGE), BOX, 0), "size must be between 1 and 4096, got 0"),
    ("crop", (_core.ResampleSource(IMAGE), BOX, -24), "size must be between 1 and 4096, got -24"),
    ("crop", (_core.ResampleSource(IMAGE), BOX, 4097), "size must be between 1 and 4096, got 4097"),
    *(
        (
            "crop",
            (_core.ResampleSource(IMAGE), with_box(*row), 24),
            "boxes must be croppable: filter them",
        )
        for row in [
            (3.0, 3, 2, 5),
            (9, 0, 12, 3),
            (0, 8, 3, 12),
            (-5, -5, -1, 5),
            (np.nan, 0, 5, 5),
            (0, 0, np.inf, 5),
            (-np.inf, 0, np.inf, 5),
            (0, 0, 1024, 5),
            (-1e18, 0, 1e18, 5),
            (-1e300, -1e300, 1e300, 1e300),
        ]
    ),
    ("boxes_from_heat_map", (MAP[0], MAP_OFFSETS, 1, 0.5, 12, 2), "scores must be a .rows, col"),
    ("boxes_from_heat_map", (MAP, MAP_OFFSETS[:3], 1, 0.5, 12, 2), "offsets must be a .4, rows"),
    ("boxes_from_heat_map", (MAP, MAP_OFFSETS[:, :2].copy(), 1, 0.5, 12, 2), "offsets must be"),
    ("boxes_from_heat_map", (MAP, MAP_OFFSETS[:, :, :2].copy(), 1, 0.5, 12, 2), "offsets must"),
    ("boxes_from_heat_map", (MAP, MAP_OFFSETS, 0.0, 0.5, 12, 2), "scale must be finite and abo"),
    ("boxes_from_heat_map", (MAP, MAP_OFFSETS, np.inf, 0.5, 12, 2), "scale must be .* got inf"),
    ("boxes_from_heat_map", (MAP, MAP_OFFSETS, 1, 2.0, 12, 2), "threshold must be between 0 and"),
    ("boxes_from_heat_map", (MAP, MAP_OFFSETS, 1, np.nan, 12, 2), "threshold must .* got nan"),
    ("boxes_from_heat_map", (MAP, MAP_OFFSETS, 1, 0.5, 0, 2), "window must be between"),
    ("boxes_from_heat_map", (MAP, MAP_OFFSETS, 1, 0.5, 12, -2), "stride must be between"),
    ("boxes_from_heat_map", (MAP, MAP_OFFSETS, 1, 0.5, 12, 2, -1), "top and left must be at"),
    ("nms", (BOX, SCORE, 2.0, "union"), "threshold must be between 0 and 1, got 2"),
    ("nms", (BOX, SCORE, -0.1, "union"), "threshold must be between 0 and 1, got -0.1"),
    ("nms", (BOX, SCORE, np.nan, "min"), "threshold must be between 0 and 1, got nan"),
    ("nms", (BOX, SCORE, 0.5, "x"), "mode must be one of 'union', 'min', got 'x'"),
    ("nms", (BOX, np.zeros(2, np.float32), 0.5, "min"), r"scores must be a \(1,\) array, got"),
    ("nms", (BOX, SCORE[:, None], 0.5, "min"), r"scores must be a \(1,\) array, got shape \(1, 1"),
    ("nms", (BOX[0], SCORE, 0.5, "min"), r"boxes must be an \(n, 4\) array"),
    (
        "apply_offsets",
        (BOX, np.zeros((2, 4), np.float32)),
        r"offsets must be a \(1, 4\) array, got",
    ),
    ("apply_offsets", (BOX, POINTS), r"offsets must be a \(1, 4\) array, got shape \(1, 10\)"),
    ("apply_offsets", (BOX[0], OFFSETS), r"boxes must be an \(n, 4\) array"),
    ("square_boxes", (BOX[0],), r"boxes must be an \(n, 4\) array"),
    ("square_boxes", (np.zeros((2, 5)),), r"boxes must be an \(n, 4\) array, got shape \(2, 5\)"),
    ("croppable_indices", (BOX, 0, 5), "height must be between"),
    ("croppable_indices", (BOX, 5, -1), "width must be between"),
    ("croppable_indices", (BOX[None], 5, 5), r"boxes must be an \(n, 4\) array"),
    ("clip", (BOX, 0, 5), "height must be between"),
    ("clip", (BOX, 5, 2**40), "width must be between"),
    ("clip", (BOX[0], 5, 5), r"boxes must be an \(n, 4\) array"),
    ("project_landmarks", (BOX, OFFSETS), r"points must be a \(1, 10\) array, got shape \(1, 4\)"),
    ("project_landmarks", (BOX[0], POINTS), r"boxes must be an \(n, 4\) array"),
]


@pytest.mark.parametrize(("name", "arguments", "message"), WRONG_VALUES)
def test_wrong_values(name: str, arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(_core, name)(*arguments)


WRONG_TYPES: list[tuple[str, tuple[Any, ...]]] = [
    *(("ResampleSource", (IMAGE.astype(dtype),)) for dtype in (float, np.float32, bool, np.int8)),
    *(("ResampleSource", (IMAGE.astype(dtype),)) for dtype in (np.uint16, np.int64, "S1")),
    ("ResampleSource", (IMAGE.tolist(),)),
    ("ResampleSource", (None,)),
    ("resample", (_core.ResampleSource(IMAGE), 5.5, 5)),
    ("resample", (_core.ResampleSource(IMAGE), 2**70, 5)),
    ("resample", (_core.ResampleSource(IMAGE), "5", 5)),
    ("crop", (_core.ResampleSource(IMAGE), BOX.astype(np.float32), 24)),
    ("crop", (_core.ResampleSource(IMAGE), BOX.astype(np.int64), 24)),
    ("crop", (_core.ResampleSource(IMAGE), BOX.tolist(), 24)),
    ("crop", (_core.ResampleSource(IMAGE), transposed(BOX), 24)),
    ("nms", (BOX.astype(np.float32), SCORE, 0.5, "min")),
    ("nms", (BOX, SCORE.astype(np.float64), 0.5, "min")),
    ("nms", (BOX, np.zeros((1, 2), np.float32)[:, 0][::-1].astype(">f4"), 0.5, "min")),
    ("nms", (transposed(BOX), np.zeros(2, np.float32), 0.5, "min")),
    ("nms", (BOX, SCORE, 0.5, 3)),
    ("nms", (BOX, SCORE, "0.5", "min")),
    ("nms", (BOX, SCORE, 0.5)),
    ("nms", (BOX, SCORE, 0.5, "min", 1)),
    ("apply_offsets", (BOX, OFFSETS.astype(np.float64))),
    ("apply_offsets", (BOX, OFFSETS, None)),
    ("apply_offsets", (BOX, transposed(np.zeros((1, 4), np.float32)))),
    ("square_boxes", (BOX.astype(np.float32),)),
    ("square_boxes", (BOX, 0.0)),
    ("square_boxes", (transposed(BOX),)),
    ("square_boxes", (np.zeros((4, 8))[::2, ::2],)),
    ("croppable_indices", (BOX, 5.0, 5)),
    ("croppable_indices", (BOX.astype(np.float32), 5, 5)),
    ("clip", (BOX.astype(np.float32), 5, 5)),
    ("project_landmarks", (BOX, POINTS.astype(np.float64))),
    ("boxes_from_heat_map", (MAP.astype(np.float64), MAP_OFFSETS, 1, 0.5, 12, 2)),
    ("boxes_from_heat_map", (MAP, MAP_OFFSETS.astype(np.float64), 1, 0.5, 12, 2)),
    ("boxes_from_heat_map", (MAP[:, ::2], MAP_OFFSETS[:, :, ::2], 1, 0.5, 12, 2)),
    ("pyramid_scales", (5.5, 5, 20, 0.7, 12)),
    ("pyramid_scales", (5, 5, "20", 0.7, 12)),
    ("level_size", ("5", 5, 0.5)),
]


@pytest.mark.parametrize(("name", "arguments"), WRONG_TYPES)
def test_wrong_types(name: str, arguments: tuple[Any, ...]) -> None:
    # A conversion would be worse than an error: it makes a 0..1 float image black.
    with pytest.raises(TypeError, match=r"incompatible (function|constructor) arguments"):
        getattr(_core, name)(*arguments)


def test_more_memory_than_there_is() -> None:
    with pytest.raises(MemoryError):
        _core.resample(_core.ResampleSource(IMAGE), 2**28, 2**28)


@pytest.mark.parametrize("row", [(0.5, 0.5, 5.5, 5.5), (-0.9, -3.9, 0.0, 0.4), (7.9, 6.9, 8, 9)])
def test_crop_of_broken_coordinates_stays_in_the_image(row: tuple[float, ...]) -> None:
    assert np.abs(_core.crop(_core.ResampleSource(IMAGE), np.array([row]), 24)).max() <= 1


@pytest.mark.parametrize("scale", [np.nan, np.inf, 0.0, -1.0, 1e300])
def test_level_size_checks_its_arguments(scale: float) -> None:
    with pytest.raises(ValueError, match="scale"):
        _core.level_size(10, 10, scale)


@pytest.mark.parametrize("shape", [(0, 4, 5, 3), (2, 0, 5, 3), (1, 1, 1, 3), (3, 7, 5, 3)])
def test_apply_table(shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(3)
    images = random.integers(0, 256, shape, dtype=np.uint8)
    table = random.normal(size=256).astype(np.float32)
    assert_same(_core.apply_table(images, table, False), table[images])
    planes = np.ascontiguousarray(table[images].transpose(0, 3, 1, 2))
    assert_same(_core.apply_table(images, table, True), planes)
