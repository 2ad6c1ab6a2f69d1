"""The functions that exist once for each processor target, every target beside scalar code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from timeit import repeat

import numpy as np
import PIL.Image

import fastmtcnn
from fastmtcnn import _core

CROWD = Path(__file__).resolve().parent.parent / "tests" / "golden" / "crowd.png"


def measure() -> dict[str, float]:
    """Return the least seconds of each function, by the first target that is not switched off."""
    with PIL.Image.open(CROWD) as file:
        crowd = np.asarray(file.convert("RGB"))
        large = np.asarray(file.convert("RGB").resize((1920, 1080)))
    source, large_source = _core.Source(crowd), _core.Source(large)
    trace = fastmtcnn.MTCNN(num_threads=1).trace(crowd)
    boxes = np.ascontiguousarray(np.tile(trace.proposals[:, :4], (3, 1))[:2000])
    scores = np.tile(trace.proposals[:, 4], 3)[:2000].astype(np.float32)
    levels = [
        _core.level_size(1080, 1920, scale)
        for scale in _core.pyramid_scales(1080, 1920, 20, 0.707, 12)
    ]
    functions = {
        "Source 1920x1080": lambda: _core.Source(large),
        "pyramid of 1920x1080": lambda: [_core.resample(large_source, *size) for size in levels],
        f"crop {len(trace.rnet.boxes)} to 24": lambda: _core.crop(source, trace.rnet.boxes, 24),
        f"crop {len(trace.onet.boxes)} to 48": lambda: _core.crop(source, trace.onet.boxes, 48),
        "nms of 2,000": lambda: _core.nms(boxes, scores, 0.7, "union"),
    }
    return {name: min(repeat(call, number=1, repeat=15)) for name, call in functions.items()}


def main() -> None:
    """Print a table: least milliseconds by target, and how many times as fast as scalar."""
    if sys.argv[1:] == ["--measure"]:
        print(json.dumps(measure()))  # noqa: T201
        return
    targets = fastmtcnn.cpu_features()
    figures: dict[str, dict[str, float]] = {}
    for k, target in enumerate(targets):
        environment = {**os.environ, "FASTMTCNN_DISABLE": ",".join(targets[:k])}
        command = [sys.executable, __file__, "--measure"]
        output = subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        ).stdout
        figures[target] = json.loads(output)
    print(f"{'':24}" + "".join(f"{target:>18}" for target in targets))  # noqa: T201
    for name, slowest in figures[targets[-1]].items():
        cells = (
            f"{figures[target][name] * 1e3:9.2f} ms {slowest / figures[target][name]:5.1f}x"
            for target in targets
        )
        print(f"{name:24}" + "".join(cells))  # noqa: T201


if __name__ == "__main__":
    main()
