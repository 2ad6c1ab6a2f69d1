"""Memory of a detection: in proportion to the pixels, whatever the shape of the image."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fastmtcnn.networks.native import native_target

PEAK = """
import resource, sys
import numpy as np
import fastmtcnn
from fastmtcnn import _core

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

height, width = map(int, sys.argv[1:3])
image = np.full((height, width, 3), 7, np.uint8)
"""
DETECTION = f"""{PEAK}
detector = fastmtcnn.MTCNN(num_threads=1, engine=sys.argv[3])
before = peak()
detector.detect(image)
print(peak() - before)
"""
ONE_TILE = f"""{PEAK}
before = peak()
source = _core.ResampleSource(image)
_core.resample(source, height * 6, width * 6, (height * 6 - 12, width * 6 - 12, 12, 12))
_core.crop(source, np.array([[-9.0, -9, 15, 15]]), 24)
print(peak() - before)
"""

of_linux = pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss")


def printed(program: str, *arguments: object) -> int:
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        timeout=100,
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout)


@of_linux
@pytest.mark.parametrize("engine", ["onnxruntime", "native"])
@pytest.mark.parametrize("shape", [(1, 12_000_000), (21, 400_000), (400_000, 21)])
def test_narrow_images(shape: tuple[int, int], engine: str) -> None:
    """8 bytes a pixel, of which the image itself has 3, and 100 MB, as SECURITY.md says."""
    if engine == "native" and native_target() is None:
        pytest.skip("needs AVX2, AVX-512 or NEON")
    assert printed(DETECTION, *shape, engine) < 5 * shape[0] * shape[1] + 100e6


@of_linux
@pytest.mark.parametrize("shape", [(2, 4_000_000), (4_000_000, 2)])
def test_parts_of_narrow_images(shape: tuple[int, int]) -> None:
    """Of 24 MB, which padded to whole bands would be 192 MB."""
    assert printed(ONE_TILE, *shape) < 20e6
