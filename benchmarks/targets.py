"""The functions that exist once for each CPU target, every target beside the scalar code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from timeit import repeat

import numpy as np
import PIL.Image

import fastmtcnn
from fastmtcnn import _core

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.files import crowd


def functions() -> Callable[[str], dict[str, Callable[[], object]]]:
    """Return what gives the functions to measure, by name, for a target."""
    image = crowd()
    large = np.asarray(PIL.Image.fromarray(image).resize((1920, 1080)))
    trace = fastmtcnn.MTCNN(num_threads=1).trace(image)
    boxes = np.ascontiguousarray(np.tile(trace.proposals[:, :4], (3, 1))[:2000])
    scores = np.tile(trace.proposals[:, 4], 3)[:2000].astype(np.float32)
    levels = [
        _core.level_size(1080, 1920, scale)
        for scale in _core.pyramid_scales(1080, 1920, 20, 0.707, 12)
    ]
    rnet_boxes, onet_boxes = trace.rnet.boxes, trace.onet.boxes

    def of_target(target: str) -> dict[str, Callable[[], object]]:
        source = _core.ResampleSource(image, target=target)
        large_source = _core.ResampleSource(large, target=target)
        return {
            "ResampleSource 1920x1080": lambda: _core.ResampleSource(large, target=target),
            "pyramid of 1920x1080": lambda: [
                _core.resample(large_source, *size) for size in levels
            ],
            f"crop {len(rnet_boxes)} to 24": lambda: _core.crop(source, rnet_boxes, 24),
            f"crop {len(onet_boxes)} to 48": lambda: _core.crop(source, onet_boxes, 48),
            "nms of 2,000": lambda: _core.nms(boxes, scores, 0.7, "union", target=target),
        }

    return of_target


def main() -> None:
    """Print a table: least milliseconds by target, and how many times as fast as scalar."""
    of_target = functions()
    targets = fastmtcnn.cpu_features()
    figures = {
        target: {
            name: min(repeat(call, number=1, repeat=15)) for name, call in of_target(target).items()
        }
        for target in targets
    }
    print(f"{'':24}" + "".join(f"{target:>18}" for target in targets))  # noqa: T201
    for name, slowest in figures[targets[-1]].items():
        cells = (
            f"{figures[target][name] * 1e3:9.2f} ms {slowest / figures[target][name]:5.1f}x"
            for target in targets
        )
        print(f"{name:24}" + "".join(cells))  # noqa: T201


if __name__ == "__main__":
    main()
