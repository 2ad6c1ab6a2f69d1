"""Samples on the disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fastmtcnn.training import TrainingError
from fastmtcnn.training.samples.files import address, chunk_path, map_chunks, write_chunk
from fastmtcnn.training.samples.records import Records, record_type


def some(number: int, side: int = 12) -> Records:
    records = np.zeros(number, record_type(side))
    records["pixels"] = np.random.default_rng(number).integers(0, 256, records["pixels"].shape)
    records["points"] = np.nan
    return records


def test_samples_are_mapped_and_not_loaded(tmp_path: Path) -> None:
    paths = [chunk_path(tmp_path / "new", number) for number in range(3)]
    for number, path in zip((5, 0, 40), paths, strict=True):
        write_chunk(path, some(number))
    chunks = map_chunks(paths, 12)
    for number, chunk in zip((5, 0, 40), chunks, strict=True):
        assert chunk.dtype == record_type(12)
        assert chunk.tobytes() == some(number).tobytes()
    assert isinstance(chunks[2], np.memmap)
    assert not chunks[2].flags.writeable
    assert sorted(path.name for path in paths[0].parent.iterdir()) == [
        *("000000.npy", "000001.npy", "000002.npy"),
    ]


@pytest.mark.parametrize("kept", [0, 3, 100, 300, -1, -500])
def test_a_file_that_was_cut(tmp_path: Path, kept: int) -> None:
    path = chunk_path(tmp_path, 7)
    write_chunk(path, some(5))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(TrainingError, match=r"000007\.npy: it must hold samples.*delete it"):
        map_chunks([path], 12)


def test_other_content(tmp_path: Path) -> None:
    path = chunk_path(tmp_path, 0)
    path.write_bytes(b"no samples" * 100)
    with pytest.raises(TrainingError, match="it must hold samples"):
        map_chunks([path], 12)
    write_chunk(path, some(3, 24))
    with pytest.raises(TrainingError, match="its samples must have a side of 12 pixels"):
        map_chunks([path], 12)
    with path.open("wb") as file:
        np.save(file, np.array([{}], object), allow_pickle=True)
    with pytest.raises(TrainingError, match="it must hold samples"):
        map_chunks([path], 12)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        map_chunks([chunk_path(tmp_path, 0)], 12)


def test_addresses() -> None:
    assert address({"a": 1, "b": [2.5, None]}) == address({"b": [2.5, None], "a": 1})
    assert address({"a": 1}) != address({"a": 2})
    with pytest.raises(ValueError, match="JSON"):
        address({"a": float("nan")})
