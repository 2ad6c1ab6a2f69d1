"""`fastmtcnn.arrow.DetectFaces`: the rows of a table with the faces of their photos."""

from __future__ import annotations

import io
import multiprocessing
import pickle
import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

pytest.importorskip("pyarrow")

import pyarrow as pa
from pyarrow import parquet

import fastmtcnn
from fastmtcnn.arrow import DetectFaces
from tests.support.helpers import GOLDEN

pytestmark = pytest.mark.optional

NAMES = ("hopper_61x73.png", "astronaut_333x277.png", "coffee_noface.png")
PHOTOS = [str(GOLDEN / name) for name in NAMES]
ADDED = ["width", "height", "faces", "error"]
SIZES = {"width": [61, 333, 600], "height": [73, 277, 400]}
NO_FILE = {"kind": "missing", "message": "No such file or directory"}
NULL = {"kind": "null", "message": "there is no image: the value is null"}


@pytest.fixture(scope="module")
def expected() -> list[list[dict[str, Any]]]:
    """The faces of the photos as the detector returns them, with float32 as Python has them."""
    detector = fastmtcnn.MTCNN(min_face_size=30, num_threads=1)
    return [detector.detect(path).to_dicts() for path in PHOTOS]


@pytest.fixture(scope="module")
def find() -> DetectFaces:
    return DetectFaces(min_face_size=30)


def contents() -> list[bytes]:
    return [Path(path).read_bytes() for path in PHOTOS]


