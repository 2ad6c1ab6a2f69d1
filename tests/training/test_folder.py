"""The folder of a run: what is taken for one, and what --restart may delete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fastmtcnn.training import TrainingError
from fastmtcnn.training.folder import RunFolder

SETTINGS: dict[str, Any] = {
    "seed": 0,
    "data": {"training": ["faces"], "held_back": 0.2},
    "photographs and annotations": 32 * "a1",
}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run that has begun."""
    folder = RunFolder(tmp_path / "run")
    with folder.locked():
        assert not folder.begin(SETTINGS)
    return folder


def refusal(folder: RunFolder, **changes: Any) -> str:
    with pytest.raises(TrainingError) as caught:
        folder.begin({**SETTINGS, **changes})
    return str(caught.value)


def names_in(folder: RunFolder) -> set[str]:
    return {path.name for path in folder.path.iterdir()} - {".lock"}


def test_the_same_settings_go_on(folder: RunFolder) -> None:
    assert folder.begin(SETTINGS)


def test_differences_are_named_to_their_depth(folder: RunFolder) -> None:
    data = {"training": ["faces"], "held_back": 0.3}
    assert ": data.held_back 0.2 in place of 0.3; repeat" in refusal(folder, data=data)
    text = refusal(folder, data=data, seed=4)
    assert ": data.held_back 0.2 in place of 0.3, seed 0 in place of 4; repeat" in text
    text = refusal(folder, **{"photographs and annotations": 32 * "7f"})
    assert ": photographs and annotations a1a1a1a1... in place of 7f7f7f7f...; repeat" in text
    text = refusal(folder, a=1, b=2, c=3, d=4, e=5)
    assert "a null in place of 1, b null in place of 2, c null in place of 3, and 2 more" in text


@pytest.mark.parametrize("content", ['{"editor": 1}', '"x"', "[1, 2]", "3", "null"])
def test_settings_of_something_else(tmp_path: Path, content: str) -> None:
    folder = RunFolder(tmp_path)
    files = {"settings.json": content, "README.md": "mine", "results.json": "{}"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert "settings.json: not the settings of a run" in refusal(folder)
    with pytest.raises(TrainingError, match="not the settings of a run"):
        folder.clear()
    assert {name: (tmp_path / name).read_text() for name in files} == files


def test_cut_settings(folder: RunFolder) -> None:
    (folder.path / "settings.json").write_text("{")
    assert "settings.json: it must be JSON" in refusal(folder)


def test_clearing_deletes_the_run(folder: RunFolder) -> None:
    (folder.stage("rnet")).mkdir(parents=True)
    (folder.path / "check").mkdir()
    (folder.path / ".fastmtcnn-12-ab").touch()
    for name in ("README.md", "guard.txt", "rnet_fast.onnx"):
        (folder.path / name).touch()
    folder.clear()
    assert names_in(folder) == {"check"}
    assert not folder.begin({"seed": 9})


def test_clearing_deletes_nothing_beside_other_files(folder: RunFolder) -> None:
    (folder.path / "mycode.py").write_text("mine")
    (folder.path / "README.md").touch()
    before = names_in(folder)
    with pytest.raises(TrainingError, match=r"got 'mycode.py' in it; nothing was deleted"):
        folder.clear()
    assert names_in(folder) == before


def test_what_a_killed_process_left_is_no_other_file(tmp_path: Path) -> None:
    (tmp_path / ".fastmtcnn-12-ab").touch()
    assert not RunFolder(tmp_path).begin(SETTINGS)


def test_a_finished_run_without_its_networks(folder: RunFolder) -> None:
    folder.require_stages(["rnet", "onet"])  # it is not finished
    (folder.path / "results.json").write_text(json.dumps({}))
    folder.stage("rnet").mkdir(parents=True)
    folder.network("rnet").touch()
    folder.require_stages(["rnet"])
    with pytest.raises(TrainingError, match=r"this run is finished, and .*onet.onnx, which is"):
        folder.require_stages(["rnet", "onet"])
