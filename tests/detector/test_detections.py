"""What `Detections` can do, on numbers that can be worked out by hand."""

from __future__ import annotations

import copy
import io
import json
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

import fastmtcnn
from fastmtcnn import Detections
from fastmtcnn.detections import COLUMNS
from tests.support.helpers import (
    GOLDEN,
    assert_no_faces,
    assert_same,
    assert_same_detections,
    encoded,
    golden_image,
    random_image,
)

FOUND = Detections(
    # 20x30, 40x10, 7.5x7.5 pixels
    np.array([[10, 20, 30, 50], [-5, 0, 35, 10], [1, 2, 8.5, 9.5]], np.float32),
    np.array([0.9999, 0.925, 0.1], np.float32),
    np.linspace(0, 7.25, 30, dtype=np.float32).reshape(3, 5, 2),
)
NAMES = [
    "x1 y1 x2 y2 score eye_left_x eye_left_y eye_right_x eye_right_y nose_x nose_y",
    "mouth_left_x mouth_left_y mouth_right_x mouth_right_y",
]


def test_true_if_there_is_a_face() -> None:
    assert FOUND
    assert FOUND.select([1])
    assert not FOUND.select([])
    assert not Detections.empty()
    assert not Detections.empty().on(random_image(9, 9))
    assert FOUND.on(random_image(9, 9))
    assert len(Detections.empty()) == len(FOUND) == 3  # the arrays
    assert [part.shape for part in FOUND] == [(3, 4), (3,), (3, 5, 2)]


