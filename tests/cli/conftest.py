from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.helpers import GOLDEN


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with the photos that the test's module lists as NAMES."""
    for name in request.module.NAMES:
        shutil.copy(GOLDEN / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path
