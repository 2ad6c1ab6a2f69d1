"""Names of photos in files of results: each is text that others read, and leads to its file."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from fastmtcnn import Detections
from fastmtcnn.results.names import path_of, text_of
from fastmtcnn.results.photo import Photo
from fastmtcnn.results.reading import read_results
from fastmtcnn.results.writing import photo_writer

NAMES = {
    "plain.jpg": "plain.jpg",
    "a b%20c.jpg": "a b%20c.jpg",
    "Zo\u00eb/\U0001f642.jpg": "Zo\u00eb/\U0001f642.jpg",
    "a\rb\nc\x1b.jpg": "a\rb\nc\x1b.jpg",
    "file:x y.jpg": "file:file%3Ax%20y.jpg",
}
BYTES = {
    b"caf\xe9/x.jpg": "file:caf%E9/x.jpg",
    b"/\xff\xfe": "file:/%FF%FE",
    b"\xed\xa0\x80.jpg": "file:%ED%A0%80.jpg",  # half of a surrogate pair
    b"\xff%41": "file:%FF%2541",
}
POSIX = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="needs names of any bytes")


@pytest.mark.parametrize(("path", "text"), NAMES.items())
def test_text_of_a_path(path: str, text: str) -> None:
    assert text_of(path) == text
    assert path_of(text) == path


@POSIX
@pytest.mark.parametrize(("path", "text"), BYTES.items())
def test_text_of_bytes(path: bytes, text: str) -> None:
    assert text_of(os.fsdecode(path)) == text
    assert os.fsencode(path_of(text)) == path


@pytest.mark.optional
@POSIX
@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv", "parquet"])
def test_every_name_is_found_again(tmp_path: Path, suffix: str) -> None:
    """By this package, and with pandas by the rule of the documentation."""
    pandas = pytest.importorskip("pandas")
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    face = {"box": [0, 0, 8, 8], "score": 1, "landmarks": [[1, 1]] * 5}
    paths = [*NAMES, *map(os.fsdecode, BYTES)]
    table = tmp_path / f"faces.{suffix}"
    faces = Detections.from_dicts([face])
    with table.open("wb") as file, photo_writer(f".{suffix}")(file) as write:
        for path in paths:
            write(Photo(path, 8, 8, faces))
    assert [photo.path for photo in read_results(table)] == paths

    texts = [*NAMES.values(), *BYTES.values()]
    readers = {
        "json": pandas.read_json,
        "jsonl": lambda path: pandas.read_json(path, lines=True),
        "csv": pandas.read_csv,
        "parquet": pandas.read_parquet,
    }
    assert readers[suffix](table)["path"].tolist() == texts
    if suffix == "csv":
        with table.open(encoding="utf-8", newline="") as text:
            assert [row["path"] for row in csv.DictReader(text)] == texts
    elif suffix == "json":
        assert [photo["path"] for photo in json.loads(table.read_text("utf-8"))] == texts
    decoded = [
        unquote(text.removeprefix("file:"), errors="surrogateescape")
        if text.startswith("file:")
        else text
        for text in texts
    ]
    assert decoded == paths
