"""on_error: what becomes of an image that cannot be used, where it is one of several."""

from __future__ import annotations

import copy
import errno
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from fastmtcnn import MTCNN, Detections, ImageError
from tests.support.helpers import GOLDEN, assert_no_faces, assert_same_detections, golden_image
from tests.support.networks import pretend_accelerator

GOOD = GOLDEN / "hopper_61x73.png"
Seen = list[tuple[int, str | None, Exception]]


@pytest.fixture(scope="module", params=[1, 2, "joined"])
def parallel(request: pytest.FixtureRequest) -> Iterator[MTCNN]:
    """With one thread, with two, and as for an accelerator, which gets images together."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "joined":
            pretend_accelerator(patch)
        yield MTCNN(num_threads=2 if request.param == "joined" else request.param)


@pytest.fixture(scope="module")
def expected(parallel: MTCNN) -> Detections:
    found = parallel.detect(GOOD)
    assert found.num_faces == 1
    return found


@pytest.fixture(params=["detect_batch", "detect_stream"])
def detect_all(parallel: MTCNN, request: pytest.FixtureRequest) -> Any:
    method = getattr(parallel, request.param)
    return lambda images, **options: list(method(images, **options))


def bad_images(folder: Path) -> list[tuple[Any, str | None, type[Exception], str]]:
    """Return images with their names, errors and messages as the second of three."""
    damaged = folder / "damaged.jpg"
    damaged.write_bytes(b"no image")
    missing = folder / "missing.jpg"
    return [
        (
            str(missing),
            str(missing),
            FileNotFoundError,
            f"[Errno {errno.ENOENT}] image 1: No such file or directory: {str(missing)!r}",
        ),
        (
            damaged,
            str(damaged),
            ImageError,
            f"image 1, {str(damaged)!r}: not an image in a format that is read",
        ),
        (
            b"no image",
            None,
            ImageError,
            "image 1: these 8 bytes: not an image in a format that is read",
        ),
        (
            np.zeros((5, 5, 2), np.uint8),
            None,
            ImageError,
            "image 1: an image array must have shape (height, width), (height, width, 1), "
            "(height, width, 3) or (height, width, 4), got (5, 5, 2)",
        ),
        (
            None,
            None,
            TypeError,
            "image 1: an image must be a uint8 array, a PIL image, a path or the bytes of an "
            "image file, got NoneType",
        ),
    ]


def without_formats(error: BaseException) -> str:
    """Return the message without the list of formats, which differs by how Pillow was built."""
    return re.sub(r" \([A-Z]+,[A-Z0-9, ]+\)$", "", str(error))


@pytest.mark.parametrize("which", range(5))
def test_every_policy(detect_all: Any, expected: Detections, which: int, tmp_path: Path) -> None:
    bad, name, error_type, message = bad_images(tmp_path)[which]
    images = [GOOD, bad, GOOD]
    with pytest.raises(error_type) as raised:
        detect_all(images)
    assert without_formats(raised.value) == message
    assert type(raised.value) is error_type

    found = detect_all(images, on_error="empty")
    assert len(found) == 3
    assert_same_detections(found[0], expected)
    assert_no_faces(found[1])
    assert_same_detections(found[2], expected)

    seen: Seen = []

    def stand_in(*failure: Any) -> Detections:
        seen.append(failure)
        return expected.select([0, 0])

    found = detect_all(images, on_error=stand_in)
    assert [each.num_faces for each in found] == [1, 2, 1]
    ((index, seen_name, error),) = seen
    assert (index, seen_name, type(error)) == (1, name, error_type)
    assert without_formats(error) == message


def test_all_are_bad(detect_all: Any) -> None:
    seen: Seen = []

    def stand_in(*failure: Any) -> Detections:
        seen.append(failure)
        return Detections.empty()

    found = detect_all([b"", None, "no-such.jpg"] * 12, on_error=stand_in)
    assert len(found) == 36
    assert [index for index, _, _ in seen] == list(range(36))
    assert [name for _, name, _ in seen] == [None, None, "no-such.jpg"] * 12
    for index, _, error in seen:
        assert f"image {index}: " in str(error)


def test_results_before_a_failure_come_first(parallel: MTCNN, expected: Detections) -> None:
    found = parallel.detect_stream([GOOD, GOOD, b"", GOOD], max_in_flight=8)
    assert_same_detections(next(found), expected)
    assert_same_detections(next(found), expected)
    with pytest.raises(ImageError, match=r"^image 2: these 0 bytes"):
        next(found)
    assert list(found) == []


def test_the_source_is_no_image(parallel: MTCNN) -> None:
    """What goes wrong in the iterable is not for on_error."""

    def broken() -> Iterator[Any]:
        yield b""
        raise OSError("camera lost")

    found = parallel.detect_stream(broken(), on_error="empty")
    assert_no_faces(next(found))
    with pytest.raises(OSError, match=r"^camera lost$"):
        next(found)


def test_an_error_of_the_callable(detect_all: Any) -> None:
    def refuse(index: int, name: str | None, error: Exception) -> Detections:
        raise KeyError(index) from error

    with pytest.raises(KeyError, match="1") as raised:
        detect_all([GOOD, b"", GOOD], on_error=refuse)
    assert isinstance(raised.value.__cause__, ImageError)


@pytest.mark.parametrize("answer", [None, [], (1, 2, 3)])
def test_a_callable_without_an_answer(detect_all: Any, answer: Any) -> None:
    with pytest.raises(TypeError, match=r"^on_error must return Detections, got \w+ for image 0$"):
        detect_all([b""], on_error=lambda *_: answer)


@pytest.mark.parametrize("on_error", ["ignore", None, 3, ["raise"]])
def test_wrong_policy(parallel: MTCNN, on_error: Any) -> None:
    for method in (parallel.detect_batch, parallel.detect_stream):
        with pytest.raises(ValueError, match="must be one of 'raise', 'empty', got"):
            method([], on_error=on_error)  # at once, also of a stream


def test_no_memory_for_a_copy() -> None:
    good = golden_image("hopper_61x73.png")

    class Huge(np.ndarray[Any, np.dtype[np.uint8]]):
        def copy(self, order: Any = "C") -> Any:
            raise MemoryError

    seen: list[str] = []

    def stand_in(_index: int, _name: str | None, error: Exception) -> Detections:
        seen.append(f"{type(error).__name__}: {error}")
        return Detections.empty()

    images = [good, good.view(Huge), good]
    detector = MTCNN(num_threads=2)
    for found in (
        list(detector.detect_stream(images, on_error=stand_in)),
        detector.detect_batch(iter(images), on_error=stand_in),
    ):
        assert [each.num_faces for each in found] == [1, 0, 1]
    assert seen == ["MemoryError: image 1: not enough memory"] * 2


def test_an_error_that_is_not_a_sentence() -> None:
    """Of whatever type, an error keeps what it says and where it comes from."""
    detector = MTCNN(num_threads=1)

    class Odd(PIL.Image.Image):
        @property
        def width(self) -> int:
            raise KeyError(("a", 1))

    with pytest.raises(KeyError) as raised:
        detector.detect_batch([Odd()])
    assert raised.value.args == (("a", 1),)
    assert any(entry.name == "width" for entry in raised.traceback)


def test_the_name_of_a_pil_image(detect_all: Any, tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    path.write_bytes((GOLDEN / "astronaut_333x277.png").read_bytes()[:5000])
    for several in (list, iter):
        with PIL.Image.open(path) as image, pytest.raises(ImageError) as raised:
            detect_all(several([GOOD, image]))
        message = f"image 1, {str(path)!r}: the PIL image cannot be loaded"
        assert str(raised.value).startswith(message)


def test_the_place_survives_pickling() -> None:
    with pytest.raises(FileNotFoundError) as raised:
        MTCNN(num_threads=1).detect_batch(["nope.jpg"])
    error = pickle.loads(pickle.dumps(raised.value))
    assert str(error) == str(raised.value)
    assert "image 0: " in repr(error)
    assert (error.errno, error.filename) == (errno.ENOENT, "nope.jpg")


def test_single_calls_name_no_index() -> None:
    with pytest.raises(ImageError, match=r"^these 0 bytes"):
        MTCNN(num_threads=1).detect(b"")


def test_copies_of_an_empty_result_are_not_shared(detect_all: Any) -> None:
    one, other = detect_all([b"", b""], on_error="empty")
    assert not np.shares_memory(one.boxes, other.boxes)
    assert_no_faces(copy.deepcopy(one))
