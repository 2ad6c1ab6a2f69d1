"""Photos with their faces: written, read by other readers, and read back."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fastmtcnn import Detections
from fastmtcnn.results.photo import Photo
from fastmtcnn.results.reading import read_results
from fastmtcnn.results.writing import PHOTO_COLUMNS, photo_writer
from tests.support.helpers import assert_same_detections

FACES = Detections(
    np.array([[1, 2, 30.5, 40], [-3, 0, 9, 12.25]], np.float32),
    np.array([0.75, 0.5], np.float32),
    np.arange(20, dtype=np.float32).reshape(2, 5, 2),
)
PHOTOS = [
    Photo('a "b",\nc.jpg', 60, 50, FACES, np.zeros((50, 60, 3), np.uint8), remark="not written"),
    Photo("none.jpg", 7, 8, Detections.empty()),
]


def written(suffix: str) -> bytes:
    file = io.BytesIO()
    with photo_writer(suffix)(file) as write:
        for photo in PHOTOS:
            write(photo)
    return file.getvalue()


def test_json_and_json_lines() -> None:
    plain = [
        {
            "path": 'a "b",\nc.jpg',
            "width": 60,
            "height": 50,
            "faces": [
                {
                    "box": [1, 2, 30.5, 40],
                    "score": 0.75,
                    "landmarks": [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]],
                },
                {
                    "box": [-3, 0, 9, 12.25],
                    "score": 0.5,
                    "landmarks": [[10, 11], [12, 13], [14, 15], [16, 17], [18, 19]],
                },
            ],
        },
        {"path": "none.jpg", "width": 7, "height": 8, "faces": []},
    ]
    assert json.loads(written(".json")) == plain
    assert [json.loads(line) for line in written(".jsonl").splitlines()] == plain


def test_csv() -> None:
    header, first, second = csv.reader(io.StringIO(written(".csv").decode(), newline=""))
    assert header == list(PHOTO_COLUMNS)
    assert first[:3] == ['a "b",\nc.jpg', "60", "50"]
    assert [float(number) for number in first[3:]] == [1, 2, 30.5, 40, 0.75, *range(10)]
    assert [float(number) for number in second[3:]] == [-3, 0, 9, 12.25, 0.5, *range(10, 20)]


def test_no_photo() -> None:
    file = io.BytesIO()
    with photo_writer(".json")(file):
        pass
    assert json.loads(file.getvalue()) == []


@pytest.mark.parametrize(
    "suffix", [".json", ".jsonl", ".csv", pytest.param(".parquet", marks=pytest.mark.optional)]
)
def test_read_back(suffix: str, tmp_path: Path) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"faces{suffix}"
    path.write_bytes(written(suffix))
    found = read_results(path)
    # With a row for each face, a photo without a face has none.
    expected = PHOTOS if suffix in (".json", ".jsonl") else PHOTOS[:1]
    assert len(found) == len(expected)
    for photo, other in zip(found, expected, strict=True):
        assert photo[:3] == other[:3]
        assert_same_detections(photo.detections, other.detections)
        assert photo[4:] == (None, None, None, None)


def test_dicts() -> None:
    for photo in PHOTOS:
        again = Photo.from_dict(json.loads(json.dumps(photo.to_dict())))
        assert again[:3] == photo[:3]
        assert_same_detections(again.detections, photo.detections)


def test_wrong_suffix() -> None:
    with pytest.raises(ValueError, match=r"must be one of '\.json', .*, got '\.txt'"):
        photo_writer(".txt")


def test_no_command_line_is_needed() -> None:
    code = (
        "import sys\n"
        "import fastmtcnn.results.reading, fastmtcnn.results.writing\n"
        "print({'typer', 'rich', 'jinja2', 'fastmtcnn.cli'} & set(sys.modules) or 'none of them')"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout == "none of them\n"
