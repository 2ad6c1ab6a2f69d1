"""What several test files share."""

from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from fastmtcnn import Detections

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
MODELS = ROOT / "models"


def random_image(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """An RGB image of noise."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@cache
def golden_image(name: str) -> NDArray[np.uint8]:
    """An RGB image of the golden folder, read-only since the tests share it."""
    with PIL.Image.open(GOLDEN / name) as image:
        pixels = np.array(image.convert("RGB"))
    pixels.flags.writeable = False
    return pixels


def golden_bgr(name: str) -> NDArray[np.uint8]:
    """Return an image of tests/golden with the colours in OpenCV's order."""
    return golden_image(name)[:, :, ::-1]


def difference(one: NDArray[Any], other: NDArray[Any]) -> float:
    """How much values differ, on average."""
    return float(np.abs(one.astype(float) - other).mean())


def cut_photos(
    random: np.random.Generator, count: int, least: int, most: int
) -> Iterator[PIL.Image.Image]:
    """Parts of the golden photographs, least to most - 1 pixels a side, anywhere in them."""
    names = ("crowd.png", "astronaut.png", "grace_hopper.png", "coffee_noface.png")
    sources = [PIL.Image.fromarray(golden_image(name)) for name in names]
    for k in range(count):
        source = sources[k % len(sources)]
        width, height = (int(side) for side in random.integers(least, most, 2))
        left = int(random.integers(0, max(1, source.width - width)))
        top = int(random.integers(0, max(1, source.height - height)))
        yield source.crop((left, top, left + width, top + height))


def encoded(
    image: PIL.Image.Image | NDArray[np.uint8], kind: str = "PNG", **options: object
) -> bytes:
    """An image as the content of a file."""
    if isinstance(image, np.ndarray):
        image = PIL.Image.fromarray(image)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def error_of_pipe(path: Path, call: Callable[[Path], object]) -> BaseException | None:
    """What a call raises, at once, that is given a named pipe to which nobody writes."""
    os.mkfifo(path)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(call, path)
        try:
            return answer.exception(timeout=60)
        except TimeoutError:
            path.open("wb").close()  # so that the thread ends
            raise


def elsewhere(function: Callable[..., Any], *arguments: object, **environment: str) -> Any:
    """Call a function of a module in a process of its own; return what it returns.

    Parameters
    ----------
    function : callable
        Returns what has a literal.
    *arguments : object
        Which have one too.
    **environment : str
        To change for that process.
    """
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    call = f"{function.__name__}(*{arguments!r})"
    done = subprocess.run(
        [sys.executable, "-c", f"import {function.__module__} as m; print(repr(m.{call}))"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return ast.literal_eval(done.stdout)


def assert_same(actual: NDArray[Any], expected: NDArray[Any]) -> None:
    """Equal in dtype, shape and every value; NaN equals NaN."""
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    np.testing.assert_array_equal(actual, expected)


def assert_same_detections(actual: Detections, expected: Detections) -> None:
    for part, expected_part in zip(actual, expected, strict=True):
        assert_same(part, expected_part)


def assert_no_faces(found: Detections) -> None:
    assert [part.shape for part in found] == [(0, 4), (0,), (0, 5, 2)]
    assert {part.dtype for part in found} == {np.dtype(np.float32)}
