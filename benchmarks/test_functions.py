"""Each function of the C++ core beside the one in NumPy and Pillow that is its oracle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import onnxruntime
import PIL.Image
import pytest

from benchmarks import baseline
from benchmarks.baseline.pyramid import normalise, resize
from benchmarks.files import MODELS
from fastmtcnn import _core

Compare: TypeAlias = Callable[..., None]

HOT = 5.0  # times as fast as NumPy
PILLOW = 1.0  # as fast as Pillow, which is C itself

pytestmark = pytest.mark.benchmark(max_time=0.8, min_rounds=9)


@dataclass(frozen=True)
class Scene:
    """What the cascade, run by the baseline, makes of the crowd."""

    candidates: list[tuple[_core.Boxes, _core.Scores]]  # by pyramid level, before any NMS
    heat_map: tuple[_core.Plane, _core.Plane]  # scores and offsets of another level
    proposals: npt.NDArray[np.float64]  # boxes, scores, offsets
    rnet_boxes: _core.Boxes
    onet_boxes: _core.Boxes


@pytest.fixture(scope="module")
def scene(crowd: _core.Image) -> Scene:
    pnet = onnxruntime.InferenceSession(MODELS / "pnet.onnx", providers=["CPUExecutionProvider"])

    def heat_map(height: int, width: int) -> tuple[_core.Plane, _core.Plane]:
        level = baseline.resample(crowd, height, width)
        scores, offsets = pnet.run(["probabilities", "offsets"], {"image": level[None]})
        return np.ascontiguousarray(scores[0, 1]), offsets[0]

    candidates = []
    height, width = crowd.shape[:2]
    for scale in baseline.pyramid_scales(height, width, 20, 0.707, 12):
        level = heat_map(*baseline.level_size(height, width, scale))
        candidates.append(baseline.boxes_from_heat_map(*level, scale, 0.6, 12, 2)[:2])
    trace = baseline.BaselineMTCNN(MODELS).trace(crowd)
    return Scene(
        candidates, heat_map(586, 778), trace.proposals, trace.rnet_boxes, trace.onet_boxes
    )


def spread(rows: npt.NDArray[np.float64], count: int = 200) -> npt.NDArray[np.float64]:
    """Return so many of the rows, evenly spread, repeated where they are fewer."""
    return rows[np.arange(count) * len(rows) // count]


@pytest.mark.parametrize("mode", ["union", "min"])
@pytest.mark.parametrize("count", [50, 2000])
def test_nms(compare: Compare, scene: Scene, count: int, mode: Literal["union", "min"]) -> None:
    levels = reversed(scene.candidates)
    boxes, scores = (np.concatenate(parts)[:count] for parts in zip(*levels, strict=True))
    kept = len(baseline.nms(boxes, scores, 0.7, mode))
    compare(
        f"nms, {mode}, {count:,} boxes",
        lambda: _core.nms(boxes, scores, 0.7, mode),
        lambda: baseline.nms(boxes, scores, 0.7, mode),
        target=HOT,
        settings=f"threshold 0.7, {kept} kept",
    )


def test_boxes_from_heat_map(compare: Compare, scene: Scene) -> None:
    scores, offsets = scene.heat_map
    rows, columns = scores.shape
    arguments = (scores, offsets, 0.6, 0.7, 12, 2)
    compare(
        f"boxes_from_heat_map, {rows}x{columns}",
        lambda: _core.boxes_from_heat_map(*arguments),
        lambda: baseline.boxes_from_heat_map(*arguments),
        target=HOT,
        settings=f"threshold 0.7, {np.mean(scores > 0.7):.2%} of the cells above",
    )


def test_apply_offsets(compare: Compare, scene: Scene) -> None:
    boxes, _, offsets = np.split(spread(scene.proposals), [4, 5], axis=1)
    boxes, moves = np.ascontiguousarray(boxes), offsets.astype(np.float32)
    compare(
        "apply_offsets, 200 boxes",
        lambda: _core.apply_offsets(boxes, moves),
        lambda: baseline.apply_offsets(boxes, moves),
        target=HOT,
    )


def test_square_boxes(compare: Compare, scene: Scene) -> None:
    boxes, _, offsets = np.split(spread(scene.proposals), [4, 5], axis=1)
    calibrated = baseline.apply_offsets(boxes, offsets.astype(np.float32))
    compare(
        "square_boxes, 200 boxes",
        lambda: _core.square_boxes(calibrated),
        lambda: baseline.square_boxes(calibrated),
        target=HOT,
    )


def test_croppable_indices(compare: Compare, crowd: _core.Image, scene: Scene) -> None:
    boxes = spread(scene.rnet_boxes)
    boxes[::20] += 2000.0  # outside the image
    height, width = crowd.shape[:2]
    compare(
        "croppable_indices, 200 boxes",
        lambda: _core.croppable_indices(boxes, height, width),
        lambda: baseline.croppable_indices(boxes, height, width),
        target=HOT,
        settings="10 outside the image",
    )


def test_clip(compare: Compare, crowd: _core.Image, scene: Scene) -> None:
    boxes = spread(scene.rnet_boxes)
    height, width = crowd.shape[:2]
    compare(
        "clip, 200 boxes",
        lambda: _core.clip(boxes, height, width),
        lambda: baseline.clip(boxes, height, width),
        target=HOT,
    )


def test_project_landmarks(compare: Compare, scene: Scene) -> None:
    boxes = spread(scene.onet_boxes)
    points = np.random.default_rng(5).uniform(0, 1, (200, 10)).astype(np.float32)
    compare(
        "project_landmarks, 200 boxes",
        lambda: _core.project_landmarks(boxes, points),
        lambda: baseline.project_landmarks(boxes, points),
        target=HOT,
    )


@pytest.mark.parametrize("size", [24, 48])
def test_crop(compare: Compare, crowd: _core.Image, scene: Scene, size: int) -> None:
    boxes = spread(scene.rnet_boxes if size == 24 else scene.onet_boxes)
    height, width = crowd.shape[:2]
    across = np.count_nonzero(np.any(boxes != baseline.clip(boxes, height, width), axis=1))
    sides = boxes[:, 2] - boxes[:, 0] + 1
    source = _core.ResampleSource(crowd)
    compare(
        f"crop, 200 boxes to {size}x{size}",
        lambda: _core.crop(source, boxes, size),
        lambda: baseline.crop(crowd, boxes, size),
        target=HOT,
        settings=f"sides {sides.min():.0f} to {sides.max():.0f}, median {np.median(sides):.0f}; "
        f"{across} across the border; the source made beforehand",
    )


def test_source(compare: Compare, crowd: _core.Image) -> None:
    large = resize(crowd, 1080, 1920)
    compare(
        "ResampleSource, 1920x1080",
        lambda: _core.ResampleSource(large),
        lambda: PIL.Image.fromarray(large),
        target=1.0,
        settings="reference: Pillow's Image.fromarray",
        check=lambda *_: None,
    )


def test_pyramid(compare: Compare, crowd: _core.Image) -> None:
    large = resize(crowd, 1080, 1920)
    scales = baseline.pyramid_scales(1080, 1920, 20, 0.707, 12)
    sizes = [baseline.level_size(1080, 1920, scale) for scale in scales]
    bare = PIL.Image.fromarray(large)

    def ours() -> list[_core.Plane]:
        source = _core.ResampleSource(large)
        return [_core.resample(source, *size) for size in sizes]

    def reference() -> list[PIL.Image.Image]:
        return [bare.resize(size[::-1], PIL.Image.Resampling.BILINEAR) for size in sizes]

    def check(answer: list[Any], expected: list[Any]) -> None:
        for one, other in zip(answer, expected, strict=True):
            assert_same_level(one, other)

    compare(
        f"pyramid of 1920x1080, {len(sizes)} levels",
        ours,
        reference,
        target=5.0,
        settings="min_face_size 20; reference: Pillow's resizes alone",
        check=check,
    )


# Of the pyramid for faces of 20 pixels and more: each image's first level, and smaller ones.
LEVELS = [(1280, 801, 0), (1920, 1080, 0), (1920, 1080, 1), (1920, 1080, 4)]


@dataclass(frozen=True)
class Level:
    """One level of a pyramid that is to be made of an image."""

    image: _core.Image
    rows: int
    columns: int

    @property
    def name(self) -> str:
        height, width = self.image.shape[:2]
        return f"{width}x{height} to {self.columns}x{self.rows}"


@pytest.fixture(params=LEVELS, ids=["{}x{}-{}".format(*level) for level in LEVELS])
def level(request: pytest.FixtureRequest, crowd: _core.Image) -> Level:
    width, height, number = request.param
    scale = baseline.pyramid_scales(height, width, 20, 0.707, 12)[number]
    return Level(resize(crowd, height, width), *baseline.level_size(height, width, scale))


def test_resample(compare: Compare, level: Level) -> None:
    compare(
        f"resample, {level.name}",
        lambda: _core.resample(_core.ResampleSource(level.image), level.rows, level.columns),
        lambda: baseline.resample(level.image, level.rows, level.columns),
        target=PILLOW,
        settings="reference: Pillow's resize, then NumPy",
    )


def test_resample_bare(compare: Compare, level: Level) -> None:
    source = PIL.Image.fromarray(level.image)
    size = (level.columns, level.rows)
    compare(
        f"resample, {level.name}, bare",
        lambda: _core.resample(_core.ResampleSource(level.image), level.rows, level.columns),
        lambda: source.resize(size, PIL.Image.Resampling.BILINEAR),
        target=PILLOW,
        settings="reference: Pillow's resize alone",
        check=assert_same_level,
    )


def assert_same_level(*answers: _core.Plane | PIL.Image.Image) -> None:
    answer, expected = (
        normalise(np.asarray(level).transpose(2, 0, 1))
        if isinstance(level, PIL.Image.Image)
        else level
        for level in answers
    )
    np.testing.assert_array_equal(answer, expected)
