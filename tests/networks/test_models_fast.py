"""The rewritten model files: equal to the plain ones, and free of what slows onnxruntime down."""

from __future__ import annotations

import itertools
import runpy
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import PIL.Image
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper

from benchmarks import baseline
from fastmtcnn._core import has_avx512f
from fastmtcnn.graphs.chains import RewriteError
from fastmtcnn.graphs.rewriting import rewrite
from tests.support.helpers import GOLDEN, MODELS

NAMES = ("pnet", "rnet", "onet")
FAST = ("pnet_fast", "pnet_fast_avx512", "rnet_fast", "onet_fast")
PNETS = [name for name in FAST if name.startswith("pnet")]
SIDES = {"rnet": 24, "onet": 48}
BLOCKED = "com.microsoft.nchwc"

# Largest differences seen, with AVX2 and with AVX-512: 1.7e-6 on photographs, 2.9e-6 on noise of
# black and white, for which the plain graphs are themselves wrong by 2.2e-6.
TOLERANCE = 3e-6
TOLERANCE_NOISE = 6e-6

Images = NDArray[np.float32]
Outputs = dict[str, NDArray[np.float32]]


def open_session(source: Path | bytes, dump: Path | None = None) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    if dump is not None:
        options.optimized_model_filepath = str(dump)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


@cache
def session(name: str) -> onnxruntime.InferenceSession:
    return open_session(MODELS / f"{name}.onnx")


def run(session: onnxruntime.InferenceSession, images: Images) -> Outputs:
    names = [output.name for output in session.get_outputs()]
    outputs = dict(zip(names, session.run(names, {"image": images}), strict=True))
    outputs["probabilities"] = outputs["probabilities"][:, -1:]
    return outputs


def assert_close(actual: Outputs, expected: Outputs, tolerance: float) -> None:
    assert actual.keys() == expected.keys()
    for key, values in expected.items():
        assert actual[key].shape == values.shape
        np.testing.assert_allclose(actual[key], values, rtol=0, atol=tolerance)


def plain(name: str) -> str:
    return name.partition("_")[0]


def assert_same_function(name: str, images: Images, tolerance: float) -> None:
    assert_close(run(session(name), images), run(session(plain(name)), images), tolerance)


def scaled(pixels: NDArray[np.int64]) -> Images:
    return ((pixels - 127.5) / 128).astype(np.float32)


def noise(n: int, height: int, width: int, seed: int = 0) -> Images:
    return scaled(np.random.default_rng(seed).integers(0, 256, (n, 3, height, width)))


def black_and_white(n: int, height: int, width: int, seed: int = 0) -> Images:
    return scaled(np.random.default_rng(seed).integers(0, 2, (n, 3, height, width)) * 255)


@cache
def photograph(name: str) -> NDArray[np.uint8]:
    with PIL.Image.open(GOLDEN / name) as image:
        return np.asarray(image.convert("RGB"))


PHOTOGRAPHS = sorted(path.name for path in GOLDEN.glob("*.png"))


@cache
def crops(name: str) -> dict[str, Images]:
    """What R-Net and O-Net see of a photograph, from the plain graphs and in plain Python."""
    image = photograph(name)
    trace = baseline.BaselineMTCNN(MODELS).trace(image)
    return {
        "rnet": baseline.crop(image, trace.rnet_boxes, 24),
        "onet": baseline.crop(image, trace.onet_boxes, 48),
    }


def levels(name: str) -> Iterator[Images]:
    image = photograph(name)
    height, width = image.shape[:2]
    for scale in baseline.pyramid_scales(height, width, 20, 0.707, 12):
        yield baseline.resample(image, *baseline.level_size(height, width, scale))[None]


# The files


@pytest.mark.parametrize("name", FAST)
def test_derived_from_plain(name: str) -> None:
    convert = runpy.run_path(str(MODELS / "convert.py"))
    content = convert["make_rewritten"](MODELS / f"{plain(name)}.onnx", name.endswith("avx512"))
    assert content == (MODELS / f"{name}.onnx").read_bytes()


@pytest.mark.parametrize("name", FAST)
def test_inputs_and_outputs(name: str) -> None:
    original, fast = session(plain(name)), session(name)
    (image,), (expected,) = fast.get_inputs(), original.get_inputs()
    assert (image.name, image.type, image.shape) == (expected.name, expected.type, expected.shape)
    shapes = {output.name: output.shape for output in original.get_outputs()}
    shapes["probabilities"][1] = 1
    assert {output.name: output.shape for output in fast.get_outputs()} == shapes


# What they compute


@pytest.mark.parametrize("name", PNETS)
@pytest.mark.parametrize("height", range(12, 41))
def test_pnet_sizes(name: str, height: int) -> None:
    for width in range(12, 41):
        assert_same_function(name, noise(1, height, width), TOLERANCE_NOISE)


@pytest.mark.parametrize(("height", "width"), [(97, 131), (130, 98), (12, 301), (255, 12)])
@pytest.mark.parametrize("name", PNETS)
def test_pnet_larger(name: str, height: int, width: int) -> None:
    assert_same_function(name, noise(2, height, width), TOLERANCE_NOISE)
    assert_same_function(name, black_and_white(1, height, width), TOLERANCE_NOISE)


@pytest.mark.parametrize("name", SIDES)
@pytest.mark.parametrize("n", [1, 2, 7, 33])
def test_batches(name: str, n: int) -> None:
    side, name = SIDES[name], f"{name}_fast"
    assert_same_function(name, noise(n, side, side), TOLERANCE_NOISE)
    assert_same_function(name, black_and_white(n, side, side), TOLERANCE_NOISE)


