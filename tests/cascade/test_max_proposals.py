"""The option `max_proposals`, beside P-Net's proposals that no suppression has touched."""

from __future__ import annotations

from typing import Any

import pytest

from fastmtcnn import MTCNN, ImageError
from fastmtcnn.networks.native import native_target
from tests.support.helpers import assert_same, golden_image

IMAGE = golden_image("astronaut_333x277.png")
engines = pytest.mark.parametrize(
    "engine",
    [
        "onnxruntime",
        pytest.param(
            "native", marks=pytest.mark.skipif(native_target() is None, reason="needs AVX2 or NEON")
        ),
    ],
)


def number_of_proposals(**options: Any) -> int:
    """Of all levels: an overlap never exceeds 1, so that nothing is suppressed."""
    detector = MTCNN(nms_thresholds=(1, 1, 0.7, 0.7), num_threads=1, **options)
    return len(detector.trace(IMAGE).proposals)


@engines
@pytest.mark.parametrize("num_threads", [1, 3])
def test_the_limit_counts_all_levels(engine: Any, num_threads: int) -> None:
    number = number_of_proposals(engine=engine)
    assert number > 100
    made = {"engine": engine, "num_threads": num_threads}
    at_limit = MTCNN(max_proposals=number, **made).detect(IMAGE)
    for one, other in zip(at_limit, MTCNN(**made).detect(IMAGE), strict=True):
        assert_same(one, other)
    detector = MTCNN(max_proposals=number - 1, **made)
    sentence = (
        f"P-Net may make at most {number - 1} proposals \\(max_proposals\\), got more in an image "
        "of 333x277$"
    )
    for _ in range(2):  # the detector stays usable
        with pytest.raises(ImageError, match=f"^{sentence}") as caught:
            detector.detect(IMAGE)
        assert caught.value.kind == "too_many_proposals"
    assert detector.detect(IMAGE[:60, :60]).num_faces == 0


def test_each_image_of_a_batch_has_its_own_limit() -> None:
    number = number_of_proposals()
    errors: list[Exception] = []

    def note(index: int, path: str | None, error: Exception) -> Any:
        errors.append(error)
        return MTCNN(num_threads=1).detect(IMAGE[:60, :60])

    images = [IMAGE, IMAGE[:200], IMAGE]
    assert [each.num_faces for each in MTCNN(max_proposals=number).detect_batch(images)]
    found = MTCNN(max_proposals=number - 1).detect_batch(images, on_error=note)
    assert [str(error)[:8] for error in errors] == ["image 0:", "image 2:"]
    assert [each.num_faces > 0 for each in found] == [False, True, False]
    with pytest.raises(ImageError, match="image 0: P-Net may make at most"):
        list(MTCNN(max_proposals=number - 1).detect_stream(images))


def test_a_part_of_an_image_has_its_own() -> None:
    number = number_of_proposals()
    detector = MTCNN(max_proposals=number - 1, num_threads=1)
    assert detector.detect(IMAGE, roi=(0, 0, 277, 200)).num_faces == 1


def test_a_limit_is_a_whole_number() -> None:
    with pytest.raises(ValueError, match="max_proposals must be a whole number of at least 1"):
        MTCNN(max_proposals=0)
    assert "max_proposals" not in MTCNN(max_proposals=9).options
