"""Errors as data: what they are about, and the text that is composed of it."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from fastmtcnn import MTCNN, FastMTCNNError, ImageError, VideoError
from fastmtcnn.files.images import as_rgb
from tests.support.helpers import GOLDEN

LONG = "x" * 2000


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ImageError("no good"), "no good"),
        (ImageError("no good", path="a.jpg"), "'a.jpg': no good"),
        (ImageError("no good", path=b"a.jpg"), "b'a.jpg': no good"),
        (ImageError("no good", index=3), "image 3: no good"),
        (ImageError("no good", path="a.jpg", index=0), "image 0, 'a.jpg': no good"),
        (ImageError("no good", path=LONG), f"'{'x' * 59}...: no good"),
        (VideoError("no good"), "no good"),
        (VideoError("no good", path="a.mp4"), "'a.mp4': no good"),
    ],
)
def test_text(error: FastMTCNNError, text: str) -> None:
    assert str(error) == text
    assert isinstance(error, ValueError)


def test_text_follows_the_attributes() -> None:
    error = ImageError("no good")
    error.path, error.index = "b.png", 7
    assert str(error) == "image 7, 'b.png': no good"


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
@pytest.mark.parametrize(
    "error",
    [
        ImageError("no good", kind="damaged", path="a.jpg", index=2),
        ImageError("no good"),
        VideoError("no good", path=b"a.mp4"),
    ],
)
def test_copies_keep_the_data(error: FastMTCNNError, copied: Any) -> None:
    other = copied(error)
    assert type(other) is type(error)
    assert vars(other) == vars(error)
    assert vars(error)  # so that nothing equal to nothing is compared
    assert str(other) == str(error)


def saved(tmp_path: Path, name: str, content: bytes) -> str:
    path = tmp_path / name
    path.write_bytes(content)
    return str(path)


def test_kinds(tmp_path: Path) -> None:
    """Each kind, of images that have this one fault."""
    photo = (GOLDEN / "astronaut_333x277.png").read_bytes()
    cases: list[tuple[Any, str, bool]] = [
        (saved(tmp_path, "text.jpg", b"no image"), "format", True),
        (b"no image", "format", False),
        (saved(tmp_path, "cut.png", photo[:5000]), "damaged", True),
        (photo[:5000], "damaged", False),
        (saved(tmp_path, "whole.png", photo), "too_large", True),
        (np.zeros((101, 101), np.uint8), "too_large", False),
        (np.zeros((5, 5, 2), np.uint8), "shape", False),
        (np.zeros((0, 5, 3), np.uint8), "shape", False),
        (PIL.Image.new("I", (5, 5)), "values", False),
        (np.ma.masked_less(np.arange(25, dtype=np.uint8).reshape(5, 5), 3), "values", False),
        ("/dev/null", "file", True),
        ("a\0b", "file", True),
    ]
    for image, kind, is_file in cases:
        with pytest.raises(ImageError) as raised:
            as_rgb(image, "rgb", 10_000 if kind == "too_large" else 200_000_000)
        error = raised.value
        assert (error.kind, error.index) == (kind, None)
        assert error.path == (image if is_file else None)
        assert str(error) == (f"{image!r}: " if is_file else "") + error.reason


def test_too_large_for_the_pyramid() -> None:
    with pytest.raises(ImageError, match="would enlarge") as raised:
        MTCNN(min_face_size=0.01, num_threads=1).detect(np.zeros((900, 900), np.uint8))
    assert raised.value.kind == "too_large"


def test_a_batch_adds_index_and_path(tmp_path: Path) -> None:
    path = saved(tmp_path, "text.jpg", b"no image")
    for images, expected in (([path], path), ([b"no image"], None)):
        with pytest.raises(ImageError) as raised:
            MTCNN(num_threads=1).detect_batch(images)
        assert (raised.value.index, raised.value.path) == (0, expected)
        assert raised.value.kind == "format"