def plain(faces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Faces with lists in place of tuples, as Arrow returns them."""
    return [
        {
            "box": list(face["box"]),
            "score": face["score"],
            "landmarks": [list(point) for point in face["landmarks"]],
        }
        for face in faces
    ]


def assert_found(rows: dict[str, Any], expected: list[list[dict[str, Any]]]) -> None:
    assert {name: rows[name] for name in SIZES} == SIZES
    assert rows["error"] == [None, None, None]
    assert [plain(faces) for faces in rows["faces"]] == [plain(faces) for faces in expected]


def test_a_table(find: DetectFaces, expected: list[list[dict[str, Any]]]) -> None:
    assert [len(faces) for faces in expected] == [1, 1, 0]
    photos = pa.table({"id": [7, 8, 9], "path": PHOTOS, "note": [None, "x", ""]})
    found = find(photos)
    assert found.select(photos.column_names).equals(photos)
    assert found.column_names == ["id", "path", "note", *ADDED]
    assert_found(found.to_pydict(), expected)


def test_schema(find: DetectFaces) -> None:
    number = pa.float32()
    face = pa.struct(
        {"box": pa.list_(number, 4), "score": number, "landmarks": pa.list_(pa.list_(number, 2), 5)}
    )
    schema = pa.schema(
        {
            "path": pa.string(),
            "width": pa.int32(),
            "height": pa.int32(),
            "faces": pa.list_(face),
            "error": pa.struct({"kind": pa.string(), "message": pa.string()}),
        }
    )
    assert find.schema(pa.schema({"path": pa.string()})) == schema
    for paths in (PHOTOS, ["missing.jpg"], [PHOTOS[2]], []):
        assert find(pa.table({"path": pa.array(paths, pa.string())})).schema == schema
    with_crops = DetectFaces(crops="png", min_face_size=30)
    crops = pa.field("crops", pa.list_(pa.binary()))
    assert with_crops.schema(pa.schema({"path": pa.string()})) == schema.append(crops)
    assert with_crops(pa.table({"path": PHOTOS})).schema == schema.append(crops)


@pytest.mark.parametrize(
    "kind", ["string", "large_string", "dictionary", "binary", "large_binary", "null"]
)
def test_types_of_columns(
    find: DetectFaces, expected: list[list[dict[str, Any]]], kind: str
) -> None:
    if kind == "null":
        found = find(pa.table({"path": pa.nulls(2)})).to_pydict()
        assert (found["error"], found["faces"]) == ([NULL, NULL], [None, None])
        return
    if kind == "dictionary":
        column = pa.array(PHOTOS).dictionary_encode()
    else:
        values = contents() if "binary" in kind else PHOTOS
        column = pa.array(values, pa.type_for_alias(kind))
    assert_found(find(pa.table({"path": column})).to_pydict(), expected)


def test_images_of_hugging_face_datasets(
    find: DetectFaces, expected: list[list[dict[str, Any]]]
) -> None:
    content = contents()
    images: list[dict[str, Any] | None] = [
        {"bytes": content[0], "path": None},
        {"bytes": content[1], "path": "its name"},
        {"bytes": None, "path": PHOTOS[2]},
    ]
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    assert_found(find(pa.table({"path": pa.array(images, kind)})).to_pydict(), expected)
    assert_found(find({"path": images}), expected)
    nulls = [{"bytes": None, "path": None}, None]
    found = find(pa.table({"path": pa.array(nulls, kind)})).to_pydict()
    assert found["error"] == find({"path": nulls})["error"] == [NULL, NULL]


def test_a_column_in_chunks(find: DetectFaces, expected: list[list[dict[str, Any]]]) -> None:
    chunks = pa.chunked_array([PHOTOS[:1], [], PHOTOS[1:]], pa.string())
    assert_found(find(pa.table({"path": chunks})).to_pydict(), expected)


def test_record_batches(find: DetectFaces) -> None:
    table = pa.table({"path": [*PHOTOS, "missing.jpg"], "id": [1, 2, 3, 4]})
    (batch,) = table.to_batches()
    found = find(batch)
    assert isinstance(found, pa.RecordBatch)
    assert pa.Table.from_batches([found]).equals(find(table))
    part = find(batch.slice(1, 2))  # whose buffers begin before it
    assert part.to_pylist() == found.to_pylist()[1:3]
    empty = find(batch.slice(0, 0))
    assert isinstance(empty, pa.RecordBatch)
    assert (empty.num_rows, empty.schema) == (0, found.schema)


@pytest.mark.parametrize(
    "column",
    [
        PHOTOS,
        [Path(path) for path in PHOTOS],
        np.array(PHOTOS),
        np.array(PHOTOS, object),
        contents(),
        [bytearray(content) for content in contents()],
        np.array(contents(), object),
    ],
    ids=["str", "Path", "array of str", "array of objects", "bytes", "bytearray", "array of bytes"],
)
def test_a_dict_of_columns(
    find: DetectFaces, expected: list[list[dict[str, Any]]], column: Any
) -> None:
    identifiers = np.arange(3)
    found = find({"path": column, "id": identifiers})
    assert list(found) == ["path", "id", *ADDED]
    assert found["path"] is column
    assert found["id"] is identifiers
    assert_found(found, expected)


def test_nulls_and_failures_are_rows(find: DetectFaces) -> None:
    table = pa.table({"path": [None, PHOTOS[0], "missing.jpg", "", str(GOLDEN)]})
    found = find(table).to_pydict()
    assert found["faces"][1]
    assert [found[name][1] for name in ("width", "error")] == [61, None]
    for name in ("width", "height", "faces"):
        assert [value is None for value in found[name]] == [True, False, True, True, True]
    assert found["error"][0] == NULL
    assert found["error"][2] == NO_FILE
    assert found["error"][3] == NO_FILE
    assert found["error"][4]["kind"] == "file"
    assert found["error"][4]["message"] == "is a folder without a photo in it"


def test_null_contents(find: DetectFaces) -> None:
    content = Path(PHOTOS[0]).read_bytes()
    found = find(pa.table({"path": [content, None, b""]})).to_pydict()
    assert [error and error["kind"] for error in found["error"]] == [None, "null", "format"]
    same = find({"path": [content, float("nan"), b""]})
    assert {name: same[name] for name in ADDED} == {name: found[name] for name in ADDED}


def test_errors_are_those_of_the_command(find: DetectFaces, tmp_path: Path) -> None:
    testing = pytest.importorskip("typer.testing")
    from fastmtcnn import cli

    (tmp_path / "torn.png").write_bytes(Path(PHOTOS[1]).read_bytes()[:5000])
    (tmp_path / "text.jpg").write_text("no photo")
    (tmp_path / "film.mp4").write_text("no video")
    names = ["torn.png", "text.jpg", "film.mp4", "missing.jpg"]
    paths = [str(tmp_path / name) for name in names]
    done = testing.CliRunner().invoke(cli.program(), ["detect", *paths], prog_name="fastmtcnn")
    said = [
        line.removeprefix(f"error: {path}: ")
        for line, path in zip(done.stderr.splitlines(), paths, strict=True)
    ]
    found = find(pa.table({"path": paths})).to_pydict()["error"]
    assert [error["message"] for error in found] == said
    assert [error["kind"] for error in found] == ["damaged", "format", "format", "missing"]


def test_too_large_and_too_many_proposals() -> None:
    table = pa.table({"path": PHOTOS[:2]})
    found = DetectFaces(max_pixels=61 * 73)(table).to_pydict()
    assert [error and error["kind"] for error in found["error"]] == [None, "too_large"]
    assert found["width"] == [61, None]
    found = DetectFaces(max_proposals=1)(table).to_pydict()
    assert [error["kind"] for error in found["error"]] == ["too_many_proposals"] * 2
    assert found["width"] == [61, 333]  # known, since the photos were decoded
    assert found["faces"] == [None, None]


def test_photos_are_turned_upright(find: DetectFaces, tmp_path: Path) -> None:
    path = tmp_path / "turned.png"
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    with PIL.Image.open(PHOTOS[1]) as photo:
        photo.convert("RGB").transpose(PIL.Image.Transpose.ROTATE_90).save(path, exif=exif)
    plain_photo = find(pa.table({"path": [PHOTOS[1]]})).to_pylist()
    turned = find(pa.table({"path": [str(path)]})).to_pylist()
    assert turned == [{**plain_photo[0], "path": str(path)}]


def test_paths_of_other_bytes(find: DetectFaces, tmp_path: Path) -> None:
    (tmp_path / "caf\udce9.png").write_bytes(Path(PHOTOS[0]).read_bytes())
    found = find(pa.table({"path": [f"file:{tmp_path}/caf%E9.png"]})).to_pydict()
    assert found["error"] == [None]
    assert found["width"] == [61]


@pytest.mark.parametrize("options", [{"preset": "fast"}, {"roi": (40, 10, 300, 250)}])
def test_presets_and_regions(options: dict[str, Any]) -> None:
    roi = options.get("roi")
    detector = fastmtcnn.MTCNN.preset("fast") if roi is None else fastmtcnn.MTCNN()
    wanted = [plain(detector.detect(path, roi=roi).to_dicts()) for path in PHOTOS[1:]]
    found = DetectFaces(**options)(pa.table({"path": PHOTOS[1:]}))
    assert found["faces"].to_pylist() == wanted


@pytest.mark.parametrize("form", ["png", "jpeg"])
def test_crops(form: Any) -> None:
    detector = fastmtcnn.MTCNN(min_face_size=30)
    operator_ = DetectFaces(crops=form, crop_size=64, crop_margin=0.25, min_face_size=30)
    found = operator_({"path": [*PHOTOS, "missing.jpg"]})
    assert found["crops"][2:] == [[], None]
    for path, crops in zip(PHOTOS[:2], found["crops"], strict=False):
        wanted = fastmtcnn.align(path, detector.detect(path), size=64, margin=0.25)
        with PIL.Image.open(io.BytesIO(crops[0])) as crop:
            assert crop.format == form.upper()
            got = np.asarray(crop)
        assert len(crops) == len(wanted) == 1
        if form == "png":
            assert np.array_equal(got, wanted[0])
        else:
            assert np.abs(got.astype(int) - wanted[0]).mean() < 4


def test_through_parquet(find: DetectFaces, tmp_path: Path) -> None:
    found = find(pa.table({"path": [*PHOTOS, None]}))
    parquet.write_table(found, tmp_path / "photos.parquet")
    assert parquet.read_table(tmp_path / "photos.parquet").equals(found)


def test_in_other_processes(expected: list[list[dict[str, Any]]]) -> None:
    find = DetectFaces(min_face_size=30)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        table = pa.table({"path": PHOTOS})
        assert_found(pool.submit(find, table).result().to_pydict(), expected)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The options of the detectors that are made from now on."""
    options: list[dict[str, Any]] = []
    construct = fastmtcnn.MTCNN

    def recording(**each: Any) -> fastmtcnn.MTCNN:
        options.append(each)
        return construct(**each)

    monkeypatch.setattr("fastmtcnn.arrow.operator.MTCNN", recording)
    return options


def test_a_detector_is_made_once_in_a_process(made: list[dict[str, Any]]) -> None:
    rows = {"path": PHOTOS[:1]}
    find = DetectFaces(min_face_size=41)
    assert made == []
    for _ in range(2):
        find(rows)
        pickle.loads(pickle.dumps(find))(rows)
    assert made == [{"min_face_size": 41, "num_threads": 1}]
    DetectFaces(min_face_size=41, num_threads=2)(rows)
    assert [each["num_threads"] for each in made] == [1, 2]


def test_raising(find: DetectFaces) -> None:
    strict = DetectFaces(on_error="raise", min_face_size=30)
    table = pa.table({"path": PHOTOS})
    assert strict(table).equals(find(table))
    with pytest.raises(FileNotFoundError, match=r"missing\.jpg"):
        strict({"path": [PHOTOS[0], "missing.jpg"]})
    message = "image 1: there is no image: the value is null"
    with pytest.raises(fastmtcnn.ImageError, match=message):
        strict({"path": [PHOTOS[0], None]})
    with pytest.raises(fastmtcnn.ImageError, match=re.escape(f"image 0, {str(GOLDEN)!r}: is a")):
        strict({"path": [str(GOLDEN)]})


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ({"paht": []}, ValueError, "column must be one of 'paht', got 'path'; did you mean 'paht'"),
        (
            {"path": [], "error": []},
            ValueError,
            "the columns width, height, faces, error are added, so the rows must not have them, "
            "got error; rename or drop it",
        ),
        ({"path": [], "width": [], "faces": []}, ValueError, "got width, faces; .* drop them"),
        ({"path": [3]}, TypeError, r"column 'path' must have paths \(text\), .*, got int"),
    ],
)
@pytest.mark.parametrize("as_table", [False, True])
def test_wrong_rows(
    find: DetectFaces, rows: dict[str, Any], error: type[Exception], message: str, as_table: bool
) -> None:
    with pytest.raises(error, match=message):
        find(pa.table(rows) if as_table else rows)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([[b"x"]]),
        pa.array([{"path": "x"}]),
        pa.array([{"bytes": "x"}]),
        pa.array([1.5]),
        pa.array([["x"]]),
    ],
)
def test_wrong_types_of_columns(find: DetectFaces, column: Any) -> None:
    with pytest.raises(TypeError, match=re.escape(f"got {column.type}")):
        find(pa.table({"path": column}))


