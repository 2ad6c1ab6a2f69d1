"""Patterns of paths with wildcards."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("typer")
pytest.importorskip("rich")

from fastmtcnn.cli.patterns import matching

FILES = (
    *("a.jpg", "b.png", "[x].jpg", ".hidden.jpg", "sub/a.jpg", "sub/deep/er/a.jpg", "sub/b.png"),
    *(".dark/a.jpg", "other/a.jpg", "other/.b.jpg", "other/sub/a.jpg", "sub/**/a.jpg", "A.JPG"),
)
PARTS = ("*", "**", "*.jpg", "?ub", "sub", "[so]*", ".*", ".", "a.jpg", "[[]x].jpg", "b*", "none")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for file in FILES:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def unexpected(folder: str) -> None:
    raise AssertionError(f"{folder} can be read")


@given(
    parts=st.lists(st.sampled_from(PARTS), min_size=1, max_size=4),
    end=st.sampled_from(["", "/"]),
    is_absolute=st.booleans(),
)
def test_as_glob_where_there_are_no_links(
    tree: Path, parts: list[str], end: str, is_absolute: bool
) -> None:
    begin = f"{glob.escape(str(tree))}/" if is_absolute else ""
    pattern = begin + "/".join(parts) + end
    if not glob.has_magic(pattern):
        return
    before = Path.cwd()
    os.chdir(tree)
    try:
        expected = set(glob.iglob(pattern, recursive=True))  # noqa: PTH207
        found = set(matching(pattern, unexpected))
    finally:
        os.chdir(before)
    # glob yields the folder before a last "**", too; a pattern stands for what is in it.
    if not end:
        expected = {path for path in expected if path and not path.endswith("/")}
    assert found == expected


def test_links_to_folders_are_not_followed_by_two_stars(tree: Path) -> None:
    other = tree / "other"
    (other / "loop").symlink_to(other)
    try:
        begin = str(other)
        assert sorted(matching(f"{begin}/**/*.jpg", unexpected)) == [
            f"{begin}/a.jpg",
            f"{begin}/sub/a.jpg",
        ]
        # One star stands for the link, as it does for any name.
        assert f"{begin}/loop/a.jpg" in set(matching(f"{begin}/*/a.jpg", unexpected))
    finally:
        (other / "loop").unlink()


def test_folders_that_cannot_be_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The tests may run as root, who may read everything.
    listdir = os.listdir

    def refusing(path: str) -> list[str]:
        if Path(path).name == "deep":
            raise PermissionError(13, "Permission denied", path)
        return listdir(path)

    monkeypatch.setattr(os, "listdir", refusing)
    failed: list[str] = []
    found = sorted(matching(f"{tree}/sub/**/a.jpg", failed.append))
    assert found == [f"{tree}/sub/**/a.jpg", f"{tree}/sub/a.jpg"]
    assert [os.path.normpath(path) for path in failed] == [f"{tree}/sub/deep"]
