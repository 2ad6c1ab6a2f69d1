"""Files that an evaluation reads: only regular ones, and lines as they were written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fastmtcnn.detections import Detections
from fastmtcnn.evaluation import DatasetError, read_predictions, write_predictions
from fastmtcnn.evaluation.annotations import parse_xml
from fastmtcnn.evaluation.inputs import lines_of, open_input


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
@pytest.mark.parametrize("read", [open_input, lines_of, parse_xml, read_predictions])
def test_pipes_and_devices_are_refused(tmp_path: Path, read: Callable[[Path], object]) -> None:
    """Reading them would block, or never end."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path(os.devnull)):
        with pytest.raises(DatasetError, match="must be a regular file, got a device or a pipe"):
            read(path)


def test_lines(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_bytes(b"\xef\xbb\xbfa\r\nb\x0b\xc2\x85\xe2\x80\xa8\xff\n\n")
    assert lines_of(file) == ["a", "b\x0b\x85\u2028\udcff", ""]
    file.write_bytes(b"")
    assert lines_of(file) == []


@pytest.mark.parametrize("name", ["a\nb", "a\x85b", "a\u2028b", "caf\udce9"])
def test_predictions_for_a_name_with_ends_of_lines(tmp_path: Path, name: str) -> None:
    face = {"box": [1, 2, 11, 22], "score": 0.5, "landmarks": [[0, 0]] * 5}
    file = tmp_path / "predictions.txt"
    write_predictions(file, name, Detections.from_dicts([face]))
    found = read_predictions(file)
    assert (found.boxes.tolist(), found.scores.tolist()) == ([[1, 2, 11, 22]], [0.5])