def test_wrong_tables(find: DetectFaces) -> None:
    twice = pa.Table.from_arrays([pa.array(PHOTOS)] * 2, names=["path", "path"])
    with pytest.raises(ValueError, match="there must be one column 'path', got several"):
        find(twice)
    with pytest.raises(TypeError, match="or a dict of columns, got list"):
        find(PHOTOS)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"column": 3}, TypeError, "column must be the name of a column, got int"),
        ({"on_error": "empty"}, ValueError, "on_error must be one of 'column', 'raise', got"),
        ({"min_face": 20}, TypeError, "did you mean 'min_face_size'"),
        ({"channel_order": "bgr"}, TypeError, "an option of DetectFaces must be one of"),
        ({"min_face_size": -1}, ValueError, "min_face_size must be"),
        ({"preset": "quick"}, ValueError, "preset must be one of"),
        ({"roi": (0, 0, 1)}, ValueError, "roi must be"),
        ({"crops": "gif"}, ValueError, "crops must be one of 'png', 'jpeg', got 'gif'"),
        ({"crops": "png", "crop_size": 0}, ValueError, "crop_size must be"),
        ({"crops": "png", "crop_margin": -1}, ValueError, "crop_margin must be"),
    ],
)
def test_wrong_options(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        DetectFaces(**options)


def test_columns_of_other_lengths(find: DetectFaces) -> None:
    with pytest.raises(ValueError, match="equal lengths, got 'path': 1, 'id': 0"):
        find({"path": ["a"], "id": []})


def test_repr() -> None:
    assert repr(DetectFaces("image", preset="fast", max_faces=1)).endswith(
        "max_faces=1, num_threads=1)"
    )


def test_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ModuleNotFoundError, match=r"needs pyarrow, .*fastmtcnn\[parquet\]"):
        DetectFaces()