@pytest.mark.parametrize("name", PNETS)
@pytest.mark.parametrize("photo", PHOTOGRAPHS)
def test_pnet_on_photographs(name: str, photo: str) -> None:
    for level in levels(photo):
        assert_same_function(name, level, TOLERANCE)


@pytest.mark.parametrize("name", SIDES)
@pytest.mark.parametrize("photo", PHOTOGRAPHS)
def test_crops_of_photographs(name: str, photo: str) -> None:
    assert_same_function(f"{name}_fast", crops(photo)[name], TOLERANCE)


@pytest.mark.parametrize("name", FAST)
@pytest.mark.parametrize("values", [(-1,), (0,), (1,), (-1, 1), (-1, 0, 1)])
def test_ends_of_the_range(name: str, values: tuple[int, ...]) -> None:
    side = SIDES.get(plain(name), 53)
    images = np.random.default_rng(7).choice(np.array(values, np.float32), (5, 3, side, side))
    outputs = run(session(name), images)
    assert all(np.isfinite(output).all() for output in outputs.values())
    assert outputs["probabilities"].min() >= 0
    assert outputs["probabilities"].max() <= 1
    assert_same_function(name, images, TOLERANCE_NOISE)


@pytest.mark.parametrize("name", FAST)
def test_batch_equals_singles(name: str) -> None:
    side = SIDES.get(plain(name), 33)
    images = noise(7, side, side)
    batch = run(session(name), images)
    singles = [run(session(name), image[None]) for image in images]
    assert_close(
        {key: np.concatenate([single[key] for single in singles]) for key in batch}, batch, 1e-6
    )


@pytest.mark.parametrize(("height", "width"), [(97, 130), (98, 131), (61, 61)])
@pytest.mark.parametrize("name", PNETS)
def test_pnet_tiles_equal_whole(name: str, height: int, width: int) -> None:
    """Tiles that start at even pixels and overlap by 10 have the cells of the whole."""
    image = noise(1, height, width)
    whole = run(session(name), image)
    rows, columns = whole["offsets"].shape[2:]
    for top, left in itertools.product(range(0, rows, 20), range(0, columns, 20)):
        tile = image[:, :, 2 * top : 2 * top + 50, 2 * left : 2 * left + 50]
        cells = {
            key: values[:, :, top : top + 20, left : left + 20] for key, values in whole.items()
        }
        assert_close(run(session(name), np.ascontiguousarray(tile)), cells, 1e-6)


# Any trained weights


@pytest.mark.parametrize("name", FAST)
@pytest.mark.parametrize(("least", "most"), [(-1.2, 0.9), (-1.2, -0.1), (0.1, 0.9), (0, 0)])
def test_other_slopes(name: str, least: float, most: float) -> None:
    model = onnx.load(MODELS / f"{plain(name)}.onnx")
    generator = np.random.default_rng(11)
    for tensor in model.graph.initializer:
        if tensor.name.startswith("prelu"):
            slopes = generator.uniform(least, most, tuple(tensor.dims)).astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(slopes, tensor.name))
    original = open_session(model.SerializeToString())
    narrow = name.endswith("avx512")
    fast = open_session(rewrite(model, narrow).SerializeToString())
    side = SIDES.get(plain(name), 33)
    images = noise(3, side, side)
    expected = run(original, images)
    # Slopes that the network was not trained with make outputs of any size.
    size = max(1, *(float(np.abs(values).max()) for values in expected.values()))
    assert_close(run(fast, images), expected, 5e-5 * size)


@pytest.mark.parametrize(
    ("name", "layer", "slopes"), [("pnet", 2, (0.5, 1)), ("onet", 2, (-0.5, 1.5))]
)
def test_unsuitable_slope(name: str, layer: int, slopes: tuple[float, float]) -> None:
    model = onnx.load(MODELS / f"{name}.onnx")
    for tensor in model.graph.initializer:
        if tensor.name == f"prelu{layer}.weight":
            values = np.resize(np.array(slopes, np.float32), tuple(tensor.dims))
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    with pytest.raises(RewriteError, match="slope"):
        rewrite(model)


# What onnxruntime makes of them


@pytest.mark.parametrize("name", FAST)
def test_stays_in_blocked_layout(name: str, tmp_path: Path) -> None:
    path = tmp_path / "optimized.onnx"
    open_session(MODELS / f"{name}.onnx", dump=path)
    nodes = onnx.load(path).graph.node
    if not any(node.domain == BLOCKED for node in nodes):
        pytest.skip("onnxruntime has no blocked layout on this processor")
    if name.endswith("avx512") and not has_avx512f():
        pytest.skip("made for blocks of 16 channels")
    ops = [node.op_type for node in nodes]
    assert {node.domain for node in nodes if node.op_type in ("Conv", "MaxPool")} == {BLOCKED}
    assert ops.count("ReorderInput") == 0
    if name.endswith("avx512"):
        ops.remove("ReorderOutput")  # before the second convolution, on purpose
    assert ops.count("ReorderOutput") == 1
    maps, vectors = ops[: ops.index("ReorderOutput")], ops[ops.index("ReorderOutput") :]
    assert set(maps) <= {"Conv", "MaxPool", "Relu", "Add"}
    tail = ["Split", "Exp", "Add", "Div"]
    if name in ("rnet_fast", "onet_fast"):
        tail = ["Flatten", "Gemm", "PRelu", "Gemm", *tail]
    assert vectors[1:] == tail