def kept(**limits: Any) -> list[int]:
    """Which of the faces `filter` keeps, by their landmarks; all else must go with them."""
    found = FOUND.filter(**limits)
    which = [round(float(x) * 4) // 10 for x in found.landmarks[:, 0, 0]]
    assert_same_detections(found, FOUND.select(which))
    return which


class TestFilter:
    @pytest.mark.parametrize(
        ("limits", "expected"),
        [
            ({}, [0, 1, 2]),
            ({"min_score": 0}, [0, 1, 2]),
            ({"min_score": 0.5}, [0, 1]),
            ({"min_score": 0.925}, [0, 1]),  # the limit itself is enough
            ({"min_score": 0.93}, [0]),
            ({"min_score": 1.0}, []),
            # The longer sides are 30, 40 and 7.5.
            ({"min_size": 7.5}, [0, 1, 2]),
            ({"min_size": 7.6}, [0, 1]),
            ({"min_size": 31}, [1]),
            ({"min_size": 1e9}, []),
            ({"max_size": 30}, [0, 2]),
            ({"max_size": 29.9}, [2]),
            ({"max_size": 7}, []),
            ({"min_size": 10, "max_size": 35}, [0]),
            ({"min_size": 10, "max_size": 45, "min_score": 0.95}, [0]),
            ({"min_size": 50, "max_size": 10}, []),
        ],
        ids=repr,
    )
    def test_limits(self, limits: dict[str, float], expected: list[int]) -> None:
        assert kept(**limits) == expected

    def test_the_score_in_single_precision(self) -> None:
        # As min_score of the detector: 0.925 is not a float32, and the score is the nearest.
        assert float(FOUND.scores[1]) != 0.925
        assert kept(min_score=float(FOUND.scores[1])) == [0, 1]

    def test_copies(self) -> None:
        for part, whole in zip(FOUND.filter(), FOUND, strict=True):
            assert not np.shares_memory(np.asarray(part), np.asarray(whole))

    def test_no_faces(self) -> None:
        assert_no_faces(Detections.empty().filter(min_score=0.5, min_size=1, max_size=2))

    @pytest.mark.parametrize(
        ("limits", "sentence"),
        [
            ({"min_score": 95}, "min_score must be a number from 0 to 1, got 95"),
            ({"min_score": "0.9"}, "min_score must be a number from 0 to 1, got '0.9'"),
            ({"min_size": 0}, "min_size must be a finite number of pixels above 0, got 0"),
            ({"max_size": -1}, "max_size must be a finite number of pixels above 0, got -1"),
            ({"max_size": True}, "max_size must be a finite number of pixels above 0, got True"),
        ],
        ids=repr,
    )
    def test_wrong_limits(self, limits: dict[str, Any], sentence: str) -> None:
        with pytest.raises((ValueError, TypeError)) as caught:
            FOUND.filter(**limits)
        assert str(caught.value) == sentence


class TestDicts:
    def test_plain_values(self) -> None:
        first = FOUND.to_dicts()[1]
        assert list(first) == ["box", "score", "landmarks"]
        assert first["box"] == [-5.0, 0.0, 35.0, 10.0]
        assert first["score"] == float(np.float32(0.925))
        expected = [[2.5, 2.75], [3.0, 3.25], [3.5, 3.75], [4.0, 4.25], [4.5, 4.75]]
        assert first["landmarks"] == expected
        assert {type(value) for value in [*first["box"], first["score"]]} == {float}

    def test_through_json(self) -> None:
        text = json.dumps(FOUND.to_dicts())
        assert_same_detections(Detections.from_dicts(json.loads(text)), FOUND)

    def test_of_a_photograph_through_json(self, detector: fastmtcnn.MTCNN) -> None:
        found = detector.detect(golden_image("crowd.png"))
        text = json.dumps(found.to_dicts())
        assert_same_detections(Detections.from_dicts(json.loads(text)), found)

    def test_none(self) -> None:
        assert Detections.empty().to_dicts() == []
        assert_no_faces(Detections.from_dicts([]))
        assert_no_faces(Detections.from_dicts(iter(())))

    def test_other_keys_do_not_matter(self) -> None:
        faces = [{"path": "a.jpg", **face} for face in FOUND.to_dicts()]
        assert_same_detections(Detections.from_dicts(faces), FOUND)

    @pytest.mark.parametrize(
        ("change", "error", "sentence"),
        [
            ({"score": 10**400}, ValueError, "'score' of face 1 must be a number, got 1000"),
            ({"score": "high"}, ValueError, "'score' of face 1 must be a number, got 'high'"),
            ({"score": None}, ValueError, "'score' of face 1 must be a number, got None"),
            ({"score": [0.5]}, ValueError, r"'score' of face 1 must be a number, got \[0.5\]"),
            (
                {"box": [1, 2, 3]},
                ValueError,
                r"'box' of face 1 must be numbers of shape \(4,\), got",
            ),
            ({"box": [1, [2], 3, 4]}, ValueError, "'box' of face 1 must be numbers"),
            ({"landmarks": [[0, 0]] * 4}, ValueError, r"'landmarks' of face 1 .* \(5, 2\), got"),
            ({"landmarks": list(range(10))}, ValueError, r"'landmarks' of face 1 .* \(5, 2\), got"),
        ],
    )
    def test_a_value_of_another_form(
        self, change: dict[str, Any], error: type[Exception], sentence: str
    ) -> None:
        good = FOUND.to_dicts()[0]
        with pytest.raises(error, match=sentence):
            Detections.from_dicts([good, {**good, **change}])

    @pytest.mark.parametrize(
        ("faces", "error", "sentence"),
        [
            ([{}], ValueError, "face 0 must have the keys 'box', 'score', 'landmarks', got none"),
            ([{"box": [1, 2, 3, 4]}], ValueError, "face 0 must have the keys .*, got 'box'"),
            ([7], TypeError, "face 0 must be a dict, got int"),
            (7, TypeError, "faces must be a list of dicts, got int"),
            (None, TypeError, "faces must be a list of dicts, got NoneType"),
            (FOUND.to_dicts()[0], TypeError, "faces must be a list of dicts, got dict"),
        ],
    )
    def test_something_else(self, faces: Any, error: type[Exception], sentence: str) -> None:
        with pytest.raises(error, match=sentence):
            Detections.from_dicts(faces)


class TestColumns:
    def test_names(self) -> None:
        assert list(FOUND.to_columns()) == list(COLUMNS) == " ".join(NAMES).split()

    def test_values(self) -> None:
        columns = FOUND.to_columns()
        assert_same(columns["x1"], np.array([10, -5, 1], np.float32))
        assert_same(columns["y2"], np.array([50, 10, 9.5], np.float32))
        assert_same(columns["score"], FOUND.scores)
        assert_same(columns["eye_left_x"], np.array([0, 2.5, 5], np.float32))
        assert_same(columns["nose_y"], np.array([1.25, 3.75, 6.25], np.float32))
        assert_same(columns["mouth_right_y"], np.array([2.25, 4.75, 7.25], np.float32))

    def test_each_column_is_contiguous_and_a_copy(self) -> None:
        for column in FOUND.to_columns().values():
            assert column.flags.c_contiguous
            assert not np.shares_memory(column, FOUND.boxes)
            assert not np.shares_memory(column, FOUND.landmarks)

    def test_none(self) -> None:
        columns = Detections.empty().to_columns()
        assert list(columns) == list(COLUMNS)
        for column in columns.values():
            assert_same(column, np.zeros(0, np.float32))


class TestTables:
    @pytest.mark.optional
    @pytest.mark.parametrize("found", [FOUND, Detections.empty()])
    def test_arrow(self, found: Detections) -> None:
        pa = pytest.importorskip("pyarrow")
        table = found.to_arrow()
        assert table.schema == pa.schema([(name, pa.float32()) for name in COLUMNS])
        assert table.num_rows == found.num_faces
        for name, column in found.to_columns().items():
            assert table[name].to_pylist() == column.tolist()

    @pytest.mark.optional
    @pytest.mark.parametrize("found", [FOUND, Detections.empty()])
    def test_pandas(self, found: Detections) -> None:
        pytest.importorskip("pandas")
        frame = found.to_pandas()
        assert list(frame.columns) == list(COLUMNS)
        assert set(frame.dtypes.astype(str)) == {"float32"}
        assert frame.shape == (found.num_faces, 15)
        for name, column in found.to_columns().items():
            assert_same(frame[name].to_numpy(), column)

    @pytest.mark.parametrize(
        ("package", "method", "extra"),
        [("pyarrow", "to_arrow", "parquet"), ("pandas", "to_pandas", "pandas")],
    )
    def test_without_the_package(
        self, package: str, method: str, extra: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(ModuleNotFoundError) as caught:
            getattr(FOUND, method)()
        assert str(caught.value) == (
            f"this needs {package}, which is not installed; "
            f'get it with: pip install "fastmtcnn[{extra}]", or from the folder of its source '
            f'with: pip install ".[{extra}]"'
        )


class TestRepr:
    def test_counts_and_sizes(self) -> None:
        assert repr(FOUND.select([])) == "Detections(0 faces)"
        assert repr(FOUND.select([0])) == "Detections(1 face: 20x30 px score 1.000)"
        assert repr(FOUND.select([1, 0])) == (
            "Detections(2 faces: 40x10 px score 0.925, 20x30 px score 1.000)"
        )
        assert repr(FOUND.select([2, 1])) == (
            "Detections(2 faces: 8x8 px score 0.100, 40x10 px score 0.925)"
        )
        assert str(FOUND) == repr(FOUND)
        assert repr(FOUND).count("px") == 3
        assert "..." not in repr(FOUND)

    def test_of_many_the_first(self) -> None:
        assert repr(FOUND.select([1, 1, 1, 0, 0])) == (
            "Detections(5 faces: 40x10 px score 0.925, 40x10 px score 0.925, "
            "40x10 px score 0.925, ...)"
        )

    @pytest.mark.parametrize(
        "parts",
        [
            (1, 2, 3),
            (None, None, None),
            ("a", "b", "c"),
            (np.zeros((2, 4)), np.zeros(1), np.zeros((2, 5, 2))),
            (np.zeros((2, 3)), np.zeros(2), np.zeros((2, 5, 2))),
        ],
        ids=["numbers", "None", "text", "lengths", "shape"],
    )
    def test_of_something_else(self, parts: Any) -> None:
        assert repr(Detections(*parts)) == f"Detections{parts!r}"

    def test_of_what_is_not_finite(self) -> None:
        odd = Detections(np.full((1, 4), np.nan, np.float32), FOUND.scores[:1], FOUND.landmarks[:1])
        assert repr(odd) == "Detections(1 face: nanxnan px score 1.000)"


def shown_picture(found: Detections) -> Any:
    png = found._repr_png_()  # type: ignore[attr-defined]
    with PIL.Image.open(io.BytesIO(png)) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture)


class TestInNotebooks:
    def test_the_picture_is_what_draw_draws(self) -> None:
        image = random_image(120, 200)
        picture = shown_picture(FOUND.on(image))
        np.testing.assert_array_equal(picture, np.asarray(fastmtcnn.draw(image, FOUND)))

    def test_a_large_image_is_shown_small(self) -> None:
        image = np.full((4000, 2000, 3), 90, np.uint8)
        found = Detections(
            np.array([[399.5, 799.5, 1199.5, 1599.5]], np.float32),
            FOUND.scores[:1],
            np.full((1, 5, 2), -100, np.float32),
        )
        picture = shown_picture(found.on(image))
        assert picture.shape == (1024, 512, 3)
        small = Detections(
            # 0.256 of the size, and 0.5 pixels on either side of the middle of the first one
            np.array([[101.9, 204.3, 306.7, 409.1]], np.float32),
            found.scores,
            found.landmarks,
        )
        expected = fastmtcnn.draw(np.full((1024, 512, 3), 90, np.uint8), small)
        np.testing.assert_array_equal(picture, np.asarray(expected))

    @pytest.mark.parametrize("kind", ["path", "bytes", "PIL"])
    def test_every_kind_of_image(self, kind: str) -> None:
        path = GOLDEN / "hopper_61x73.png"
        pixels = golden_image("hopper_61x73.png")
        image: Any = {"path": path, "bytes": encoded(pixels), "PIL": PIL.Image.fromarray(pixels)}
        np.testing.assert_array_equal(
            shown_picture(FOUND.on(image[kind])), np.asarray(fastmtcnn.draw(pixels, FOUND))
        )

    def test_they_are_still_detections(self) -> None:
        image = random_image(120, 200)
        shown = FOUND.on(image)
        assert isinstance(shown, Detections)
        assert_same_detections(shown, FOUND)
        boxes, scores, landmarks = shown
        assert boxes is FOUND.boxes
        assert scores is FOUND.scores
        assert landmarks is FOUND.landmarks
        assert len(shown) == 3
        assert shown.num_faces == 3
        assert repr(shown) == repr(FOUND)
        assert shown.to_dicts() == FOUND.to_dicts()
        assert shown == FOUND  # the same arrays

    def test_some_of_them_keep_the_image(self) -> None:
        image = random_image(120, 200)
        shown = FOUND.on(image)
        for some in (
            shown.select([1]),
            shown.filter(min_score=0.5),
            shown._replace(boxes=FOUND.boxes),
        ):
            assert some.image is image  # type: ignore[attr-defined]
        picture = shown_picture(shown.select([1]))
        expected = np.asarray(fastmtcnn.draw(image, FOUND.select([1])))
        np.testing.assert_array_equal(picture, expected)

    def test_on_another_image(self) -> None:
        first, second = random_image(120, 200), random_image(120, 200, seed=1)
        shown = FOUND.on(first)
        assert shown.on(second).image is second
        assert shown.image is first

    @pytest.mark.parametrize(
        "again", [lambda found: pickle.loads(pickle.dumps(found)), copy.copy, copy.deepcopy]
    )
    def test_pickled_and_copied(self, again: Any) -> None:
        shown = FOUND.on(random_image(120, 200))
        other = again(shown)
        assert_same_detections(other, FOUND)
        np.testing.assert_array_equal(shown_picture(other), shown_picture(shown))
        assert type(again(FOUND)) is Detections

    def test_without_an_image_there_is_no_picture(self) -> None:
        assert not hasattr(FOUND, "_repr_png_")
        assert type(FOUND.select([0])) is Detections
        assert type(FOUND.filter(min_score=0.5)) is Detections

    @pytest.mark.optional
    def test_ipython(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
        formatters = pytest.importorskip("IPython.core.formatters")
        formatter = formatters.DisplayFormatter()
        formatter.active_types = ["text/plain", "image/png"]
        shown = FOUND.on(random_image(120, 200))
        data, _ = formatter.format(shown)
        assert data["text/plain"] == repr(FOUND)
        assert data["image/png"] == shown._repr_png_()
        data, _ = formatter.format(FOUND)
        assert data == {"text/plain": repr(FOUND)}
