"""Annotated images, and image files in folders and archives."""

from __future__ import annotations

import multiprocessing
import pickle
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fastmtcnn import ImageError
from fastmtcnn.training import AnnotatedImage, ImageFile, TrainingError
from fastmtcnn.training.data.archives import members
from tests.support.helpers import error_of_pipe
from tests.training.generated import archive

CONTENTS = {f"a/{k}.jpg": bytes([k]) * (20_000 + k) for k in range(40)}


def read(file: ImageFile) -> bytes:
    return file.read()


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"content")
    assert ImageFile(path).read() == b"content"
    assert ImageFile(path).size() == 7
    assert str(ImageFile(path)) == str(path)


@pytest.fixture
def switching() -> Iterator[None]:
    """Switch threads as often as possible."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_members_of_an_archive_are_read_by_threads_at_once(tmp_path: Path, switching: None) -> None:
    path = archive(tmp_path / "images.tar", CONTENTS)
    files = [ImageFile(path, name) for name in CONTENTS] * 20
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, files)) == list(CONTENTS.values()) * 20
    assert members(path) == CONTENTS.keys()
    assert [ImageFile(path, name).size() for name in CONTENTS] == list(map(len, CONTENTS.values()))
    assert str(ImageFile(path, "a/1.jpg")) == f"{path}: a/1.jpg"


def test_members_of_an_archive_are_read_by_a_forked_process(tmp_path: Path) -> None:
    # With a shared file position, the child's reads would move the parent's.
    path = archive(tmp_path / "images.tar", CONTENTS)
    files = [ImageFile(path, name) for name in CONTENTS]
    assert files[0].read() == CONTENTS["a/0.jpg"]  # opened before the fork
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("processes cannot be forked here")
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        theirs = pool.map(read, files * 10)
        ours = [read(file) for file in files * 10]
        assert list(theirs) == ours == list(CONTENTS.values()) * 10


def test_an_archive_that_was_replaced_is_opened_again(tmp_path: Path) -> None:
    path = archive(tmp_path / "images.tar", {"a": b"first"})
    assert ImageFile(path, "a").read() == b"first"
    archive(tmp_path / "other.tar", {"b": b"x" * 20_000, "a": b"second"}).replace(path)
    assert ImageFile(path, "a").read() == b"second"


def test_names_of_members_may_begin_with_a_dot(tmp_path: Path) -> None:
    path = archive(tmp_path / "images.tar", {"./a/b.jpg": b"content"})
    assert ImageFile(path, "a/b.jpg").read() == b"content"


def test_a_missing_member(tmp_path: Path) -> None:
    path = archive(tmp_path / "images.tar", {"a": b""})
    with pytest.raises(ImageError, match="the archive has no file 'b'") as raised:
        ImageFile(path, "b").read()
    assert raised.value.path == str(path)


@pytest.mark.parametrize("content", [b"", b"no archive" * 100, b"\x1f\x8b\x08\x00" + b"x" * 600])
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "images.tar"
    path.write_bytes(content)
    with pytest.raises(TrainingError, match=r"images\.tar'.*tar archive without compression"):
        ImageFile(path, "a").read()


def test_an_archive_that_was_cut(tmp_path: Path) -> None:
    path = archive(tmp_path / "images.tar", {"a": b"x" * 5000})
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises((TrainingError, ImageError), match=r"tar archive|ends within"):
        ImageFile(path, "a").read()


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    error = error_of_pipe(tmp_path / "pipe.jpg", lambda path: ImageFile(path).read())
    assert isinstance(error, ImageError)
    assert "must be a regular file" in str(error)


def test_images_are_pickled() -> None:
    image = AnnotatedImage(
        "set/a",
        ImageFile(Path("x.tar"), "a"),
        np.ones((1, 4)),
        np.ones(1, bool),
        np.ones((1, 5, 2)),
    )
    copy = pickle.loads(pickle.dumps(image))
    assert copy.file == image.file
    np.testing.assert_array_equal(copy.points, image.points)
    assert "array" not in repr(image)  # thousands of them are in a set


@pytest.mark.parametrize(
    ("boxes", "ignored", "points", "message"),
    [
        (
            np.ones((2, 4)),
            np.ones(1, bool),
            np.ones((2, 5, 2)),
            r"\(2, 4\), \(1,\) and \(2, 5, 2\)",
        ),
        (np.ones((1, 4)), np.ones(1, bool), np.ones((1, 10)), r"got .*\(1, 10\) for image 'a'"),
        (np.array([[0, 0, np.nan, 1]]), np.ones(1, bool), np.ones((1, 5, 2)), "finite corners"),
        (np.array([[5.0, 0, 4, 1]]), np.ones(1, bool), np.ones((1, 5, 2)), "x1 <= x2"),
    ],
)
def test_other_arrays_are_refused(
    boxes: NDArray[np.float64],
    ignored: NDArray[np.bool_],
    points: NDArray[np.float64],
    message: str,
) -> None:
    with pytest.raises(ValueError, match=message):
        AnnotatedImage("a", ImageFile(Path("a")), boxes, ignored, points)
