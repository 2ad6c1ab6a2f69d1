"""Tables of results as files: read back by other readers, whole or not at all."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastmtcnn import Detections
from fastmtcnn.extras import MissingExtraError
from fastmtcnn.results import tables
from fastmtcnn.results.tables import FACE_COLUMNS, face_rows, row_format, write_rows

COLUMNS = {"path": "string", "frame": "int64", "track": "int64", "score": "float32"}
ROWS: list[dict[str, Any]] = [
    {"path": 'a "b",\nc.mp4', "frame": 0, "track": 7, "score": 0.5},
    {"path": "größer.mp4", "frame": 3, "track": None, "score": 0.8125},
]
SUFFIXES = [".csv", ".jsonl", ".json", pytest.param(".parquet", marks=pytest.mark.optional)]


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            return [
                {
                    "path": row["path"],
                    "frame": int(row["frame"]),
                    "track": int(row["track"]) if row["track"] else None,
                    "score": float(row["score"]),
                }
                for row in csv.DictReader(file)
            ]
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    if path.suffix == ".json":
        found: list[dict[str, Any]] = json.loads(path.read_text())
        return found
    from pyarrow import parquet

    table: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return table


@pytest.fixture(params=SUFFIXES)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == ".parquet":
        pytest.importorskip("pyarrow")
    return tmp_path / f"faces{request.param}"


def test_other_readers_read_the_same(target: Path) -> None:
    write_rows(target, ROWS, COLUMNS)
    assert read(target) == ROWS
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_many_rows_and_upper_case(target: Path) -> None:
    target = target.with_suffix(target.suffix.upper())
    rows = [{**ROWS[0], "frame": number} for number in range(40_000)]
    write_rows(target, iter(rows), COLUMNS)
    assert read(target.rename(target.with_suffix(target.suffix.lower()))) == rows


@pytest.mark.optional
def test_groups_of_rows_are_written_as_they_fill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(tables, "_GROUP", 3)
    target = tmp_path / "faces.parquet"
    rows = [{**ROWS[0], "frame": number} for number in range(7)]
    write_rows(target, rows, COLUMNS)
    groups = parquet.read_metadata(target)
    sizes = [groups.row_group(index).num_rows for index in range(groups.num_row_groups)]
    assert sizes == [3, 3, 1]
    assert read(target) == rows


def test_no_rows_still_have_columns(target: Path) -> None:
    write_rows(target, [], COLUMNS)
    assert read(target) == []
    if target.suffix == ".csv":
        assert target.read_text() == "path,frame,track,score\n"
    if target.suffix == ".parquet":
        from pyarrow import parquet

        schema = parquet.read_schema(target)
        types = ["string", "int64", "int64", "float"]  # float32 is Arrow's float
        assert (schema.names, list(map(str, schema.types))) == (list(COLUMNS), types)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, RuntimeError])
def test_what_fails_leaves_the_old_file(target: Path, error: type[BaseException]) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield ROWS[0]
        raise error

    target.write_text("old")
    with pytest.raises(error):
        write_rows(target, rows(), COLUMNS)
    assert target.read_text() == "old"
    assert [path.name for path in target.parent.iterdir()] == [target.name]


CONTROL = ["a\rb", "a\nb", "a\r\nb", 'a"b', "a,b", " a ", "a\tb", "\x1b[31m", "a\x7f\x85\u2028b"]


@pytest.mark.parametrize("name", CONTROL)
def test_control_characters(target: Path, name: str) -> None:
    write_rows(target, [{**ROWS[0], "path": name}, ROWS[1]], COLUMNS)
    assert [row["path"] for row in read(target)] == [name, ROWS[1]["path"]]


@pytest.mark.optional
@pytest.mark.parametrize("name", CONTROL)
def test_control_characters_in_pandas(tmp_path: Path, name: str) -> None:
    pandas = pytest.importorskip("pandas")
    target = tmp_path / "faces.csv"
    write_rows(target, [{**ROWS[0], "path": name}, ROWS[1]], COLUMNS)
    assert pandas.read_csv(target)["path"].tolist() == [name, ROWS[1]["path"]]


@pytest.mark.parametrize("name", ["faces", "faces.txt", "faces.parket"])
def test_other_suffixes(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"suffix .* must be one of '\.csv', '\.jsonl', "):
        write_rows(tmp_path / name, ROWS, COLUMNS)
    assert list(tmp_path.iterdir()) == []


def test_missing_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r'pip install "fastmtcnn\[parquet\]"'):
        row_format(tmp_path / "faces.parquet")


def test_rows_of_faces() -> None:
    numbers = np.arange(30, dtype=np.float32)
    detections = Detections(numbers[:8].reshape(2, 4), numbers[8:10], numbers[10:].reshape(2, 5, 2))
    first, second = face_rows(detections)
    assert list(first) == list(second) == list(FACE_COLUMNS)
    assert list(first.values()) == [0, 1, 2, 3, 8, *range(10, 20)]
    assert list(second.values()) == [4, 5, 6, 7, 9, *range(20, 30)]
    assert list(face_rows(Detections.empty())) == []
