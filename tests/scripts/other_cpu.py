"""Whether another processor gives the same results: ``python other_cpu.py FILE [TARGET]``.

Without TARGET, writes what this processor computes. With it, demands that this one runs the C++
code of TARGET, and compares: what is C++ to the bit, a detection to a thousandth of a pixel, since
onnxruntime has other kernels for each processor, which add up in another order.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import fastmtcnn
from fastmtcnn import _core
from fastmtcnn.networks.architecture import ARCHITECTURES

TOLERANCE = 1e-3  # pixels, and of a score


def computed() -> dict[str, NDArray[Any]]:
    rng = np.random.default_rng(0)
    corners = rng.uniform(-20, 480, (2000, 2)).round()
    boxes = np.column_stack([corners, corners + rng.integers(5, 60, (2000, 2))])
    scores = rng.random(2000, np.float32)
    heat = rng.random((40, 50), np.float32)
    offsets = rng.random((4, 40, 50), np.float32)
    with Image.open(fastmtcnn.sample_photo()) as photo:
        image = np.asarray(photo.convert("RGB"))
    results: dict[str, NDArray[Any]] = {
        "scales": np.array(_core.pyramid_scales(1080, 1920, 20, 0.709, 12)),
        "boxes": _core.boxes_from_heat_map(heat, offsets, 0.3, 0.6, 12, 2)[0],
        "calibrated": _core.apply_offsets(boxes, offsets.reshape(-1, 4)),
        "squares": _core.square_boxes(boxes),
        "landmarks": _core.project_landmarks(boxes, rng.random((2000, 10), np.float32)),
        "kept of a few": _core.nms(boxes[:100], scores[:100], 0.1, "union"),
        "kept of many": _core.nms(boxes, scores, 0.5, "min"),
    }
    for resampling in ("bilinear", "area", "adaptive"):
        source = _core.ResampleSource(image, resampling)
        inside = boxes[_core.croppable_indices(boxes, *image.shape[:2])]
        results[f"{resampling} level"] = _core.resample(source, 143, 199)
        results[f"{resampling} crops"] = _core.crop(source, inside[:50], 24)
    level, small, large = (
        (rng.random(shape, np.float32) - 0.5) * 2
        for shape in ((3, 55, 77), (5, 3, 24, 24), (3, 3, 48, 48))
    )
    networks = (
        _core.NativePNet(random_weights("pnet", rng))(level),
        _core.NativeRNet(random_weights("rnet", rng))(small),
        _core.NativeONet(random_weights("onet", rng))(large),
    )
    for key, outputs in zip(("pnet", "rnet", "onet"), networks, strict=True):
        results |= {f"{key} output {n}": output for n, output in enumerate(outputs)}
    detections = fastmtcnn.MTCNN(num_threads=1).detect(image)
    results |= {f"detected {name}": part for name, part in detections._asdict().items()}
    return results


def random_weights(key: str, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    """Return weights of moderate size, by operations that are exact everywhere."""
    shapes = ARCHITECTURES[key]["original"].shapes
    return {
        name: (rng.random(shape, np.float32) - np.float32(0.5)) * np.float32(0.25)
        for name, shape in shapes.items()
    }


def main() -> None:
    path, *target = sys.argv[1:]
    here = computed()
    if not target:
        Path(path).write_bytes(pickle.dumps(here))
        return
    assert fastmtcnn.cpu_features()[:1] == target, fastmtcnn.cpu_features()
    there = pickle.loads(Path(path).read_bytes())
    assert set(there) == set(here)
    largest = 0.0
    for name, values in here.items():
        assert values.size > 0, name
        if name.startswith("detected"):
            np.testing.assert_allclose(values, there[name], rtol=0, atol=TOLERANCE, err_msg=name)
            largest = max(largest, float(abs(values - there[name]).max()))
        else:
            np.testing.assert_array_equal(values, there[name], err_msg=name)
    native = _core.network_targets()[0]
    print(  # noqa: T201
        f"{target[0]}, networks {native}: C++ equal, detection within {largest:.1g}"
    )


if __name__ == "__main__":
    main()
