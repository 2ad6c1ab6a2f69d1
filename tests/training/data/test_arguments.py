"""What ``[FORMAT:]PATH[@WEIGHT]`` means."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastmtcnn.training import TrainingError
from fastmtcnn.training.data.arguments import parse_argument


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("set", "voc:set", "set@3", "a@b"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("argument", "path", "format_name", "weight"),
    [
        ("set", "set", None, 1.0),
        ("set@2", "set", None, 2.0),
        ("set@0.25", "set", None, 0.25),
        ("coco:set", "set", "coco", 1.0),
        ("COCO:set@1e-3", "set", "coco", 0.001),
        ("voc:set", "voc:set", None, 1.0),  # a path that exists wins
        ("set@3", "set@3", None, 1.0),
        ("set@3@4", "set@3", None, 4.0),
        ("table:set@3", "set@3", "table", 1.0),
        ("a@b@2", "a@b", None, 2.0),
        ("landmarks:voc:set@2", "voc:set", "landmarks", 2.0),
    ],
)
def test_parts(argument: str, path: str, format_name: str | None, weight: float) -> None:
    assert parse_argument(argument) == (Path(path), format_name, weight)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("nothing", "^'nothing': there is no such file or folder$"),
        ("voc:nothing", "^'nothing': there is no such file or folder$"),
        ("nothing@2", "^'nothing': there is no such file or folder$"),
        ("", "^'': there is no such file or folder$"),
        ("coco:", "^'': there is no such file or folder$"),
        ("x\0y", "there is no such file or folder"),
        ("cooc:set", "the format in 'cooc:set' must be one of .*'coco'.*did you mean 'coco'"),
        ("cooc:set@2", "the format in 'cooc:set@2' must be one of"),
        *(
            (f"voc:set@{weight}", "finite number above 0, got '.*' in 'voc:set@")
            for weight in ("0", "-1", "nan", "inf", "x", "")
        ),
    ],
)
def test_what_is_refused(argument: str, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        parse_argument(argument)
