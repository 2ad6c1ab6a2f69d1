"""Hidden folders and those of programs are left out by everything that walks folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastmtcnn.evaluation.annotations import files_below
from fastmtcnn.files.folders import is_left_out
from fastmtcnn.training.data.negatives import photos_below

LEFT_OUT = [".dtrash", ".Trash-1000", "@eaDir", "#recycle", "$RECYCLE.BIN", "__MACOSX"]
ENTERED = ["2024", "a.b", "eaDir", "recycle bin", "@me"]


@pytest.mark.parametrize("name", LEFT_OUT + ENTERED)
def test_walks(tmp_path: Path, name: str) -> None:
    kept = tmp_path / "kept"
    for folder in (kept, kept / name):
        folder.mkdir(parents=True)
        for file in ("x.jpg", "x.xml", "._x.xml"):
            (folder / file).touch()
    folders = [kept, kept / name] if name in ENTERED else [kept]
    assert is_left_out(name) == (name in LEFT_OUT)
    assert set(files_below(kept, ".xml")) == {folder / "x.xml" for folder in folders}
    assert set(photos_below(kept)) == {folder / "x.jpg" for folder in folders}
    # Who names such a folder wants it.
    assert photos_below(kept / name) == [kept / name / "x.jpg"]
