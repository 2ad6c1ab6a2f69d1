from __future__ import annotations

import shutil
from collections.abc import Generator
from functools import cache
from pathlib import Path

import pytest

from tests.support.helpers import GOLDEN


@pytest.fixture(scope="session", autouse=True)
def _commands_are_built_once() -> Generator[None, None, None]:
    """Keep the commands, which typer builds for each call of `CliRunner.invoke`."""
    main = pytest.importorskip("typer.main")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.testing._get_command", cache(main.get_command))
        yield


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with the photos that the test's module lists as NAMES."""
    for name in request.module.NAMES:
        shutil.copy(GOLDEN / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path
